"""The referral slip 优质客户推介表: its words, states, transitions and checks (deck 16–19, 35–39).

Pure: `today`, `now` and the calendar are arguments. `status`, `reception` and `check_result` are
separate columns (W1-04); what became of a slip is derived, never copied.
"""

import datetime
from dataclasses import dataclass, field

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from clients.rules import ClientType
from followups.rules import Channel, check_plan_day
from rmflow.staff.permissions import Permission
from rmflow.workflow import Refused, Transition


class Status(TextChoices):
    DRAFT = "draft", _("Draft")
    REFERRED = "referred", _("Referred")
    TO_FOLLOW_UP = "to_follow_up", _("To follow up")
    WITHDRAWN = "withdrawn", _("Withdrawn")


class Reception(TextChoices):
    NONE = "none", _("No meeting asked for")
    WAITING = "waiting", _("Waiting")
    ACCEPTED = "accepted", _("Being received")
    DECLINED = "declined", _("Manager cannot come")
    MET = "met", _("Met")
    LEFT = "left", _("Left")


class CheckResult(TextChoices):
    """What the day-end reconciliation finds (deck 20)."""

    UNCHECKED = "unchecked", _("Not checked yet")
    MATCHED = "matched", _("Matched")
    MANAGER_MISSING = "manager_missing", _("Manager missing")
    SENDER_MISSING = "sender_missing", _("Sender missing")
    REPEAT = "repeat", _("Repeat")
    DISPUTED = "disputed", _("Disputed")
    CORRECTED = "corrected", _("Corrected")
    INVALID = "invalid", _("Invalid")


class Cue(TextChoices):
    """Signals one may pick (deck 16, domain-rules §1.1); looks and dress are never stored."""

    VIP_CARD = "vip_card", _("Showed a VIP card")
    QUEUE_HINT = "queue_hint", _("Queue-machine hint")
    LARGE_CASH = "large_cash", _("Large cash transaction")
    LARGE_TRANSFER = "large_transfer", _("Large transfer")
    MATURED_DEPOSIT = "matured_deposit", _("Deposit matured")
    ASKS_INVESTMENT = "asks_investment", _("Asks about investments")
    ASKS_INSURANCE = "asks_insurance", _("Asks about insurance, bonds")
    FOREX = "forex", _("Foreign exchange")
    ASKS_LOAN = "asks_loan", _("Asks about a loan")
    PAYROLL = "payroll", _("Large payroll")
    INTRODUCED = "introduced", _("Introduced by a client")
    ASKED_GUARD = "asked_guard", _("Asked the guard for help")
    OTHER = "other", pgettext_lazy("cue", "Other")


#: Who is served before others wait on (deck 35–36): whoever showed a VIP card, and clients whom the bank
#: knows as premium already. Within each group the longest waiting comes first.
FIRST_CUES = (Cue.VIP_CARD,)
FIRST_TYPES = (ClientType.EXISTING_PREMIUM,)


class Business(TextChoices):
    """What the client came for."""

    CASH = "cash", _("Cash deposit or withdrawal")
    TRANSFER = "transfer", _("Transfer or remittance")
    TERM_DEPOSIT = "term_deposit", _("Term deposit")
    CARD = "card", _("Card business")
    INVESTMENT = "investment", _("Wealth products")
    FOREX = "forex", _("Foreign exchange")
    LOAN = "loan", _("Loan")
    PAYMENT = "payment", _("Bill payment")
    ENQUIRY = "enquiry", _("Enquiry")
    OTHER = "other", pgettext_lazy("business", "Other")


class Need(TextChoices):
    DEPOSIT = "deposit", _("Deposit")
    CERTIFICATE = "certificate", _("Large certificate of deposit")
    WEALTH = "wealth", _("Wealth product")
    FUND = "fund", _("Fund")
    INSURANCE = "insurance", _("Insurance")
    BOND = "bond", _("Treasury bond")
    METAL = "metal", _("Precious metal")
    LOAN = "loan", _("Loan")
    CREDIT_CARD = "credit_card", _("Credit card")


class AssetBand(TextChoices):
    """Estimated assets in 万元 (domain-rules §1.1)."""

    UNKNOWN = "", pgettext_lazy("assets", "Not known")
    B0 = "lt5", _("Under 50,000")
    B5 = "5-20", _("50,000 to 200,000")
    B20 = "20-50", _("200,000 to 500,000")
    B50 = "50-200", _("500,000 to 2 million")
    B200 = "200-600", _("2 to 6 million")
    B600 = "ge600", _("6 million and more")


class Guidance(TextChoices):
    """Where a premium client is guided (deck 35–36)."""

    MANAGER = "manager", _("Wealth manager")
    PRIORITY_COUNTER = "priority_counter", _("Priority counter")
    E_CHANNEL = "e_channel", _("Electronic channel")


class Destination(TextChoices):
    """Where a client is diverted (deck 37); neutral words, as clients may see the screen."""

    SELF_SERVICE = "self_service", _("Self-service area")
    MOBILE_BANK = "mobile_bank", _("Mobile bank")
    PHONE_ONLINE = "phone_online", _("Phone or online bank")
    NON_CASH = "non_cash", _("Non-cash counter")


class SourceChannel(TextChoices):
    """By which door a slip came; kept for statistics by channel."""

    LOBBY = "lobby", _("Lobby")
    COUNTER = "counter", _("Counter")
    PHONE_BANK = "phone_bank", _("Phone bank")
    E_BANK = "e_bank", _("E-banking")
    MARKETING = "marketing", _("Outreach")
    MANAGER = "manager", _("Manager's own")


