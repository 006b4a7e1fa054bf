"""A notice is stored as a message id with parameters and worded when it is shown.

The reader's language counts, not the writer's. What leaves the house (e-mail, webhook) is worded
from numbers and times only: `check_outside` refuses anything that could be a person.
"""

import re
import string
from datetime import date, datetime, time
from functools import lru_cache

from django.utils.dateparse import parse_date, parse_datetime
from django.utils.functional import Promise
from django.utils.translation import gettext, override

from rmflow.staff.models import BANK_TIME
from rmflow.workdays.rules import short_day

#: A record's number: letters, digits, hyphens; never as long as a phone or ID number.
RECORD_NUMBER = re.compile(r"[A-Z0-9-]{1,20}")
#: Hours of a day, "…" after the last when there are more.
HOURS = re.compile(r"\d\d:\d\d(、\d\d:\d\d)*…?")
LONG_DIGITS = re.compile(r"\d{9,}")
#: Names a text parameter may have outside the house.
OUTSIDE_NAMES = frozenset({"number"})


class _Params(dict):
    """Parameters of a message; one that is missing leaves a gap instead of an error."""

    def __missing__(self, name):
        return "–"


def pack(params) -> dict:
    """`params` as JSON: dates and translatable words keep their kind for the reader's language."""
    return {name: _pack(value) for name, value in params.items()}


def _pack(value):
    if isinstance(value, datetime):
        return {"at": value.isoformat()}
    if isinstance(value, date):
        return {"on": value.isoformat()}
    if isinstance(value, time):
        return f"{value:%H:%M}"
    if isinstance(value, Promise):
        with override(None):
            return {"word": str(value)}
    if isinstance(value, bool) or not isinstance(value, (str, int, float)):
        raise TypeError(f"A notice cannot carry {type(value).__name__}.")
    return value


def _unpack(value):
    if not isinstance(value, dict):
        return value
    if "word" in value:
        return gettext(value["word"])
    if "on" in value:
        return short_day(parse_date(value["on"]))
    if "at" in value:
        local = parse_datetime(value["at"]).astimezone(BANK_TIME)
        return f"{short_day(local.date())} {local:%H:%M}"
    return "–"


def render(msgid: str, params: dict) -> str:
    """The sentence in the language that is active now."""
    values = _Params({name: _unpack(value) for name, value in params.items()})
    if not msgid:
        return ""
    try:
        return gettext(msgid).format_map(values)
    except (ValueError, KeyError, IndexError, AttributeError):
        return gettext(msgid)


def check_outside(msgid: str, params: dict) -> None:
    """Raise ValueError when `msgid` would carry more than numbers and times out of the house."""
    for name in _named(msgid):
        if not _impersonal(name, params.get(name)):
            raise ValueError(f"Parameter {name!r} may not leave the house.")


@lru_cache(maxsize=500)
def _named(msgid):
    """The parameters a message shows."""
    return [
        name for _literal, name, _spec, _conversion in string.Formatter().parse(msgid) if name is not None
    ]


def _impersonal(name, value) -> bool:
    if isinstance(value, (date, time, Promise)):
        return True
    if isinstance(value, str):
        return bool(HOURS.fullmatch(value)) or bool(
            name in OUTSIDE_NAMES and RECORD_NUMBER.fullmatch(value) and not LONG_DIGITS.search(value)
        )
    return isinstance(value, (int, float)) and abs(value) < 10**9
