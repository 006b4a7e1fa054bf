"""A line of the file as a line of the staging table: checked, keyed, encrypted, ready for COPY."""

from dataclasses import dataclass, field

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from clients import names
from rmflow.privacy import blind, crypto
from rmflow.privacy.normal import IdKind

from . import invented, values
from .faults import FileFault, RowFault
from .maps import ROW

#: The staging table in order: column → its type in PostgreSQL.
STAGE = {
    "row": "integer",
    "customer_no": "text",
    "name": "text",
    "pinyin": "text",
    "initials": "text",
    "salutation": "text",
    "birth_date": "date",
    "occupation": "text",
    "education": "text",
    "marital_status": "text",
    "id_kind": "text",
    "id_number": "text",
    "id_hash": "text",
    "phone": "text",
    "phone_hash": "text",
    "phone_tail": "text",
    "address": "text",
    "address_mac": "text",
    "notice_version": "text",
    "notice_basis": "text",
    "type": "text",
    "level": "text",
    "owner_id": "bigint",
    "branch_id": "bigint",
    "amount": "numeric",
}
#: A column without a value: "" in text, as in the client's own columns, NULL elsewhere.
EMPTY = [(column, "" if kind == "text" else None) for column, kind in STAGE.items()]
FORMULA = gettext_lazy("The cell holds a formula. Save the sheet with values only.")
_ESCAPES = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})


@dataclass
class Known:
    """What the rows refer to, read once: codes of branches, numbers of staff, the notice in force."""

    today: object
    branches: list  # ids for rows without a branch of their own, in turn
    branch_by_code: dict
    owner_by_number: dict
    notice_version: str = ""
    seen: dict = field(default_factory=lambda: {"customer_no": set(), "id": set()})


