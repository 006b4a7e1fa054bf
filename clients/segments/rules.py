"""What the definition of a segment may say: kinds of field, operators, and the check of a definition. Pure.

    {"match": "all", "groups": [{"match": "any", "conditions": [
        {"field": "tier", "op": "any_of", "values": ["T3", "T4"]}]}]}

Groups stand one level deep; `match` says whether all or any of what stands inside must hold. Values are
codes, whole numbers, days as 2026-10-08, or words; amounts count in 10,000 yuan, so that nobody finds out
another manager's client to the cent by asking again and again.
"""

import datetime
from dataclasses import dataclass
from typing import Any

from django.db.models import TextChoices
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from rmflow.workflow import Refused


class Match(TextChoices):
    """How the parts of a group, or the groups, hang together."""

    ALL = "all", pgettext_lazy("segment", "All of these")
    ANY = "any", pgettext_lazy("segment", "Any of these")


class Op(TextChoices):
    """What a condition asks of its field."""

    ANY_OF = "any_of", pgettext_lazy("segment", "is one of")
    ALL_OF = "all_of", pgettext_lazy("segment", "has all of")
    NONE_OF = "none_of", pgettext_lazy("segment", "is none of")
    AT_LEAST = "at_least", pgettext_lazy("segment", "at least")
    AT_MOST = "at_most", pgettext_lazy("segment", "at most")
    BETWEEN = "between", pgettext_lazy("segment", "from … to …")
    SINCE = "since", pgettext_lazy("segment", "on or after")
    UNTIL = "until", pgettext_lazy("segment", "on or before")
    DURING = "during", pgettext_lazy("segment", "between the days")
    LAST_DAYS = "last_days", pgettext_lazy("segment", "within the last … days")
    OLDER_DAYS = "older_days", pgettext_lazy("segment", "more than … days ago")
    NEXT_DAYS = "next_days", pgettext_lazy("segment", "within the next … days")
    CONTAINS = "contains", pgettext_lazy("segment", "contains the word")
    YES = "yes", pgettext_lazy("segment", "yes")
    NO = "no", pgettext_lazy("segment", "no")
    KNOWN = "known", pgettext_lazy("segment", "is on record")
    UNKNOWN = "unknown", pgettext_lazy("segment", "is not on record")


class Kind(TextChoices):
    """What sort of value a field has."""

    CHOICE = "choice"
    ONE = "one"
    CODES = "codes"
    HELD = "held"
    NUMBER = "number"
    MONEY = "money"
    DATE = "date"
    DUE = "due"
    FLAG = "flag"
    TEXT = "text"


_KNOWN = (Op.KNOWN, Op.UNKNOWN)
OPS = {
    Kind.CHOICE: (Op.ANY_OF, Op.NONE_OF, *_KNOWN),
    Kind.ONE: (Op.ANY_OF, Op.NONE_OF),
    Kind.CODES: (Op.ANY_OF, Op.ALL_OF, Op.NONE_OF, *_KNOWN),
    Kind.HELD: (Op.ANY_OF, Op.ALL_OF, Op.NONE_OF),
    Kind.NUMBER: (Op.AT_LEAST, Op.AT_MOST, Op.BETWEEN, *_KNOWN),
    Kind.MONEY: (Op.AT_LEAST, Op.AT_MOST, Op.BETWEEN, *_KNOWN),
    Kind.DATE: (
        *(Op.LAST_DAYS, Op.OLDER_DAYS, Op.NEXT_DAYS, Op.SINCE, Op.UNTIL, Op.DURING),
        *_KNOWN,
    ),
    Kind.DUE: (Op.NEXT_DAYS, Op.LAST_DAYS),
    Kind.FLAG: (Op.YES, Op.NO),
    Kind.TEXT: (Op.CONTAINS, *_KNOWN),
}
MANY = frozenset({Op.ANY_OF, Op.ALL_OF, Op.NONE_OF})
TWO = frozenset({Op.BETWEEN, Op.DURING})
NOTHING = frozenset({Op.YES, Op.NO, Op.KNOWN, Op.UNKNOWN})
DAYS = frozenset({Op.LAST_DAYS, Op.OLDER_DAYS, Op.NEXT_DAYS})

MOST_GROUPS, MOST_CONDITIONS = 6, 10
MOST_DAYS, MOST_MONEY, LONGEST = 3660, 10_000_000, 30
EARLIEST, LATEST = datetime.date(1900, 1, 1), datetime.date(2100, 12, 31)


@dataclass(frozen=True)
class Shape:
    """What the check needs to know of a field: its kind and the codes it takes (None: not looked up now)."""

    kind: str
    codes: frozenset[str] | None = None
    least: int = 0
    most: int = MOST_MONEY


def empty() -> dict[str, Any]:
    """A definition to begin with: one group, nothing in it."""
    return {"match": Match.ALL.value, "groups": [{"match": Match.ALL.value, "conditions": []}]}


