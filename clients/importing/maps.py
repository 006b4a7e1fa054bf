"""The column map: which column of the file becomes which field. In TOML, or as JSON in the database.

    [file]                 delimiter, encoding, sheet: all optional, found out from the file
                           pattern = "clients_*.csv": files of this name are loaded from the inbox unasked
                           whole = true: one bad row refuses the file  |  branches = ["0817"]
    [client.FIELD]         or [balances.FIELD], [holdings.FIELD]: what the rows are (see `kinds`)
                           one of  column = "…" [, values = {…}]  |  constant = "…"
                                   template = "BM{row:08d}"       |  invent = "name" / "salutation"
    [balance]              beside [client]: column, month = "2026-10", label
    [check.COLUMN]         whole numbers: min, max  |  a list: values = […]  |  required = true

A field of balances or holdings that is not needed may say `optional = true` beside its column: a file without
that column is loaded all the same and leaves the field as it is on record.

`values` translates what the column says; a word that is not in the list breaks the row. In a template
`{row}` is the number of the data row (1, 2, …) and any other name a column.
"""

import datetime
import re
import string
import tomllib
from dataclasses import dataclass, field, replace
from pathlib import Path

from django.utils.translation import gettext as _

from ..load_rules import FileKind
from .faults import FileFault

FIELDS = (
    "customer_no",
    "name",
    "salutation",
    "birth_date",
    "occupation",
    "education",
    "marital_status",
    "id_kind",
    "id_number",
    "phone",
    "address",
    "notice_version",
    "notice_basis",
    "type",
    "level",
    "owner",
    "branch",
)
#: section of a map → the kind of its file.
SECTIONS = {"client": FileKind.CLIENTS, "balances": FileKind.BALANCES, "holdings": FileKind.HOLDINGS}
FILE_KEYS = ("delimiter", "encoding", "sheet", "pattern", "whole", "branches")
KNOWN_FIELDS = {
    FileKind.CLIENTS: FIELDS,
    FileKind.BALANCES: (
        "customer_no",
        "month",
        "amount",
        "point_amount",
        "fee_income",
        "deposits",
        "label",
    ),
    FileKind.HOLDINGS: (
        "customer_no",
        "product",
        "contract_no",
        "amount",
        "opened_on",
        "matures_on",
        "ended_on",
        "overdue_days",
    ),
}
#: Without these no row can be taken.
NEEDED = {
    FileKind.CLIENTS: ("customer_no",),
    FileKind.BALANCES: ("customer_no", "month", "amount"),
    FileKind.HOLDINGS: ("customer_no", "product", "contract_no", "amount"),
}
INVENTED = ("name", "salutation")
WAYS = ("column", "constant", "template", "invent")
ROW = "row"


@dataclass(frozen=True)
class Source:
    """Where the value of one field comes from; exactly one of the four ways."""

    column: str = ""
    constant: str = ""
    template: str = ""
    invent: str = ""
    values: dict[str, str] | None = None
    optional: bool = False


@dataclass(frozen=True)
class Check:
    """What a column must hold for its row to be taken, though it is not stored."""

    low: float | None = None
    high: float | None = None
    values: frozenset[str] | None = None
    required: bool = False


@dataclass(frozen=True)
class Balance:
    """A column of balances in yuan, kept as one month under a label."""

    column: str
    month: datetime.date
    label: str = ""


@dataclass(frozen=True)
class Columns:
    """A whole map, checked."""

    name: str
    kind: str
    fields: dict[str, Source]
    checks: dict[str, Check]
    balance: Balance | None = None
    delimiter: str = ""
    encoding: str = ""
    sheet: str = ""
    pattern: str = ""
    whole: bool = False
    branches: tuple = ()
    columns: frozenset[str] = field(default_factory=frozenset)  # what a file must have
    optional: frozenset[str] = field(default_factory=frozenset)  # what it may have
    body: dict = field(default_factory=dict, compare=False)  # as it was written

    def without_whole(self):
        """The same map, taking the good rows."""
        return replace(self, whole=False)


def read_map(path) -> Columns:
    """The map of a TOML file, or FileFault in plain words."""
    path = Path(path)
    return parse_map(path.name, read_body(path))


