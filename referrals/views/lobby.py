"""What the lobby counts with one tap: diversions, undone within a minute, and patrol rounds (W1-02)."""

from django.contrib import messages
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from rmflow.doors import htmx
from rmflow.doors.idempotency import once

from .. import actions
from ..rules import Destination
from .desk import board_of, new_key


@require_POST
def divert(request):
    """Count one client diverted; a tap that is sent twice counts once."""
    data = request.POST
    tap = {
        "destination": data.get("destination", ""),
        "business": data.get("business", ""),
        "coached": bool(data.get("coached")),
    }
    key = f"{data['divert_key']}:{tap['destination']}"[:64] if data.get("divert_key") else ""

    def produce():
        return 201, {"id": actions.divert(by=request.user, **tap).pk}

    _status, answer = once(request.user, key, tap, produce)
    text = _("Diverted: {place}").format(place=Destination(tap["destination"]).label)
    return _counted(request, text, undo=reverse("referrals:undo_diversion", args=[answer["id"]]))


@require_POST
def undo_diversion(request, pk):
    """Take one's own tap back; the row stays, marked."""
    actions.undo_diversion(pk, by=request.user)
    return _counted(request, _("Not counted"), undone=True)


def _counted(request, text, *, undo="", undone=False):
    """The chips with their new counts, the figures, and a message."""
    if not htmx.wants_fragment(request):
        messages.success(request, text)
        return htmx.redirect(request, reverse("referrals:desk"))
    context = {
        "board": board_of(request),
        "divert_key": new_key(),
        "toast": text,
        "undo": undo,
        "undone": undone,
    }
    return render(request, "referrals/_diverted.html", context)


@require_POST
def patrol(request):
    """Tick one round through the lobby."""
    actions.tick_patrol(by=request.user)
    if not htmx.wants_fragment(request):
        messages.success(request, _("Round noted"))
        return htmx.redirect(request, reverse("referrals:desk"))
    return render(request, "referrals/_patrol.html", {"board": board_of(request), "toast": _("Round noted")})
