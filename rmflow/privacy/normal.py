"""What people type, brought to one shape: phones, ID numbers, names, addresses, e-mail.

Lenient in form (full-width digits, spaces, dashes, +86), strict in fact (count of digits, check
digit). Each refusal says what to do, in words for a colleague at a counter. Stored shapes:

    mobile      13812345678
    landline    010-88886666        0755-8888666
    extension   010-88886666-802
    abroad      +85223456789        (E.164)
    ID card     52010319900101001X  (a 15-digit number is kept as the 18-digit number it became)
"""

import datetime
import re
import unicodedata

from django.core.exceptions import ValidationError
from django.db.models import TextChoices
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from rmflow.workflow import Refused

NAME_LENGTH = 50  # characters
ADDRESS_LENGTH = 200
PHONE_LENGTH = 40  # as typed
EMAIL_LENGTH = 254


class BadInput(Refused, ValidationError):  # type: ignore[misc]  # both have a code
    """Typed text that cannot be taken. Forms and serializers show it beside the field, and an
    action that raises it is answered 422 or 400 like every refusal."""

    def __init__(self, message, *, field=None, code="invalid"):
        ValidationError.__init__(self, message, code=code)
        Refused.__init__(self, message, field=field, code=code)


class IdKind(TextChoices):
    """Kinds of identity document a client file takes (domain-rules §1.5)."""

    RESIDENT = "resident", gettext_lazy("Resident ID card")
    PASSPORT = "passport", gettext_lazy("Passport")
    MILITARY = "military", gettext_lazy("Military ID")
    ARMED_POLICE = "armed_police", gettext_lazy("Armed police ID")
    HK_MO_TW = "hk_mo_tw", gettext_lazy("Travel permit of Hong Kong, Macao or Taiwan")
    HOUSEHOLD = "household", gettext_lazy("Household register")
    OTHER = "other", pgettext_lazy("ID document", "Other document")


_FULL_WIDTH = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)} | {0x3000: 0x20}
_DASHES = dict.fromkeys(map(ord, "‐‑‒–—―−﹣－ー"), "-")
_EXTENSION = re.compile(r"(?:转|轉|分机|分機|内线|ext\.?|extension|x|#|,)[\s:：]*(\d{1,6})$", re.IGNORECASE)
_DASHED_EXTENSION = re.compile(r"^(.*\d{7,})-(\d{1,6})$")
_MOBILE = re.compile(r"^1[3-9]\d{9}$")
_LANDLINE = re.compile(r"^(010|02\d|0[3-9]\d\d)([1-9]\d{6,7})$")


def fold(text):
    """Full-width letters, digits and signs as ASCII; every kind of dash as one."""
    return str(text or "").translate(_FULL_WIDTH).translate(_DASHES)


def _has_control(text):
    return any(unicodedata.category(char) in ("Cc", "Cs") for char in text if char not in "\t\r\n")


# -- phones -------------------------------------------------------------------------------------


def phone(text):
    """The stored shape of a phone number; "" for nothing typed. Raises BadInput in plain words."""
    text = fold(text).strip()
    if not text:
        return ""
    if len(text) > PHONE_LENGTH:
        raise BadInput(_("A phone number has at most {n} characters.").format(n=PHONE_LENGTH))
    number, extension = _split_extension(re.sub(r"\s+", "", text))
    _refuse_strangers(number)
    abroad, digits = _country(number)
    whole = _foreign(digits) if abroad else _domestic(digits, re.sub(r"\D", "", number))
    return f"{whole}-{extension}" if extension else whole


def _split_extension(text):
    match = _EXTENSION.search(text)
    if match and match.start():
        return text[: match.start()], match[1]
    if _MOBILE.match(re.sub(r"\D", "", text)):
        return text, ""
    match = _DASHED_EXTENSION.match(text)
    return (match[1], match[2]) if match else (text, "")


