"""Two records of one person: how they are found, whose values are kept, who must agree (B-21). Pure."""

from dataclasses import dataclass

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from rmflow.staff.permissions import Permission
from rmflow.workflow import Refused, Transition

from .rules import ClientType


class Likeness(TextChoices):
    """Why two records may be one person; the strongest stands first."""

    PHONE_NAME = "phone_name", _("Same phone, same name")
    PHONE_SURNAME = "phone_surname", _("Same phone and surname, one without a customer number")
    PHONE = "phone", _("Same phone, one without a customer number")
    NAME_BIRTH = "name_birth", _("Same-sounding name, same date of birth")
    NAME_BRANCH = "name_branch", _("Same name at one branch, registered by a referral and by a file")


#: How likely each likeness is right, in percent of what branches confirm; orders the list.
WEIGHT = {
    Likeness.PHONE_NAME: 90,
    Likeness.PHONE_SURNAME: 70,
    Likeness.NAME_BIRTH: 60,
    Likeness.PHONE: 30,
    Likeness.NAME_BRANCH: 40,
}
#: A phone that more persons share says nothing: a shop's or a village's.
PHONE_SHARED_BY = 6


class State(TextChoices):
    """Where a pair stands."""

    OPEN = "open", pgettext_lazy("duplicate", "To check")
    CONFIRMED = "confirmed", pgettext_lazy("duplicate", "One side confirmed")
    MERGED = "merged", pgettext_lazy("duplicate", "Merged")
    CLOSED = "closed", pgettext_lazy("duplicate", "Merged for good")
    DISMISSED = "dismissed", pgettext_lazy("duplicate", "Two persons")
    UNDONE = "undone", pgettext_lazy("duplicate", "Merge undone")


WAITING = (State.OPEN, State.CONFIRMED)
_MAY = Permission.MERGE_CLIENTS

TRANSITIONS = {
    "confirm": Transition(_("Confirm"), WAITING, State.CONFIRMED, _MAY),
    "merge": Transition(_("Merge"), WAITING, State.MERGED, _MAY),
    "dismiss": Transition(_("Two persons"), WAITING, State.DISMISSED, _MAY),
    "undo": Transition(_("Undo the merge"), (State.MERGED,), State.UNDONE, _MAY),
    "reopen": Transition(_("Check again"), (State.DISMISSED, State.UNDONE), State.OPEN, _MAY),
}

#: A merge is undone within so many days; then what it would need is erased.
UNDO_DAYS = 30

#: What is chosen as a whole → the columns of the person that go together.
PERSON = {
    "name": ("name", "pinyin", "initials"),
    "salutation": ("salutation",),
    "birth_date": ("birth_date",),
    "id_number": ("id_kind", "id_number", "id_hash"),
    "phone": ("phone", "phone_hash", "phone_tail", "notice_version", "notice_at", "notice_basis"),
    "address": ("address",),
    "occupation": ("occupation",),
    "education": ("education",),
    "marital_status": ("marital_status",),
    "owner": ("owner_id",),
}
#: The same of the profile; an assessment is one thing, and so is what a client cares for.
TOGETHER = {
    "risk_tolerance": ("risk_tolerance", "risk_assessed_on", "risk_valid_until"),
    "cares_most": ("cares_most", "cares_least"),
}
#: Keys and stamps of the profile that are nobody's choice.
SILENT = ("client_id", "updated_at", "updated_by_id", "secrecy", "relation_ended_on")

#: The higher of two types is kept (domain-rules §2.3).
PRECEDENCE = (
    ClientType.EXISTING_PREMIUM,
    ClientType.PROSPECTIVE_PREMIUM,
    ClientType.EXISTING_POTENTIAL,
    ClientType.ORDINARY,
    ClientType.UNJUDGED,
)


@dataclass(frozen=True)
class Choice:
    """One line of the comparison: both values, whether they differ, whose is kept."""

    key: str
    columns: tuple[str, ...]
    winner: object
    loser: object
    keep: str

    @property
    def differs(self) -> bool:
        return self.winner != self.loser

    @property
    def is_open(self) -> bool:
        """Whether there is something to choose: both are known and differ."""
        return self.differs and not blank(self.winner) and not blank(self.loser)


def blank(value) -> bool:
    """Nothing known; a plain "no" is something."""
    return value is None or value == "" or value == []


def winner_of(one, other):
    """(who stays, who is folded in): the customer number decides, then the archive, then who came first."""

    def rank(client):
        return (not client.customer_no, not client.has_archive, client.created_at, client.pk)

    return tuple(sorted((one, other), key=rank))


def kept(key, winner, loser, chosen=None) -> str:
    """ "winner" or "loser": what was chosen, else what is known, else the winner's; the longer of two names."""
    if blank(winner) != blank(loser):
        return "loser" if blank(winner) else "winner"
    if chosen in ("winner", "loser"):
        return chosen
    if key == "name" and loser.startswith(winner):
        return "loser"
    return "winner"


def lines(row_of_winner, row_of_loser, groups, chosen):
    """The comparison of two rows, a line for each of `groups`."""
    found = []
    for key, columns in groups.items():
        values = [
            getattr(row, columns[0] if key != "id_number" else "id_number")
            for row in (row_of_winner, row_of_loser)
        ]
        found.append(Choice(key, columns, *values, kept(key, *values, chosen.get(key))))
    return found


def higher_type(winner, loser):
    """(type, level) of the higher of two judgements; of equal ones the core one."""
    first = min((winner, loser), key=lambda row: PRECEDENCE.index(row.type))
    if winner.type == loser.type and "core" in (winner.level, loser.level):
        return winner.type, "core"
    return first.type, first.level


def check(winner, loser) -> None:
    """Refuse what cannot be one person, or is not this house's to join."""
    if winner.customer_no and loser.customer_no:
        raise Refused(
            _("Both have a customer number; the core system joins numbers, then its file does the rest."),
            code="two_numbers",
        )
    if (
        winner.id_hash
        and loser.id_hash
        and winner.id_kind == loser.id_kind
        and winner.id_hash != loser.id_hash
    ):
        raise Refused(_("Their ID numbers differ: these are two persons."), code="two_ids")


def missing(branches, confirmations):
    """The branches whose word is still needed. `confirmations`: [(branch, person)].

    Each branch speaks once, and nobody speaks for two branches.
    """
    spoken, people = set(), set()
    for branch, person in confirmations:
        if branch in branches and person not in people and branch not in spoken:
            spoken.add(branch)
            people.add(person)
    return set(branches) - spoken
