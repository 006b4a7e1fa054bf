"""What is written down when a complaint is taken: checked here, filed by the action (W3-07, W3-08)."""

import datetime
import re
from dataclasses import dataclass, field

from django.utils.translation import gettext as _

from rmflow.privacy import normal
from rmflow.workflow import Refused

from .complaint import (
    MOST_REPRESENTATIVES,
    NOTE_LENGTH,
    TEXT_LENGTH,
    TITLE_LENGTH,
    Level,
    Sensitivity,
    Way,
    check_receipt,
    is_major,
)

MANY_DIGITS = re.compile(r"\d{7,}")


@dataclass
class Intake:
    """投诉记录表 as typed; the door fills it, `checked` brings it to one shape."""

    way: str
    title: str
    request: str
    name: str
    phone: str = ""
    id_number: str = ""
    facts: str = ""
    basis: str = ""
    against: str = ""
    named: list[int] = field(default_factory=list)
    branch_id: int | None = None
    client_id: int | None = None
    product_id: int | None = None
    received_at: datetime.datetime | None = None
    level: str = Level.NORMAL
    sensitivity: list[str] = field(default_factory=list)
    people: int = 1
    representatives: list[tuple[str, str]] = field(default_factory=list)
    proxy: str = ""
    proxy_authorised: bool = False
    channel_id: int | None = None
    business_id: int | None = None
    cause_id: int | None = None


def text(value, limit=TEXT_LENGTH, *, field_name=""):
    """Several lines of text, outer space off, refused beyond `limit`."""
    clean = "\n".join(line.rstrip() for line in str(value or "").replace("\r\n", "\n").split("\n")).strip()
    clean = "".join(c for c in clean if c in "\n\t" or c.isprintable())
    if len(clean) > limit:
        raise Refused(_("At most {n} characters.").format(n=limit), field=field_name or None)
    return clean


def needed(value, name, message, limit=TEXT_LENGTH):
    """Text that must be there."""
    clean = text(value, limit, field_name=name)
    if not clean:
        raise Refused(message, field=name)
    return clean


def title(value):
    """The subject: one line without numbers of a person, since lists and notices of numbers show it."""
    clean = normal.line(value, TITLE_LENGTH, _("At most {n} characters."))
    if MANY_DIGITS.search(re.sub(r"[\s-]", "", normal.fold(clean))):
        raise Refused(_("Leave phone, ID and account numbers out of the subject."), field="title")
    return clean


def checked(intake: Intake, *, now: datetime.datetime, office: bool = False) -> Intake:
    """The intake in one shape, or a refusal naming each input at fault."""
    errors: dict = {}
    for name, read in _READERS.items():
        _try(errors, name, intake, read)
    for name, message in (
        ("title", _("Say in a few words what it is about.")),
        ("request", _("Write down what the client asks for.")),
        ("name", _("Write down who complains.")),
    ):
        if not getattr(intake, name):
            errors.setdefault(name, message)
    errors |= _choices(intake) | _group(intake)
    if intake.proxy and not intake.proxy_authorised:
        errors["proxy_authorised"] = _("A proxy needs a letter of authority.")
    intake.received_at = intake.received_at or now
    try:
        check_receipt(intake.received_at, now=now, office=office)
    except Refused as refusal:
        errors["received_at"] = refusal.message
    if errors:
        raise Refused.many(errors)
    if is_major(intake.people, intake.way):
        intake.level = Level.MAJOR
    return intake


_READERS = {
    "title": title,
    "request": lambda value: text(value),
    "name": normal.name,
    "phone": normal.phone,
    "id_number": lambda value: normal.line(value, 30, _("At most {n} characters.")),
    "facts": lambda value: text(value),
    "basis": lambda value: text(value, NOTE_LENGTH),
    "against": lambda value: normal.line(value, 100, _("At most {n} characters.")),
    "proxy": normal.name,
}


def _try(errors, name, intake, read):
    try:
        setattr(intake, name, read(getattr(intake, name)))
    except Refused as refusal:
        errors[name] = refusal.message


def _choices(intake):
    errors = {}
    if intake.way not in Way.values:
        errors["way"] = _("Choose how the complaint came in.")
    if intake.level not in Level.values:
        errors["level"] = _("Choose ordinary, complex or major.")
    if set(intake.sensitivity) - set(Sensitivity.values):
        errors["sensitivity"] = _("Choose from the list.")
    return errors


def _group(intake):
    """A group face to face speaks through at most five."""
    if not 1 <= intake.people <= 9999:
        return {"people": _("A complaint has at least one person.")}
    if len(intake.representatives) > MOST_REPRESENTATIVES:
        return {"representatives": _("A group has at most five representatives.")}
    try:
        intake.representatives = [
            (normal.name(name), normal.phone(phone)) for name, phone in intake.representatives if name
        ]
    except Refused as refusal:
        return {"representatives": refusal.message}
    if len(intake.representatives) > intake.people:
        return {"representatives": _("There are more representatives than persons.")}
    return {}
