"""The day's list (今日), a plan of one's own, and the search among one's clients."""

from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from clients import search
from rmflow.doors import htmx, idempotency
from rmflow.staff import permissions
from rmflow.staff.permissions import Permission
from rmflow.workdays.rules import day_text
from rmflow.workflow import Refused

from .. import actions, stats
from ..forms import PlanForm
from . import answers, refusals, sheet
from .board import Board, Chosen
from .lines import reads_name
from .rows import Moment

FOUND_AT_MOST = 6


@require_GET
def today(request):
    """Whom, when, why: the list of the day; `?show=` and `?way=` narrow it."""
    permissions.require(request.user, Permission.WORK_FOLLOW_UP)
    board = Board(request.user, Chosen.of(request.GET))
    return htmx.render(request, "followups/today.html", "followups/_list.html", board.context())


@require_http_methods(["GET", "POST"])
def new_plan(request):
    """A plan of one's own: a page, or the inside of the dialog on the list."""
    permissions.require(request.user, Permission.WORK_FOLLOW_UP)
    moment = Moment(request.user)
    if request.method == "GET":
        form = PlanForm(initial={"plan_on": moment.calendar.on_or_after(moment.today), "channel": "phone"})
        return _plan_form(request, form)
    form = PlanForm(request.POST)
    if not form.is_valid():
        return _plan_form(request, form, status=422)
    try:
        idempotency.once(
            request.user, idempotency.key_of(request), request.POST, lambda: _add(request.user, form)
        )
    except Refused as refused:
        refusals.into(form, refused)
        return _plan_form(request, form, status=422)
    day = day_text(form.cleaned_data["plan_on"], moment.today)
    return answers.to_list(request, _("Planned for {day}").format(day=day))


def _add(user, form):
    """Make the plan; (status, answer) for the idempotency store."""
    data = form.cleaned_data
    client = stats.own_clients(user).get(pk=data["client"]) if data["client"] else None
    item = actions.add_plan(
        by=user,
        client=client,
        plan_on=data["plan_on"],
        purpose=data["purpose"],
        channel=data["channel"] if client else "",
        at=data["at"],
    )
    return 201, {"item": item.pk}


def _plan_form(request, form, status=200):
    chosen = None
    wanted = form.data.get("client") if form.is_bound else request.GET.get("client", "")
    if wanted and wanted.isascii() and wanted.isdigit() and len(wanted) < 19:
        chosen = stats.own_clients(request.user).filter(pk=int(wanted)).first()
    context = {
        "form": form,
        "chosen": _found(chosen, request.user) if chosen else None,
        "key": form.data.get("idempotency_key") or sheet.uuid.uuid4().hex,
    }
    return htmx.render(
        request, "followups/new_plan.html", "followups/_plan_form.html", context, status=status
    )


@require_POST
def own_clients(request):
    """Clients one may plan for, by name, pinyin, number or last digits; posted: no log keeps it."""
    permissions.require(request.user, Permission.WORK_FOLLOW_UP)
    text = request.POST.get("q", "").strip()
    found = []
    if text:
        ids = [client.pk for client in search.find(request.user, text, limit=40, row=search.BRIEF)]
        found = [
            _found(c, request.user)
            for c in stats.own_clients(request.user)
            .filter(pk__in=ids)
            .select_related("branch")
            .order_by("pinyin")[:FOUND_AT_MOST]
        ]
    return render(request, "followups/_own_clients.html", {"found": found, "text": text})


def _found(client, user):
    return {
        "pk": client.pk,
        "name": reads_name(client, user.pk, user),
        "phone": client.masked_phone,
        "tag": client.get_type_display() if client.is_seen_by(user) else "",
        "stopped": client.do_not_contact,
    }
