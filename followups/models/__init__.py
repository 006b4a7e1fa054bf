"""Follow-up records, contacts, appointments, plan items, the work log; deals."""

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
    "Appointment",
    "Contact",
    "DayEntry",
    "Deal",
    "FollowUp",
    "FollowUpEvent",
    "FollowUpQuerySet",
    "PlanEvent",
    "PlanItem",
    "PlanItemQuerySet",
    "_Range",  # named by the first migration
]
