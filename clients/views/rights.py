"""Requests of clients about their data at the branch: list, taking, settling, answer, proof (B-22)."""

from django.core.paginator import Paginator
from django.db.models import Count, Q
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from rmflow.privacy.actions import log
from rmflow.privacy.models import AccessEvent
from rmflow.staff import permissions
from rmflow.staff.permissions import Permission, scope
from rmflow.workdays import clock, current
from rmflow.workdays.rules import chip
from rmflow.workflow import Refused

from .. import custody_forms as forms
from .. import rights_sheet
from ..actions import rights
from ..models import Client, Evaluation, RightsRequest
from ..rights_rules import (
    RIGHTS_OPEN,
    RIGHTS_TRANSITIONS,
    Ground,
    Outcome,
    Right,
    RightsState,
)
from ..scoring.explain import explain
from .custody_steps import ask
from .tier_client import WHOLE

PAGE = 25
SHOWS = {
    "open": pgettext_lazy("rights", "In hand"),
    "late": gettext_lazy("Overdue"),
    "over": pgettext_lazy("rights", "Over"),
}
STATES = {
    RightsState.RECEIVED: "open",
    RightsState.SETTLED: "today",
    RightsState.ANSWERED: "met",
    RightsState.DROPPED: "done",
}
KINDS = (Right.SEE, Right.CORRECT, Right.DELETE, Right.WITHDRAW, Right.EXPLAIN)


@require_GET
def index(request):
    """Requests of one's branches, the first due first."""
    user, today = request.user, clock.today()
    permissions.require(user, Permission.TAKE_RIGHTS)
    show = request.GET.get("show", "")
    show = show if show in SHOWS else "open"
    rows = RightsRequest.objects.visible_to(user)
    is_open = Q(state__in=RIGHTS_OPEN)
    counts = rows.aggregate(
        open=Count("pk", filter=is_open),
        late=Count("pk", filter=is_open & Q(due_on__lt=today)),
        over=Count("pk", filter=~is_open),
    )
    found = {"open": rows.open(), "late": rows.overdue(today), "over": rows.exclude(state__in=RIGHTS_OPEN)}[
        show
    ]
    order = ("-taken_at", "-pk") if show == "over" else ("due_on", "pk")
    found = found.select_related("client", "branch", "taken_by").order_by(*order)
    page = Paginator(found, PAGE).get_page(request.GET.get("page"))
    context = {
        "page": page,
        "lines": [_line(row, user, today) for row in page.object_list],
        "shows": [
            {"label": label, "count": counts[key], "url": f"?show={key}", "current": key == show}
            for key, label in SHOWS.items()
        ],
        "filtered": show != "open",
    }
    return render(request, "rights/index.html", context)


def _line(row, user, today):
    done = row.answered_at.astimezone(clock.SHANGHAI).date() if row.answered_at else None
    running = row.state in RIGHTS_OPEN or done is not None
    return {
        "row": row,
        "name": row.client.name_for(user),
        "state": STATES[row.state],
        "chip": chip(row.due_on, today, current.calendar(), done_on=done) if running else None,
    }


@never_cache
@require_http_methods(["GET", "POST"])
def take(request, pk):
    """Take a request at the counter, for one client."""
    user = request.user
    client = Client.objects.visible_to(user).select_related("branch").get(pk=pk)
    permissions.require(user, Permission.TAKE_RIGHTS, client.branch)
    initial = {
        "received_on": clock.today(),
        "kind": Right.SEE,
        "purposes": rights.consents_of(client),
    }
    form = forms.TakeForm(request.POST if request.method == "POST" else None, initial=initial)
    return ask(
        request,
        form,
        _("Take a request about personal data"),
        lambda clean: reverse("rights:request", args=[rights.take(pk, by=user, **clean).pk]),
        back=reverse("clients:sheet", args=[pk]),
        done=_("Taken; the clock runs"),
        go=_("Take the request"),
        note=client.name_for(user),
    )


def _visible(request, pk):
    rows = RightsRequest.objects.visible_to(request.user)
    people = ("client__branch", "client__owner", "branch", "taken_by", "settled_by", "answered_by")
    return rows.select_related(*people).get(pk=pk)


@never_cache
@require_GET
def page(request, pk):
    """One request: clock, what was asked, what was decided and why, what comes next."""
    user, today = request.user, clock.today()
    row = _visible(request, pk)
    log(AccessEvent.Kind.VIEW, by=user, obj=row.client, fields=["rights"], request=request)
    may = {
        name: arrow.allows(row.state) and scope(user, arrow.permission).covers(row.branch)
        for name, arrow in RIGHTS_TRANSITIONS.items()
    }
    ground = rights.ground_for(row.client, but=row) if row.kind == Right.DELETE and may["settle"] else ""
    context = {
        **_line(row, user, today),
        "events": row.events.select_related("by").order_by("at", "pk"),
        "may": may,
        "ground": Ground(ground).label if ground else "",
        "purposes": [dict(forms.ConsentPurpose.choices)[code] for code in row.purposes],
        "may_export": _may_export(row, user),
        "explains": row.kind == Right.EXPLAIN and user.has(Permission.SEE_TIERS),
        "erased": row.client.erased_at is not None,
    }
    return render(request, "rights/request.html", context)