class Reader:
    """Turns the cells of a row into its line for COPY, by one column map."""

    def __init__(self, column_map, headings, known):
        self.map, self.headings, self.known = column_map, headings, known
        self.at = {heading: index for index, heading in enumerate(headings)}
        check_headings(column_map, headings)
        self.used = [(name, self.at[name]) for name in sorted(column_map.columns)]
        self.checks = [(name, self.at[name], check) for name, check in column_map.checks.items()]
        self.takes = [
            (name, source, values.READERS[name])
            for name, source in column_map.fields.items()
            if name in values.READERS
        ]

    def line(self, row, cells, number):
        """The COPY line of data row `row`, row `number` of the spreadsheet; raises RowFault."""
        storable(self.headings, cells)
        for heading, index in self.used:
            if cells[index].startswith("="):
                raise RowFault(heading, FORMULA)
        for name, index, check in self.checks:
            verify(name, cells[index].strip(), check)
        record = {"row": number}
        for name, source, read in self.takes:
            text = self._text(source, row, cells)
            record[name] = self._read(name, source, read, text)
        self._keys(record)
        self._identity(record, row, cells)
        self._contact(record)
        self._places(record, row, cells)
        self._amount(record, cells)
        self._remember(record)
        return "\t".join([cell(record.get(column, empty)) for column, empty in EMPTY]) + "\n"

    def _text(self, source, row, cells):
        if source.column:
            text = cells[self.at[source.column]].strip()
            if source.values is not None:
                if text not in source.values:
                    raise RowFault(source.column, _("The value is not in the list of the map."))
                text = source.values[text]
            return text
        if source.template:
            parts = {name: cells[index].strip() for name, index in self.at.items() if name in source.template}
            try:
                return source.template.format_map({**parts, ROW: row})
            except (ValueError, KeyError, IndexError):
                raise RowFault("", _("The template of the map cannot be filled in for this row.")) from None
        if source.invent:
            return invented.person(row)[source.invent == "salutation"]
        return source.constant

    def _read(self, name, source, read, text):
        if source.invent:
            return text
        try:
            return read(text, self.known.today)
        except values.Unfit as reason:
            raise RowFault(source.column or name, str(reason)) from None

    def _keys(self, record):
        """What stands beside the values: sort keys; a customer number stands once in a file."""
        number = record["customer_no"]
        if number in self.known.seen["customer_no"]:
            raise RowFault(self._heading("customer_no"), _("The customer number stands in the file twice."))
        if name := record.get("name"):
            record["pinyin"], record["initials"] = names.sort_key(name), names.initials(name)
        if record.get("level") and record.get("type") != "existing_premium":
            raise RowFault(self._heading("level"), _("Only an existing premium client is core or regular."))

    def _identity(self, record, row, cells):
        source = self.map.fields.get("id_number")
        text = self._text(source, row, cells) if source else ""
        kind = record.pop("id_kind", "") or IdKind.RESIDENT
        if not text:
            return
        try:
            number = values.id_number(text, kind, self.known.today)
        except values.Unfit as reason:
            raise RowFault(self._heading("id_number"), str(reason)) from None
        index = blind.blind_index("id", number)
        if (kind, index) in self.known.seen["id"]:
            raise RowFault(self._heading("id_number"), _("The ID number stands in the file twice."))
        record |= {"id_kind": kind, "id_number": crypto.encrypt(number, "id_number"), "id_hash": index}

    def _contact(self, record):
        phone, address = record.pop("phone", ""), record.pop("address", "")
        basis, version = record.pop("notice_basis", ""), record.pop("notice_version", "")
        if address:
            record["address"] = crypto.encrypt(address, "address")
            record["address_mac"] = blind.blind_index("address", address)
        if not phone:
            return
        version = version or self.known.notice_version
        if not (basis and version):
            raise RowFault(self._heading("phone"), _("A phone is kept only with the notice and its basis."))
        record |= {
            "phone": crypto.encrypt(phone, "phone"),
            "phone_hash": blind.blind_index("phone", phone),
            "phone_tail": blind.tail_index(phone),
            "notice_basis": basis,
            "notice_version": version,
        }

    def _places(self, record, row, cells):
        for name, known in (("branch", self.known.branch_by_code), ("owner", self.known.owner_by_number)):
            source = self.map.fields.get(name)
            text = self._text(source, row, cells) if source else ""
            if text and text not in known:
                raise RowFault(self._heading(name), _("No branch or manager has this code."))
            record[f"{name}_id"] = known.get(text)
        if record["branch_id"] is None:
            if not self.known.branches:
                raise RowFault(self._heading("branch"), _("The row has no branch."))
            record["branch_id"] = self.known.branches[(row - 1) % len(self.known.branches)]

    def _amount(self, record, cells):
        balance = self.map.balance
        if balance is None:
            return
        try:
            record["amount"] = values.amount(cells[self.at[balance.column]])
        except values.Unfit as reason:
            raise RowFault(balance.column, str(reason)) from None

    def _remember(self, record):
        """Only a row that is taken keeps later ones with its numbers out."""
        self.known.seen["customer_no"].add(record["customer_no"])
        if index := record.get("id_hash"):
            self.known.seen["id"].add((record["id_kind"], index))

    def _heading(self, name):
        source = self.map.fields.get(name)
        return (source.column if source else "") or name


def check_headings(column_map, headings):
    missing = sorted(column_map.columns - set(headings))
    if missing:
        raise FileFault(_("The file has no column: {names}").format(names=", ".join(missing)))
    read = column_map.columns | column_map.optional
    twice = sorted({name for name in headings if name in read and headings.count(name) > 1})
    if twice:
        raise FileFault(_("A column stands in the file twice: {names}").format(names=", ".join(twice)))


def storable(headings, cells):
    """Refuse characters PostgreSQL cannot hold."""
    for index, cell in enumerate(cells):
        if "\x00" in cell:
            raise RowFault(headings[index], _("The cell holds a character that cannot be stored."))


def verify(name, text, check):
    if not text and check.required:
        raise RowFault(name, _("The cell is empty."))
    if check.values is not None and text not in check.values:
        raise RowFault(name, _("The value is not in the list of the map."))
    if text and (check.low is not None or check.high is not None):
        try:
            values.whole(text, check.low, check.high)
        except values.Unfit as reason:
            raise RowFault(name, str(reason)) from None


def cell(value):
    """A value in COPY's text format."""
    if value is None:
        return "\\N"
    text = value if isinstance(value, str) else str(value)
    return text.translate(_ESCAPES) if "\\" in text or not text.isprintable() else text
