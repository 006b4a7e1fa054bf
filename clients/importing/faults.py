"""What can be wrong: with the whole file or map (nothing is loaded), or with one row (the rest is)."""

import csv
from dataclasses import dataclass

from django.utils.translation import pgettext


class FileFault(Exception):
    """The file or the map cannot be used; the message is for a person."""


class OutletsUnsaid(FileFault):
    """Neither the map nor whoever loads the file says to which outlets its clients belong."""


class RowFault(Exception):
    """One row cannot be taken; `column` is the file's heading, `reason` never quotes the value."""

    def __init__(self, column, reason):
        super().__init__(f"{column}: {reason}")
        self.column = column
        self.reason = reason


@dataclass(frozen=True)
class Broken:
    """A row left out: its number as a spreadsheet shows it (the heading is row 1), column and reason."""

    row: int
    column: str
    reason: str


HEADINGS = ("row", "column", "reason")


def write(path, broken):
    """The error file: row, column, reason; UTF-8 with the mark that spreadsheets look for."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        out = csv.writer(file)
        out.writerow([pgettext("error file", word) for word in HEADINGS])
        out.writerows((fault.row, fault.column, str(fault.reason)) for fault in broken)
