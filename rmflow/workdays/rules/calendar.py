"""The working-day calendar: which days count, and counting them (domain-rules §3.2 and §6.3).

A weekday works unless the State Council's notice gives it off; a Saturday or Sunday rests unless the
notice makes it a make-up working day (调休). The day of receipt is day 0, counting starts the day
after (Civil Code 201). Every answer that needs a year without rows is refused in words, never guessed.
"""

import datetime
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext

from rmflow.workflow import Refused

ONE_DAY = datetime.timedelta(days=1)
SATURDAY = 5
ANNOUNCED_BY = 11  # the month in which next year's notice usually appears

#: Notices are in Chinese; these are the names an English page shows. Other labels show as they are.
FESTIVALS = {
    "元旦": gettext_lazy("New Year's Day"),
    "春节": gettext_lazy("Spring Festival"),
    "清明节": gettext_lazy("Tomb-sweeping Day"),
    "劳动节": gettext_lazy("Labour Day"),
    "端午节": gettext_lazy("Dragon Boat Festival"),
    "中秋节": gettext_lazy("Mid-autumn Festival"),
    "国庆节": gettext_lazy("National Day"),
    "抗战胜利纪念日": gettext_lazy("Victory Day"),
}


def festival(label: str) -> str:
    """The name of a festival in the reader's language."""
    return str(FESTIVALS.get(label, label))


class YearMissing(Refused):
    """A date was asked for that needs a year nobody has entered."""

    def __init__(self, year: int) -> None:
        self.year = year
        super().__init__(
            _("{year} has no calendar; no deadline can be computed").format(year=year), code="year_missing"
        )


class DayKind(StrEnum):
    """What the calendar stores: only the days that break the rule of the week."""

    OFF = "off"
    WORK = "work"


@dataclass(frozen=True)
class DayCount:
    """One line of a trail: the day, its number when it counts, and why it does or does not."""

    date: datetime.date
    number: int | None
    why: str
    kind: str  # receipt, working, make_up, weekend or holiday
    provisional: bool = False


