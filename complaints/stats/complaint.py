"""Questions about complaints: figures of a period, by branch, cause, product, person, month (W3-12, §3.3)."""

import datetime

from django.db.models import Count, Exists, F, OuterRef, Q, Subquery
from django.db.models.functions import TruncDate, TruncMonth

from clients.models import Client
from rmflow.staff.models import BANK_TIME, Branch

from ..models import Complaint, Extension, LadderStep, Recusal
from ..rules.complaint import OPEN, RUNNING, SAID, Status

#: What a list may be drilled by: name in the address → column.
DRILLS = {
    "branch": "branch_id",
    "cause": "cause_id",
    "business": "business_id",
    "channel": "channel_id",
    "product": "product_id",
    "handler": "handler_id",
    "named": "recusals__person_id",
    "way": "way",
    "level": "level",
    "sensitivity": "sensitivity__contains",
    "month": "month",
    "quarter": "quarter",
    "year": "year",
    "fact": "fact",
}
#: Dimension → (what groups, what names it).
GROUPS = {
    "branch": ("branch_id", "branch__name"),
    "cause": ("cause_id", "cause__name"),
    "business": ("business_id", "business__name"),
    "channel": ("channel_id", "channel__name"),
    "product": ("product_id", "product__name"),
    "handler": ("handler_id", "handler__name"),
    "named": ("recusals__person_id", "recusals__person__name"),
    "way": ("way", "way"),
}

#: Nobody handles it, or whoever did has left.
NOBODY = Q(handler__isnull=True) | Q(handler__is_active=False)
#: One condition a figure; `replied_on` and `received_on` are days of the bank. What is not answered has no
#: day and meets none of the next four. Each day costs a conversion a row: where a comparison of moments rules
#: most rows out, it stands first.
FACTS = {
    "answered": Q(replied_at__isnull=False),
    "on_spot": Q(replied_at__lt=F("received_at") + datetime.timedelta(days=1))
    & Q(replied_on=F("received_on")),
    "within_3": Q(replied_on__lte=F("normal_on")),
    "within_7": Q(replied_on__lte=F("extended_on")),
    "repeats": Q(status=Status.MERGED),
    "said": Q(satisfaction__in=SAID),
    "content": Q(satisfaction__in=("very", "satisfied")),
    "still_open": Q(status__in=OPEN),
    "premium": Q(is_premium=True),
}


def with_days(rows):
    """Rows with the days of the bank on which they came in and were answered."""
    return rows.annotate(
        received_on=TruncDate("received_at", tzinfo=BANK_TIME),
        replied_on=TruncDate("replied_at", tzinfo=BANK_TIME),
    )


def past_law(today):
    """Answered after the law's day, or open beyond it: must be none.

    Who answers after a day of the bank does so after the day's first moment in any zone: asked first.
    """
    late = Q(replied_at__gt=F("law_on")) & Q(replied_on__gt=F("law_on"))
    return late | Q(status__in=RUNNING, law_on__lt=today)


def between(rows, first, last):
    """Complaints received in a period of days, both included."""
    start = datetime.datetime.combine(first, datetime.time(), tzinfo=BANK_TIME)
    end = datetime.datetime.combine(last, datetime.time(), tzinfo=BANK_TIME) + datetime.timedelta(days=1)
    return rows.filter(received_at__gte=start, received_at__lt=end)


def _figures(today):
    """No join here multiplies a complaint: a person is named in it once (`recusal_once`)."""
    counts = {name: Count("pk", filter=condition) for name, condition in FACTS.items()}
    owed = {name: Count("pk", filter=_owed(day, today)) for name, day in OWED.items()}
    return {"total": Count("pk"), "past_law": Count("pk", filter=past_law(today)), **owed, **counts}


#: What a rate of time is a share of → the day it is measured by.
OWED = {"owed_3": "normal_on", "owed_7": "extended_on"}


