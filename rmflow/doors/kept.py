"""Pages that are given again while nothing they show has changed.

A view says so with `@kept(version)`: `version(request, …)`, given what the view is given, checks the permission
and answers with whatever changes when the page's figures change, or None when the page is not to be kept. The
shell around the page is filled in anew each time (`rmflow.portal.middleware`), and no page is kept longer than
`SECONDS`.
"""

SECONDS = 60


def kept(version):
    """Mark a view whose page may be given again to the same person under the same address."""

    def mark(view):
        view.kept_version = version
        return view

    return mark
