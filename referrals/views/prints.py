"""Paper: 推介统计表 and 推介表 as A4 forms, their columns in the order of the form (domain-rules §1.1, §1.3)."""

from django.db.models import Min
from django.shortcuts import render
from django.views.decorators.http import require_GET

from clients.models import Client
from rmflow.privacy.actions import Kind, log
from rmflow.staff.permissions import Permission, scope
from rmflow.workdays import clock
from rmflow.workdays.models import DayConfirmation

from .. import form, rows, table
from ..asked import Asked
from ..models import Referral
from ..rules import figures
from ..rules.periods import Kind as PeriodKind
from ..stats import months as month_stats

#: The form has five lines to spare, fewer when the sheet is full.
SPARE, LINES = 5, 15


@require_GET
def table_form(request):
    """推介统计表 of a period: what was signed, once it is."""
    asked = Asked.of(request)
    report = asked.report
    if asked.frozen is not None:
        shown = month_stats.read(asked.frozen)
    else:
        shown = month_stats.shown(asked.question, asked.period)
    words = table.Table(shown, asked.period)
    log(
        Kind.PRINT,
        by=request.user,
        object_type="referrals.monthreport",
        rows=len(shown["employees"]),
        request=request,
    )
    employees = words.employees()
    context = {
        "asked": asked,
        "kind": PeriodKind(asked.period.kind).label,
        "report": report,
        "name": table.period_name(asked.period),
        "employees": employees,
        "spare": range(max(0, min(SPARE, LINES - len(employees)))),
        "table": words,
        "totals": words.totals(),
        "rates": figures.rates(words.total),
        "tiles": list(words.tiles()),
        "unlocked": words.unlocked(),
        "ranked_from": figures.RANKED_FROM,
        "number": report.number if report else "",
        "prepared": _prepared_by(asked),
        "now": clock.now(),
        "back": asked.url(),
    }
    return render(request, "referrals/statistics_print.html", context)


def _prepared_by(asked):
    """制表人: who signed the period's days for the lobby, in the order of their first day."""
    signed = DayConfirmation.objects.filter(
        day__branch=asked.branch,
        day__date__range=(asked.period.first, asked.period.last),
        day__closed_at__isnull=False,
        side=DayConfirmation.Side.LOBBY,
        withdrawn_at__isnull=True,
    )
    found = signed.values("person__name").annotate(first=Min("day__date")).order_by("first", "person__name")
    return [row["person__name"] for row in found] if asked.branch else []


@require_GET
def slip(request, pk):
    """推介表: one slip on paper, as its reader may see it."""
    found = (
        Referral.objects.visible_to(request.user)
        .select_related(
            "client", "referrer", "manager", "branch", "sender_branch", "day", "follow_up", "counted_on"
        )
        .with_outcome()
        .get(pk=pk)
    )
    log(Kind.PRINT, by=request.user, obj=found, request=request)
    sees = scope(request.user, Permission.SEE_CLIENTS).covers(found.branch)
    known = sees and Client.objects.visible_to(request.user).filter(pk=found.client_id).exists()
    context = {
        "slip": found,
        "lines": form.lines(found, name=rows.name(found, request.user), sees_client=known),
        "version": found.history.count(),
        "now": clock.now(),
    }
    return render(request, "referrals/slip_print.html", context)