class End(TextChoices):
    """The ends of the lobby card: what happens with the client now."""

    INTRODUCE = "introduce", _("Introduce now")
    CARD = "card", _("Hand out card, follow up")
    PRIORITY = "priority_counter", _("Priority counter")
    E_CHANNEL = "e_channel", _("E-channel")


IN_LOBBY = (Reception.WAITING, Reception.ACCEPTED)

TRANSITIONS = {
    "accept": Transition(
        _("Receive client"),
        (Reception.WAITING,),
        Reception.ACCEPTED,
        Permission.WORK_REFERRAL,
    ),
    "decline": Transition(
        _("Ask someone else"),
        (Reception.WAITING,),
        Reception.DECLINED,
        Permission.WORK_REFERRAL,
    ),
    "offer": Transition(
        _("Offer to another manager"),
        (Reception.WAITING, Reception.DECLINED),
        Reception.WAITING,
        Permission.ROUTE_REFERRAL,
    ),
    "meet": Transition(_("Met"), IN_LOBBY, Reception.MET, Permission.WORK_REFERRAL),
    "leave": Transition(
        _("Client has left"),
        (*IN_LOBBY, Reception.DECLINED),
        Reception.LEFT,
        Permission.ROUTE_REFERRAL,
    ),
}

STATUS_TRANSITIONS = {
    "withdraw": Transition(
        _("Withdraw referral"),
        (Status.DRAFT, Status.REFERRED, Status.TO_FOLLOW_UP),
        Status.WITHDRAWN,
        Permission.FILE_REFERRAL,
    ),
    "take": Transition(
        _("Take on"),
        (Status.TO_FOLLOW_UP,),
        Status.TO_FOLLOW_UP,
        Permission.WORK_REFERRAL,
    ),
}

#: The manager's onward guidance, once the client was met (W1-03).
GUIDE_ON = Transition(_("Guide on to"), (Reception.MET,), Reception.MET, Permission.WORK_REFERRAL)

#: Reasons that a repeat warning has; the wording on screen is one and the same (W1-07).
REPEAT_CHECKS_A_DAY = 60
NOTE_LENGTH = 200
#: A slip sent late (from a queue on the device) may be so old, not older.
LATE_HOURS = 72


@dataclass
class Card:
    """What the lobby form says, parsed and normalised; the door fills it, the action files it."""

    end: str
    cues: list[str] = field(default_factory=list)
    business: str = ""
    salutation: str = ""
    name: str = ""
    phone: str = ""
    id_number: str = ""  # looked up for a repeat, never kept
    basis: str = ""
    needs: list[str] = field(default_factory=list)
    assets: str = ""
    manager_id: int | None = None
    branch_id: int | None = None
    agreed_on: datetime.date | None = None
    agreed_at: datetime.time | None = None
    agreed_channel: str = ""
    note: str = ""
    repeat_reason: str = ""
    place: str = ""
    client_id: int | None = None
    referred_at: datetime.datetime | None = None

    @property
    def status(self):
        return Status.TO_FOLLOW_UP if self.end == End.CARD else Status.REFERRED

    @property
    def guidance(self):
        return {
            End.PRIORITY: Guidance.PRIORITY_COUNTER,
            End.E_CHANNEL: Guidance.E_CHANNEL,
        }.get(self.end, Guidance.MANAGER)


#: Values of each list; Django makes them anew at each look.
KNOWN = {kind: frozenset(kind.values) for kind in (Cue, Need, Business, AssetBand, End, Channel)}


def check_card(card, *, today, now):
    """Refuse a card that is not complete, naming each input at fault (W1-04, B-02)."""
    errors = {}
    if not card.cues:
        errors["cues"] = _("Choose at least one clue.")
    elif not KNOWN[Cue].issuperset(card.cues):
        errors["cues"] = _("One of these clues is not on the list.")
    if not KNOWN[Need].issuperset(card.needs):
        errors["needs"] = _("One of these needs is not on the list.")
    if card.business and card.business not in KNOWN[Business]:
        errors["business"] = _("This business is not on the list.")
    if card.assets and card.assets not in KNOWN[AssetBand]:
        errors["assets"] = _("This band is not on the list.")
    if card.end not in KNOWN[End]:
        errors["end"] = _("Say what happens with the client now.")
    if card.end == End.CARD:
        errors |= _check_card_end(card, today=today)
    if card.referred_at:
        errors |= _check_time(card.referred_at, now=now)
    if errors:
        raise Refused.many(errors)


def _check_card_end(card, *, today):
    """A card handed out needs a way to reach the client and a time (deck 17, 20)."""
    errors = {}
    if not card.phone and card.client_id is None:
        errors["phone"] = _("Card handed out: phone and time needed.")
    if card.agreed_on is None:
        errors["agreed_on"] = _("Card handed out: phone and time needed.")
    else:
        try:
            check_plan_day(card.agreed_on, today=today, field="agreed_on")
        except Refused as refusal:
            errors["agreed_on"] = refusal.message
    if card.agreed_channel and card.agreed_channel not in KNOWN[Channel]:
        errors["agreed_channel"] = _("This way of contact is not on the list.")
    return errors


def _check_time(referred_at, *, now):
    if referred_at > now + datetime.timedelta(minutes=5):
        return {"referred_at": _("The time of the referral lies in the future.")}
    if referred_at < now - datetime.timedelta(hours=LATE_HOURS):
        return {"referred_at": _("This referral is more than three days old; file it anew.")}
    return {}


def waiting_minutes(since, now):
    """Whole minutes a client has waited; 0 before."""
    return max(0, int((now - since).total_seconds() // 60)) if since else 0
