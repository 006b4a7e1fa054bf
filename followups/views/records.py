"""Follow-up records (待跟进客户信息记录表): the list, the sheet, analysis, giving up, the verdict."""

import uuid
from urllib.parse import urlencode

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db.models import F
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext
from django.views.decorators.http import require_GET, require_POST

from clients.rules import ClientType, Level
from rmflow.doors import htmx, idempotency
from rmflow.staff.models import BANK_TIME
from rmflow.staff.permissions import Permission
from rmflow.workdays.actions import custody
from rmflow.workdays.rules import chip, day_text
from rmflow.workflow import Refused

from .. import actions, stats
from ..forms import AbandonForm, AnalysisForm, VerdictForm
from ..models import FollowUp
from ..rules import LIVE, PlanState, RecordStatus, Result
from . import lines, refusals
from .rows import ICONS, Moment

PER_PAGE = 25
SORTS = {
    "next": (F("next_on").asc(nulls_last=True), F("next_at").asc(nulls_last=True), "pk"),
    "name": ("client__pinyin", "pk"),
    "opened": ("-opened_at", "-pk"),
    "last": (F("last_at").desc(nulls_last=True), "pk"),
}
SHOWS = ("live", "overdue", "flagged", "unplanned", "closed")
STATES = {
    RecordStatus.OPEN: ("open", "notebook"),
    RecordStatus.APPOINTED: ("met", "calendar-check"),
    RecordStatus.CONVERTED: ("met", "check"),
    RecordStatus.NON_PREMIUM: ("done", "minus"),
    RecordStatus.ABANDONED: ("done", "minus"),
    RecordStatus.DO_NOT_CONTACT: ("done", "ban"),
}

#: What follows from each verdict, said beside the choice before anybody decides (deck 23, 28).
CONSEQUENCES = {
    ClientType.EXISTING_PREMIUM: gettext_lazy(
        "The archive opens, you become the manager, the record ends as converted."
    ),
    ClientType.EXISTING_POTENTIAL: gettext_lazy("The follow-up goes on."),
    ClientType.PROSPECTIVE_PREMIUM: gettext_lazy("The follow-up goes on."),
    ClientType.ORDINARY: gettext_lazy(
        "The follow-up ends; the referrer is told not to refer again for 90 days."
    ),
}


def _may_look(user):
    if not (user.has(Permission.WORK_FOLLOW_UP) or user.has(Permission.SEE_FOLLOW_UPS)):
        raise PermissionDenied(_("Your role does not allow this."))


@require_GET
def index(request):
    """One's own records; heads and supervisors read those of their branches, names masked."""
    _may_look(request.user)
    moment = Moment(request.user)
    show = request.GET.get("show", "live")
    show = show if show in SHOWS else "live"
    sort = request.GET.get("sort", "next")
    sort = sort if sort in SORTS else "next"
    records = _narrowed(stats.records(request.user), show, moment.today)
    managers = list(stats.managers_in_reach(request.user).values("pk", "name"))
    manager = request.GET.get("manager", "")
    if manager.isascii() and manager.isdigit() and len(manager) < 19:
        records = records.filter(manager_id=int(manager))
    page = Paginator(records.order_by(*SORTS[sort]), PER_PAGE).get_page(request.GET.get("page"))
    query = {"manager": manager} if manager else {}
    context = {
        "page": page,
        "rows": [_row(record, moment) for record in page.object_list],
        "filters": _filters(stats.record_counts(request.user, moment.today), show, query),
        "managers": [{**m, "current": str(m["pk"]) == manager} for m in managers],
        "show": show,
        "sort": sort,
        "sorts": _sorts(sort, {**query, "show": show}),
        "mine_only": not managers,
        "may_identify": request.user.has(Permission.JUDGE_CLIENT)
        or request.user.has(Permission.SEE_FOLLOW_UPS),
    }
    return htmx.render(request, "followups/records.html", "followups/_records.html", context)


def _narrowed(records, show, today):
    if show == "overdue":
        return stats.overdue(records, today)
    if show == "unplanned":
        return stats.without_next(records)
    if show == "closed":
        return records.exclude(status__in=LIVE)
    records = records.live()
    return records.filter(flagged=True) if show == "flagged" else records


def _filters(counts, show, query):
    labels = {
        "live": _("Being followed up"),
        "overdue": _("Overdue"),
        "flagged": _("Several attempts failed"),
        "unplanned": _("No next step"),
        "closed": pgettext("record", "Closed"),
    }
    return [
        {
            "label": labels[name],
            "count": counts[name],
            "url": f"?{urlencode({'show': name, **query})}",
            "current": name == show,
        }
        for name in SHOWS
    ]


def _sorts(sort, query):
    """Heads of the sortable columns."""
    return {name: {"url": f"?{urlencode({**query, 'sort': name})}", "sorted": name == sort} for name in SORTS}


def _row(record, moment):
    state, icon = STATES[record.status]
    seen = record.client.is_seen_by(moment.user)
    return {
        "pk": record.pk,
        "url": f"/followups/{record.pk}/",
        "name": lines.reads_name(record.client, record.manager_id, moment.user),
        "seen": seen,
        "tag": moment.types[record.client.type] if seen else "",
        "core": seen and record.client.level == Level.CORE,
        "state": state,
        "icon": icon,
        "status": record.get_status_display(),
        "flagged": record.flagged and record.is_live,
        "manager": record.manager.name,
        "referrer": record.referrer.name if record.referrer else "",
        "needs": record.needs,
        "way": moment.channels.get(record.next_channel or "", ""),
        "hour": f"{record.next_at:%H:%M}" if record.next_at else "",
        "chip": chip(record.next_on, moment.today, moment.calendar) if record.next_on else None,
        "live": record.is_live,
        "last": _day(record.last_at, moment),
        "last_result": moment.results.get(record.last_result or "", ""),
        "opened": _day(record.opened_at, moment),
    }


