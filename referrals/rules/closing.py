"""日终核对: what two statements amount to, who must sign, and what keeps a day open (deck 20, B-03, W1-10).

Pure: rows come as `Line`s and people as ids; `now` and the branch's hours are arguments.
"""

import datetime
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field

from django.db.models import TextChoices
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from rmflow.workflow import Conflict, Refused

from .slip import CheckResult, Guidance, Reception, Status


class Finding(TextChoices):
    """How the sender's slip and the manager's statement lie to each other."""

    MATCHED = "matched", _("Matched")
    MANAGER_MISSING = "manager_missing", _("Manager missing")
    SENDER_MISSING = "sender_missing", _("Sender missing")
    NO_RECORD = "no_record", _("No follow-up record")
    REPEAT = "repeat", _("Repeat")
    DISPUTED = "disputed", _("Disputed")


#: Nobody need rule on these: the lobby manager checks them all at once.
AGREED = (Finding.MATCHED,)
#: Results that a check may give (domain-rules §1.1): 属实, 信息更正, 重复, 无效.
CHECKS = (CheckResult.MATCHED, CheckResult.CORRECTED, CheckResult.REPEAT, CheckResult.INVALID)


class Ruling(TextChoices):
    """What a difference on a slip is settled as."""

    TO_FOLLOW_UP = "to_follow_up", _("Change to follow up")
    SENDER = "sender", _("As the sender says")
    MANAGER = "manager", _("As the manager says")
    REPEAT = "repeat", _("Repeat")
    INVALID = "invalid", _("Invalid")


RULED = {
    Ruling.TO_FOLLOW_UP: CheckResult.CORRECTED,
    Ruling.SENDER: CheckResult.MATCHED,
    Ruling.MANAGER: CheckResult.CORRECTED,
    Ruling.REPEAT: CheckResult.REPEAT,
    Ruling.INVALID: CheckResult.INVALID,
}


class UnfiledRuling(TextChoices):
    """What a client received without a slip is settled as; a slip filed afterwards settles it too."""

    OWN = "own", _("The manager's own client")
    FILED = "filed", _("Slip filed afterwards")
    INVALID = "invalid", _("Invalid")


class Side(TextChoices):
    LOBBY = "lobby", _("Lobby")
    MANAGER = "manager", _("Wealth managers")


class OpenKind(TextChoices):
    """Why a day cannot be locked yet."""

    UNCHECKED = "unchecked", _("Slips not checked yet")
    DISPUTED = "disputed", _("Disputes not settled")
    MANAGER_MISSING = "manager_missing", _("Managers who have not answered")
    SENDER_MISSING = "sender_missing", _("Clients without a slip")
    REPEAT = "repeat", _("Repeats to rule on")
    NO_RECORD = "no_record", _("To follow up without a record")
    BOX = "box", _("Opinion box not looked at")
    UNSIGNED = "unsigned", _("Managers who have not signed")
    LOBBY = "lobby", _("The lobby has not signed")


@dataclass(frozen=True)
class Line:
    """One row of the closing, as the rules need it: a slip, or (no `status`) a client without one."""

    key: int
    status: str = ""
    reception: str = ""
    guidance: str = ""
    manager_id: int | None = None
    client_id: int | None = None
    has_record: bool = False
    repeats: bool = False
    check_result: str = CheckResult.UNCHECKED
    is_counted: bool = False
    is_carried: bool = False
    is_foreign: bool = False
    is_ruled: bool = False
    said: tuple[bool, bool] | None = None  # the manager's statement: received, met

    @property
    def is_slip(self) -> bool:
        return bool(self.status)

    @property
    def is_settled(self) -> bool:
        return self.is_counted or self.is_carried if self.is_slip else self.is_ruled


def finding(line: Line) -> str:
    """What the two sides of one row amount to."""
    if not line.is_slip:
        return Finding.MATCHED if line.is_ruled else Finding.SENDER_MISSING
    if line.is_counted:
        return Finding.REPEAT if line.check_result == CheckResult.REPEAT else Finding.MATCHED
    if line.said is not None and line.said[0] is False:
        return Finding.DISPUTED
    if line.status == Status.TO_FOLLOW_UP:
        missing: str | None = None if line.has_record else Finding.NO_RECORD
    elif line.guidance != Guidance.MANAGER:
        missing = None
    else:
        missing = _unanswered(line)
    if missing:
        return missing
    return Finding.REPEAT if line.repeats else Finding.MATCHED


def _unanswered(line: Line) -> str | None:
    """An introduced client of whom the manager has said nothing, by word or by deed."""
    if line.said is not None or line.reception in (Reception.MET, Reception.LEFT):
        return None
    return Finding.MANAGER_MISSING


def repeats_of_the_day(rows: Iterable[tuple[int, int, str]]) -> set[int]:
    """Keys of slips that look like repeats: a reason was asked for, or the client came earlier that day.

    `rows` are (key, client, reason given) in the order of filing.
    """
    seen: set[int] = set()
    again = set()
    for key, client_id, reason in rows:
        if reason or client_id in seen:
            again.add(key)
        seen.add(client_id)
    return again


@dataclass(frozen=True)
class Signature:
    """One side's signature: for whom, by whom, for how many slips."""

    side: str
    person_id: int
    by_id: int
    slips: int


