"""Complaints; closures and openings have their own modules beside these."""

from .complaint import Complaint, ComplaintQuerySet, PassOn, Recusal
from .complaint_codes import ComplaintCode, ComplaintPoint, ComplaintSerial
from .complaint_parts import (
    Attachment,
    ComplaintEvent,
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
