"""Reading the file: CSV in UTF-8 (with or without mark) or GB18030, any separator, or XLSX.

A line that cannot be read spoils itself only: bytes that are no text, an unclosed quotation mark, NUL.
A file that would eat the memory (a million columns, a zip bomb) is refused before it is opened.
"""

import csv
import datetime
import re
import zipfile
from collections import deque
from dataclasses import dataclass
from pathlib import Path

from django.utils.translation import gettext as _

from .faults import FileFault, RowFault

SAMPLE = 4 * 1024 * 1024  # bytes looked at to find out encoding and separator
SEPARATORS = (",", ";", "\t", "|")
LONGEST_RECORD = 50  # lines a quoted cell may run over
LONGEST_LINE = 1024 * 1024  # bytes
MOST_COLUMNS = 500
XLSX = (".xlsx", ".xlsm")
MOST_ROWS = 1_048_576  # of a worksheet
#: A workbook that unpacks to more than this, or to so many times its size, is no table of a bank.
MOST_UNPACKED, MOST_STRINGS, MOST_TIMES = 2 * 1024**3, 256 * 1024**2, 200
SMALL = 20 * 1024**2  # bytes unpacked that are harmless whatever the ratio
ERRORS = frozenset({"#N/A", "#REF!", "#VALUE!", "#DIV/0!", "#NAME?", "#NULL!", "#NUM!"})
DATA_LIKE = re.compile(r"\d{5,}")


@dataclass
class Table:
    """The headings, and the rows as (row number in a spreadsheet, cells or the RowFault, bytes read)."""

    headings: list[str]
    rows: object
    size: int


def open_table(path, *, encoding="", delimiter="", sheet="") -> Table:
    """The table in `path`; FileFault when there is none."""
    path = Path(path)
    table = _open(path, encoding, delimiter, sheet)
    if len(table.headings) > MOST_COLUMNS:
        raise FileFault(
            _("The file has more than {n} columns. Is the separator right?").format(n=MOST_COLUMNS)
        )
    if any(DATA_LIKE.search(heading) for heading in table.headings):
        raise FileFault(_("The first row holds numbers, not headings. The file needs a row of headings."))
    if any("\x00" in heading for heading in table.headings):
        raise FileFault(_("The headings hold characters that cannot be stored."))
    return table


def _open(path, encoding, delimiter, sheet):
    try:
        size = path.stat().st_size
        with path.open("rb") as file:
            sample = file.read(SAMPLE)
    except OSError as error:
        raise FileFault(_("The file cannot be read: {why}").format(why=error.strerror)) from None
    if path.suffix.lower() in XLSX or sample[:4] == b"PK\x03\x04":
        return _sheet(path, sheet, size)
    if sample[:2] in (b"\xff\xfe", b"\xfe\xff"):
        raise FileFault(_("The file is in UTF-16. Save it as CSV in UTF-8."))
    if not sample.strip():
        raise FileFault(_("The file is empty."))
    encoding = _encoding(sample, encoding)
    return _csv(path, encoding, delimiter, size)


# -- CSV ----------------------------------------------------------------------------------------


def _encoding(sample, asked):
    """What the bytes are written in: as asked, else UTF-8 when most lines are, else GB18030.

    A line of Chinese in GB18030 is hardly ever valid UTF-8, so half of them is proof enough.
    """
    if sample.startswith(b"\xef\xbb\xbf"):
        return "utf-8"
    if asked:
        try:
            "".encode(asked)
        except LookupError:
            raise FileFault(_("Unknown encoding: {name}").format(name=asked)) from None
        return "utf-8" if asked.lower().replace("_", "-") == "utf-8-sig" else asked
    lines = [line for line in sample.split(b"\n")[:-1] or [sample] if not line.isascii()]
    good = sum(_reads(line, "utf-8") for line in lines)
    return "utf-8" if good >= 0.5 * len(lines) else "gb18030"


def _reads(line, encoding):
    try:
        line.decode(encoding)
    except UnicodeDecodeError:
        return False
    return True


def _csv(path, encoding, delimiter, size):
    with path.open("rb") as file:
        first = file.readline(LONGEST_LINE).removeprefix(b"\xef\xbb\xbf")
    if len(first) >= LONGEST_LINE:
        raise FileFault(_("The first line is too long to be headings."))
    try:
        heading = first.decode(encoding).rstrip("\r\n")
    except UnicodeDecodeError:
        raise FileFault(_("The headings are not written in {name}.").format(name=encoding)) from None
    delimiter = delimiter or max(SEPARATORS, key=heading.count)
    if heading.count(delimiter) > MOST_COLUMNS:
        return Table([""] * (heading.count(delimiter) + 1), iter(()), size)
    try:
        headings = [cell.strip() for cell in next(csv.reader([heading], delimiter=delimiter), [])]
    except csv.Error:
        raise FileFault(_("The headings cannot be split into cells.")) from None
    rows = _csv_rows(path, encoding, delimiter, len(headings))
    return Table(headings, rows, size)


