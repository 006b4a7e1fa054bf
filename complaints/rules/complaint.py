"""Words and arrows of a complaint (投诉, deck 58–62, domain-rules §1.8): what may follow what."""

import datetime

from django.db.models import TextChoices
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from rmflow.staff.permissions import Permission
from rmflow.workflow import Refused, Transition

from .complaint_clock import EXTENDED_DAYS, LAW_COMPLEX, LAW_MOST, NORMAL_DAYS


class Status(TextChoices):
    """Where a complaint stands."""

    TAKEN = "taken", _("Taken, not assigned")
    WORKING = "working", _("Being handled")
    SUSPENDED = "suspended", _("Suspended for appraisal")
    REPLIED = "replied", _("Replied")
    CLOSED = "closed", pgettext_lazy("complaint", "Closed")
    WITHDRAWN = "withdrawn", pgettext_lazy("complaint", "Withdrawn")
    MERGED = "merged", _("Merged into another")


#: The clock runs; what the watch looks at.
RUNNING = (Status.TAKEN, Status.WORKING)
#: Not at its end: on the lists of what waits.
OPEN = (Status.TAKEN, Status.WORKING, Status.SUSPENDED, Status.REPLIED)
OVER = (Status.CLOSED, Status.WITHDRAWN, Status.MERGED)
#: No clock runs, but somebody has it: another may take it over, and the state stays.
STILL = (Status.SUSPENDED, Status.REPLIED)
#: Not answered: what a changed calendar recomputes.
COUNTED = (*RUNNING, Status.SUSPENDED)


class Way(TextChoices):
    """How a complaint came in (form column 渠道)."""

    COUNTER = "counter", _("In person")
    BOX = "box", _("Opinion box")
    BOOK = "book", _("Opinion book")
    PHONE = "phone", pgettext_lazy("complaint", "Phone")
    E_CHANNEL = "e_channel", _("E-banking")
    LETTER = "letter", pgettext_lazy("complaint", "Letter")
    UPPER = "upper", _("Passed down by a higher institution")
    REGULATOR = "regulator", _("Passed on by the regulator")
    PETITION = "petition", _("Letters and visits office")
    HOTLINE = "hotline", _("Hotline 12378, 12363 or 12345")


class Level(TextChoices):
    NORMAL = "normal", pgettext_lazy("complaint level", "Ordinary")
    COMPLEX = "complex", pgettext_lazy("complaint level", "Complex")
    MAJOR = "major", pgettext_lazy("complaint level", "Major")


class Sensitivity(TextChoices):
    REGULATOR = "regulator", pgettext_lazy("sensitivity", "Regulator")
    OPINION = "opinion", pgettext_lazy("sensitivity", "Public opinion")
    JUDICIAL = "judicial", pgettext_lazy("sensitivity", "Judicial")
    PETITION = "petition", pgettext_lazy("sensitivity", "Petition")
    HEATED = "heated", pgettext_lazy("sensitivity", "Heated")
    SPECIAL = "special", pgettext_lazy("sensitivity", "Special group")


class CodeKind(TextChoices):
    """The three classifications of JR/T 0169."""

    CHANNEL = "channel", pgettext_lazy("complaint", "Channel")
    BUSINESS = "business", pgettext_lazy("complaint", "Business")
    CAUSE = "cause", pgettext_lazy("complaint", "Cause")


class ReplyWay(TextChoices):
    PHONE = "phone", _("Phone call")
    VISIT = "visit", _("Meeting in person")
    LETTER = "letter", _("Letter")
    EMAIL = "email", pgettext_lazy("channel", "E-mail")
    SMS = "sms", _("Text message")
    E_CHANNEL = "e_channel", _("E-banking")


class Finding(TextChoices):
    """What the bank found: the complaint right, partly right, or not."""

    UPHELD = "upheld", pgettext_lazy("complaint", "Upheld")
    PARTLY = "partly", pgettext_lazy("complaint", "Partly upheld")
    REJECTED = "rejected", pgettext_lazy("complaint", "Not upheld")


class Satisfaction(TextChoices):
    VERY = "very", _("Very satisfied")
    SATISFIED = "satisfied", _("Satisfied")
    NOT = "not", _("Not satisfied")
    UNREACHED = "unreached", _("Not reached")
    NO_ANSWER = "no_answer", _("Would not say")


#: Answers the rate of satisfaction counts.
SAID = (Satisfaction.VERY, Satisfaction.SATISFIED, Satisfaction.NOT)


class ExtensionKind(TextChoices):
    WORKING = "working", _("To 7 working days")
    LAW = "law", _("By 30 days, 60 at most (the law's clock)")