def check(definition: Any, shapes: dict[str, Shape]) -> dict[str, Any]:
    """The definition, cleaned; Refused with a message for each bad condition ("g0c2")."""
    groups = _list(definition, "groups")
    if len(groups) > MOST_GROUPS:
        raise Refused(_("At most {n} groups.").format(n=MOST_GROUPS), field="groups")
    errors: dict[str, Any] = {}
    clean = {
        "match": _match(definition),
        "groups": [_group(n, g, shapes, errors) for n, g in enumerate(groups)],
    }
    if errors:
        raise Refused.many(errors)
    clean["groups"] = [group for group in clean["groups"] if group["conditions"]]
    if not clean["groups"]:
        raise Refused(_("Add at least one condition."), field="groups")
    return clean


def _group(number, group, shapes, errors):
    rows = _list(group, "conditions")
    if len(rows) > MOST_CONDITIONS:
        errors[f"g{number}"] = _("At most {n} conditions in a group.").format(n=MOST_CONDITIONS)
    clean = []
    for place, row in enumerate(rows[:MOST_CONDITIONS]):
        try:
            clean.append(_condition(row, shapes))
        except Refused as refused:
            errors[f"g{number}c{place}"] = refused.message
    return {"match": _match(group), "conditions": clean}


def _list(thing, name):
    rows = thing.get(name) if isinstance(thing, dict) else None
    if not isinstance(rows, list):
        raise Refused(_("This is no definition of a segment."), field="groups")
    return rows


def _match(thing):
    match = thing.get("match", Match.ALL.value)
    if match not in Match.values:
        raise Refused(_("This is no definition of a segment."), field="groups")
    return str(match)


def _condition(row, shapes):
    if not isinstance(row, dict) or not isinstance(row.get("values", []), list):
        raise Refused(_("This is no condition."))
    field, op = row.get("field"), row.get("op")
    if not isinstance(field, str) or field not in shapes:
        raise Refused(_("Choose what the condition is about."))
    shape = shapes[field]
    if op not in OPS[shape.kind]:
        raise Refused(_("Choose how to compare."))
    values = [str(value).strip() for value in row.get("values", []) if not isinstance(value, (dict, list))]
    return {"field": field, "op": str(op), "values": _values(shape, op, [v for v in values if v])}


def _values(shape, op, values):
    if op in NOTHING:
        return []
    if op in MANY:
        return _codes(shape, values)
    wanted = 2 if op in TWO else 1
    if len(values) != wanted:
        raise Refused(_("Fill in both values.") if wanted == 2 else _("Fill in the value."))
    read = _reader(shape, op)
    found = [read(value) for value in values]
    if wanted == 2 and found[0] > found[1]:
        raise Refused(_("The first value must not be above the second."))
    return [value.isoformat() if isinstance(value, datetime.date) else value for value in found]


def _codes(shape, values):
    if not values:
        raise Refused(_("Choose at least one."))
    if len(values) > 200 or any(len(value) > LONGEST for value in values):
        raise Refused(_("This is none of the values on offer."))
    if shape.codes is not None and not shape.codes.issuperset(values):
        raise Refused(_("This is none of the values on offer."))
    return list(dict.fromkeys(values))


def _reader(shape, op):
    if op in DAYS:
        return lambda text: _whole(text, 0, MOST_DAYS)
    if shape.kind == Kind.DATE:
        return _day
    if shape.kind == Kind.TEXT:
        return _word
    return lambda text: _whole(text, shape.least, shape.most)


def _whole(text, low, high):
    try:
        number = int(text.replace(",", "").replace("，", "")) if len(text) <= 14 else None
    except ValueError:
        number = None
    if number is None:
        raise Refused(_("Write a whole number."))
    if not low <= number <= high:
        raise Refused(_("The number must lie between {low} and {high}.").format(low=low, high=high))
    return number


def _day(text):
    try:
        day = datetime.date.fromisoformat(text)
    except ValueError:
        raise Refused(_("This is no date such as 2026-10-08.")) from None
    if not EARLIEST <= day <= LATEST:
        raise Refused(_("The date lies outside what is possible."))
    return day


def _word(text):
    if "\x00" in text or not text.isprintable():
        raise Refused(_("A text contains a character that cannot be stored."))
    if len(text) > LONGEST:
        raise Refused(_("At most {n} characters.").format(n=LONGEST))
    return text


#: Groups of the list of fields, in the order of the record (domain-rules §1.5).
GROUPS = {
    "type": gettext_lazy("Type and tier"),
    "basic": gettext_lazy("Basic features"),
    "buying": gettext_lazy("Buying behaviour"),
    "account": gettext_lazy("Account features"),
    "service": gettext_lazy("Service needs"),
    "care": gettext_lazy("Manager and contact"),
    "days": gettext_lazy("Dates, events and consents"),
}
