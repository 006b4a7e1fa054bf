"""Reading a holiday notice from CSV: columns date, kind, label; every fault named by row and column."""

import csv
import datetime
import io
import re
from collections.abc import Mapping
from dataclasses import dataclass

from django.utils.translation import gettext as _

from rmflow.workflow import Refused

from .calendar import SATURDAY, DayKind

Days = Mapping[datetime.date, tuple[str, str]]

#: Spreadsheets rewrite dates, and notices are typed in Chinese: both are read.
DATE = re.compile(r"(\d{4})\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})\s*日?")
HEADS = {"date": "date", "日期": "date", "kind": "kind", "类型": "kind", "label": "label", "名称": "label"}
KINDS = {
    "off": DayKind.OFF,
    "休": DayKind.OFF,
    "放假": DayKind.OFF,
    "work": DayKind.WORK,
    "班": DayKind.WORK,
    "上班": DayKind.WORK,
}
#: Fixed by law in every year: a file without them was cut short. (month, day)
ALWAYS_OFF = ((1, 1), (5, 1), (10, 1), (10, 2), (10, 3))
MOST_ROWS, LONGEST_LABEL, LARGEST_FILE = 200, 40, 200_000  # rows, characters, bytes
ERRORS_SHOWN = 5


@dataclass(frozen=True)
class RowError:
    """What is wrong, and where: row as a spreadsheet counts it (heads are row 1)."""

    row: int
    column: str
    reason: str

    def __str__(self) -> str:
        return _("Row {row}, {column}: {reason}").format(row=self.row, column=self.column, reason=self.reason)


class NoticeRefused(Refused):
    """The file cannot be taken over; nothing was changed. `faults` holds every one found."""

    def __init__(self, faults: list[RowError]) -> None:
        self.faults = faults
        lines = [str(fault) for fault in faults[:ERRORS_SHOWN]]
        if len(faults) > ERRORS_SHOWN:
            lines.append(_("and {n} more").format(n=len(faults) - ERRORS_SHOWN))
        super().__init__("; ".join(lines), field="file", code="notice")


def decode(content: bytes) -> str:
    """The text of an uploaded file: UTF-8, or GB 18030 as Chinese spreadsheets save it."""
    if len(content) > LARGEST_FILE:
        raise Refused(_("The file is too large for a year's calendar."), field="file")
    if b"\x00" in content:
        raise Refused(_("This is not a CSV file. Save the table as CSV and try again."), field="file")
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise Refused(_("This is not a CSV file. Save the table as CSV and try again."), field="file")


def read_notice(text: str, year: int) -> dict[datetime.date, tuple[str, str]]:
    """The exceptions a notice lists for `year`; raises NoticeRefused naming every faulty cell."""
    rows = csv.reader(io.StringIO(text, newline=""))
    try:
        columns = _columns(next(rows, []))
        days, errors = _read_rows(rows, columns, year)
    except csv.Error as error:
        raise Refused(
            _("This is not a CSV file. Save the table as CSV and try again."), field="file"
        ) from error
    if not errors:
        errors = _cut_short(days, year, columns)
    if errors:
        raise NoticeRefused(errors)
    return dict(sorted(days.items()))


def _columns(heads: list[str]) -> dict[str, int]:
    columns: dict[str, int] = {}
    for place, head in enumerate(heads):
        name = HEADS.get(head.strip().lower())
        if name:
            columns.setdefault(name, place)
    missing = [name for name in ("date", "kind") if name not in columns]
    if missing:
        reason = _("the first row must name the columns date, kind and label")
        raise NoticeRefused([RowError(1, name, reason) for name in missing])
    return columns


def _read_rows(rows, columns, year):
    days: dict[datetime.date, tuple[str, str]] = {}
    seen: dict[datetime.date, int] = {}
    errors: list[RowError] = []
    for number, cells in enumerate(rows, start=2):
        if not any(cell.strip() for cell in cells):
            continue
        if number > MOST_ROWS:
            errors.append(RowError(number, "date", _("a year has fewer days that differ")))
            break
        cell = {name: cells[at].strip() if at < len(cells) else "" for name, at in columns.items()}
        day, kind, faults = _read_row(number, cell, year)
        if day and day in seen:
            faults.append(RowError(number, "date", _("already in row {row}").format(row=seen[day])))
        errors.extend(faults)
        if day:
            seen.setdefault(day, number)
        if not faults:
            days[day] = (kind, cell.get("label", ""))
    return days, errors


def _read_row(number, cell, year):
    """One row: its day, its kind and what is wrong with them."""
    faults = []
    day, reason = _read_date(cell["date"], year)
    if reason:
        faults.append(RowError(number, "date", reason))
    kind = KINDS.get(cell["kind"].lower())
    if kind is None:
        faults.append(RowError(number, "kind", _("write off (休) or work (班)")))
    elif day and kind == DayKind.WORK and day.weekday() < SATURDAY:
        faults.append(
            RowError(number, "kind", _("a weekday works anyway; only a Saturday or Sunday is made up"))
        )
    label = cell.get("label", "")
    if len(label) > LONGEST_LABEL:
        faults.append(RowError(number, "label", _("at most {n} characters").format(n=LONGEST_LABEL)))
    return day, kind, faults


def _read_date(text, year):
    """(day, nothing) or (None or day, reason)."""
    match = DATE.fullmatch(text)
    if not match:
        return None, _("write the date as 2027-02-05")
    try:
        day = datetime.date(*(int(part) for part in match.groups()))
    except ValueError:
        return None, _("there is no such day")
    if day.year != year:
        return day, _("not in {year}").format(year=year)
    return day, ""


def _cut_short(days: Days, year: int, columns) -> list[RowError]:
    """A complete notice gives the fixed statutory days off."""
    missing = [
        f"{month:02d}-{day:02d}"
        for month, day in ALWAYS_OFF
        if days.get(datetime.date(year, month, day), ("",))[0] != DayKind.OFF
    ]
    if not missing:
        return []
    reason = _("statutory days off are missing: {days}").format(days=", ".join(missing))
    return [RowError(len(days) + 1, "date", reason)]


def changed_days(before: Days, after: Days) -> list[dict[str, str]]:
    """The days on which two versions of a year differ; an empty kind is a plain day of the week."""
    changes = []
    for day in sorted(before.keys() | after.keys()):
        old, new = before.get(day, ("", "")), after.get(day, ("", ""))
        if tuple(old) != tuple(new):
            changes.append(
                {
                    "date": day.isoformat(),
                    "before": old[0],
                    "after": new[0],
                    "label_before": old[1],
                    "label_after": new[1],
                }
            )
    return changes
