"""A person's page: head, needs, timeline, tabs. Each opening is logged; data stay masked."""

from django.shortcuts import render
from django.urls import Resolver404, resolve
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from rmflow.doors import htmx
from rmflow.privacy.actions import log
from rmflow.privacy.models import AccessEvent
from rmflow.staff.permissions import Permission, scope
from rmflow.workdays import clock
from rmflow.workdays.actions import custody

from .. import timeline as lines
from ..sheet import history, tabs
from ..sheet.record import Record
from .index import visible
from .moved import follows_merges
from .reveal import fact

MASKED = ("name", "phone")


@never_cache
@require_GET
@follows_merges
def sheet(request, pk):
    """The page at one of its tabs; who opened which is on record."""
    client = visible(request, pk)
    custody.require_readable(client.branch_id)
    chosen = request.GET.get("tab", "")
    chosen = chosen if chosen in tabs.TABS else "overview"
    log(AccessEvent.Kind.VIEW, by=request.user, obj=client, fields=[chosen], request=request)
    record = Record(client, request.user, today=clock.today())
    context = about(record, chosen, shown=_number(request, "shown", history.PAGE))
    if chosen == "overview":
        context |= _timeline(request, client)
    fragment = (
        "clients/_tab.html" if request.headers.get("HX-Target") == "client-tab" else "clients/sheet.html"
    )
    return htmx.render(request, "clients/sheet.html", fragment, context)


@never_cache
@require_GET
@follows_merges
def timeline(request, pk):
    """The timeline alone, by kind and length."""
    client = visible(request, pk)
    custody.require_readable(client.branch_id)
    context = {"client": client, **_timeline(request, client)}
    if not htmx.wants_fragment(request):
        record = Record(client, request.user, today=clock.today())
        return render(request, "clients/sheet.html", {**about(record, "overview"), **context})
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
    """Everything but the timeline, as the reader may see it."""
    client, user = record.client, record.user
    return {
        **tabs.head(record),
        **tabs.tab(record, chosen, shown=shown),
        "tabs": tabs.bar(chosen, client),
        "masked": {field: fact(client, field, user) for field in MASKED},
        "may_show": record.may_show,
        "may_edit": client.may_be_edited_by(user),
        "may_assign": scope(user, Permission.ASSIGN_CLIENT).covers(client.branch),
        "may_plan": user.has(Permission.WORK_FOLLOW_UP) and not client.do_not_contact,
        "may_merge": scope(user, Permission.MERGE_CLIENTS).covers(client.branch),
        "may_see_tier": user.has(Permission.SEE_TIERS),
        "next_step": _next_step(client, user),
        "may_borrow": client.erased_at is None
        and getattr(client, "archive", None) is not None
        and scope(user, Permission.BORROW_ARCHIVE).covers(client.archive.branch),
        "may_take_rights": client.erased_at is None
        and scope(user, Permission.TAKE_RIGHTS).covers(client.branch),
    }


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
