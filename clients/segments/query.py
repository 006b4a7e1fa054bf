"""A definition as one query: conditions become lookups with bound values; no text of anybody is ever SQL."""

import datetime
from functools import cached_property

from django.db.models import Count, Exists, F, FilteredRelation, Max, OuterRef, Q

from rmflow.staff.models import BANK_TIME
from rmflow.staff.permissions import Permission
from rmflow.workdays import clock

from ..models import (
    Client,
    Consent,
    ContactWish,
    FamilyMember,
    Holding,
    ImportantDate,
    LifeEvent,
    MonthlyBalance,
)
from ..profile_rules import Secrecy
from ..scoring import stats
from ..scoring.months import add_months, first_of
from . import rules
from .fields import FIELDS, shapes
from .rules import Kind, Match, Op

WAN = 10_000
YEAR = 12  # months a life event is news
QUARTER = 3  # months


def segment_clients(segment, staff):
    """The clients of a saved segment that `staff` may see: one queryset, to count, page, join and send to."""
    return matching(segment.conditions, staff)


def matching(definition, staff, *, today=None):
    """The clients of a definition inside what `staff` may see; Refused when it cannot be followed."""
    asked = rules.check(definition, shapes(staff, strict=False))
    reading = Reading(staff, today or clock.today())
    condition = _join(
        asked["match"],
        [_join(g["match"], [reading.condition(row) for row in g["conditions"]]) for g in asked["groups"]],
    )
    rows = (
        Client.objects.visible_to(staff)
        .alias(**reading.relations(asked))
        .filter(condition, erased_at=None, restricted_at=None)
    )
    return rows.filter(reading.open_to_reader()) if reading.of_archive else rows


def _join(match, parts):
    joined = Q()
    for part in parts:
        joined = joined & part if match == Match.ALL else joined | part
    return joined


class Reading:
    """One reader, one day: turns conditions into lookups and remembers what they need."""

    def __init__(self, staff, today):
        self.staff, self.today, self.of_archive = staff, today, False

    def condition(self, row):
        field, op, values = FIELDS[row["field"]], row["op"], row["values"]
        self.of_archive |= field.of_archive
        return READERS[field.read](self, field, op, values)

    @cached_property
    def month(self):
        """The newest whole month with balances; the last one when there are none."""
        last = first_of(self.today, back=1)
        return MonthlyBalance.objects.filter(month__lte=last).aggregate(newest=Max("month"))["newest"] or last

    def relations(self, asked):
        """Joins under names of their own, each to at most one row of a client."""
        paths = {FIELDS[row["field"]].path.split("__")[0] for g in asked["groups"] for row in g["conditions"]}
        gained = any(row["field"] == "gained" for g in asked["groups"] for row in g["conditions"])
        found = {}
        if "latest" in paths or gained:
            found["latest"] = FilteredRelation("balances", condition=Q(balances__month=self.month))
        if gained:
            before = first_of(self.month, back=QUARTER)
            found["before"] = FilteredRelation("balances", condition=Q(balances__month=before))
            found["gain"] = F("latest__amount") - F("before__amount")
        if "scored" in paths:
            run = stats.latest()
            same = Q(evaluations__run=run.pk, evaluations__month=run.month) if run else Q(evaluations__run=-1)
            found["scored"] = FilteredRelation("evaluations", condition=same)
        return found

    def open_to_reader(self):
        """Archives kept to their managers answer no question of anybody else."""
        if self.staff.has(Permission.ASSIGN_CLIENT):
            return Q()
        closed = Q(profile__secrecy=Secrecy.MANAGERS)
        return ~closed | Q(owner=self.staff) | Q(backup=self.staff)

    def moment(self, day):
        """The first moment of a day in the bank's time."""
        return datetime.datetime.combine(day, datetime.time(), tzinfo=BANK_TIME)


# -- columns ----------------------------------------------------------------------------------------


