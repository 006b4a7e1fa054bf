"""The calendar, branch opening days, business days and their closing."""

from .calendar import (
    DAY_KINDS,
    CalendarChange,
    CalendarDay,
    CalendarStamp,
    CalendarYear,
    OpeningDay,
    OpeningRule,
    every_day,
    tracked,
)
from .days import BranchDay, ClosingRule, DayConfirmation, OpinionBoxCheck
from .oversight import CustodyLine, DayReopening, FreezePass, Inspection

__all__ = [
    "DAY_KINDS",
    "BranchDay",
    "CalendarChange",
    "CalendarDay",
    "CalendarStamp",
    "CalendarYear",
    "ClosingRule",
    "CustodyLine",
    "DayConfirmation",
    "DayReopening",
    "FreezePass",
    "Inspection",
    "OpeningDay",
    "OpeningRule",
    "OpinionBoxCheck",
    "every_day",
    "tracked",
]
