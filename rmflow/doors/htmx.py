"""Page or fragment: one view, one template file for both."""

from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render as render_page
from django.utils.cache import patch_vary_headers


def wants_fragment(request):
    """Whether htmx asks for a piece of a page (not a whole one after a lost history)."""
    sent = request.META  # as it came: Django's `headers` reads the whole environment first
    return sent.get("HTTP_HX_REQUEST") == "true" and (
        sent.get("HTTP_HX_HISTORY_RESTORE_REQUEST") != "true" and sent.get("HTTP_HX_BOOSTED") != "true"
    )


def render(request, page, fragment, context=None, *, status=200):
    """Answer with `fragment` to htmx and with `page` to everybody else."""
    template = fragment if wants_fragment(request) else page
    response = render_page(request, template, context, status=status)
    patch_vary_headers(response, ["HX-Request"])
    return response


def redirect(request, url):
    """See other: htmx is told by header, since it would swallow a 303."""
    if request.headers.get("HX-Request") == "true":
        return HttpResponse(status=204, headers={"HX-Redirect": str(url)})
    response = HttpResponseRedirect(str(url))
    response.status_code = 303
    return response
