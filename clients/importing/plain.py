"""Rows that belong to a client known already, as lines of a staging table: balances and holdings."""

import functools

from django.utils.translation import gettext as _

from . import values
from .faults import FileFault, RowFault
from .maps import ROW
from .rows import FORMULA, cell, check_headings, storable, verify

REPEATING = 4096  # months, product codes, labels: read once each


class PlainReader:
    """Turns the cells of a row into its line for COPY; `readers` says how each field is read."""

    def __init__(self, column_map, headings, known, readers):
        check_headings(column_map, headings)
        self.map, self.headings, self.today = column_map, headings, known.today
        at = {heading: index for index, heading in enumerate(headings)}
        self.at = at
        self.checks = [(name, at[name], check) for name, check in column_map.checks.items()]
        self.takes = []
        for name, read in readers.items():
            source = column_map.fields.get(name)
            constant = self._constant(name, source, read) if source and not source.column else None
            self.takes.append((source, at.get(source.column) if source else None, constant, read))

    def _constant(self, name, source, read):
        """What a field without a column of its own holds in every row; templates differ by row."""
        if source.template:
            return None
        try:
            return read(source.constant, self.today)
        except values.Unfit as reason:
            raise FileFault(f"{name}: {reason}") from None

    def line(self, row, cells, number):
        """The COPY line of data row `row`, row `number` of the spreadsheet; raises RowFault."""
        if "\x00" in "".join(cells):
            storable(self.headings, cells)
        for name, index, check in self.checks:
            verify(name, cells[index].strip(), check)
        parts = [str(number)]
        for source, index, constant, read in self.takes:
            if index is not None:
                value = self._read(source, cells[index].strip(), read)
            elif source is not None and source.template:
                value = self._read(source, self._filled(source, row, cells), read)
            else:
                value = constant
            parts.append(cell(value))
        return "\t".join(parts) + "\n"

    def _read(self, source, text, read):
        if text[:1] == "=":
            raise RowFault(source.column, FORMULA)
        if source.values is not None:
            if text not in source.values:
                raise RowFault(source.column, _("The value is not in the list of the map."))
            text = source.values[text]
        try:
            return read(text, self.today)
        except values.Unfit as reason:
            raise RowFault(source.column, str(reason)) from None

    def _filled(self, source, row, cells):
        try:
            return source.template.format_map(
                {name: cells[index].strip() for name, index in self.at.items()} | {ROW: row}
            )
        except (ValueError, KeyError, IndexError):
            raise RowFault("", _("The template of the map cannot be filled in for this row.")) from None


def remembered(read):
    """`read` for columns whose values come again and again."""
    return functools.lru_cache(maxsize=REPEATING)(read)
