"""The auditor's page on the change history."""

from django.shortcuts import render
from django.views.decorators.http import require_GET

from rmflow.staff import permissions
from rmflow.staff.permissions import Permission

from . import actions, history
from .history_forms import HistoryFilter


@require_GET
def changes(request):
    """Who changed which fields of which record; reading it is on record too."""
    permissions.require(request.user, Permission.AUDIT)
    form = HistoryFilter.asked(request.GET)
    found, after = read(form, request) if form.is_valid() else ([], None)
    context = {"form": form, "changes": found, "after": after, "later": bool(request.GET.get("before"))}
    return render(request, "privacy/changes.html", context)


def read(form, request):
    """(changes, number to go on from), for the page and the API; the first piece leaves a line in the log."""
    given = form.cleaned_data
    if not given["before"]:
        actions.log(
            actions.Kind.AUDIT,
            by=request.user,
            object_type=given["kind"],
            item_key="history",
            request=request,
        )
    return history.page(form.found(request.user), given["kind"], before=given["before"])
