"""异动销户: the list, the report from the counter, the case with its steps and its record (W3-04 to W3-06)."""

import uuid

from django.contrib import messages
from django.core.paginator import Paginator
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from clients.recognition import read_ticket
from rmflow.doors import htmx, idempotency
from rmflow.privacy.actions import Kind, log
from rmflow.staff import permissions
from rmflow.staff.permissions import Permission
from rmflow.workflow import Conflict, Refused

from .. import closure_rows as rows
from .. import drill_chips
from ..actions import closure_record, closures
from ..closure_forms import FlagForm, MeasureForm, RecordForm
from ..models import Closure
from ..rules.closures import ENDINGS, KEEPING, Measure, Result, State
from ..stats import closures as stats
from . import priority

PAGE = 25
#: States in which ending the case is the next step.
ENDING = (State.SERVING, State.RETAINING, State.HEAD)
SORTS = {"found": ("-found_at", "-pk"), "claim": ("claim_due_at", "pk"), "amount": ("-amount", "-pk")}


def require_any(user):
    """Who meets closures at all: counters, managers, heads, supervisors, region heads."""
    if not any(user.has(p) for p in (Permission.FLAG_CLOSURE, Permission.WORK_CLOSURE, Permission.SEE_CASES)):
        permissions.require(user, Permission.SEE_CASES)


@never_cache
@require_GET
def index(request):
    """The cases one works or reads, or those one's counter has reported; the desk's box above them."""
    user = request.user
    require_any(user)
    works = user.has(Permission.WORK_CLOSURE) or user.has(Permission.SEE_CASES)
    scope = Closure.objects.worked_by(user) if works else Closure.objects.seen_at_counter(user)
    chosen, asked = _chosen(request), _drill(request)
    if asked and user.has(Permission.SEE_CASES):  # the rows behind a figure of the analysis
        scope = Closure.objects.filter(permissions.scope(user, Permission.SEE_CASES).q("branch"))
    drilled = stats.drilled(scope, asked)
    found = stats.shown(drilled, chosen["show"]).select_related("client", "branch", "manager")
    page = Paginator(found.order_by(*SORTS[chosen["sort"]]), PAGE).get_page(request.GET.get("page"))
    context = {
        "page": page,
        "lines": [rows.line(case, user) for case in page],
        "filters": _filters(drilled, chosen, asked),
        "sorts": _sorts(chosen, asked),
        "drill": drill_chips.of_closures(scope, asked, {**chosen, **asked}),
        "desk": user.has(Permission.RECOGNISE_CLIENT),
        "may": priority.may(user),
        "asked": False,
        "filtered": chosen["show"] != "open" or bool(asked),
        "analysis": user.has(Permission.SEE_CASES),
        "unit": pgettext("unit", "cases"),
    }
    return htmx.render(request, "complaints/closures.html", "complaints/_closures.html", context)


def _chosen(request):
    show, sort = request.GET.get("show", "open"), request.GET.get("sort", "found")
    return {"show": show if show in stats.SHOWS else "open", "sort": sort if sort in SORTS else "found"}


def _drill(request):
    """What of a figure's address the list is asked for."""
    names = ("month", "outcome", *stats.DRILLS)
    return {name: request.GET[name] for name in names if request.GET.get(name)}


def _filters(rows, chosen, asked):
    """Chips; only the open ones are counted, which an index answers."""
    states = rows.open().order_by().values_list("state", flat=True)
    held = list(states)
    counts = {
        "open": len(held),
        "mine": sum(state == State.FLAGGED for state in held),
        "called": sum(state in (State.CALLED, State.HEAD) for state in held),
    }
    words = {
        "open": pgettext("closures", "Open"),
        "mine": _("Waits for a claim"),
        "called": _("With the head"),
        "ended": pgettext("closures", "Ended"),
        "all": pgettext("closures", "All"),
    }
    return [
        {
            "label": words[show],
            "count": counts.get(show),
            "url": "?" + urlencode({**chosen, "show": show, **asked}),
            "current": show == chosen["show"],
        }
        for show in stats.SHOWS
    ]


def _sorts(chosen, asked):
    words = {"found": _("Newest first"), "claim": _("By claim"), "amount": _("By amount")}
    return [
        {
            "label": label,
            "url": "?" + urlencode({**chosen, "sort": sort, **asked}),
            "current": sort == chosen["sort"],
        }
        for sort, label in words.items()
    ]


@never_cache
@require_POST
def find(request):
    """The box on the list: recognise, then report in one more click."""
    permissions.require(request.user, Permission.RECOGNISE_CLIENT)
    context = priority.found(request) | {"may": priority.may(request.user)}
    status = 422 if context.get("refusal") else 200
    if htmx.wants_fragment(request):
        return render(request, "complaints/_recognised.html", context, status=status)
    return render(request, "complaints/priority.html", context, status=status)


@require_POST
def flag(request):
    """The counter's report: one of two buttons says what it thinks. The same form twice is one report."""
    user = request.user
    permissions.require(user, Permission.FLAG_CLOSURE)
    form = FlagForm(request.POST)
    if not form.is_valid():
        return priority.refused(request, _("Look the client up again, then choose what moves."))
    try:
        client_id = read_ticket(form.cleaned_data["ticket"], user)
        said = {name: request.POST.get(name, "") for name in ("suspicion", "went_on")}  # which button it was
        body = {"client": client_id, "movement": form.cleaned_data["movement"], **said}
        _status, answer = idempotency.once(
            user, idempotency.key_of(request), body, lambda: (201, _flag(request, form, client_id))
        )
    except Conflict as conflict:
        text = _("Reported already with another answer. Look the client up again to report anew.")
        mine = conflict.field == idempotency.FIELD
        return priority.refused(request, text if mine else str(conflict), status=409)
    except Refused as refusal:
        return priority.refused(request, str(refusal))
    messages.success(request, answer["said"], extra_tags="met")
    return htmx.redirect(request, reverse("closures:case", args=[answer["case"]]))


