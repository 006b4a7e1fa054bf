"""The double clock of a complaint (B-10, domain-rules §3): working days inside the law's days.

Pure: the calendar is an argument. The day of receipt is day 0 on both clocks. The bank's clock counts
3 working days, 7 once the complaint office has agreed; the law's counts 15 days, 30 when complex, 60 at
most. The earlier one rules. Only an external appraisal stops them: whole days between its begin and its
end are counted by neither.
"""

import datetime
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from django.db.models import TextChoices
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext

from rmflow.workdays.rules import Calendar, YearMissing

DAY = datetime.timedelta(days=1)
NORMAL_DAYS = 3
EXTENDED_DAYS = 7
LAW_SIMPLE, LAW_COMPLEX, LAW_MOST = 15, 30, 60
LAW_DAYS = (LAW_SIMPLE, LAW_COMPLEX, LAW_MOST)


class Ruling(TextChoices):
    """Which of the limits is the earlier one."""

    NORMAL = "normal", gettext_lazy("3 working days")
    EXTENDED = "extended", gettext_lazy("7 working days")
    LAW = "law", gettext_lazy("The law's days")


@dataclass(frozen=True)
class Pause:
    """An external appraisal: from, to (None while it lasts). Its whole days are the ones in between."""

    begins: datetime.date
    ends: datetime.date | None = None

    def covers(self, day: datetime.date) -> bool:
        return self.begins < day and (self.ends is None or day < self.ends)


@dataclass(frozen=True)
class Clock:
    """Both clocks of one complaint, and the date that rules."""

    day0: datetime.date
    normal_on: datetime.date | None
    extended_on: datetime.date | None
    law_on: datetime.date
    law_days: int = LAW_SIMPLE
    extended: bool = False
    provisional_year: int | None = None
    missing_year: int | None = None
    pauses: tuple[Pause, ...] = ()
    held_on: datetime.date | None = None  # the deadline does not move before this day

    @property
    def working_on(self) -> datetime.date | None:
        """The last day by working days; None where a year has no calendar."""
        return self.extended_on if self.extended else self.normal_on

    @property
    def effective_on(self) -> datetime.date:
        """The earlier of the two clocks; never before the day it is held at."""
        earlier = self.law_on if self.working_on is None else min(self.working_on, self.law_on)
        return earlier if self.held_on is None else max(earlier, self.held_on)

    @property
    def ruling(self) -> Ruling:
        """Which clock that is; the bank's own when both fall on one day."""
        if self.working_on is None or self.law_on < self.working_on:
            return Ruling.LAW
        return Ruling.EXTENDED if self.extended else Ruling.NORMAL


def reckon(
    day0: datetime.date,
    *,
    calendar: Calendar,
    extended: bool = False,
    law_days: int = LAW_SIMPLE,
    pauses: Iterable[Pause] = (),
) -> Clock:
    """Both clocks from the day of receipt; a year without a calendar leaves the law's dates."""
    pauses = tuple(pauses)
    missing = None
    dates: list[datetime.date | None] = []
    for count in (NORMAL_DAYS, EXTENDED_DAYS):
        try:
            dates.append(_working(day0, count, calendar, pauses))
        except YearMissing as error:
            missing = missing or error.year
            dates.append(None)
    normal_on, extended_on = dates
    working_on = extended_on if extended else normal_on
    return Clock(
        day0=day0,
        normal_on=normal_on,
        extended_on=extended_on,
        law_on=_law(day0, law_days, pauses),
        law_days=law_days,
        extended=extended,
        provisional_year=calendar.provisional_year(day0, working_on) if working_on else None,
        missing_year=missing if working_on is None else None,
        pauses=pauses,
    )


def held(clock: Clock, *, due_on: datetime.date, today: datetime.date) -> Clock:
    """The clock of a deadline that stood at `due_on`: nobody is late by decree, so what was still good today
    does not move into the past, and what is past stays where it was."""
    return replace(clock, held_on=min(due_on, today, clock.law_on))


def _working(day0, count, calendar, pauses) -> datetime.date:
    """The `count`-th working day after `day0`, days of a pause left out."""
    if not pauses:
        return calendar.add(day0, count)
    day = day0
    while count:
        day = calendar.add(day, 1)
        if any(pause.ends is None and pause.covers(day) for pause in pauses):
            return day  # while the appraisal lasts nothing runs; the date moves on when it ends
        count -= not paused(day, pauses)
    return day