class Decision(TextChoices):
    ASKED = "asked", pgettext_lazy("extension", "Waiting for the office")
    GRANTED = "granted", pgettext_lazy("extension", "Granted")
    REFUSED = "refused", pgettext_lazy("extension", "Refused")
    LAPSED = "lapsed", pgettext_lazy("extension", "Answered without it")


class ReviewOutcome(TextChoices):
    CONFIRMED = "confirmed", _("Decision confirmed")
    CHANGED = "changed", _("Decision changed")


_S, _P = Status, Permission
TRANSITIONS = {
    "assign": Transition(_("Assign"), RUNNING, _S.WORKING, _P.ASSIGN_COMPLAINT, done=_("Handler set")),
    "complex": Transition(_("Classify as complex"), RUNNING, _S.WORKING, _P.RULE_COMPLAINT),
    "suspend": Transition(
        _("Suspend for an external appraisal"), (_S.WORKING,), _S.SUSPENDED, _P.ASSIGN_COMPLAINT
    ),
    "resume": Transition(_("Go on after the appraisal"), (_S.SUSPENDED,), _S.WORKING, _P.ASSIGN_COMPLAINT),
    "reply": Transition(_("Log the reply"), RUNNING, _S.REPLIED, _P.TAKE_COMPLAINT, done=_("Reply logged")),
    "close": Transition(_("Close the complaint"), (_S.REPLIED,), _S.CLOSED, _P.WORK_COMPLAINT),
    "withdraw": Transition(
        _("The client withdraws"), (*RUNNING, _S.SUSPENDED, _S.REPLIED), _S.WITHDRAWN, _P.TAKE_COMPLAINT
    ),
    "merge": Transition(_("Merge into another"), RUNNING, _S.MERGED, _P.ASSIGN_COMPLAINT),
    "restart": Transition(
        _("New facts: count anew"),
        (*RUNNING, _S.REPLIED, _S.CLOSED),
        _S.WORKING,
        _P.ASSIGN_COMPLAINT,
    ),
}

TITLE_LENGTH = 40
TEXT_LENGTH = 2000
NOTE_LENGTH = 500
REASON_LENGTH = 200
MOST_REPRESENTATIVES = 5
MAJOR_GROUP = 20  # persons face to face: a major complaint
REVIEW_DAYS = 30
REVIEW_WARN_DAYS = 24  # 80 % of them
CALL_BACK_DAYS = 3  # working days after the reply
LATE_HOURS = 24 * 30  # a letter may have lain so long before it is entered
OFFICE_LATE_DAYS = 366  # what the complaint office may still enter
REPEAT_DAYS = 60  # the same person again within so many days: likely the same matter
TARGET_WITHIN_3 = 0.95  # of what is answered
REMEDIES_AFTER_REVIEW = _("If you do not agree, you may apply for mediation, or go to arbitration or court.")


def remedies() -> str:
    """What a client may do against a decision: in the letter, on the notice, on the page."""
    text = _t(
        "You may ask the institution above for a review within {days} days, apply for mediation, or go to "
        "arbitration or court."
    )
    return text.format(days=REVIEW_DAYS)


def promise() -> str:
    """What the notice promises: the bank's own days, within those of the law."""
    text = _t(
        "On the spot where possible; else an answer within {normal} working days, {extended} at the latest, "
        "and never later than the law allows."
    )
    return text.format(normal=NORMAL_DAYS, extended=EXTENDED_DAYS)


def check_receipt(at: datetime.datetime, *, now: datetime.datetime, office: bool = False) -> None:
    """Refuse a time of receipt that lies in the future or too far back; the office enters older letters."""
    if at > now + datetime.timedelta(minutes=5):
        raise Refused(_t("The time of receipt lies in the future."), field="received_at")
    if office and at < now - datetime.timedelta(days=OFFICE_LATE_DAYS):
        raise Refused(_t("The time of receipt is more than a year ago."), field="received_at")
    if not office and at < now - datetime.timedelta(hours=LATE_HOURS):
        text = _t("The time of receipt is more than {days} days ago; ask the complaint office.")
        raise Refused(text.format(days=LATE_HOURS // 24), field="received_at")


def is_major(people: int, way: str) -> bool:
    """A group of 20 or more face to face is a major complaint (domain-rules §3.1)."""
    return people >= MAJOR_GROUP and way == Way.COUNTER


def next_law_days(law_days: int) -> int:
    """The law's days after one more extension by the office."""
    if law_days < LAW_COMPLEX:
        raise Refused(_t("Only a complaint classified as complex is extended beyond 30 days."), field="kind")
    if law_days >= LAW_MOST:
        raise Refused(_t("60 days is the longest the law allows."), field="kind")
    return LAW_MOST
