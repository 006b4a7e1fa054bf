"""What a client needs now, first on the page; and the days ahead."""

import datetime
from dataclasses import dataclass, field, replace
from typing import Any

from django.utils.translation import gettext as _

from rmflow.workdays.rules import chip

from ..dates import lunar_of, next_time
from ..rules import ProductCategory
from .groups import birthday, words

DUE_DAYS, RISK_DAYS, DATE_DAYS = 60, 30, 30
#: Working days are counted this far ahead; beyond, a date says more.
COUNTED_DAYS = 365
#: Days shown ahead.
AHEAD = 8


@dataclass(frozen=True)
class NeedRow:
    """One thing the client needs: what, from what it is known, until when."""

    icon: str
    title: str
    why: str = ""
    amount: str = ""
    chip: dict = field(default_factory=dict)


@dataclass(frozen=True, order=True)
class Day:
    """One day ahead."""

    on: datetime.date
    what: Any = field(compare=False)
    icon: str = field(compare=False, default="calendar-event")
    far: bool = field(compare=False, default=False)  # said with its year


def rows(record):
    """The needs in the order of their day; what has none comes after."""
    return [
        *_wanted(record),
        *_due(record),
        *_risk(record),
        *_soon(record),
        *_cares(record),
        *_wished(record),
    ]


def due_chip(record, day):
    return chip(day, record.today, record.calendar)


def near_chip(record, day):
    """The chip of a day that may be far off; none then."""
    if day is None or day > record.today + datetime.timedelta(days=COUNTED_DAYS):
        return None
    return due_chip(record, day)


def _wanted(record):
    if record.profile.wants:
        yield NeedRow("bulb", record.profile.wants, _("said by the client"))


def _due(record):
    last = record.today + datetime.timedelta(days=DUE_DAYS)
    for row in record.holdings:
        if row.matures_on and row.matures_on <= last:
            title = _("{product} falls due").format(product=row.product.name)
            yield NeedRow(
                "calendar-due", title, "", record.money(row.amount), due_chip(record, row.matures_on)
            )
        if row.overdue_days:
            title = _("{product} is overdue").format(product=row.product.name)
            yield NeedRow("alert-circle", title, _("{n} days overdue").format(n=row.overdue_days))


def _risk(record):
    until = record.profile.risk_valid_until
    if until and until <= record.today + datetime.timedelta(days=RISK_DAYS):
        yield NeedRow("shield-check", _("Assess the risk tolerance anew"), "", "", due_chip(record, until))


def _soon(record):
    last = record.today + datetime.timedelta(days=DATE_DAYS)
    for day in personal_days(record):
        if day.on <= last:
            yield NeedRow(day.icon, str(day.what), _("congratulate"), "", due_chip(record, day.on))


def _cares(record):
    if record.profile.cares_most:
        yield NeedRow("heart-handshake", words(record.profile, "cares_most"), _("cares most for"))


def _wished(record):
    """Kinds the client likes and does not hold."""
    held = {row.product.category for row in record.holdings}
    lacking = [kind for kind in record.profile.preferences if kind not in held]
    if lacking:
        kinds = _(", ").join(str(ProductCategory(kind).label) for kind in lacking)
        yield NeedRow("tag", kinds, _("likes it, does not hold it yet"))


def personal_days(record):
    """Birthdays and days to remember, each the next time; for those who congratulate."""
    if not record.own:
        return
    kept = birthday(record)
    if kept:
        yield Day(_next(record, *kept), _("Birthday of the client"), "cake")
    for member in record.family:
        if member.birth_date:
            relation = member.get_relation_display()
            what = _("Birthday of {who}").format(who=f"{relation} {member.name}".strip())
            born = member.birth_date
            month, day = lunar_of(born) if member.lunar else (born.month, born.day)
            yield Day(_next(record, month, day, member.lunar), what, "cake")
    for row in record.dates:
        if row.kind != "birthday":
            yield Day(_next(record, row.month, row.day, row.lunar), row.label or row.get_kind_display())


def _next(record, month, day, lunar):
    return next_time(month, day, lunar=lunar, today=record.today)


def ahead(record):
    """The next days: people, contracts, the assessment."""
    days = list(personal_days(record))
    days += [
        Day(row.matures_on, _("{product} falls due").format(product=row.product.name), "calendar-due")
        for row in record.holdings
        if row.matures_on and row.matures_on >= record.today
    ]
    until = record.profile.risk_valid_until
    if until and until >= record.today:
        days.append(Day(until, _("Risk assessment ends"), "shield-check"))
    nearest = sorted(days)[:AHEAD]
    return [replace(day, far=day.on.year != record.today.year) for day in nearest]
