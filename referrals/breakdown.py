"""分类统计: one table a view, with every column and rate of the form (domain-rules §1.3), each figure a link."""

from django.db.models import TextChoices
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from rmflow.staff.permissions import Role
from rmflow.workdays.rules import short_day, weekday

from .rules import SourceChannel, figures
from .rules.periods import Kind, period
from .table import post, rate, signed, wan


class By(TextChoices):
    """What the rows of a table are told apart by."""

    EMPLOYEE = "employee", pgettext_lazy("view", "Employee")
    ROLE = "role", pgettext_lazy("view", "Post")
    CHANNEL = "channel", pgettext_lazy("view", "Channel")
    HOUR = "hour", pgettext_lazy("view", "Hour")
    DAY = "day", pgettext_lazy("view", "Day")
    MONTH = "month", pgettext_lazy("view", "Month")
    BRANCH = "branch", pgettext_lazy("view", "Branch")
    REGION = "region", pgettext_lazy("view", "Region")


#: Views of one branch, and of many.
OF_A_BRANCH = (By.EMPLOYEE, By.ROLE, By.CHANNEL, By.HOUR, By.DAY, By.MONTH)
OF_MANY = (By.BRANCH, By.REGION, By.ROLE, By.CHANNEL, By.HOUR, By.DAY, By.MONTH)

#: The form's columns, in its order: figure, heading, the rows behind it.
COLUMNS = (
    ("total", gettext_lazy("Referrals, total"), "total"),
    ("referred", gettext_lazy("Referred"), "referred"),
    ("to_follow_up", gettext_lazy("To follow up"), "to_follow_up"),
    ("verified", gettext_lazy("Found true"), "verified"),
    ("premium", gettext_lazy("Existing premium"), "premium"),
    ("potential", gettext_lazy("Existing potential"), "potential"),
    ("prospective", gettext_lazy("Prospective premium"), "prospective"),
    ("ordinary", gettext_lazy("Ordinary"), "ordinary"),
    ("repeats", gettext_lazy("Repeats"), "repeats"),
    ("invalid", gettext_lazy("Invalid"), "invalid"),
    ("spot_deals", gettext_lazy("Deals on the spot"), "spot_deals"),
    ("spot_amount", pgettext_lazy("column", "Amount (10k yuan)"), "spot_deals"),
    ("converted", gettext_lazy("Converted after follow-up"), "converted"),
    ("follow_deals", gettext_lazy("Deals after follow-up"), "follow_deals"),
    ("follow_amount", pgettext_lazy("column", "Amount (10k yuan)"), "follow_deals"),
    ("accuracy", gettext_lazy("Recognition accuracy"), "good"),
    ("guided", gettext_lazy("On-site guidance success"), "referred"),
    ("conversion", gettext_lazy("Follow-up conversion"), "converted"),
)
RATES = ("accuracy", "guided", "conversion")


def cells(row, link):
    """Every column of a row: its text, and where its rows are."""
    rates = figures.rates(row)
    found = []
    for name, _heading, measure in COLUMNS:
        if name in RATES:
            text = rate(rates[name]) + ("%" if rates[name] is not None else "")
        else:
            text = wan(row[name]) if name in figures.AMOUNTS else f"{row[name]:,}"
        found.append({"text": text, "url": link(measure)})
    return found


#: What makes a row the same in another period; times of day and days of one period are not compared.
SAME = {
    By.EMPLOYEE: ("employee", "role"),
    By.ROLE: ("role",),
    By.CHANNEL: ("channel",),
    By.BRANCH: ("branch",),
    By.REGION: ("region",),
}


def lines(by, rows, table, others=()):
    """The rows of a view as a person reads them: a name, perhaps a second word, all columns, and how the
    number of referrals changed against the rows of other periods."""
    then = [{_same(by, row): row["total"] for row in other} for other in others]
    return [
        {**LINES[by](row, table), "versus": [_change(row, totals.get(_same(by, row))) for totals in then]}
        for row in rows
    ]


def _same(by, row):
    return tuple(row[name] for name in SAME[by])


def _change(row, before):
    return "–" if before is None else signed(row["total"] - before)


def _line(name, row, link, *, second="", **more):
    return {"name": name, "second": second, "cells": cells(row, link), **more}


def _narrowed(table, **only):
    return lambda measure: table.link(measure, **only)


def _employee(row, table):
    link = _narrowed(table, employee=row["employee"], role=row["role"])
    return _line(row["employee_name"], row, link, second=post(row), rank=row["rank"])


def _role(row, table):
    return _line(Role(row["role"]).label, row, _narrowed(table, role=row["role"]))


def _channel(row, table):
    return _line(SourceChannel(row["channel"]).label, row, _narrowed(table, channel=row["channel"]))


def _hour(row, table):
    name = f"{row['hour']:02d}:00–{row['hour'] + 1:02d}:00"
    return _line(name, row, _narrowed(table, hour=row["hour"]))


def _day(row, table):
    day = row["date"]
    return _line(short_day(day), row, _narrowed(table, date=day.isoformat()), second=weekday(day))


def _month(row, table):
    return _line(f"{row['month']:%Y-%m}", row, table.link_over(period(Kind.MONTH, row["month"])))


def _branch(row, table):
    link = _narrowed(table, branch=row["branch"])
    return _line(row["branch_name"], row, link, second=row["branch_code"], rank=row["rank"])


def _region(row, table):
    return _line(row["region_name"], row, _narrowed(table, region=row["region"]), second=row["region_code"])


LINES = {
    By.EMPLOYEE: _employee,
    By.ROLE: _role,
    By.CHANNEL: _channel,
    By.HOUR: _hour,
    By.DAY: _day,
    By.MONTH: _month,
    By.BRANCH: _branch,
    By.REGION: _region,
}


def heading(by):
    """按员工, 按渠道."""
    return _("By {view}").format(view=By(by).label)
