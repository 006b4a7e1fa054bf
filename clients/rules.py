"""What a client can be, and what follows from a verdict: pure functions (deck 10–12, 23)."""

import datetime

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from rmflow.privacy import masks
from rmflow.workflow import Refused

from . import names


class ClientType(TextChoices):
    """The four types of deck 10–11, and the state before judgement."""

    UNJUDGED = "unjudged", _("Not judged yet")
    EXISTING_PREMIUM = "existing_premium", _("Existing premium")
    EXISTING_POTENTIAL = "existing_potential", _("Existing potential")
    PROSPECTIVE_PREMIUM = "prospective_premium", _("Prospective premium")
    ORDINARY = "ordinary", _("Ordinary")


class Level(TextChoices):
    """Existing premium clients are core or regular (deck 12)."""

    CORE = "core", _("Core premium")
    REGULAR = "regular", _("Regular premium")


class Salutation(TextChoices):
    MADAM = "madam", pgettext_lazy("salutation", "Ms")
    SIR = "sir", pgettext_lazy("salutation", "Mr")


class ProductCategory(TextChoices):
    """Kinds of product, as a branch speaks of them."""

    DEPOSIT = "deposit", _("Deposit")
    CERTIFICATE = "certificate", _("Large certificate of deposit")
    WEALTH = "wealth", _("Wealth product")
    FUND = "fund", _("Fund")
    INSURANCE = "insurance", _("Insurance")
    BOND = "bond", _("Treasury bond")
    METAL = "metal", _("Precious metal")
    CARD = "credit_card", _("Credit card")
    LOAN = "loan", _("Loan")
    MOBILE = "mobile_banking", _("Mobile banking")
    PAYROLL = "payroll", _("Payroll")
    BILL_PAY = "bill_pay", _("Bills paid by the bank")
    QUICK_PAY = "quick_pay", _("Quick payment")
    CUSTODY = "custody", _("Third-party custody")
    FOREX = "forex", _("Foreign exchange")


class TimelineKind(TextChoices):
    """What happened to a person; one list for every sub-process."""

    REGISTERED = "registered", _("Registered")
    REFERRED = "referred", _("Referred")
    ACCEPTED = "accepted", _("Received by a manager")
    MET = "met", _("Met")
    DECLINED = "declined", _("Passed on to another manager")
    LEFT = "left", _("Left before the meeting")
    WITHDRAWN = "withdrawn", _("Referral withdrawn")
    VERDICT = "verdict", _("Type decided")
    ARCHIVE = "archive", _("Archive opened")
    OWNER = "owner", _("Manager assigned")
    FOLLOW_UP = "follow_up", _("Follow-up record opened")
    FOLLOW_UP_CLOSED = "follow_up_closed", _("Follow-up record closed")
    CONTACT = "contact", _("Contact")
    APPOINTMENT = "appointment", _("Appointment")
    DEAL = "deal", _("Deal closed")
    CONSENT = "consent", _("Contact data and notice")
    DATA = "data", _("Record changed")
    TIER = "tier", _("Tier changed")
    COMPLAINT = "complaint", _("Complaint")
    CLOSURE = "closure", _("Closure or movement")
    OPENING = "opening", _("Account opening")
    GUIDED = "guided", _("Led past the queue")
    MERGED = "merged", _("Merged with another record")
    UNMERGED = "unmerged", _("Merge undone")
    CUSTODY = "custody", _("Archive register")
    RIGHTS = "rights", _("Request about personal data")
    ERASED = "erased", _("Made anonymous")


#: Types after which a follow-up record is worked (deck 23).
TO_FOLLOW_UP = frozenset({ClientType.EXISTING_POTENTIAL, ClientType.PROSPECTIVE_PREMIUM})

#: A verdict "ordinary" suppresses new referrals of the same person for so many days (deck 28).
ORDINARY_SUPPRESSES_DAYS = 90


#: Results of a contact (followups.rules.FAILED) that reached nobody: no "last contact".
NOT_REACHED = frozenset({"no_answer", "wrong_number"})

#: Duplicate checks a person may ask for in a day, so that they do not become a directory.
REPEAT_CHECKS_A_DAY = 60

#: Below this age data are kept with a guardian's consent only (Personal Information Protection Law, art. 31).
ADULT_FOR_CONSENT = 14

