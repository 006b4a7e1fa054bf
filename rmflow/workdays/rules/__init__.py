"""Working days as pure functions: no database, no clock; the calendar and `today` are arguments."""

from .calendar import Calendar, DayCount, DayKind, YearMissing, festival
from .chip import WEEKDAYS, chip, day_text, provisional_text, short_day, weekday
from .notice import NoticeRefused, RowError, changed_days, read_notice
from .opening import NeverOpen, Opening

__all__ = [
    "WEEKDAYS",
    "Calendar",
    "DayCount",
    "DayKind",
    "NeverOpen",
    "NoticeRefused",
    "Opening",
    "RowError",
    "YearMissing",
    "changed_days",
    "chip",
    "day_text",
    "festival",
    "provisional_text",
    "read_notice",
    "short_day",
    "weekday",
]
