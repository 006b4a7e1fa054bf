"""The column map, in TOML: which column of the file becomes which field.

    [file]                 delimiter, encoding, sheet: all optional, found out from the file
    [client.FIELD]         one of  column = "…" [, values = {…}]  |  constant = "…"
                                   template = "BM{row:08d}"       |  invent = "name" / "salutation"
    [balance]              column, month = "2026-10", label
    [check.COLUMN]         whole numbers: min, max  |  a list: values = […]  |  required = true

`values` translates what the column says; a word that is not in the list breaks the row. In a template
`{row}` is the number of the data row (1, 2, …) and any other name a column.
"""

import datetime
import re
import string
import tomllib
from dataclasses import dataclass, field
from pathlib import Path

from django.utils.translation import gettext as _

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
class ColumnMap:
    """A whole map, checked."""

    name: str
    fields: dict[str, Source]
    checks: dict[str, Check]
    balance: Balance | None = None
    delimiter: str = ""
    encoding: str = ""
    sheet: str = ""
    columns: frozenset[str] = field(default_factory=frozenset)


def read_map(path) -> ColumnMap:
    """The map of a TOML file, or FileFault in plain words."""
    path = Path(path)
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise FileFault(_("The map cannot be read: {why}").format(why=error.strerror)) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise FileFault(_("The map is not valid TOML: {why}").format(why=error)) from None
    _known(data, ("file", "client", "balance", "check"), _("the map"))
    file = data.get("file", {})
    _known(file, ("delimiter", "encoding", "sheet"), "[file]")
    fields = {name: _source(name, spec) for name, spec in data.get("client", {}).items()}
    if "customer_no" not in fields:
        raise FileFault(_("The map must say where the customer number comes from."))
    balance = _balance(data["balance"]) if "balance" in data else None
    checks = {name: _check(name, spec) for name, spec in data.get("check", {}).items()}
    columns = {s.column for s in fields.values() if s.column} | set(checks)
    columns |= {balance.column} if balance else set()
    columns |= {name for s in fields.values() for name in names_in(s.template)} - {ROW}
    return ColumnMap(
        name=path.name, fields=fields, checks=checks, balance=balance, columns=frozenset(columns), **file
    )


def names_in(template):
    """The names a template asks for."""
    return {name for _text, name, _format, _conversion in string.Formatter().parse(template) if name}


def _known(table, names, where):
    unknown = sorted(set(table) - set(names))
    if unknown:
        raise FileFault(_("Unknown in {where}: {names}").format(where=where, names=", ".join(unknown)))


def _source(name, spec):
    where = f"[client.{name}]"
    if name not in FIELDS:
        raise FileFault(_("A client has no field {name}.").format(name=name))
    _known(spec, (*WAYS, "values"), where)
    if sum(way in spec for way in WAYS) != 1:
        raise FileFault(_("{where} needs exactly one of: {ways}").format(where=where, ways=", ".join(WAYS)))
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