@dataclass
class Picture:
    """A day as the rules see it."""

    lines: list[Line]
    signatures: list[Signature] = field(default_factory=list)
    box_looked_at: bool = False

    def managers(self) -> dict[int, int]:
        """Who must sign for the managers' side, and for how many rows; other branches' people do not."""
        counts: dict[int, int] = {}
        for line in self.lines:
            if line.manager_id is not None and not line.is_foreign:
                counts[line.manager_id] = counts.get(line.manager_id, 0) + 1
        return counts

    def signed(self, side: str, person_id: int | None = None) -> Signature | None:
        for signature in self.signatures:
            if signature.side == side and person_id in (None, signature.person_id):
                return signature
        return None

    def unsigned(self) -> list[int]:
        """Managers whose signature is missing, or was given before a slip came in."""
        missing = []
        for person_id, rows in self.managers().items():
            signature = self.signed(Side.MANAGER, person_id)
            if signature is None or signature.slips != rows:
                missing.append(person_id)
        return missing


def open_matters(picture: Picture) -> list[tuple[str, list[int]]]:
    """Everything that keeps the day open, in the order of the work: (OpenKind, keys or people)."""
    found: dict[str, list[int]] = {}
    for line in picture.lines:
        if line.is_settled:
            continue
        kind = finding(line)
        found.setdefault(OpenKind.UNCHECKED if kind in AGREED else OpenKind(str(kind)), []).append(line.key)
    if not picture.box_looked_at:
        found[OpenKind.BOX] = []
    if people := picture.unsigned():
        found[OpenKind.UNSIGNED] = people
    if picture.signed(Side.LOBBY) is None:
        found[OpenKind.LOBBY] = []
    order = [
        OpenKind.DISPUTED,
        OpenKind.MANAGER_MISSING,
        OpenKind.SENDER_MISSING,
        OpenKind.NO_RECORD,
        OpenKind.REPEAT,
        OpenKind.UNCHECKED,
        OpenKind.BOX,
        OpenKind.UNSIGNED,
        OpenKind.LOBBY,
    ]
    return [(kind, found[kind]) for kind in order if kind in found]


# Who signs


def check_own_signature(picture: Picture, *, side: str, by_id: int) -> None:
    """One person on both sides: another signs one of them (W1-10)."""
    other = Side.MANAGER if side == Side.LOBBY else Side.LOBBY
    if any(s.side == other and s.by_id == by_id for s in picture.signatures):
        raise Refused(
            gettext("You have signed for the other side of this day; somebody else signs this one."),
            code="both_sides",
        )


def stand_in_from(date: datetime.date, *, remind_at: datetime.time, minutes: int, zone) -> datetime.datetime:
    """From when somebody else may sign for a person who is absent."""
    return datetime.datetime.combine(date, remind_at, tzinfo=zone) + datetime.timedelta(minutes=minutes)


def check_stand_in(*, now, allowed_from, reason: str, holds_both: bool) -> None:
    """Standing in needs a reason, and half an hour of waiting unless one person holds both sides."""
    if not reason.strip():
        raise Refused(gettext("Say why you sign for somebody else."), field="reason")
    if not holds_both and now < allowed_from:
        raise Refused(
            gettext("You may sign for somebody absent from {time}.").format(time=f"{allowed_from:%H:%M}"),
            code="too_early",
        )


def both_sides(lobby_ids: Collection[int], manager_ids: Collection[int]) -> set[int]:
    """People who stand on both sides of one closing."""
    return set(lobby_ids) & set(manager_ids)


# Checks and rulings


def check_note(note: str, *, field: str = "note") -> str:
    """A ruling says why."""
    if not note.strip():
        raise Refused(gettext("Say how you came to this."), field=field)
    return note.strip()


def check_check(line: Line, result: str, note: str) -> None:
    """Whether a slip may be checked as `result`: differences need a note, gaps need the other side."""
    if result not in CHECKS:
        raise Refused(gettext("Choose what the check found."), field="result")
    kind = finding(line)
    if line.is_counted:
        raise Conflict(gettext("This slip is checked already."), code="checked")
    if result == CheckResult.MATCHED and kind == Finding.NO_RECORD:
        raise Refused(
            gettext("The follow-up record is missing; open it or leave the slip over."), code="open"
        )
    if result == CheckResult.MATCHED and kind == Finding.MANAGER_MISSING:
        raise Refused(gettext("The manager has not answered yet."), code="open")
    if kind not in AGREED or result != CheckResult.MATCHED:
        check_note(note)


def check_carry(line: Line) -> None:
    """Disputed or unmet slips may be left over; what both sides agree on is checked instead."""
    if line.is_counted:
        raise Conflict(gettext("This slip is checked already."), code="checked")
    met = line.reception == Reception.MET
    if finding(line) in AGREED and met:
        raise Refused(gettext("Both sides agree on this slip; check it instead."), code="agreed")


#: Steps of a slip's history that the closing adds.
STEP_WORDS = {
    "state": pgettext_lazy("closing", "Manager's statement"),
    "check": pgettext_lazy("closing", "Checked"),
    "settle": pgettext_lazy("closing", "Difference settled"),
    "carry": pgettext_lazy("closing", "Left over for the next day"),
}