def read_body(path):
    """What a TOML file says, unchecked."""
    try:
        return tomllib.loads(Path(path).read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise FileFault(_("The map cannot be read: {why}").format(why=error.strerror)) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise FileFault(_("The map is not valid TOML: {why}").format(why=error)) from None


def parse_map(name, data) -> Columns:
    """The map in `data`, checked; FileFault when it cannot be followed."""
    try:
        return _parsed(name, data)
    except (TypeError, AttributeError, KeyError) as error:  # a text where a table belongs, and the like
        raise FileFault(_("The map cannot be followed; check its parts.")) from error


def _parsed(name, data):
    _known(data, ("file", "balance", "check", *SECTIONS), _("the map"))
    file = data.get("file", {})
    _known(file, FILE_KEYS, "[file]")
    file = {**file, "branches": tuple(str(code) for code in file.get("branches", ()))}
    sections = [section for section in SECTIONS if section in data] or ["client"]
    if len(sections) > 1:
        raise FileFault(_("A map speaks of one kind of rows: {names}").format(names=", ".join(sections)))
    section, kind = sections[0], SECTIONS[sections[0]]
    fields = {name: _source(section, name, spec) for name, spec in data.get(section, {}).items()}
    _complete(kind, fields)
    balance = _balance(data["balance"]) if "balance" in data else None
    if balance and kind != FileKind.CLIENTS:
        raise FileFault(_("[balance] stands beside [client] only."))
    checks = {name: _check(name, spec) for name, spec in data.get("check", {}).items()}
    optional = {s.column for s in fields.values() if s.optional}
    columns = {s.column for s in fields.values() if s.column and not s.optional} | set(checks)
    columns |= {balance.column} if balance else set()
    columns |= {name for s in fields.values() for name in names_in(s.template)} - {ROW}
    return Columns(
        name=name,
        kind=kind,
        fields=fields,
        checks=checks,
        balance=balance,
        columns=frozenset(columns),
        optional=frozenset(optional - columns),
        body=data,
        **file,
    )


def _complete(kind, fields):
    if "customer_no" not in fields:
        raise FileFault(_("The map must say where the customer number comes from."))
    missing = [name for name in NEEDED[kind] if name not in fields]
    if missing:
        raise FileFault(_("The map must say where these come from: {names}").format(names=", ".join(missing)))


def names_in(template):
    """The names a template asks for."""
    return {name for _text, name, _format, _conversion in string.Formatter().parse(template) if name}


def _known(table, names, where):
    unknown = sorted(set(table) - set(names))
    if unknown:
        raise FileFault(_("Unknown in {where}: {names}").format(where=where, names=", ".join(unknown)))


def _source(section, name, spec):
    where = f"[{section}.{name}]"
    if name not in KNOWN_FIELDS[SECTIONS[section]]:
        raise FileFault(_("There is no field {name} in {section}.").format(name=name, section=section))
    _known(spec, (*WAYS, "values", "optional"), where)
    if sum(way in spec for way in WAYS) != 1:
        raise FileFault(_("{where} needs exactly one of: {ways}").format(where=where, ways=", ".join(WAYS)))
    if "optional" in spec and not _may_be_absent(SECTIONS[section], name, spec):
        raise FileFault(_("{where} cannot be optional.").format(where=where))
    if spec.get("invent", "name") not in INVENTED:
        raise FileFault(_("{where} can invent only: {ways}").format(where=where, ways=", ".join(INVENTED)))
    template = spec.get("template", "")
    try:
        simple = all(re.fullmatch(r"\w+", name) for name in names_in(template))
    except ValueError:
        simple = False
    if not simple:
        raise FileFault(_("{where} has a template that cannot be filled in.").format(where=where))
    return Source(**spec)


def _may_be_absent(kind, name, spec):
    """A column of balances or holdings without which their rows can be taken."""
    plain = kind != FileKind.CLIENTS and name not in NEEDED[kind]
    return plain and bool(spec.get("column")) and isinstance(spec["optional"], bool)


def _check(name, spec):
    _known(spec, ("min", "max", "values", "required"), f"[check.{name}]")
    values = spec.get("values")
    return Check(
        low=spec.get("min"),
        high=spec.get("max"),
        values=frozenset(str(value) for value in values) if values else None,
        required=bool(spec.get("required", False)),
    )


def _balance(spec):
    _known(spec, ("column", "month", "label"), "[balance]")
    try:
        month = datetime.date.fromisoformat(f"{spec['month']}-01")
    except (KeyError, ValueError):
        raise FileFault(_("[balance] needs a month such as 2026-10.")) from None
    if not spec.get("column"):
        raise FileFault(_("[balance] needs a column."))
    return Balance(spec["column"], month, str(spec.get("label", ""))[:40])
