"""The period a table is about: day, week, month, quarter, year or any range; pure (W1-10, W1-12)."""

import calendar
import datetime
from dataclasses import dataclass

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from rmflow.workflow import Refused


class Kind(TextChoices):
    DAY = "day", pgettext_lazy("period", "Day")
    WEEK = "week", pgettext_lazy("period", "Week")
    MONTH = "month", pgettext_lazy("period", "Month")
    QUARTER = "quarter", pgettext_lazy("period", "Quarter")
    YEAR = "year", pgettext_lazy("period", "Year")
    RANGE = "range", pgettext_lazy("period", "Range")


#: A range may be so long: figures of ten years are a matter of the archive.
MOST_DAYS = 1100


@dataclass(frozen=True)
class Period:
    """Business dates from `first` to `last`, both included."""

    kind: str
    first: datetime.date
    last: datetime.date

    @property
    def days(self):
        return (self.last - self.first).days + 1

    def around(self, day):
        """The period of the same kind that holds `day`."""
        return period(self.kind, day) if self.kind != Kind.RANGE else self

    def before(self):
        """The period just before: the previous month of a month, as many days before a range."""
        if self.kind == Kind.RANGE:
            last = self.first - datetime.timedelta(days=1)
            return Period(Kind.RANGE, last - datetime.timedelta(days=self.days - 1), last)
        return period(self.kind, self.first - datetime.timedelta(days=1))

    def after(self):
        if self.kind == Kind.RANGE:
            first = self.last + datetime.timedelta(days=1)
            return Period(Kind.RANGE, first, first + datetime.timedelta(days=self.days - 1))
        return period(self.kind, self.last + datetime.timedelta(days=1))

    def year_before(self):
        """The same period of last year; a week goes back 52 weeks, so that weekdays meet."""
        if self.kind == Kind.WEEK:
            return period(self.kind, self.first - datetime.timedelta(weeks=52))
        first = _a_year_before(self.first)
        if self.kind in (Kind.DAY, Kind.RANGE):
            return Period(self.kind, first, _a_year_before(self.last))
        return period(self.kind, first)

    def dates(self):
        return [self.first + datetime.timedelta(days=n) for n in range(self.days)]


def period(kind, day):
    """The period of `kind` that holds `day`."""
    if kind == Kind.DAY:
        return Period(kind, day, day)
    if kind == Kind.WEEK:
        monday = day - datetime.timedelta(days=day.weekday())
        return Period(kind, monday, monday + datetime.timedelta(days=6))
    if kind == Kind.MONTH:
        return Period(kind, day.replace(day=1), _month_end(day))
    if kind == Kind.QUARTER:
        first = day.replace(month=(day.month - 1) // 3 * 3 + 1, day=1)
        return Period(kind, first, _month_end(first.replace(month=first.month + 2)))
    return Period(Kind.YEAR, day.replace(month=1, day=1), day.replace(month=12, day=31))


def chosen(kind, day, first, last, *, today):
    """The period an address asks for; a range needs both ends in order and may not be endless."""
    if kind == Kind.RANGE:
        first, last = first or today.replace(day=1), last or today
        if last < first:
            raise Refused(_("The last day lies before the first."), field="last")
        if (last - first).days >= MOST_DAYS:
            raise Refused(_("Choose a range of at most three years."), field="last")
        return Period(Kind.RANGE, first, last)
    return period(kind if kind in Kind.values else Kind.MONTH, day or today)


def month_to_report(today):
    """Last month: the one whose table is due at the start of this one."""
    return period(Kind.MONTH, today.replace(day=1) - datetime.timedelta(days=1))


def compile_is_due(today, *, working_days):
    """Whether the first working day of the month has come; later days catch up what was missed."""
    return today >= working_days.first_of_month(today.year, today.month)


def _month_end(day):
    return day.replace(day=calendar.monthrange(day.year, day.month)[1])


def _a_year_before(day):
    try:
        return day.replace(year=day.year - 1)
    except ValueError:  # 29 February
        return day.replace(year=day.year - 1, day=28)
