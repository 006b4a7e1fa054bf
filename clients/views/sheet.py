"""A person's sheet: header, timeline, facts, balances, verdicts. Each opening is logged."""

from django.shortcuts import render
from django.urls import Resolver404, resolve
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from rmflow.doors import htmx
from rmflow.privacy import masks
from rmflow.privacy.actions import log
from rmflow.privacy.models import AccessEvent
from rmflow.staff.permissions import Permission, scope
from rmflow.workdays import clock
from rmflow.workdays.actions import custody

from .. import timeline as lines
from ..rules import ClientType
from .index import visible
from .reveal import fact

MONTHS = 12
MASKED = ("name", "phone", "id_number", "address", "birth_date")


@never_cache
@require_GET
def sheet(request, pk):
    """The whole page; data stay masked, yet who opened it is on record."""
    client = visible(request, pk)
    custody.require_readable(client.branch_id)
    log(AccessEvent.Kind.VIEW, by=request.user, obj=client, request=request)
    return render(request, "clients/sheet.html", {**about(request, client), **_timeline(request, client)})


@never_cache
@require_GET
def timeline(request, pk):
    """The timeline alone, by kind and length."""
    client = visible(request, pk)
    custody.require_readable(client.branch_id)
    context = {"client": client, **_timeline(request, client)}
    if not htmx.wants_fragment(request):
        return render(request, "clients/sheet.html", {**about(request, client), **context})
    return render(request, "clients/_timeline.html", context)


def _timeline(request, client):
    kind = request.GET.get("kind", "")
    shown = request.GET.get("shown", "")
    shown = int(shown) if shown.isascii() and shown.isdigit() and len(shown) < 5 else lines.PAGE
    kind = kind if kind in lines.TIMELINE_GROUPS else ""
    return {
        "timeline": lines.read(client, request.user, kind=kind, shown=shown, today=clock.today()),
        "chips": lines.chips(kind, f"/clients/{client.pk}/timeline/"),
    }


def about(request, client):
    """Everything but the timeline, as `request.user` may read it."""
    user, own = request.user, client.is_looked_after_by(request.user)
    return {
        "client": client,
        "name": client.name_for(user),
        "own": own,
        "type": ClientType(client.type).label,
        "judged": client.type != ClientType.UNJUDGED,
        "archive": getattr(client, "archive", None),
        "masked": {field: fact(client, field, user) for field in MASKED},
        "introducer": client.introducer.name_for(user) if client.introducer_id else "",
        "balances": _balances(client, own),
        "verdicts": list(client.verdicts.select_related("by").order_by("-at")[:MONTHS]),
        "may_show": client.may_be_shown_to(user),
        "may_edit": client.may_be_edited_by(user),
        "may_assign": scope(user, Permission.ASSIGN_CLIENT).covers(client.branch),
        "may_plan": user.has(Permission.WORK_FOLLOW_UP) and not client.do_not_contact,
        "next_step": _next_step(client, user),
    }


def _balances(client, own):
    """The last months: the amount for the manager, its band for others (domain-rules §4.3)."""
    return [
        {
            "month": row.month,
            "label": row.label,
            "figure": f"{row.amount:,.2f}" if own else masks.band_amount(row.amount),
        }
        for row in client.balances.order_by("-month")[:MONTHS]
    ]


def _next_step(client, user):
    """Address of the next step, which the floor above fills in; "" where it has none or for who reads none."""
    if not (user.has(Permission.WORK_FOLLOW_UP) or user.has(Permission.SEE_FOLLOW_UPS)):
        return ""
    url = f"/followups/client/{client.pk}/"
    try:
        resolve(url)
    except Resolver404:
        return ""
    return url
