"""概览: what needs me, then how we stand (design.md §6; deck 20–21, 28)."""

import datetime
from urllib.parse import urlencode

from django.shortcuts import render
from django.views.decorators.http import require_GET

from complaints.stats import closures, complaint
from followups.rules import overdue_limit
from referrals import table
from referrals.rules import periods
from referrals.rules.periods import Kind
from rmflow.staff import permissions
from rmflow.staff.permissions import Permission
from rmflow.workdays import clock, current
from rmflow.workdays.rules import YearMissing, chip

from .. import business, stats

#: A month's table is signed by this working day of the next month (domain-rules §1.3).
SIGN_WITHIN = 3


@require_GET
def overview(request):
    """Waiting clients, unclaimed slips, overdue plans; today's figures; load per manager."""
    user, today = request.user, clock.today()
    permissions.require(user, Permission.SEE_FOLLOW_UPS)
    span = business.span_of(request.GET.get("span", ""), today)
    period = business.period_of(span, today)
    load = stats.load_by_manager(user, today, overdue_limit(today, current.calendar()))
    context = {
        "today": today,
        "figures": stats.today_figures(user, today),
        "diverted": stats.diverted(user, today),
        "called_in": closures.called_in(user),
        "cases": closures.under_way(user),
        "complaints": complaint.waiting(user, now=clock.now()),
        "waiting": stats.waiting(user),
        "unclaimed": stats.unclaimed(user),
        "load": load,
        "months": [_month(row, today) for row in stats.months_to_sign(user)],
        "unlocked": stats.unlocked_days(user, today),
        **_business(user, span, period),
        "late": sum(row["late"] for row in load),
        "overdue": sum(row["overdue"] for row in load),
    }
    return render(request, "portal/overview.html", context)


def _month(row, today):
    """A draft that waits: its table, since when, and by when it is due (the third working day of the month)."""
    after = periods.period(Kind.MONTH, row["month"]).after().first
    calendar = current.calendar()
    try:
        due = chip(calendar.add(after - datetime.timedelta(days=1), SIGN_WITHIN), today, calendar)
    except YearMissing:
        due = None
    address = urlencode({"kind": "month", "day": row["month"].isoformat(), "branch": row["branch_id"]})
    return row | {"due": due, "url": f"/statistics/?{address}", "days": len(row["content__locked"] or ())}


def _business(user, span, period):
    """经营: four figures of the chosen period with their lines, each leading to its rows."""
    kind = {"kind": period.kind, "day": period.first.isoformat()}
    found = business.business(user, period)
    tiles = [
        tile | {"url": f"/statistics/rows/?{urlencode(kind | {'measure': tile['measure']})}"}
        for tile in found.tiles()
    ]
    return {
        "business": tiles,
        "business_before": table.short_name(period.before()),
        "spans": [
            {"label": choice.label, "url": f"/overview/?span={choice.value}", "current": choice == span}
            for choice in business.Span
        ],
    }
