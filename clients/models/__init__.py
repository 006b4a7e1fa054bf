"""Persons and what is kept about them."""

from .custody import Assessment, CheckItem, CheckRound, CustodyEvent, Loan
from .destruction import Destruction, DestructionItem, RetentionReview, RetentionRule
from .duplicates import Duplicate, DuplicateConfirmation, MergeStep
from .evaluation import DowngradeRead, Evaluation, EvaluationRun, Override, RunPart
from .family import Consent, ContactWish, FamilyMember, Household, ImportantDate, LifeEvent
from .kept import kept_history
from .loads import ColumnMap, FileLoad, Replaced
from .person import Client
from .person_query import ClientQuerySet
from .products import Holding, Product
from .profile import Profile
from .records import Archive, FileSerial, Hold, MonthlyBalance, TimelineEntry, Verdict
from .rights import RightsEvent, RightsRequest
from .scoring import Band, Dimension, Indicator, Scorecard, TierRule
from .segments import Segment

__all__ = [
    "Archive",
    "Assessment",
    "Band",
    "CheckItem",
    "CheckRound",
    "Client",
    "ClientQuerySet",
    "ColumnMap",
    "Consent",
    "ContactWish",
    "CustodyEvent",
    "Destruction",
    "DestructionItem",
    "Dimension",
    "DowngradeRead",
    "Duplicate",
    "DuplicateConfirmation",
    "Evaluation",
    "EvaluationRun",
    "FamilyMember",
    "FileLoad",
    "FileSerial",
    "Hold",
    "Holding",
    "Household",
    "ImportantDate",
    "Indicator",
    "LifeEvent",
    "Loan",
    "MergeStep",
    "MonthlyBalance",
    "Override",
    "Product",
    "Profile",
    "Replaced",
    "RetentionReview",
    "RetentionRule",
    "RightsEvent",
    "RightsRequest",
    "RunPart",
    "Scorecard",
    "Segment",
    "TierRule",
    "TimelineEntry",
    "Verdict",
    "kept_history",
]