def _owed(day, today):
    """Answered, or still owed past the day: what is late and unanswered does not improve a rate."""
    return Q(replied_at__isnull=False) | Q(status__in=RUNNING, **{f"{day}__lt": today})


def figures(rows, *, today):
    """Every figure of some complaints: one query."""
    return with_days(rows).order_by().aggregate(**_figures(today))


def by(rows, dimension, *, today):
    """The same figures, a row per heading of one dimension, most first: one query."""
    key, name = GROUPS[dimension]
    rows = with_days(rows)
    if dimension == "named":
        rows = rows.filter(recusals__basis="named")
    grouped = (
        rows.order_by().values(key=F(key)).annotate(**_figures(today)).annotate(heading=_heading(key, name))
    )
    return list(grouped.order_by("-total", "heading", "key"))


def _heading(key, name):
    """What names a group: behind a foreign key of the complaint's own it is looked up once a group."""
    relation, _dots, column = name.partition("__")
    if key != f"{relation}_id":
        return F(name)
    named = Complaint._meta.get_field(relation).related_model._base_manager.order_by()
    return Subquery(named.filter(pk=OuterRef(key)).values(column))


def together(grouped):
    """The figures of all rows of a dimension that counts each complaint once."""
    names = ("total", "past_law", *OWED, *FACTS)
    return {name: sum(row[name] for row in grouped) for name in names}


def by_month(rows, *, today):
    """A row per month of receipt, in order: one query."""
    months = with_days(rows).annotate(month=TruncMonth("received_at", tzinfo=BANK_TIME)).order_by()
    return list(months.values("month").annotate(**_figures(today)).order_by("month"))


def rates(row, *, clients=None):
    """The rates of §3.3 from one row of figures, None where there is nothing to divide by."""
    return {
        "on_spot": _share(row["on_spot"], row["answered"]),
        "within_3": _share(row["within_3"], row["owed_3"]),
        "within_7": _share(row["within_7"], row["owed_7"]),
        "repeats": _share(row["repeats"], row["total"]),
        "content": _share(row["content"], row["said"]),
        "per_1000": row["total"] * 1000 / clients if clients else None,
    }


def _share(part, whole):
    return part / whole if whole else None


def pareto(rows):
    """Grouped rows with their share and the running share, for the picture of causes."""
    whole = sum(row["total"] for row in rows)
    running, shown = 0, []
    for row in rows:
        running += row["total"]
        shown.append({**row, "share": row["total"] / whole, "running": running / whole})
    return shown


def clients_by_branch(reach):
    """Clients of each branch in reach, for the rate by 1,000: {branch: n}. One query."""
    found = Client.objects.filter(reach.q("branch")).order_by().values_list("branch")
    return dict(found.annotate(n=Count("pk")))


def on_the_wall(branch, *, now):
    """Counts a wall may show: everybody of the branch reads it, so what anybody there must keep out of, and
    what the institution above handles, is not counted."""
    rows = Complaint.objects.filter(branch=branch, upper=False, status__in=OPEN)
    rows = rows.filter(~Exists(Recusal.objects.filter(complaint=OuterRef("pk"))))
    return _waiting(rows, now)


def waiting(user, *, now):
    """The same of all that `user` may see: the lists behind the counts hold as many rows."""
    return _waiting(Complaint.objects.visible_to(user).filter(status__in=OPEN), now)


def _waiting(rows, now):
    runs = Q(status__in=RUNNING)
    return rows.order_by().aggregate(
        open=Count("pk"),
        overdue=Count("pk", filter=runs & Q(due_at__lt=now)),
        today=Count("pk", filter=runs & Q(due_on=now.date(), due_at__gte=now)),
        nobody=Count("pk", filter=runs & NOBODY),
    )