def _column(reading, field, op, values):
    return {
        Kind.CHOICE: _choice,
        Kind.CODES: _codes,
        Kind.NUMBER: _number,
        Kind.DATE: _date,
        Kind.TEXT: _text,
    }[field.kind](reading, field, op, values)


def _empty(path):
    return Q(**{path: ""}) | Q(**{f"{path}__isnull": True})


def _choice(_reading, field, op, values):
    if op in (Op.KNOWN, Op.UNKNOWN):
        return _empty(field.path) if op == Op.UNKNOWN else ~_empty(field.path)
    found = Q(**{f"{field.path}__in": values})
    return ~found if op == Op.NONE_OF else found


def _codes(_reading, field, op, values):
    path = field.path
    if op in (Op.KNOWN, Op.UNKNOWN):
        some = Q(**{f"{path}__len__gte": 1})
        return some if op == Op.KNOWN else Q(**{f"{path}__len": 0}) | Q(**{f"{path}__isnull": True})
    if op == Op.ALL_OF:
        return Q(**{f"{path}__contains": values})
    found = Q(**{f"{path}__overlap": values})
    return ~found if op == Op.NONE_OF else found


def _text(_reading, field, op, values):
    if op in (Op.KNOWN, Op.UNKNOWN):
        return _empty(field.path) if op == Op.UNKNOWN else ~_empty(field.path)
    return Q(**{f"{field.path}__icontains": values[0]})


def _between(path, op, values):
    if op == Op.AT_LEAST:
        return Q(**{f"{path}__gte": values[0]})
    if op == Op.AT_MOST:
        return Q(**{f"{path}__lte": values[0]})
    if op == Op.BETWEEN:
        return Q(**{f"{path}__gte": values[0], f"{path}__lte": values[1]})
    return Q(**{f"{path}__isnull": op == Op.UNKNOWN})


def _number(_reading, field, op, values):
    return _between(field.path, op, values)


def _money(_reading, field, op, values):
    return _between(field.path or "gain", op, [value * WAN for value in values])


def _flag(_reading, field, op, _values):
    true = Q(**{field.path: True})
    return true if op == Op.YES else ~true


def _present(_reading, field, op, _values):
    return Q(**{f"{field.path}__isnull": op == Op.NO})


def _written(_reading, field, op, _values):
    return Q(**{field.path: ""}) if op == Op.NO else ~Q(**{field.path: ""})


# -- days -------------------------------------------------------------------------------------------


def _days(reading, op, values):
    """(first day, last day) of what is asked; None is open."""
    if op == Op.LAST_DAYS:
        return reading.today - datetime.timedelta(values[0]), reading.today
    if op == Op.OLDER_DAYS:
        return None, reading.today - datetime.timedelta(values[0] + 1)
    if op == Op.NEXT_DAYS:
        return reading.today, reading.today + datetime.timedelta(values[0])
    days = [datetime.date.fromisoformat(value) for value in values]
    return {Op.SINCE: (days[0], None), Op.UNTIL: (None, days[0]), Op.DURING: (days[0], days[-1])}[op]


def _date(reading, field, op, values):
    path = field.path
    if op in (Op.KNOWN, Op.UNKNOWN):
        return Q(**{f"{path}__isnull": op == Op.UNKNOWN})
    first, last = _days(reading, op, values)
    asked = Q()
    if first is not None:
        asked &= Q(**{f"{path}__gte": reading.moment(first) if field.stamp else first})
    if last is not None:
        day = last + datetime.timedelta(1)
        asked &= Q(**{f"{path}__lt": reading.moment(day) if field.stamp else day})
    if op == Op.OLDER_DAYS and field.never_is_old:
        asked |= Q(**{f"{path}__isnull": True})
    return asked


