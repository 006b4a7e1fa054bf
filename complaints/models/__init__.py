"""Complaints; closures and openings have their own modules beside these."""

from .closure_months import ClosureMonth
from .closure_parts import ClosureEvent, ClosureFlag, ClosureMeasure, WinBack
from .closure_settings import ClosureRule, MovementRule
from .closures import Closure, Destination
from .complaint import Complaint, ComplaintQuerySet
from .complaint_codes import ComplaintCode, ComplaintPoint, ComplaintSerial
from .complaint_listings import ComplaintListing
from .complaint_parts import (
    Attachment,
    ComplaintEvent,
    ComplaintRecount,
    Extension,
    Improvement,
    LadderStep,
    Representative,
    Review,
    Suspension,
)
from .complaint_reach import PassOn, Recusal
from .guides import Guide
from .openings import KitForm, KitItem, Offer, Opening, OpeningEvent, OpeningKind

__all__ = [
    "Attachment",
    "Closure",
    "ClosureEvent",
    "ClosureFlag",
    "ClosureMeasure",
    "ClosureMonth",
    "ClosureRule",
    "Complaint",
    "ComplaintCode",
    "ComplaintEvent",
    "ComplaintListing",
    "ComplaintPoint",
    "ComplaintQuerySet",
    "ComplaintRecount",
    "ComplaintSerial",
    "Destination",
    "Extension",
    "Guide",
    "Improvement",
    "KitForm",
    "KitItem",
    "LadderStep",
    "MovementRule",
    "Offer",
    "Opening",
    "OpeningEvent",
    "OpeningKind",
    "PassOn",
    "Recusal",
    "Representative",
    "Review",
    "Suspension",
    "WinBack",
]
