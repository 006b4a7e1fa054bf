"""Every write on referrals, by noun: filing, repeats, reception, verdict, the lobby's counts."""

from . import closing, closing_clock, closing_day, deals
from .filing import file, file_once, withdraw
from .lobby import divert, tick_patrol, undo_diversion
from .reception import guide_on, perform, take
from .repeats import look, may_be_repeat
from .steps import STEPS, WITH_MANAGER
from .verdicts import judge

__all__ = [
    "STEPS",
    "WITH_MANAGER",
    "closing",
    "closing_clock",
    "closing_day",
    "deals",
    "divert",
    "file",
    "file_once",
    "guide_on",
    "judge",
    "look",
    "may_be_repeat",
    "perform",
    "take",
    "tick_patrol",
    "undo_diversion",
    "withdraw",
]
