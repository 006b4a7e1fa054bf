"""Manual settings of a branch: those that wait, those in force, those that are over."""

from django.contrib import messages
from django.core.paginator import Paginator
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from rmflow.doors import htmx
from rmflow.staff import permissions
from rmflow.staff.permissions import Permission, scope
from rmflow.workdays import clock

from ..actions import overrides as actions
from ..models import Override
from ..rules import ClientType, Level
from ..scoring.names import tier_names

PAGE = 20


@require_GET
def page(request):
    """What waits for approval stands first."""
    user = request.user
    permissions.require(user, Permission.SEE_TIERS)
    rows = Override.objects.visible_to(user).select_related("client__branch", "asked_by", "settled_by")
    reach = scope(user, Permission.OVERRIDE_TIER)
    waiting = list(rows.filter(state=Override.State.ASKED).order_by("asked_at")[:100])
    settled = rows.exclude(state=Override.State.ASKED).order_by("-settled_at", "-pk")
    found = Paginator(settled, PAGE).get_page(request.GET.get("page"))
    context = {
        "waiting": [
            {**_line(row, user), "may": reach.covers(row.client.branch) and row.asked_by_id != user.pk}
            for row in waiting
        ],
        "page": found,
        "lines": [
            {**_line(row, user), "may_end": _is_live(row) and reach.covers(row.client.branch)}
            for row in found.object_list
        ],
    }
    return render(request, "clients/tier_overrides.html", context)


def _is_live(row):
    return row.state == Override.State.APPROVED and row.expires_on >= clock.today()


def _line(row, user):
    kind = ClientType(row.type).label if row.type else ""
    wanted = [tier_names().get(row.tier, row.tier), kind, Level(row.level).label if row.level else ""]
    return {
        "row": row,
        "name": row.client.name_for(user),
        "wanted": " · ".join(str(word) for word in wanted if word),
        "now": tier_names().get(row.client.tier, row.client.tier),
        "live": _is_live(row),
    }


@require_POST
def settle(request, pk, answer):
    """Approve, refuse or end."""
    if answer == "approve":
        actions.approve(pk, by=request.user, why=request.POST.get("note", ""))
        messages.success(request, _("Approved; in effect from today"), extra_tags="met")
    elif answer == "refuse":
        actions.refuse(pk, by=request.user, why=request.POST.get("note", ""))
        messages.success(request, _("Refused"), extra_tags="met")
    elif answer == "end":
        actions.end(pk, by=request.user)
        messages.success(request, _("Ended; the next evaluation decides"), extra_tags="met")
    else:
        raise Override.DoesNotExist
    return htmx.redirect(request, reverse("tiers:overrides"))
