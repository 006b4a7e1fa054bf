"""What a month's table is made of, as plain JSON: the figures, and the slips and deals behind them."""

import datetime
from decimal import Decimal

from django.db.models import F

from rmflow.workdays.models import BranchDay

from ..rules import figures as rules
from ..rules.periods import Kind, period
from . import facts, figures

VERSION = 1
COHORT_MONTHS = 6


def branches_with_days(month):
    """Ids of the branches that had business in a month."""
    span = period(Kind.MONTH, month)
    days = BranchDay.objects.filter(date__range=(span.first, span.last))
    return days.values_list("branch_id", flat=True).distinct()


def shown(question, span):
    """What the page of a period shows, live: figures only, as the statements give them."""
    return {
        "days": figures.days(question),
        "total": figures.total(question),
        "before": figures.total(question.over(span.before())),
        "year_before": figures.total(question.over(span.year_before())),
        "first_contacts": figures.first_contacts(question),
        "first_contacts_before": figures.first_contacts(question.over(span.before())),
        "employees": figures.by_employee(question),
        "employees_before": figures.by_employee(question.over(span.before())),
        "dates": figures.by_day(question),
        "dates_before": figures.by_day(question.over(span.before())),
        "heat": figures.by_weekday_and_hour(question),
        "cohorts": figures.cohorts(question.over(cohort_span(span))),
    }


def content(scope, span):
    """Everything the head signs, as JSON; no personal data of clients, only numbers of slips."""
    question = facts.Question(scope, span.first, span.last)
    parts = {name: _plain(value) for name, value in shown(question, span).items()}
    days = parts.pop("days")
    return {
        "version": VERSION,
        "first": span.first.isoformat(),
        "last": span.last.isoformat(),
        "locked": [day["date"] for day in days if day["closed_at"]],
        "unlocked": [day["date"] for day in days if not day["closed_at"]],
        **parts,
        "channels": _plain(figures.by_channel(question)),
        "slips": slips(question),
        "deals": deals(question),
    }


def read(content):
    """A signed month's content as `shown` gives it: amounts and dates as such again."""
    days = [
        {"date": datetime.date.fromisoformat(date), "closed_at": locked, "branch__name": "", "ended_at": True}
        for locked in (True, False)
        for date in content["locked" if locked else "unlocked"]
    ]
    names = ("total", "before", "year_before", "first_contacts", "first_contacts_before")
    lists = ("employees", "employees_before", "dates", "dates_before", "heat", "cohorts")
    return {
        "days": sorted(days, key=lambda day: day["date"]),
        **{name: _typed(content[name]) for name in names},
        **{name: [_typed(row) for row in content[name]] for name in lists},
    }


def _typed(row):
    kept = dict(row)
    for name in rules.AMOUNTS:
        if name in kept:
            kept[name] = Decimal(kept[name])
    for name in ("date", "made_month"):
        if name in kept:
            kept[name] = datetime.date.fromisoformat(kept[name])
    return kept


def cohort_span(span):
    """The months shown beside a month's table: it and the five before."""
    first = span
    for _n in range(COHORT_MONTHS - 1):
        first = first.before()
    return type(span)(Kind.RANGE, first.first, span.last)


def _plain(value):
    """Rows as JSON holds them: amounts as text, to the fen; dates and times in ISO."""
    if isinstance(value, list):
        return [_plain(row) for row in value]
    return {name: _json(name, item) for name, item in value.items()}


def _json(name, item):
    if name in rules.AMOUNTS:
        return f"{item:.2f}"
    return item.isoformat() if hasattr(item, "isoformat") else item


def slips(question):
    """The slips behind the figures: number, day, person, state, check, verdict."""
    found = figures.slips(question).order_by("pk")
    return [
        [*row[:2], row[2].isoformat(), *row[3:]]
        for row in found.values_list(
            "pk",
            "referrer__employee_no",
            "counted_on__date",
            "referrer_role",
            "source_channel",
            "status",
            "check_result",
            "outcome",
        )
    ]


def deals(question):
    """The deals behind the figures: number, slip, product, amount, day, who shares."""
    found = figures.deals(question).order_by("pk").annotate(slip=F("credit__referral_id"))
    return [
        [pk, slip, code, f"{amount:.2f}", done_on.isoformat(), referrer, manager, first]
        for pk, slip, code, amount, done_on, referrer, manager, first in found.values_list(
            "pk",
            "slip",
            "product__code",
            "amount",
            "done_on",
            "credit__referrer__employee_no",
            "credit__manager__employee_no",
            "credit__is_first",
        )
    ]