def _may_export(row, user):
    """The copy of the data goes to the client, once it was granted."""
    granted = row.kind == Right.SEE and row.outcome in (Outcome.GRANTED, Outcome.PARTLY)
    return granted and row.client.erased_at is None and scope(user, Permission.TAKE_RIGHTS).covers(row.branch)


@never_cache
@require_http_methods(["GET", "POST"])
def step(request, pk, name):
    """Settle, record the answer, or let the client take it back."""
    row, user = _visible(request, pk), request.user
    if name not in RIGHTS_TRANSITIONS:
        raise RightsRequest.DoesNotExist
    permissions.require(user, RIGHTS_TRANSITIONS[name].permission, row.branch)
    data = request.POST if request.method == "POST" else None
    form, title, do = {
        "settle": (_settle_form(row, data), _("Settle the request"), rights.settle),
        "answer": (forms.AnswerForm(data), _("Record the answer"), rights.answer),
        "drop": (forms.WhyForm(data), _("Taken back by the client"), rights.drop),
    }[name]
    note = f"{row.client.name_for(user)} · {row.get_kind_display()}"
    back = reverse("rights:request", args=[pk])
    return ask(
        request,
        form,
        title,
        lambda clean: do(pk, by=user, **clean),
        back=back,
        done=_("Saved"),
        note=note,
    )


def _settle_form(row, data):
    """Only outcomes that fit: the law decides what a deletion can become."""
    form = forms.SettleForm(data)
    fits = {
        Right.DELETE: (Outcome.GRANTED, Outcome.RESTRICTED, Outcome.REFUSED),
        Right.WITHDRAW: (Outcome.GRANTED,),
    }.get(row.kind, (Outcome.GRANTED, Outcome.PARTLY, Outcome.REFUSED))
    form.fields["outcome"].choices = [(outcome.value, outcome.label) for outcome in fits]
    if row.kind == Right.DELETE:
        ground = rights.ground_for(row.client, but=row)
        form.fields["outcome"].initial = Outcome.RESTRICTED if ground else Outcome.GRANTED
        form.fields["outcome"].help_text = (
            Ground(ground).label if ground else _("Nothing keeps these data; they can be deleted.")
        )
    else:
        form.fields["outcome"].initial = Outcome.GRANTED
    return form


@never_cache
@require_GET
def sheet(request, pk):
    """The answer on A4: what was asked, decided, why, by when, and whom to turn to."""
    row, user = _visible(request, pk), request.user
    if not row.outcome:
        raise Refused(_("There is an answer once the request was settled."))
    log(
        AccessEvent.Kind.PRINT,
        by=user,
        obj=row.client,
        fields=["rights"],
        item_key=f"rights:{pk}",
        request=request,
    )
    context = {
        "row": row,
        "name": row.client.addressed_as,
        "purposes": [dict(forms.ConsentPurpose.choices)[code] for code in row.purposes],
        "ground": Ground(row.ground).label if row.ground else "",
        "told": _explanation(row),
        "now": clock.now(),
    }
    return render(request, "rights/answer.html", context)


def _explanation(row):
    """The tier explained, for who asked why a machine decided so."""
    if row.kind != Right.EXPLAIN or row.outcome == Outcome.REFUSED:
        return None
    found = list(
        Evaluation.objects.filter(client=row.client)
        .select_related("run", "scorecard")
        .prefetch_related(*WHOLE)
        .order_by("-month", "-run_id")[:2]
    )
    return explain(found[0], found[1] if len(found) > 1 else None) if found else None


@never_cache
@require_POST
def export(request, pk):
    """The copy of everything that is held, in full, to print and hand over; always on record."""
    row, user = _visible(request, pk), request.user
    permissions.require(user, Permission.TAKE_RIGHTS, row.branch)
    if not _may_export(row, user):
        raise Refused(_("A copy is made once seeing the data was granted."))
    found = rights_sheet.sections(row.client)
    log(
        AccessEvent.Kind.EXPORT,
        by=user,
        obj=row.client,
        fields=["all"],
        item_key=f"rights:{pk}",
        rows=sum(len(section["lines"]) for section in found),
        request=request,
    )
    context = {"row": row, "sections": found, "now": clock.now()}
    return render(request, "rights/copy.html", context)
