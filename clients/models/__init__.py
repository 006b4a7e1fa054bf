"""Persons and what is kept about them."""

from .evaluation import DowngradeRead, Evaluation, EvaluationRun, Override, RunPart
from .person import Client, ClientQuerySet, kept_history
from .products import Product
from .records import Archive, FileSerial, MonthlyBalance, TimelineEntry, Verdict
from .scoring import Band, Dimension, Indicator, Scorecard, TierRule

__all__ = [
    "Archive",
    "Band",
    "Client",
    "ClientQuerySet",
    "Dimension",
    "DowngradeRead",
    "Evaluation",
    "EvaluationRun",
    "FileSerial",
    "Indicator",
    "MonthlyBalance",
    "Override",
    "Product",
    "RunPart",
    "Scorecard",
    "TierRule",
    "TimelineEntry",
    "Verdict",
    "kept_history",
]
