"""One cell as the value of one field: text in, the stored shape out, or a reason why not.

Reasons go into the error file and therefore never quote what the cell holds.
"""

import datetime
import functools
import re
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from clients.models import Client
from clients.rules import ClientType, Level, Salutation, check_birth_date
from rmflow.privacy import normal
from rmflow.privacy.models import ConsentBasis
from rmflow.workflow import Refused

NO_PHONE = gettext_lazy("This is no phone number.")
NO_ID = gettext_lazy("This is no such ID number.")
TOO_LONG = gettext_lazy("At most {n} characters.")
CUSTOMER_NO = re.compile(r"[0-9A-Z][0-9A-Z-]{2,23}")
_DATE = re.compile(r"(\d{4})(?:[-/.年]?)(\d{1,2})(?:[-/.月]?)(\d{1,2})日?")
_GROUPED = re.compile(r"[+-]?(\d{1,3}([,，]\d{3})+|\d+)(\.\d+)?")
_LARGEST = Decimal(10) ** 14
_CENT = Decimal("0.01")
_CODE = re.compile(r"[0-9A-Z][0-9A-Z._/-]{0,39}")
_SERIAL = re.compile(r"\d{5}")  # 1927 to 2173 as a spreadsheet counts days
_SERIAL_ZERO = datetime.date(1899, 12, 30)
EARLIEST = 2000  # the first year a balance may speak of
_MONTH = re.compile(r"(\d{4})[-/.年]?(\d{1,2})月?")


class Unfit(ValueError):
    """Why a value cannot be taken; `str()` is the reason."""


def customer_no(text, _today):
    number = re.sub(r"\s", "", normal.fold(text)).upper()
    if not number:
        raise Unfit(_("The customer number is missing."))
    if not CUSTOMER_NO.fullmatch(number):
        raise Unfit(_("A customer number has 3 to 24 letters and digits."))
    return number


def name(text, _today):
    clean = _quiet(normal.name, text)
    if not clean:
        raise Unfit(_("The name is missing."))
    return clean


def line(field):
    """A reader of free text as long as the column of `field`."""
    limit = Client._meta.get_field(field).max_length

    def read(text, _today):
        return _quiet(lambda t: normal.line(t, limit, TOO_LONG), text)

    return read


def one_of(choices):
    """A reader of a code out of `choices`; empty is taken."""
    known = frozenset(choices)

    def read(text, _today):
        if text and text not in known:
            raise Unfit(_("This is none of the known codes."))
        return text

    return read


def day(text, _today=None):
    """A date as people and spreadsheets write it; None for an empty cell."""
    text = normal.fold(text).strip()
    if not text:
        return None
    if _SERIAL.fullmatch(text):
        return _SERIAL_ZERO + datetime.timedelta(days=int(text))
    match = _DATE.fullmatch(text.removesuffix(" 00:00:00"))
    try:
        return datetime.date(*(int(part) for part in match.groups()))
    except (AttributeError, ValueError):
        raise Unfit(_("This is no date such as 1975-03-28.")) from None


def month(text, today):
    """The first day of a month: 2026-10, 202610, or any day of it; never one to come."""
    text = normal.fold(text).strip()
    match = _MONTH.fullmatch(text) if not _SERIAL.fullmatch(text) else None
    try:
        first = datetime.date(int(match[1]), int(match[2]), 1) if match else day(text)
    except ValueError:
        first = None
    if first is None:
        raise Unfit(_("This is no month such as 2026-10."))
    first = first.replace(day=1)
    if first > today or first.year < EARLIEST:
        raise Unfit(_("The month lies outside what is possible."))
    return first


def birth_date(text, today):
    if not text:
        return None
    born = day(text)
    try:
        check_birth_date(born, today=today)
    except Refused as refusal:
        raise Unfit(str(refusal)) from None
    return born


def phone(text, _today):
    return _quiet(normal.phone, text, other=NO_PHONE)


def id_number(text, kind, today):
    read = functools.partial(normal.id_number, kind=kind or normal.IdKind.RESIDENT, today=today)
    return _quiet(read, text, other=NO_ID)


def address(text, _today):
    return _quiet(normal.address, text)


def amount(text):
    """An amount in yuan, with or without grouping; None for an empty cell."""
    text = normal.fold(text).strip()
    if not text:
        return None
    try:
        value = Decimal(text.replace(",", "")) if _GROUPED.fullmatch(text) else None
    except InvalidOperation:
        value = None
    if value is None:
        raise Unfit(_("This is no amount."))
    if abs(value) >= _LARGEST:
        raise Unfit(_("The amount is too large."))
    return value.quantize(_CENT, ROUND_HALF_UP)


def needed(read):
    """A reader that takes no empty cell."""

    def check(text, today):
        if not text:
            raise Unfit(_("The cell is empty."))
        return read(text, today)

    return check


def money(text, _today):
    return amount(text)


def credit(text, _today):
    """An amount that cannot be below zero."""
    value = amount(text)
    if value is not None and value < 0:
        raise Unfit(_("This amount cannot be negative."))
    return value


def code(text, _today):
    """A number or code of the core system: letters, digits and hyphens."""
    clean = re.sub(r"\s", "", normal.fold(text)).upper()
    if not _CODE.fullmatch(clean):
        raise Unfit(_("A code has at most 40 letters, digits and hyphens."))
    return clean


def days(text, _today):
    if not text:
        return None
    whole(text, 0, 36500)
    return int(text)


def label(text, _today):
    return _quiet(lambda t: normal.line(t, 40, TOO_LONG), text)


def whole(text, low, high):
    """Refuse what is no whole number between `low` and `high` (either may be None)."""
    try:
        number = int(text)
    except ValueError:
        raise Unfit(_("This is no whole number.")) from None
    if (low is not None and number < low) or (high is not None and number > high):
        raise Unfit(_("The number lies outside what is possible."))


def _quiet(read, text, other=""):
    """`read(text)`; its refusal is passed on only where it cannot quote the text.

    The readers of numbers name strange characters they met: with `other` given, their words are kept
    for a text of nothing but digits and replaced by `other` for any other.
    """
    try:
        return read(text)
    except normal.BadInput as refusal:
        plain = re.fullmatch(r"[0-9Xx +-]*", normal.fold(text))
        raise Unfit(str(refusal) if plain or not other else str(other)) from None


READERS = {
    "customer_no": customer_no,
    "name": name,
    "salutation": one_of(Salutation.values),
    "birth_date": birth_date,
    "occupation": line("occupation"),
    "education": line("education"),
    "marital_status": line("marital_status"),
    "id_kind": one_of(normal.IdKind.values),
    "phone": phone,
    "address": address,
    "notice_version": line("notice_version"),
    "notice_basis": one_of(ConsentBasis.values),
    "type": one_of(ClientType.values),
    "level": one_of(Level.values),
}