def _refuse_strangers(number):
    """Refuse what is no part of a number: letters, emoji, NUL, a plus in the middle."""
    if _has_control(number):
        raise BadInput(_("The phone contains an unreadable character. Please type it again."))
    strange = "".join(dict.fromkeys(re.sub(r"^\+|[0-9()./-]", "", number)))
    if strange:
        raise BadInput(
            _("A phone has digits only; please remove “{characters}”.").format(characters=strange[:10])
        )


def _country(number):
    """(abroad?, digits without an international prefix); China's own prefix is dropped."""
    digits = re.sub(r"\D", "", number)
    if number.startswith("+"):
        rest = digits
    elif digits.startswith("00"):
        rest = digits[2:]
    else:
        ours = len(digits) == 13 and digits.startswith("86") and _MOBILE.match(digits[2:])
        return False, digits[2:] if ours else digits
    if not rest.startswith("86"):
        return True, rest
    rest = rest[2:]
    if not rest.startswith("0") and not _MOBILE.match(rest) and _LANDLINE.match("0" + rest):
        rest = "0" + rest  # +86 10 8888 6666
    return False, rest


def _foreign(digits):
    import phonenumbers

    try:
        number = phonenumbers.parse(f"+{digits}", None)
        possible = phonenumbers.is_possible_number(number)
    except phonenumbers.NumberParseException:
        possible = False
    if not possible:
        raise BadInput(_("This is no number of that country. Check the country code and the digits."))
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def _domestic(digits, typed):
    if len(digits) == 12 and digits.startswith("0") and _MOBILE.match(digits[1:]):
        digits = digits[1:]  # the old way of dialling a mobile of another city
    if _MOBILE.match(digits):
        return digits
    if match := _LANDLINE.match(digits):
        return f"{match[1]}-{match[2]}"
    if re.match(r"^[48]00\d{7}$", digits):
        return digits
    raise BadInput(_why_not(digits))


def _why_not(digits):
    """The plain reason why `digits` are no number of mainland China."""
    count = len(digits)
    if not count:
        return _("Type the phone number in digits.")
    if digits.startswith("0"):
        return _("A landline is area code and 7 or 8 digits, such as 010-88886666.")
    if digits[0] in "23456789" and count in (7, 8):
        return _("Put the area code before a landline, such as 010-88886666.")
    if count < 11:
        return _("Phone needs 11 digits, {n} short").format(n=11 - count)
    if count > 11:
        return _("Phone needs 11 digits, {n} too many").format(n=count - 11)
    return _("A mobile number begins with 13 to 19. Check the first digits.")


# -- ID numbers ---------------------------------------------------------------------------------

_PATTERNS = {
    IdKind.PASSPORT: r"[A-Z0-9]{5,17}",
    IdKind.MILITARY: r"[\u4e00-\u9fff]{0,4}[A-Z]{0,2}\d{6,12}",
    IdKind.ARMED_POLICE: r"[\u4e00-\u9fff]{0,4}[A-Z]{0,2}\d{6,12}",
    IdKind.HK_MO_TW: r"[HM]\d{8}(\d\d)?|\d{8}(\d\d)?",
    IdKind.HOUSEHOLD: r"[A-Z0-9]{6,18}",
    IdKind.OTHER: r"[\u4e00-\u9fffA-Z0-9]{4,30}",
}
_PROVINCE_CODES = """
11 12 13 14 15 21 22 23 31 32 33 34 35 36 37 41 42 43 44 45 46 50 51 52 53 54 61 62 63 64 65 71 81 82 83 91
"""
_PROVINCES = frozenset(_PROVINCE_CODES.split())


def id_number(text, kind=IdKind.RESIDENT, *, today=None):
    """The stored shape of an identity number; "" for nothing typed. Raises BadInput.

    With `today` given, a birth date in the future is refused too.
    """
    if _has_control(str(text or "")):
        raise BadInput(_("The ID number contains an unreadable character. Please type it again."))
    number = _compact(text)
    if not number:
        return ""
    if kind == IdKind.RESIDENT:
        return _resident(number, today)
    pattern = _PATTERNS.get(kind)
    if pattern is None:
        raise BadInput(_("Choose the kind of document."))
    if not re.fullmatch(pattern, number):
        raise BadInput(_("This does not look like the number of such a document. Check each character."))
    return number