def _age(reading, field, op, values):
    """Whole years on the day: at least 60 was born on or before the day sixty years ago."""
    path = field.path
    if op in (Op.KNOWN, Op.UNKNOWN):
        return Q(**{f"{path}__isnull": op == Op.UNKNOWN})
    asked = Q()
    if op in (Op.AT_LEAST, Op.BETWEEN):
        asked &= Q(**{f"{path}__lte": add_months(reading.today, -12 * values[0])})
    if op in (Op.AT_MOST, Op.BETWEEN):
        asked &= Q(**{f"{path}__gt": add_months(reading.today, -12 * (values[-1] + 1))})
    return asked


def _birth_month(_reading, field, op, values):
    found = Q(**{f"{field.path}__month__in": [int(value) for value in values]})
    return ~found if op == Op.NONE_OF else found


# -- rows of other tables -----------------------------------------------------------------------------


def _exists(rows, path, op, values):
    """Whether rows of the client say one, all or none of the codes."""
    own = rows.filter(client=OuterRef("pk"))
    if op == Op.ALL_OF:
        return _join(Match.ALL, [Q(Exists(own.filter(**{path: value}))) for value in values])
    found = Q(Exists(own.filter(**{f"{path}__in": values})))
    return ~found if op == Op.NONE_OF else found


def _held(reading, field, op, values):
    return _exists(Holding.objects.held(reading.today), f"product__{field.path}", op, values)


def _kinds_held(reading, _field, op, values):
    """How many kinds are held; who holds nothing holds none."""

    def holders(least):
        rows = Holding.objects.held(reading.today).values("client").order_by()
        rows = rows.annotate(kinds=Count("product__category", distinct=True)).filter(kinds__gte=least)
        return Q() if least <= 0 else Q(pk__in=rows.values("client"))

    if op in (Op.KNOWN, Op.UNKNOWN):
        return holders(1) if op == Op.KNOWN else ~holders(1)
    asked = holders(values[0]) if op != Op.AT_MOST else Q()
    return asked & ~holders(values[-1] + 1) if op != Op.AT_LEAST else asked


def _contract_day(reading, field, op, values):
    first, last = _days(reading, op, values)
    rows = Holding.objects.held(reading.today).filter(
        client=OuterRef("pk"), **{f"{field.path}__gte": first, f"{field.path}__lte": last}
    )
    return Q(Exists(rows))


def _overdue(reading, _field, op, _values):
    rows = Holding.objects.held(reading.today).filter(client=OuterRef("pk"), overdue_days__gt=0)
    return Q(Exists(rows)) if op == Op.YES else ~Q(Exists(rows))


def _family(_reading, _field, op, values):
    return _exists(FamilyMember.objects.all(), "relation", op, values)


def _refuses(_reading, _field, op, values):
    return _exists(ContactWish.objects.filter(wanted=False), "channel", op, values)


def _life_event(reading, _field, op, values):
    since = add_months(reading.today, -YEAR)
    return _exists(LifeEvent.objects.filter(on__gt=since, on__lte=reading.today), "kind", op, values)


def _important_date(_reading, _field, op, values):
    return _exists(ImportantDate.objects.all(), "kind", op, values)


def _consent(_reading, _field, op, values):
    return _exists(Consent.objects.filter(withdrawn_at__isnull=True), "purpose", op, values)


def _owner(reading, _field, op, values):
    people = [int(value) for value in values if value.isdigit()]
    if "me" in values:
        people.append(reading.staff.pk)
    found = Q(owner__in=people)
    if "nobody" in values:
        found |= Q(owner__isnull=True)
    return ~found if op == Op.NONE_OF else found


READERS = {
    "column": _column,
    "money": _money,
    "flag": _flag,
    "present": _present,
    "written": _written,
    "age": _age,
    "birth_month": _birth_month,
    "held": _held,
    "kinds_held": _kinds_held,
    "contract_day": _contract_day,
    "overdue": _overdue,
    "family": _family,
    "refuses": _refuses,
    "life_event": _life_event,
    "important_date": _important_date,
    "consent": _consent,
    "owner": _owner,
}
