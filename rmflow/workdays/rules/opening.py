"""Branch opening days: the second calendar (domain-rules §6.3).

Branches commonly open on weekends and close for festivals, so day close and lobby duty follow the
branch's own days; statutory clocks never do.
"""

import datetime
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from django.utils.translation import gettext as _

from rmflow.workflow import Refused

from .calendar import ONE_DAY, Calendar, DayKind

EVERY_DAY = frozenset(range(1, 8))  # ISO weekdays, Monday is 1
FARTHEST = 60  # days searched for the next opening; a branch shut longer is told so
OPEN_AT, CLOSE_AT = datetime.time(9), datetime.time(17)


class NeverOpen(Refused):
    """The branch's rules leave no opening day in sight."""


@dataclass(frozen=True)
class Opening:
    """When one branch opens: a rule of the week, festivals, and single days that differ.

    `exceptions` maps a date to (opens, open_at, close_at); an hour of None is the usual one.
    """

    calendar: Calendar
    weekdays: Collection[int] = EVERY_DAY
    closed_on_holidays: bool = True
    open_at: datetime.time = OPEN_AT
    close_at: datetime.time = CLOSE_AT
    exceptions: Mapping[datetime.date, tuple[bool, datetime.time | None, datetime.time | None]] = field(
        default_factory=dict
    )

    def is_open(self, day: datetime.date) -> bool:
        """Whether the branch serves clients on `day`. A year without rows follows the week alone."""
        if day in self.exceptions:
            return self.exceptions[day][0]
        if self.closed_on_holidays and self.calendar.days.get(day, ("",))[0] == DayKind.OFF:
            return False
        return day.isoweekday() in self.weekdays

    def hours(self, day: datetime.date) -> tuple[datetime.time, datetime.time] | None:
        """Opening and closing time of `day` (bank time); None when the branch stays closed."""
        if not self.is_open(day):
            return None
        _opens, open_at, close_at = self.exceptions.get(day, (True, None, None))
        return open_at or self.open_at, close_at or self.close_at

    def next_open(self, day: datetime.date) -> datetime.date:
        """The first opening day after `day`."""
        return self._search(day, ONE_DAY)

    def previous_open(self, day: datetime.date) -> datetime.date:
        """The last opening day before `day`."""
        return self._search(day, -ONE_DAY)

    def _search(self, day, step):
        for _i in range(FARTHEST):
            day += step
            if self.is_open(day):
                return day
        raise NeverOpen(
            _("This branch has no opening day within {n} days; check its opening days.").format(n=FARTHEST),
            code="never_open",
        )
