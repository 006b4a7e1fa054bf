"""Persons and what is kept about them."""

from .duplicates import Duplicate, DuplicateConfirmation, MergeStep
from .evaluation import DowngradeRead, Evaluation, EvaluationRun, Override, RunPart
from .loads import ColumnMap, FileLoad, Replaced
from .person import Client, ClientQuerySet, kept_history
from .products import Holding, Product
from .profile import (
    Consent,
    ContactWish,
    FamilyMember,
    Household,
    ImportantDate,
    LifeEvent,
    Profile,
)
from .records import Archive, FileSerial, MonthlyBalance, TimelineEntry, Verdict
from .scoring import Band, Dimension, Indicator, Scorecard, TierRule
from .segments import Segment

__all__ = [
    "Archive",
    "Band",
    "Client",
    "ClientQuerySet",
    "ColumnMap",
    "Consent",
    "ContactWish",
    "Dimension",
    "DowngradeRead",
    "Duplicate",
    "DuplicateConfirmation",
    "Evaluation",
    "EvaluationRun",
    "FamilyMember",
    "FileLoad",
    "FileSerial",
    "Holding",
    "Household",
    "ImportantDate",
    "Indicator",
    "LifeEvent",
    "MergeStep",
    "MonthlyBalance",
    "Override",
    "Product",
    "Profile",
    "Replaced",
    "RunPart",
    "Scorecard",
    "Segment",
    "TierRule",
    "TimelineEntry",
    "Verdict",
    "kept_history",
]
