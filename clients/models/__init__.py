"""Persons and what is kept about them."""

from .evaluation import DowngradeRead, Evaluation, EvaluationRun, Override, RunPart
from .loads import ColumnMap, FileLoad, Replaced
from .person import Client, ClientQuerySet, kept_history
from .products import Product
from .records import Archive, FileSerial, MonthlyBalance, TimelineEntry, Verdict
from .scoring import Band, Dimension, Indicator, Scorecard, TierRule
from .segments import Segment

__all__ = [
    "Archive",
    "Band",
    "Client",
    "ClientQuerySet",
    "ColumnMap",
    "Dimension",
    "DowngradeRead",
    "Evaluation",
    "EvaluationRun",
    "FileLoad",
    "FileSerial",
    "Indicator",
    "MonthlyBalance",
    "Override",
    "Product",
    "Replaced",
    "RunPart",
    "Scorecard",
    "Segment",
    "TierRule",
    "TimelineEntry",
    "Verdict",
    "kept_history",
]
