"""Recognition at the desk (W3-01): who stands there, which queue, whose client; openings and closures begin here."""

from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from clients import recognition
from clients.actions.recognition import recognise
from clients.rules import ClientType, Level
from rmflow.doors import htmx
from rmflow.staff import permissions
from rmflow.staff.models import User
from rmflow.staff.permissions import Permission, scope
from rmflow.workflow import Refused

from ..rules.closures import AT_COUNTER, Suspicion
from ..rules.guides import Place


@never_cache
@require_http_methods(["GET", "POST"])
def desk(request):
    """The box of the desk; posted, so that no number stands in an address."""
    permissions.require(request.user, Permission.RECOGNISE_CLIENT)
    context = found(request) if request.method == "POST" else {"asked": False}
    status = 422 if context.get("refusal") else 200
    page, fragment = "complaints/priority.html", "complaints/_recognised.html"
    return htmx.render(request, page, fragment, context | {"may": may(request.user)}, status=status)


def found(request):
    """The clients the typed text stands for, or why none are shown."""
    text = request.POST.get("q", "").strip()[: recognition.LONGEST]
    context = {"asked": True, "q": text, "lines": [], "movements": AT_COUNTER, "places": Place.choices}
    try:
        clients = recognise(text, by=request.user, request=request)
    except Refused as refusal:
        return context | {"refusal": str(refusal)}
    return context | {
        "lines": [line(client, request.user) for client in clients],
        "suspicions": Suspicion,
        "one": len(clients) == 1,
    }


def may(user):
    """What the desk may begin with a recognised client."""
    return {
        "flag": user.has(Permission.FLAG_CLOSURE),
        "prepare": user.has(Permission.PREPARE_OPENING),
    }


def line(client, user):
    """One recognised client as the desk needs it; the name masked unless one looks after the client."""
    queue = recognition.queue_of(client.type, client.level)
    owner = client.owner
    visible = client.is_looked_after_by(user) or scope(user, Permission.SEE_CLIENTS).covers(client.branch)
    return {
        "pk": client.pk,
        "name": client.name_for(user),
        "premium": client.type == ClientType.EXISTING_PREMIUM,
        # Never what a client is not: the screen may be seen from the other side of the counter.
        "tag": client.get_level_display() if client.type == ClientType.EXISTING_PREMIUM else "",
        "core": client.level == Level.CORE,
        "branch": client.branch.name,
        "owner": owner.name if owner else _("no manager yet"),
        "availability": owner.get_availability_display() if owner else "",
        "free": bool(owner) and owner.availability == User.Availability.FREE,
        "queue": queue.label,
        "first": queue != recognition.Queue.USUAL,
        "ticket": recognition.ticket(client, user),
        "url": f"/clients/{client.pk}/" if visible else "",
        "may_prepare": visible and user.has(Permission.PREPARE_OPENING),
    }


def refused(request, text, *, status=422):
    """A refusal as the box shows it."""
    context = {"asked": True, "refusal": text, "lines": [], "may": may(request.user)}
    return render(request, "complaints/_recognised.html", context, status=status)
