"""Requests of clients about their data (B-22; Personal Information Protection Law, art. 44–50)."""

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from rmflow.staff.permissions import Permission
from rmflow.workflow import Refused, Transition


class Right(TextChoices):
    SEE = "see", pgettext_lazy("right", "See and copy the data")
    CORRECT = "correct", pgettext_lazy("right", "Correct the data")
    DELETE = "delete", pgettext_lazy("right", "Delete the data")
    WITHDRAW = "withdraw", pgettext_lazy("right", "Withdraw a consent")
    EXPLAIN = "explain", pgettext_lazy("right", "Explain an automated decision")


class Applicant(TextChoices):
    SELF = "self", pgettext_lazy("applicant", "The client")
    AGENT = "agent", pgettext_lazy("applicant", "An agent with a power of attorney")
    GUARDIAN = "guardian", pgettext_lazy("applicant", "The guardian")
    HEIR = "heir", pgettext_lazy("applicant", "A close relative of a deceased client")


class Identity(TextChoices):
    """How it was made sure who asks."""

    DOCUMENT = "document", pgettext_lazy("identity", "ID document seen, compared with the record")
    CALL_BACK = "call_back", pgettext_lazy("identity", "Called back on the phone on record")
    CORE = "core", pgettext_lazy("identity", "Checked in the core system with card and PIN")


class RightsState(TextChoices):
    RECEIVED = "received", pgettext_lazy("rights", "In hand")
    SETTLED = "settled", pgettext_lazy("rights", "Settled, answer to be given")
    ANSWERED = "answered", pgettext_lazy("rights", "Answered")
    DROPPED = "dropped", pgettext_lazy("rights", "Taken back by the client")


RIGHTS_TRANSITIONS = {
    "settle": Transition(_("Settle"), (RightsState.RECEIVED,), RightsState.SETTLED, Permission.SETTLE_RIGHTS),
    "answer": Transition(
        _("Answer given"), (RightsState.SETTLED,), RightsState.ANSWERED, Permission.TAKE_RIGHTS
    ),
    "drop": Transition(_("Taken back"), (RightsState.RECEIVED,), RightsState.DROPPED, Permission.TAKE_RIGHTS),
}
#: The clock runs until the answer is given.
RIGHTS_OPEN = (RightsState.RECEIVED, RightsState.SETTLED)


class Outcome(TextChoices):
    GRANTED = "granted", pgettext_lazy("outcome", "Granted")
    PARTLY = "partly", pgettext_lazy("outcome", "Granted in part")
    RESTRICTED = "restricted", pgettext_lazy("outcome", "Not deleted, use restricted")
    REFUSED = "refused", pgettext_lazy("outcome", "Refused")


#: Outcomes that need their reasons in writing (art. 50).
REASONED = (Outcome.PARTLY, Outcome.RESTRICTED, Outcome.REFUSED)


class Ground(TextChoices):
    """Why the law keeps what a client wants deleted."""

    NONE = "", "–"
    KEPT_BY_LAW = (
        "kept_by_law",
        _("The Anti-Money-Laundering Law keeps the file for ten years after the relation ends"),
    )
    CONTRACT = "contract", _("Contracts with the client are in force")
    HOLD = "hold", _("A complaint, dispute or inquiry is open")
    OPEN_WORK = "open_work", _("Work with the client is open, or a record is kept still")


class AnswerWay(TextChoices):
    COUNTER = "counter", pgettext_lazy("answer", "Handed over at the branch")
    LETTER = "letter", pgettext_lazy("answer", "By registered letter")
    PHONE = "phone", pgettext_lazy("answer", "Read out on the phone")


def check_outcome(kind, outcome, ground):
    """Refuse an outcome that does not fit: law keeps → no deletion; nothing keeps → no refusal by law."""
    if outcome not in Outcome.values:
        raise Refused(_("Choose the outcome."), field="outcome")
    if outcome == Outcome.RESTRICTED and kind != Right.DELETE:
        raise Refused(_("Only a deletion can become a restriction."), field="outcome")
    if kind == Right.DELETE and outcome == Outcome.PARTLY:
        raise Refused(_("Delete, restrict or refuse; a part cannot be deleted."), field="outcome")
    if kind == Right.DELETE and outcome == Outcome.GRANTED and ground:
        raise Refused(
            _("This cannot be deleted: {ground}. Restrict the use instead.").format(
                ground=Ground(ground).label
            ),
            field="outcome",
        )
    if kind == Right.DELETE and outcome != Outcome.GRANTED and not ground:
        raise Refused(_("Nothing keeps these data; the client may have them deleted."), field="outcome")
    if kind == Right.WITHDRAW and outcome in (Outcome.REFUSED, Outcome.PARTLY):
        raise Refused(_("A consent may always be withdrawn."), field="outcome")