def used(now):
    """Running, 80 % of the time used, not due today: the warning has gone out in this count."""
    sent = LadderStep.objects.filter(step="most", fired_at__gte=OuterRef("counted_at"))
    soon = Q(status__in=RUNNING, due_at__gte=now) & ~Q(due_on=now.date())
    return soon & Exists(sent.filter(complaint=OuterRef("pk")))


def at_risk(rows, *, now):
    """What needs somebody today: overdue, due today, 80 % used, without a handler. One query."""
    today = now.date()
    return rows.running().aggregate(
        overdue=Count("pk", filter=Q(due_at__lt=now)),
        today=Count("pk", filter=Q(due_on=today, due_at__gte=now)),
        used=Count("pk", filter=used(now)),
        nobody=Count("pk", filter=NOBODY),
    )


def extensions(user):
    """Requests that wait for the office, oldest first."""
    visible = Complaint.objects.visible_to(user).running().values("pk")
    waiting = Extension.objects.filter(decision="asked", complaint__in=visible)
    return waiting.select_related("complaint__branch", "complaint__handler", "asked_by").order_by("asked_at")


def drilled(rows, asked):
    """`rows` as an address asks for them; a value that is none is no filter."""
    for name, column in DRILLS.items():
        value = asked.get(name, "")
        if not value:
            continue
        if name in _PERIODS:
            rows = _PERIODS[name](rows, value)
        elif name == "fact":
            rows = _of_fact(rows, value)
        elif name in ("way", "level", "sensitivity"):
            rows = rows.filter(**{column: [value[:10]] if name == "sensitivity" else value[:10]})
        elif value == "none" and name == "handler":
            rows = rows.filter(NOBODY)
        elif value == "none" and name != "named":
            rows = rows.filter(**{f"{column}__isnull": True})
        elif is_key(value):
            rows = _against(rows, int(value)) if name == "named" else rows.filter(**{column: int(value)})
    return rows


def _against(rows, person_id):
    """Those that name a person."""
    named = Recusal.objects.filter(person_id=person_id, basis="named")
    return rows.filter(pk__in=named.values("complaint_id"))


def is_key(text):
    """Whether `text` may be the number of a row."""
    return text.isdecimal() and len(text) < 18


def _of_year(rows, text):
    year = year_of(text)
    return between(rows, datetime.date(year, 1, 1), datetime.date(year, 12, 31)) if year else rows


def year_of(text):
    """2026 as a number; None for anything that is no year of ours."""
    return int(text) if is_key(text) and 2000 <= int(text) <= 2100 else None


def _of_quarter(rows, text):
    first = quarter_of(text)
    return between(rows, first, last_of_quarter(first)) if first else rows


def quarter_of(text):
    """2026-Q1 as its first day; None for anything else."""
    year, _dash, number = text.partition("-Q")
    known = year_of(year) if number in ("1", "2", "3", "4") else None
    return datetime.date(known, 3 * int(number) - 2, 1) if known else None


def last_of_quarter(first):
    """The last day of the quarter that begins on `first`."""
    return last_day(first.replace(month=first.month + 2))


def _of_month(rows, text):
    first = month_of(text)
    return between(rows, first, last_day(first)) if first else rows


_PERIODS = {"month": _of_month, "quarter": _of_quarter, "year": _of_year}


def _of_fact(rows, name):
    if name == "past_law":
        from rmflow.workdays import clock

        return with_days(rows).filter(past_law(clock.today()))
    return with_days(rows).filter(FACTS[name]) if name in FACTS else rows


def month_of(text):
    """2026-02 as its first day; None for anything else."""
    try:
        return datetime.datetime.strptime(f"{text}-01", "%Y-%m-%d").date()  # noqa: DTZ007
    except ValueError:
        return None


def last_day(first):
    """The last day of the month that begins on `first`."""
    return (first.replace(day=28) + datetime.timedelta(days=4)).replace(day=1) - datetime.timedelta(days=1)


def outlets(reach):
    """Branches one may choose on the desk."""
    return Branch.objects.outlets().filter(reach.q("")).order_by("path")
