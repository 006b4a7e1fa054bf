"""Slips with their events, and what is counted of them."""

from .credit import DealCredit
from .duty import CrowdCall, DutyEvent, DutyGap, DutyRule, DutyShift
from .figures import DayFigure, FiguresFolded, MonthEvent, MonthReport, StaleDay
from .offline import OfflineArrival, OfflineDiscard
from .slip import Diversion, PatrolRound, Referral, ReferralEvent, ReferralQuerySet, RepeatCheck
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
    "StaleDay",
    "Statement",
]
