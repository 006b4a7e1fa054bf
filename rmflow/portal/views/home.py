"""Where one begins, and the places that do not fit a phone's tabs."""

from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET

from .. import navigation


@require_GET
def home(request):
    """The home page of the role in use."""
    return redirect(navigation.home_url(request.user))


@require_GET
def more(request):
    """Everything on the rail, as a list for the thumb."""
    keys = navigation.rail_keys(request.user)
    return render(request, "portal/more.html", {"items": navigation.entries(keys, request.path, {})})
