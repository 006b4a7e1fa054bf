"""Follow-up records, contacts, appointments, plan items, the work log; deals."""

from .candidates import Candidate, CandidateRule
from .chances import CHANCE_TRANSITIONS, ChanceState, SalesChance
from .deals import Deal
from .records import (
    Appointment,
    Contact,
    DayEntry,
    FollowUp,
    FollowUpEvent,
    FollowUpQuerySet,
    PlanEvent,
    PlanItem,
    PlanItemQuerySet,
    _Range,
)

__all__ = [
    "CHANCE_TRANSITIONS",
    "Appointment",
    "Candidate",
    "CandidateRule",
    "ChanceState",
    "Contact",
    "DayEntry",
    "Deal",
    "FollowUp",
    "FollowUpEvent",
    "FollowUpQuerySet",
    "PlanEvent",
    "PlanItem",
    "PlanItemQuerySet",
    "SalesChance",
    "_Range",  # named by the first migration
]