class Calendar:
    """Working days of some years, built once from rows and never changed.

    `years` says of each year whether it is provisional; `days` holds the exceptions of the week as
    (kind, label). Counting is a bisection over the ordered working days: the same cost for any span.
    """

    def __init__(self, years: Mapping[int, bool], days: Mapping[datetime.date, tuple[str, str]]) -> None:
        self.years = dict(sorted(years.items()))
        self.days = dict(days)
        self._working = [day.toordinal() for day in self._all_days() if self._works(day)]
        self._chips: dict[tuple, dict[str, Any]] = {}

    def _all_days(self) -> Iterator[datetime.date]:
        for year in self.years:
            day = datetime.date(year, 1, 1)
            while day.year == year:
                yield day
                day += ONE_DAY

    def _works(self, day: datetime.date) -> bool:
        kind = self.days.get(day, ("", ""))[0]
        if day.weekday() >= SATURDAY:
            return kind == DayKind.WORK
        return kind != DayKind.OFF

    def _need(self, first: int, last: int) -> None:
        """Raise YearMissing for the first year of `first`..`last` without rows."""
        for year in range(first, last + 1):
            if year not in self.years:
                raise YearMissing(year)

    def is_working(self, day: datetime.date) -> bool:
        """Whether `day` is a working day."""
        _plain(day)
        self._need(day.year, day.year)
        return self._works(day)

    def add(self, day: datetime.date, count: int) -> datetime.date:
        """The `count`-th working day after `day`, which itself is day 0."""
        _plain(day)
        _not_negative(count)
        first_year = day.year + 1 if (day.month, day.day) == (12, 31) else day.year
        if count == 0:
            self._need(day.year, day.year)
            return day
        place = bisect_right(self._working, day.toordinal()) + count - 1
        if place >= len(self._working):
            self._need(first_year, max([first_year, *(year + 1 for year in self.years)]))
        found = datetime.date.fromordinal(self._working[place])
        self._need(first_year, found.year)
        return found

    def subtract(self, day: datetime.date, count: int) -> datetime.date:
        """The `count`-th working day before `day`, which itself is day 0."""
        _plain(day)
        _not_negative(count)
        last_year = day.year - 1 if (day.month, day.day) == (1, 1) and count else day.year
        self._need(last_year, last_year)
        if count == 0:
            return day
        place = bisect_left(self._working, day.toordinal()) - count
        if place < 0:
            raise YearMissing(min(self.years) - 1)
        found = datetime.date.fromordinal(self._working[place])
        self._need(found.year, last_year)
        return found

    def between(self, start: datetime.date, end: datetime.date) -> int:
        """Working days after `start` up to and with `end`; negative when `end` lies before."""
        _plain(start)
        _plain(end)
        if end < start:
            return -self.between(end, start)
        self._need(start.year, end.year)
        return bisect_right(self._working, end.toordinal()) - bisect_right(self._working, start.toordinal())

    def on_or_after(self, day: datetime.date) -> datetime.date:
        """`day` itself when it works, else the next working day."""
        return day if self.is_working(day) else self.add(day, 1)

    def on_or_before(self, day: datetime.date) -> datetime.date:
        """`day` itself when it works, else the last working day before."""
        return day if self.is_working(day) else self.subtract(day, 1)

    def first_of_month(self, year: int, month: int) -> datetime.date:
        """The first working day of a month."""
        return self.on_or_after(datetime.date(year, month, 1))

    def provisional(self, day: datetime.date) -> bool:
        """Whether the year of `day` still waits for its official notice."""
        self._need(day.year, day.year)
        return self.years[day.year]

    def provisional_year(self, start: datetime.date, end: datetime.date) -> int | None:
        """The first provisional year among the days counted from `start` (excluded) to `end`."""
        start, end = min(start, end), max(start, end)
        first = start.year + 1 if (start.month, start.day) == (12, 31) else start.year
        return next((year for year in range(first, end.year + 1) if self.years.get(year)), None)

    def unannounced(self, today: datetime.date) -> list[int]:
        """Years that should be official by now: this one, and from November the next."""
        due = [today.year] + ([today.year + 1] if today.month >= ANNOUNCED_BY else [])
        return [year for year in due if self.years.get(year, True)]

    def trail(self, day: datetime.date, count: int) -> list[DayCount]:
        """Every day from `day` (0) to its `count`-th working day, each with the reason it counts or not."""
        return self.days_from(day, self.add(day, count))

    def days_from(self, start: datetime.date, end: datetime.date) -> list[DayCount]:
        """Every day from `start` (0) to `end`, working days numbered from the day after `start`."""
        lines = [DayCount(start, 0, pgettext("day count", "Receipt"), "receipt", self.provisional(start))]
        number, day = 0, start
        while day < end:
            day += ONE_DAY
            working = self.is_working(day)
            number += working
            kind, why = self.reason(day)
            lines.append(DayCount(day, number if working else None, why, kind, self.years[day.year]))
        return lines

    def reason(self, day: datetime.date) -> tuple[str, str]:
        """Why `day` counts or does not: a word for code and words for a person."""
        kind, label = self.days.get(day, ("", ""))
        if kind == DayKind.WORK and day.weekday() >= SATURDAY:
            return "make_up", _("Make-up working day for {festival}").format(festival=festival(label))
        if kind == DayKind.OFF:
            return "holiday", festival(label)
        if day.weekday() >= SATURDAY:
            return "weekend", _("Weekend")
        return "working", _("Working day")


def _plain(day: datetime.date) -> None:
    """A moment is not a day: its day depends on the time zone, so the caller must choose it."""
    if isinstance(day, datetime.datetime):
        raise TypeError("Pass a date, not a datetime: take the day in the bank's time zone first.")


def _not_negative(count: int) -> None:
    if count < 0:
        raise ValueError("The number of working days cannot be negative.")