def _compact(text):
    return re.sub(r"[\s.()/·-]", "", fold(text)).upper()


def _resident(number, today):
    from stdnum.cn import ric

    strange = "".join(dict.fromkeys(re.sub(r"[0-9]|X$", "", number)))
    if strange:
        raise BadInput(
            _("An ID number has digits and, at the end, perhaps X; please remove “{characters}”.").format(
                characters=strange[:10]
            )
        )
    if len(number) == 15 and "X" not in number:
        number = _eighteen(number)
    if len(number) != 18:
        raise BadInput(_wrong_length(len(number)))
    if number[-1] != ric.calc_check_digit(number):
        raise BadInput(_("The ID number's last character does not fit the others. Check each digit."))
    try:
        born = datetime.date(int(number[6:10]), int(number[10:12]), int(number[12:14]))
    except ValueError:
        born = None
    if born is None or born.year < 1880 or (today and born > today):
        raise BadInput(_("The birth date inside the ID number is impossible. Check digits 7 to 14."))
    if number[:2] not in _PROVINCES:
        raise BadInput(_("The ID number begins with no known province. Check the first two digits."))
    return number


def _wrong_length(count):
    if count < 18:
        return _("ID number needs 18 characters, {n} short").format(n=18 - count)
    return _("ID number needs 18 characters, {n} too many").format(n=count - 18)


def _eighteen(number):
    """The 18-digit number that a 15-digit one of before 1999 became: the century and a check digit."""
    from stdnum.cn import ric

    body = f"{number[:6]}19{number[6:]}"
    return body + ric.calc_check_digit(body + "0")


# -- names, addresses, e-mail -------------------------------------------------------------------


def line(text, limit, too_long):
    """One line of text: control and invisible characters taken out, white space collapsed."""
    kept = (
        c if unicodedata.category(c) not in ("Cc", "Cf", "Cs", "Co") else _space(c) for c in str(text or "")
    )
    clean = " ".join(unicodedata.normalize("NFC", "".join(kept)).split())
    if len(clean) > limit:
        raise BadInput(too_long.format(n=limit), code="max_length")
    return clean


def _space(char):
    return " " if char in "\t\r\n\v\f\x85" else ""


def name(text):
    """A person's name or salutation, at most 50 characters."""
    return line(text, NAME_LENGTH, _("A name has at most {n} characters."))


def address(text):
    """A postal address on one line, at most 200 characters."""
    return line(text, ADDRESS_LENGTH, _("An address has at most {n} characters."))


def email(text):
    """An e-mail address, its domain in lower case; "" for nothing typed."""
    from django.core.validators import validate_email

    clean = fold(text).strip()
    if not clean:
        return ""
    try:
        if len(clean) > EMAIL_LENGTH or _has_control(clean):
            raise ValidationError("")
        validate_email(clean)
    except ValidationError:
        raise BadInput(_("This is no e-mail address; it looks like name@example.com.")) from None
    local, _at, domain = clean.rpartition("@")
    return f"{local}@{domain.lower()}"


# -- for the blind indexes ----------------------------------------------------------------------


def shape(kind, value):
    """The one shape of a value that is indexed; never raises, so any text can be looked up."""
    reader = {"phone": phone, "id": id_number}.get(kind)
    if reader is None:
        return unicodedata.normalize("NFKC", str(value or "")).strip().casefold()
    try:
        return reader(value)
    except BadInput:
        return _compact(value)


def tail(kind, value):
    """The last four characters of a number, without its extension; "" when it has fewer."""
    whole = shape(kind, value)
    if kind == "phone":
        whole = re.sub(r"\D", "", without_extension(whole))
    return whole[-4:] if len(whole) >= 4 else ""


def without_extension(number):
    """A stored phone without its extension: 010-88886666-802 → 010-88886666."""
    parts = number.split("-")
    if len(parts) == 3 or (len(parts) == 2 and not parts[0].startswith("0")):
        return "-".join(parts[:-1])
    return number