def _flag(request, form, client_id):
    case, _seen, new = closures.flag(
        client_id,
        by=request.user,
        movement=form.cleaned_data["movement"],
        suspicion=request.POST.get("suspicion", ""),
        went_on=request.POST.get("went_on") == "1",
    )
    said = (
        _("Reported; the manager was told") if new else _("There is an open case; the manager was told again")
    )
    return {"case": case.pk, "said": str(said)}


def case_of(request, pk):
    """The case of an address with what its page shows; 404 outside the scope."""
    people = (
        "client",
        "branch",
        "manager",
        "backup",
        "claimed_by",
        "head",
        "ended_by",
        "product",
        "destination",
        "handed__received_by",
    )
    return Closure.objects.visible_to(request.user).select_related(*people).get(pk=pk)


@never_cache
@require_GET
def case(request, pk):
    """The case: state and next step, the steps of this reader, the counter's part, the record."""
    return page(request, case_of(request, pk))


def page(request, found, *, form=None, measure=None, refusal="", status=200):
    """The page, also after a refusal: what was typed stays."""
    log(Kind.VIEW, by=request.user, obj=found, fields=["masked"], request=request)
    context = _context(request, found, form, measure) | {"refusal": refusal}
    return render(request, "complaints/closure.html", context, status=status)


def _context(request, found, form, measure):
    user, whole = request.user, found.is_whole_for(request.user)
    writes = closures.may_write(found, user)
    return {
        **rows.header(found, user),
        "case": found,
        "whole": whole,
        "flags": list(found.flags.select_related("branch", "by", "went_on_by").order_by("at")),
        "may_go_on": rows.may_go_on(found, user),
        "may": {
            name: closures.may(name, found, user)
            for name in ("claim", "normal", "churn", "call_head", "step_in")
        },
        "endings": [
            (value, label) for value, label in Result.choices if closures.may(ENDINGS[value], found, user)
        ],
        "writes": writes,
        "end_first": found.state in ENDING or (found.state == State.CALLED and not found.is_headed_by(user)),
        "keeps": found.state in KEEPING,
        "form": (form or RecordForm.of(found)) if writes else None,
        "measure_form": (measure or MeasureForm()) if writes and found.state in KEEPING else None,
        "measures": list(found.measures.select_related("by")) if whole else [],
        "win_backs": list(found.win_backs.all()) if whole else [],
        "facts": rows.facts(found, user) if whole else [],
        "steps": rows.steps(found.events.select_related("by").order_by("at", "pk")) if whole else [],
        "key": uuid.uuid4().hex,
        "measure_words": Measure,
    }


@require_POST
def step(request, pk, name):
    """One click: claim, ordinary, leaving, call the head, step in, the counter goes on."""
    try:
        if name == "went_on":
            closures.go_on(pk, by=request.user)
            messages.success(request, _("Recorded: the counter goes on"), extra_tags="met")
        else:
            closures.step(name, pk, by=request.user, note=request.POST.get("note", "")[:500])
            messages.success(request, rows.done(name), extra_tags="met")
    except Conflict as conflict:  # somebody was faster: say who, and show the case as it is now
        return page(request, case_of(request, pk), refusal=str(conflict), status=409)
    return htmx.redirect(request, reverse("closures:case", args=[pk]))


@require_POST
def measure(request, pk):
    """Write down what was done to keep the client."""
    form = MeasureForm(request.POST)
    found = case_of(request, pk)
    if form.is_valid():
        key, body = idempotency.key_of(request), {"case": pk, "data": request.POST.dict()}
        try:
            idempotency.once(request.user, key, body, lambda: (201, _measure(request, pk, form)))
        except Conflict as conflict:
            found = case_of(request, pk)
            return page(request, found, measure=form, refusal=str(conflict), status=409)
        except Refused as refusal:
            form.add_refusal(refusal)
        else:
            messages.success(request, _("Measure written down"), extra_tags="met")
            return htmx.redirect(request, reverse("closures:case", args=[pk]))
    return page(request, found, measure=form, status=422)


def _measure(request, pk, form):
    return {"measure": closure_record.add_measure(pk, by=request.user, **form.cleaned_data).pk}


@require_POST
def record(request, pk):
    """Keep the record as far as it is, or end the case; what lacks stands beside its field."""
    found, form = case_of(request, pk), RecordForm(request.POST)
    ends = request.POST.get("go") == "end"
    if form.is_valid():
        facts, back = form.facts(), [form.cleaned_data["win_back"]]
        try:
            if ends:
                result = form.cleaned_data["result"]
                closure_record.end(pk, by=request.user, result=result, win_back=back, **facts)
            else:
                closure_record.keep_record(pk, by=request.user, win_back=back, **facts)
        except Conflict as conflict:
            return page(request, case_of(request, pk), form=form, refusal=str(conflict), status=409)
        except Refused as refusal:
            form.add_refusal(refusal)
        else:
            said = _("The case has ended") if ends else _("Record kept; the case stays open")
            messages.success(request, said, extra_tags="met")
            return htmx.redirect(request, reverse("closures:case", args=[pk]))
    return page(request, found, form=form, status=422)