def _law(day0, count, pauses) -> datetime.date:
    if not pauses:
        return day0 + count * DAY
    day = day0
    while count:
        day += DAY
        if any(pause.ends is None and pause.covers(day) for pause in pauses):
            return day
        count -= not paused(day, pauses)
    return day


def paused(day: datetime.date, pauses: Iterable[Pause]) -> bool:
    """Whether `day` is a whole day of an external appraisal."""
    return any(pause.covers(day) for pause in pauses)


@dataclass(frozen=True)
class CountedDay:
    """One day of the strip: its number on each clock, None where it does not count."""

    date: datetime.date
    working: int | None
    law: int | None
    why: str
    kind: str  # receipt, working, make_up, weekend, holiday, paused or unknown
    marks: tuple[str, ...] = ()


def count_days(clock: Clock, calendar: Calendar) -> list[CountedDay]:
    """Both clocks day by day, from receipt to the last date that plays a part."""
    last = max(day for day in (clock.working_on, clock.normal_on, clock.law_on, clock.effective_on) if day)
    if clock.ruling != Ruling.LAW and clock.law_days > LAW_SIMPLE:
        last = max(clock.effective_on, clock.normal_on or clock.effective_on)
    marks = _marks(clock)
    lines = [CountedDay(clock.day0, 0, 0, pgettext("day count", "Receipt"), "receipt", marks(clock.day0))]
    working = law = 0
    day = clock.day0
    while day < last:
        day += DAY
        if paused(day, clock.pauses):
            lines.append(CountedDay(day, None, None, _("External appraisal"), "paused", marks(day)))
            continue
        law += 1
        works, kind, why = _day(day, calendar)
        working += works
        lines.append(CountedDay(day, working if works else None, law, why, kind, marks(day)))
    return lines


def _marks(clock):
    named = {"normal": clock.normal_on, "extended": clock.extended_on if clock.extended else None}
    named |= {"law": clock.law_on, "effective": clock.effective_on}
    return lambda day: tuple(name for name, date in named.items() if date == day)


def _day(day, calendar) -> tuple[bool, str, str]:
    try:
        works = calendar.is_working(day)
    except YearMissing as error:
        return False, "unknown", str(error)
    kind, why = calendar.reason(day)
    return works, kind, why


# -- shares of the time, in working time ----------------------------------------------------------


@dataclass(frozen=True)
class Hours:
    """The hours of a working day, and the hour at which a day's deadline falls."""

    opens: datetime.time = datetime.time(8, 30)
    due: datetime.time = datetime.time(17, 30)


def due_at(day: datetime.date, hours: Hours, zone) -> datetime.datetime:
    """The moment a day's deadline falls."""
    return datetime.datetime.combine(day, hours.due, tzinfo=zone)


def moments(
    start: datetime.datetime,
    due: datetime.datetime,
    shares: Sequence[float],
    *,
    calendar: Calendar,
    hours: Hours,
    pauses: Iterable[Pause] = (),
) -> list[datetime.datetime]:
    """When each share of the working time from `start` to `due` is used up; both in one time zone.

    Without working time between them (or without a calendar) the share is of the time on the wall.
    """
    try:
        spans = list(_spans(start, due, calendar, hours, tuple(pauses)))
    except YearMissing:
        spans = []
    if not spans:
        spans = [(start, max(start, due))]
    whole = sum(((end - begin) for begin, end in spans), datetime.timedelta())
    return [_at(spans, whole * share) for share in shares]


def _spans(start, due, calendar, hours, pauses) -> Iterator[tuple[datetime.datetime, datetime.datetime]]:
    """Stretches of working time between two moments."""
    day = start.date()
    while day <= due.date():
        if calendar.is_working(day) and not paused(day, pauses):
            begin = max(start, datetime.datetime.combine(day, hours.opens, tzinfo=start.tzinfo))
            end = min(due, datetime.datetime.combine(day, hours.due, tzinfo=start.tzinfo))
            if begin < end:
                yield begin, end
        day += DAY


def _at(spans, left) -> datetime.datetime:
    for begin, end in spans:
        if left <= end - begin:
            return begin + left
        left -= end - begin
    return spans[-1][1]
