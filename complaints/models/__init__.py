"""Complaints; closures and openings have their own modules beside these."""

from .complaint import Complaint, ComplaintQuerySet, PassOn, Recusal
from .complaint_codes import ComplaintCode, ComplaintPoint, ComplaintSerial
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

__all__ = [
    "Attachment",
    "Complaint",
    "ComplaintCode",
    "ComplaintEvent",
    "ComplaintPoint",
    "ComplaintQuerySet",
    "ComplaintRecount",
    "ComplaintSerial",
    "Extension",
    "Improvement",
    "LadderStep",
    "PassOn",
    "Recusal",
    "Representative",
    "Review",
    "Suspension",
]
