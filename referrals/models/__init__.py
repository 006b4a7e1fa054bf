"""Slips with their events, and what is counted of them."""

from .credit import DealCredit
from .duty import CrowdCall, DutyEvent, DutyGap, DutyRule, DutyShift
from .figures import DayFigure, FiguresFolded, MonthEvent, MonthReport, StaleDay
from .offline import OfflineArrival, OfflineDiscard
from .repeats import RepeatCheck, RepeatKey
from .slip import Diversion, PatrolRound, Referral, ReferralEvent, ReferralQuerySet
from .statement import Statement

__all__ = [
    "CrowdCall",
    "DayFigure",
    "DealCredit",
    "Diversion",
    "DutyEvent",
    "DutyGap",
    "DutyRule",
    "DutyShift",
    "FiguresFolded",
    "MonthEvent",
    "MonthReport",
    "OfflineArrival",
    "OfflineDiscard",
    "PatrolRound",
    "Referral",
    "ReferralEvent",
    "ReferralQuerySet",
    "RepeatCheck",
    "RepeatKey",
    "StaleDay",
    "Statement",
]
