"""Every write of contact marketing, by noun: records, plans, contacts, verdicts."""

from .contacts import record_contact
from .deals import record_deal
from .plans import add_plan, done, drop, postpone, prepare, restore
from .records import abandon, change_analysis, give_up, open_record, take_back
from .verdicts import judge

__all__ = [
    "abandon",
    "add_plan",
    "change_analysis",
    "done",
    "drop",
    "give_up",
    "judge",
    "open_record",
    "postpone",
    "prepare",
    "record_contact",
    "record_deal",
    "restore",
    "take_back",
]
