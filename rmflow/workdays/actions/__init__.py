"""Every write to the calendar, to business days, and to what their closing leaves behind."""

from . import custody
from .calendar import import_notice, settle_change
from .closing import (
    for_locking,
    for_signing,
    lock_day,
    look_into_box,
    reopen_day,
    require_unlocked,
    sign,
    withdraw_signatures,
)
from .days import DAY_TURNS_AT, business_day, hold, open_day
from .inspections import begin_inspection, sign_inspection

__all__ = [
    "DAY_TURNS_AT",
    "begin_inspection",
    "business_day",
    "custody",
    "for_locking",
    "for_signing",
    "hold",
    "import_notice",
    "lock_day",
    "look_into_box",
    "open_day",
    "reopen_day",
    "require_unlocked",
    "settle_change",
    "sign",
    "sign_inspection",
    "withdraw_signatures",
]