#: The filters of the timeline: each shows some kinds.
TIMELINE_GROUPS = {
    "contacts": (
        pgettext_lazy("timeline", "Contacts"),
        (
            TimelineKind.CONTACT,
            TimelineKind.APPOINTMENT,
            TimelineKind.FOLLOW_UP,
            TimelineKind.FOLLOW_UP_CLOSED,
            TimelineKind.DEAL,
        ),
    ),
    "business": (
        pgettext_lazy("timeline", "Business and complaints"),
        (TimelineKind.OPENING, TimelineKind.CLOSURE, TimelineKind.COMPLAINT, TimelineKind.GUIDED),
    ),
    "referrals": (
        pgettext_lazy("timeline", "Referrals"),
        (
            TimelineKind.REGISTERED,
            TimelineKind.REFERRED,
            TimelineKind.ACCEPTED,
            TimelineKind.MET,
            TimelineKind.DECLINED,
            TimelineKind.LEFT,
            TimelineKind.WITHDRAWN,
        ),
    ),
    "type": (
        pgettext_lazy("timeline", "Type and archive"),
        (
            *(TimelineKind.VERDICT, TimelineKind.TIER, TimelineKind.ARCHIVE, TimelineKind.CUSTODY),
            TimelineKind.OWNER,
        ),
    ),
    "record": (
        pgettext_lazy("timeline", "Record"),
        (
            *(TimelineKind.CONSENT, TimelineKind.DATA, TimelineKind.MERGED, TimelineKind.UNMERGED),
            *(TimelineKind.RIGHTS, TimelineKind.ERASED),
        ),
    ),
}


def check_birth_date(born, *, today):
    """Refuse a date of birth in the future or more than 120 years ago."""
    if born is None:
        return
    if born > today:
        raise Refused(_("A date of birth cannot lie in the future."), field="birth_date")
    if born.year < today.year - 120:
        raise Refused(_("Nobody is that old; check the year of birth."), field="birth_date")


def born_on(resident_number: str) -> datetime.date:
    """The date of birth in a checked 18-digit resident ID number."""
    return datetime.date(int(resident_number[6:10]), int(resident_number[10:12]), int(resident_number[12:14]))


def age(born, *, today) -> int:
    """Whole years on `today`."""
    return today.year - born.year - ((today.month, today.day) < (born.month, born.day))


def check_basis(basis: str, born, *, today) -> None:
    """Data of a child need the consent of a guardian (B-22)."""
    if born and age(born, today=today) < ADULT_FOR_CONSENT and basis != "guardian_consent":
        raise Refused(
            _("This client is younger than {n}; a guardian must consent.").format(n=ADULT_FOR_CONSENT),
            field="notice_basis",
        )


def check_verdict(client_type: str, level: str = "") -> None:
    """Refuse a verdict that is none: unjudged, or a level on a type that has none."""
    if client_type not in set(ClientType.values) - {ClientType.UNJUDGED}:
        raise Refused(_("Choose the client's type."), field="type")
    if level and client_type != ClientType.EXISTING_PREMIUM:
        raise Refused(_("Only an existing premium client is core or regular."), field="level")
    if level and level not in Level.values:
        raise Refused(_("Choose core or regular."), field="level")


def suppressed_until(judged_on: datetime.date) -> datetime.date:
    """The last day on which a client judged ordinary is not to be referred again."""
    return judged_on + datetime.timedelta(days=ORDINARY_SUPPRESSES_DAYS)


def file_number(branch_code: str, year: int, serial: int) -> str:
    """An archive's number: branch, year, four-digit serial (0817-2026-0231)."""
    return f"{branch_code}-{year}-{serial:04d}"


def addressed_as(name: str, salutation: str) -> str:
    """How a person may be called on a screen others see: surname and salutation, never the full name."""
    surname = names.surname(name) if name else ""
    if salutation == Salutation.MADAM:
        return _("Ms {surname}").format(surname=surname).strip()
    if salutation == Salutation.SIR:
        return _("Mr {surname}").format(surname=surname).strip()
    return masks.mask_name(name) if name else str(_("A client"))


def in_full(name: str, salutation: str) -> str:
    """The name for whoever may read it; a surname alone gets its salutation (李 → 李女士)."""
    return name if len(name) > len(names.surname(name)) else addressed_as(name, salutation)
