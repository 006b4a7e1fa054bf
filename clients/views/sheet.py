"""A person's page: head, needs, timeline, tabs. Each opening is logged; data stay masked."""

from functools import cache

from django.shortcuts import redirect, render
from django.urls import Resolver404, resolve
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from rmflow.doors import htmx
from rmflow.privacy.actions import log
from rmflow.privacy.models import AccessEvent
from rmflow.staff.permissions import Permission
from rmflow.workdays import clock
from rmflow.workdays.actions import custody

from .. import timeline as lines
from ..sheet import history, tabs
from ..sheet.groups import complete
from ..sheet.opening import open_for
from ..sheet.record import Record
from . import sheet_head
from .index import visible
from .moved import follows_merges


@never_cache
@require_GET
@follows_merges
def sheet(request, pk):
    """The page: who it is, at once; the tab follows by itself (`HX-Target: client-tab`).

    Who opened which is on record, the head and each tab.
    """
    chosen = request.GET.get("tab", "")
    chosen = chosen if chosen in tabs.TABS else "overview"
    if request.headers.get("HX-Target") == "client-tab":
        return _tab(request, pk, chosen)
    opening = open_for(request.user, pk, request=request)
    client = opening.client
    custody.refuse_full(opening.seal)
    record = Record(client, request.user, today=clock.today())
    context = {"client": client, "parts": sheet_head.parts(request, record, opening, chosen)}
    return render(request, "clients/sheet.html", context)


def _tab(request, pk, chosen):
    client = visible(request, pk)
    custody.require_readable(client.branch_id)
    log(AccessEvent.Kind.VIEW, by=request.user, obj=client, fields=[chosen], request=request)
    record = Record(client, request.user, today=clock.today())
    context = about(record, chosen, shown=_number(request, "shown", history.PAGE))
    if chosen == "overview":
        context |= _timeline(request, client)
    return render(request, "clients/_tab_answer.html", context)


@never_cache
@require_GET
@follows_merges
def timeline(request, pk):
    """The timeline alone, by kind and length."""
    client = visible(request, pk)
    if not htmx.wants_fragment(request):
        return redirect(f"/clients/{pk}/?{request.META.get('QUERY_STRING', '')}")
    custody.require_readable(client.branch_id)
    context = {"client": client, **_timeline(request, client)}
    return render(request, "clients/_timeline.html", context)


def _number(request, name, usual):
    text = request.GET.get(name, "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 5 else usual


def _timeline(request, client):
    kind = request.GET.get("kind", "")
    kind = kind if kind in lines.TIMELINE_GROUPS else ""
    shown = _number(request, "shown", lines.PAGE)
    return {
        "timeline": lines.read(client, request.user, kind=kind, shown=shown, today=clock.today()),
        "chips": lines.chips(kind, f"/clients/{client.pk}/timeline/"),
    }


def about(record, chosen, *, shown=history.PAGE):
    """One tab, as the reader may see it; the timeline comes beside it."""
    client, user = record.client, record.user
    return {
        "client": client,
        "closed": record.closed,
        "complete": None if record.closed else complete(record),
        **tabs.tab(record, chosen, shown=shown),
        "tabs": tabs.bar(chosen, client),
        "may_edit": client.may_be_edited_by(user),
        "may_see_tier": user.has(Permission.SEE_TIERS),
        "next_step": _next_step(client, user),
        "fresh": True,
    }


def _next_step(client, user):
    """Address of the next step, which the floor above fills in; "" where it has none or for who reads none."""
    reads = user.has(Permission.WORK_FOLLOW_UP) or user.has(Permission.SEE_FOLLOW_UPS)
    return f"/followups/client/{client.pk}/" if reads and _has_next_steps() else ""


@cache
def _has_next_steps():
    try:
        resolve("/followups/client/1/")
    except Resolver404:
        return False
    return True
