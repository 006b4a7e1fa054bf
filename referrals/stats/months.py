"""What a month's table is made of, as plain JSON: the figures, and the slips and deals behind them."""

import datetime
from decimal import Decimal

from django.db.models import BooleanField, ExpressionWrapper

from rmflow.workdays.models import BranchDay

from ..rules import figures as rules
from ..rules.frozen import DEAL_FIELDS, SLIP_FIELDS
from ..rules.periods import Kind, period
from . import behind, facts, figures

VERSION = 3
COHORT_MONTHS = 6


def branches_with_days(month):
    """Ids of the branches that had business in a month."""
    span = period(Kind.MONTH, month)
    days = BranchDay.objects.filter(date__range=(span.first, span.last))
    return days.values_list("branch_id", flat=True).distinct()


#: Further tables of a period, asked for one at a time on the page, all of them kept with a signature.
FURTHER = {
    "employees_year_before": lambda question, span: figures.by_employee(question.over(span.year_before())),
    "roles": lambda question, span: figures.by_role(question),
    "roles_before": lambda question, span: figures.by_role(question.over(span.before())),
    "roles_year_before": lambda question, span: figures.by_role(question.over(span.year_before())),
    "channels": lambda question, span: figures.by_channel(question),
    "channels_before": lambda question, span: figures.by_channel(question.over(span.before())),
    "channels_year_before": lambda question, span: figures.by_channel(question.over(span.year_before())),
    "hours": lambda question, span: figures.by_hour(question),
}


def shown(question, span, further=()):
    """What the page of a period shows, live: figures only, as the statements give them."""
    return {
        **{name: FURTHER[name](question, span) for name in further},
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
    parts = {name: _plain(value) for name, value in shown(question, span, FURTHER).items()}
    days = parts.pop("days")
    return {
        "version": VERSION,
        "first": span.first.isoformat(),
        "last": span.last.isoformat(),
        "locked": [day["date"] for day in days if day["closed_at"]],
        "unlocked": [day["date"] for day in days if not day["closed_at"]],
        **parts,
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
    lists = ("employees", "employees_before", "dates", "dates_before", "heat", "cohorts", *FURTHER)
    return {
        "days": sorted(days, key=lambda day: day["date"]),
        **{name: _typed(content[name]) for name in names},
        **{name: [_typed(row) for row in content.get(name, [])] for name in lists},
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
    """The slips behind the figures, as `SLIP_FIELDS` say: numbers, codes and days, nobody's name."""
    found = behind.slips(question).annotate(
        **{name: ExpressionWrapper(behind.SLIPS_OF[name], BooleanField()) for name in ("reached", "in_time")}
    )
    names = {
        "employee_no": "referrer__employee_no",
        "hour": "referred_at__hour",
        "date": "counted_on__date",
        "role": "referrer_role",
        "channel": "source_channel",
        "check": "check_result",
        "employee": "referrer_id",
    }
    columns = [names.get(name, name) for name in SLIP_FIELDS]
    return [[_cell(value) for value in row] for row in found.order_by("pk").values_list(*columns)]


def deals(question):
    """The deals behind the figures, as `DEAL_FIELDS` say."""
    slip = "credit__referral__"
    names = {
        "slip": "credit__referral_id",
        "product": "product__code",
        "referrer": "credit__referrer__employee_no",
        "manager": "credit__manager__employee_no",
        "first": "credit__is_first",
        "date": "day__date",
        "status": f"{slip}status",
        "role": f"{slip}referrer_role",
        "channel": f"{slip}source_channel",
        "hour": f"{slip}referred_at__hour",
        "employee": "credit__referrer_id",
        "seller": "credit__manager_id",
    }
    columns = [names.get(name, name) for name in DEAL_FIELDS]
    found = behind.deals(question).order_by("pk").values_list(*columns)
    return [[_cell(value) for value in row] for row in found]


def _cell(value):
    if isinstance(value, Decimal):
        return f"{value:.2f}"
    return value.isoformat() if hasattr(value, "isoformat") else value
