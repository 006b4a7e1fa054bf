"""Persons and what is kept about them."""

from .person import Client, ClientQuerySet, kept_history
from .products import Product
from .records import Archive, FileSerial, MonthlyBalance, TimelineEntry, Verdict

__all__ = [
    "Archive",
    "Client",
    "ClientQuerySet",
    "FileSerial",
    "MonthlyBalance",
    "Product",
    "TimelineEntry",
    "Verdict",
    "kept_history",
]
