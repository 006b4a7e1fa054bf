"""Slips with their events, and what is counted of them."""

from .slip import Diversion, PatrolRound, Referral, ReferralEvent, ReferralQuerySet, RepeatCheck
from .statement import Statement

__all__ = [
    "Diversion",
    "PatrolRound",
    "Referral",
    "ReferralEvent",
    "ReferralQuerySet",
    "RepeatCheck",
    "Statement",
]