def _csv_rows(path, encoding, delimiter, width):
    """Rows of the file; the plain line, without a quotation mark, is split without more ado."""
    with path.open("rb") as file:
        read = len(file.readline())
        number, again = 1, deque()
        while line := again.popleft() if again else file.readline(LONGEST_LINE):
            number, start = number + 1, number + 1
            read += len(line)
            if len(line) == LONGEST_LINE and not line.endswith(b"\n"):
                read += _skip_line(file)
                yield start, RowFault("", _("The row is too long.")), read
                continue
            if b'"' in line:
                lines = _record(line, again, file)
                if lines is None:
                    yield start, RowFault("", _("A quotation mark is not closed.")), read
                    continue
                number += len(lines) - 1
                read += sum(map(len, lines[1:]))
                line = b"".join(lines)
            if line.strip():
                yield start, _cells(line, encoding, delimiter, width), read


def _skip_line(file):
    """Go to the end of the line; how many bytes that was."""
    skipped = 0
    while part := file.readline(LONGEST_LINE):
        skipped += len(part)
        if part.endswith(b"\n"):
            break
    return skipped


def _record(line, again, file):
    """The lines of one record whose cells may hold line ends; None when its quotes never close."""
    lines = [line]
    quotes = line.count(b'"')
    while quotes % 2:
        more = (
            (again.popleft() if again else file.readline(LONGEST_LINE))
            if len(lines) < LONGEST_RECORD
            else b""
        )
        if not more:
            again.extendleft(reversed(lines[1:]))
            return None
        lines.append(more)
        quotes += more.count(b'"')
    return lines


def _cells(line, encoding, delimiter, width):
    try:
        text = line.decode(encoding).rstrip("\r\n")
    except UnicodeDecodeError:
        return RowFault("", _("The row holds bytes that are not {name}.").format(name=encoding))
    if '"' in text:
        try:
            cells = next(csv.reader([text], delimiter=delimiter, strict=True))
        except (csv.Error, StopIteration):
            return RowFault("", _("The row cannot be split into cells; check its quotation marks."))
    else:
        cells = text.split(delimiter)
    return cells if len(cells) == width else _wrong_width(len(cells), width)


def _wrong_width(count, width):
    return RowFault("", _("The row has {n} cells, the headings are {wanted}.").format(n=count, wanted=width))


# -- XLSX ---------------------------------------------------------------------------------------


def _sheet(path, name, size):
    from openpyxl import load_workbook

    _unpackable(path)
    try:
        # Formulas are read as formulas: what they came to when the file was saved may be missing or old.
        book = load_workbook(path, read_only=True, data_only=False)
    except Exception as error:  # a damaged workbook fails in as many ways as there are parts in it
        raise FileFault(_("The workbook cannot be opened.")) from error
    if name and name not in book.sheetnames:
        raise FileFault(_("The workbook has no sheet {name}.").format(name=name))
    if not book.worksheets:
        raise FileFault(_("The file is empty."))
    if book.epoch.year != 1899:
        raise FileFault(_("The workbook counts its days from 1904. Save it again as CSV."))
    sheet = book[name] if name else book.worksheets[0]
    lines = _safely(sheet.iter_rows(values_only=True, max_col=MOST_COLUMNS + 1, max_row=MOST_ROWS))
    headings = [_text(cell) for cell in next(lines, ())]
    while headings and not headings[-1]:
        headings.pop()
    if not headings:
        raise FileFault(_("The file is empty."))
    return Table(headings, _sheet_rows(lines, len(headings), sheet.max_row or 0, size), size)


def _unpackable(path):
    """Refuse a zip bomb by what its directory says; nothing is unpacked beyond that."""
    try:
        with zipfile.ZipFile(path) as archive:
            parts = archive.infolist()
    except (zipfile.BadZipFile, OSError, ValueError) as error:
        raise FileFault(_("The workbook cannot be opened.")) from error
    unpacked = sum(part.file_size for part in parts)
    packed = max(1, sum(part.compress_size for part in parts))
    strings = sum(part.file_size for part in parts if part.filename.lower().endswith("sharedstrings.xml"))
    bomb = unpacked > SMALL and unpacked > MOST_TIMES * packed
    if bomb or unpacked > MOST_UNPACKED or strings > MOST_STRINGS:
        raise FileFault(_("The workbook unpacks to far more than a table of clients. Save it as CSV."))


def _safely(lines):
    """The rows of a sheet; damage in the middle is the file's fault, said as such."""
    try:
        yield from lines
    except Exception as error:  # as above: XML, zip and number errors alike
        raise FileFault(_("The workbook is damaged.")) from error


def _sheet_rows(lines, width, count, size):
    for number, line in enumerate(lines, 2):
        cells = [_text(cell) for cell in line]
        if not ERRORS.isdisjoint(cells):
            yield (
                number,
                RowFault("", _("The row holds an error of the spreadsheet.")),
                _share(number, count, size),
            )
        elif any(cells[width:]):
            yield number, _wrong_width(len(cells), width), _share(number, count, size)
        elif any(cells):
            cells = (cells + [""] * width)[:width]
            yield number, cells, _share(number, count, size)


def _share(number, count, size):
    return size * number // count if count else size


def _text(cell):
    """A cell as it would stand in a CSV file: whole numbers without ".0", dates as 2026-10-08."""
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return "1" if cell else "0"
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    if isinstance(cell, datetime.datetime):
        return cell.date().isoformat()
    if not isinstance(cell, (str, int, float, datetime.date, datetime.time, datetime.timedelta)):
        return "="  # an array formula comes as an object
    return str(cell).strip()
