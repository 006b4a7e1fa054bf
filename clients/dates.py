"""Days that come back every year, by either calendar: pure functions (domain-rules §6.4).

A lunar day is kept as month and day. In a leap month it is the ordinary month's; the 30th of a month of
29 days is its 29th. 29 February falls on the 28th in other years.
"""

import calendar
import datetime
from functools import lru_cache

from django.utils.translation import get_language
from django.utils.translation import gettext as _

#: Lunar years that the tables of lunar-python are trusted for.
FIRST_YEAR, LAST_YEAR = 1901, 2099


@lru_cache(maxsize=4096)
def lunar_of(day: datetime.date) -> tuple[int, int]:
    """(month, day) of a date in the lunar calendar; a leap month is its ordinary one."""
    lunar = _solar(day).getLunar()
    return abs(lunar.getMonth()), lunar.getDay()


def _solar(day):
    from lunar_python import Solar  # tables of two centuries: read when first asked

    return Solar.fromYmd(day.year, day.month, day.day)


@lru_cache(maxsize=4096)
def _lunar_day(year, month, day):
    """The date of a lunar day of a lunar year."""
    from lunar_python import Lunar, LunarMonth

    last = LunarMonth.fromYm(year, month).getDayCount()
    solar = Lunar.fromYmd(year, month, min(day, last)).getSolar()
    return datetime.date(solar.getYear(), solar.getMonth(), solar.getDay())


def falls_on(month: int, day: int, *, lunar: bool, year: int) -> datetime.date:
    """The date of the day in `year`; a lunar year begins in the solar one of the same number."""
    if lunar:
        return _lunar_day(year, month, day)
    return datetime.date(year, month, min(day, calendar.monthrange(year, month)[1]))


def next_time(month: int, day: int, *, lunar: bool, today: datetime.date) -> datetime.date:
    """The first time from `today` on; the end of a lunar year lies in the next solar one."""
    for year in (today.year - 1, today.year, today.year + 1):
        found = falls_on(month, day, lunar=lunar, year=year)
        if found >= today:
            return found
    return falls_on(month, day, lunar=lunar, year=today.year + 2)


def meant_by(day: datetime.date) -> tuple[tuple[bool, int, int], ...]:
    """(lunar, month, day) of everything that is kept on `day`: what a query for reminders asks for."""
    meant = [(False, day.month, day.day)]
    if (day.month, day.day) == (2, 28) and not calendar.isleap(day.year):
        meant.append((False, 2, 29))
    lunar = _solar(day).getLunar()
    if lunar.getMonth() > 0:  # a leap month repeats the ordinary one; it is kept the first time
        meant.append((True, lunar.getMonth(), lunar.getDay()))
        if lunar.getDay() == 29 and _lunar_day(lunar.getYear(), lunar.getMonth(), 30) == day:
            meant.append((True, lunar.getMonth(), 30))
    return tuple(meant)


def day_words(month: int, day: int, *, lunar: bool) -> str:
    """农历八月十五, 8月15日: a day of the year as one says it."""
    if not lunar:
        return _("{month}/{day}").format(month=month, day=day)
    if str(get_language() or "").startswith("zh"):
        from lunar_python.util import LunarUtil

        return f"农历{LunarUtil.MONTH[month]}月{LunarUtil.DAY[day]}"
    return _("lunar month {month}, day {day}").format(month=month, day=day)