def _day(at, moment):
    return day_text(at.astimezone(BANK_TIME).date(), moment.today) if at else ""


def _readable(request, record_id):
    """A record one may read, with its people; DoesNotExist (404) outside one's reach."""
    _may_look(request.user)
    record = (
        FollowUp.objects.visible_to(request.user)
        .select_related("client__owner", "client__backup", "client__branch", "manager", "referrer", "branch")
        .get(pk=record_id)
    )
    custody.require_readable(record.branch_id)
    return record


@require_GET
def show(request, record_id):
    """The record's sheet: state and next step, contact lines, analysis, verdict, events."""
    return _show(request, _readable(request, record_id))


def _show(request, record, *, status=200, analysis=None, verdict=None):
    moment = Moment(request.user)
    table = [_line(item, moment) for item in stats.record_lines(record)]
    mine = record.manager_id == request.user.pk
    next_line = next((line for line in table if line["open"]), None)
    context = {
        "record": record,
        "row": _header(record, moment),
        "lines": table,
        "next": next_line,
        "mine": mine,
        "may_work": mine and record.is_live and request.user.has(Permission.WORK_FOLLOW_UP),
        "may_judge": mine and record.is_live and request.user.has(Permission.JUDGE_CLIENT),
        "analysis": analysis or AnalysisForm(initial=_analysis(record)),
        "verdict": verdict or VerdictForm(),
        "types": _types(verdict),
        "events": [
            _event(event, moment) for event in record.events.select_related("by").order_by("-at", "-pk")[:50]
        ],
        "attempts": sum(1 for line in table if not line["open"] and line["result"]),
        "key": (verdict.data.get("idempotency_key") if verdict else "") or uuid.uuid4().hex,
    }
    return render(request, "followups/record.html", context, status=status)


def _analysis(record):
    return {"strength": record.strength, "character": record.character, "needs": record.needs}


def _header(record, moment):
    record.next_on = record.next_at = record.next_channel = record.last_at = record.last_result = None
    return _row(record, moment)


def _types(verdict):
    chosen = verdict.data.get("type", "") if verdict else ""
    return [
        {"value": value, "label": label, "then": CONSEQUENCES[value], "chosen": value == chosen}
        for value, label in ClientType.choices
        if value in CONSEQUENCES
    ]


def _line(item, moment):
    """One line of the form: the columns of domain-rules §1.2."""
    contact = getattr(item, "contact", None)
    appointment = getattr(item, "appointment", None)
    way = contact.channel if contact else item.channel
    return {
        "pk": item.pk,
        "planned_on": day_text(item.plan_on, moment.today),
        "hour": f"{item.at:%H:%M}" if item.at else "",
        "icon": ICONS.get(way, "checklist"),
        "channel": moment.channels.get(way, ""),
        "goal": item.purpose,
        "expected": item.expected,
        "answer": item.answer,
        "at": contact.at if contact else None,
        "result": moment.results[contact.result] if contact else "",
        "findings": contact.findings if contact else "",
        "todo": contact.todo if contact else "",
        "next": _next(contact, moment) if contact else "",
        "meeting": appointment.get_state_display() if appointment else "",
        "by": (contact.by if contact else item.owner).name,
        "open": item.state == PlanState.OPEN,
        "dropped": item.state == PlanState.DROPPED,
        "chip": chip(item.plan_on, moment.today, moment.calendar) if item.state == PlanState.OPEN else None,
    }


def _next(contact, moment):
    if not contact.next_on:
        return ""
    way = moment.channels.get(contact.next_channel, "")
    return f"{day_text(contact.next_on, moment.today)} {way}".strip()


def _event(event, moment):
    note = event.note
    if note in Result.values:
        note = moment.results[note]
    return {
        "at": event.at,
        "day": _day(event.at, moment),
        "status": RecordStatus(event.status_to).label,
        "by": event.by.name,
        "note": note,
    }


@require_POST
def analysis(request, record_id):
    """Keep the analysis; only the manager of the record writes it."""
    record = _readable(request, record_id)
    form = AnalysisForm(request.POST)
    if not form.is_valid():
        return _show(request, record, status=422, analysis=form)
    actions.change_analysis(record_id, by=request.user, **form.cleaned_data)
    return _back(request, record_id, _("Analysis saved"))


@require_POST
def abandon(request, record_id):
    """Give the follow-up up, with a reason."""
    _readable(request, record_id)
    form = AbandonForm(request.POST)
    if not form.is_valid():
        raise Refused(" ".join(form.errors["note"]), field="note")
    actions.abandon(record_id, by=request.user, reason=form.cleaned_data["note"])
    return _back(request, record_id, _("Follow-up given up"))


@require_POST
def judge(request, record_id):
    """The verdict from the record, with all that follows from it."""
    record = FollowUp.objects.filter(manager=request.user).get(pk=record_id)
    form = VerdictForm(request.POST)
    if form.is_valid():
        body = {**dict(request.POST.lists()), "record": record_id}
        try:
            idempotency.once(
                request.user,
                idempotency.key_of(request),
                body,
                lambda: _judge(record, request.user, form.cleaned_data),
            )
        except Refused as refused:
            refusals.into(form, refused)
        else:
            return _back(request, record_id, _("Type decided"))
    return _show(request, _readable(request, record_id), status=422, verdict=form)


def _judge(record, user, data):
    verdict, _record = actions.judge(record.client_id, by=user, branch=record.branch, **data)
    return 201, {"verdict": verdict.pk}


def _back(request, record_id, text):
    messages.success(request, text, extra_tags="met")
    return htmx.redirect(request, f"/followups/{record_id}/")
