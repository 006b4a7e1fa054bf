"""Follow-up records, contacts and plans: states, what a result means, when the next step falls.

Pure: `today` and the calendar are arguments. Source: deck 24–29, domain-rules §1.2.
"""

import datetime
from dataclasses import dataclass
from decimal import Decimal

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from rmflow.staff.permissions import Permission
from rmflow.workflow import Refused, Transition


class Channel(TextChoices):
    """Ways to reach a client (deck 24, domain-rules §1.2)."""

    PHONE = "phone", _("Phone call")
    SMS = "sms", _("Text message")
    EMAIL = "email", pgettext_lazy("channel", "E-mail")
    LETTER = "letter", _("Letter")
    VISIT = "visit", _("Meeting in person")
    WECHAT = "wechat", _("WeCom")


class RecordStatus(TextChoices):
    """A follow-up record's life."""

    OPEN = "open", _("Being followed up")
    APPOINTED = "appointed", _("Meeting agreed")
    CONVERTED = "converted", _("Became premium")
    NON_PREMIUM = "non_premium", _("Not premium, ended")
    ABANDONED = "abandoned", _("Given up")
    DO_NOT_CONTACT = "do_not_contact", _("Do not contact again")


LIVE = (RecordStatus.OPEN, RecordStatus.APPOINTED)


class Result(TextChoices):
    """What came of a contact; the order is that of the number keys."""

    INTERESTED = "interested", _("Interested")
    CONSIDERING = "considering", _("Considering")
    CALL_BACK = "call_back", _("Asked to be called back")
    NO_ANSWER = "no_answer", _("No answer")
    APPOINTED = "appointed", _("Appointment made")
    MET = "met", _("Met and talked")
    DEAL = "deal", _("Deal closed")
    REFUSED = "refused", _("Refused")
    WRONG_NUMBER = "wrong_number", _("Wrong number")
    DO_NOT_CONTACT = (
        "do_not_contact",
        pgettext_lazy("contact result", "Do not contact again"),
    )


#: Attempts that reached nobody; enough of them and the record is flagged (deck 27).
FAILED = frozenset({Result.NO_ANSWER, Result.WRONG_NUMBER})
#: After these a record stays open, so a next step is owed.
NEEDS_NEXT = frozenset(
    {
        Result.INTERESTED,
        Result.CONSIDERING,
        Result.CALL_BACK,
        Result.NO_ANSWER,
        Result.WRONG_NUMBER,
        Result.APPOINTED,
    }
)
FLAG_AFTER_ATTEMPTS = 3
FLAG_ON_DAYS = 2
#: The first contact is due one working day after the referral's day, three at the most.
FIRST_CONTACT_DAYS = 1
FIRST_CONTACT_CAP = 3
#: A plan overdue by more working days than this is told to the supervisor.
OVERDUE_TOLD_AFTER = 3
#: "Next" on the daily list reaches so many working days ahead.
HORIZON_DAYS = 2

TRANSITIONS = {
    "appoint": Transition(_("Appointment made"), LIVE, RecordStatus.APPOINTED, Permission.WORK_FOLLOW_UP),
    "reopen": Transition(_("Follow on"), LIVE, RecordStatus.OPEN, Permission.WORK_FOLLOW_UP),
    "convert": Transition(_("Became premium"), LIVE, RecordStatus.CONVERTED, Permission.JUDGE_CLIENT),
    "rule_out": Transition(_("Not premium"), LIVE, RecordStatus.NON_PREMIUM, Permission.JUDGE_CLIENT),
    "abandon": Transition(_("Give up follow-up"), LIVE, RecordStatus.ABANDONED, Permission.WORK_FOLLOW_UP),
    "stop": Transition(
        pgettext_lazy("contact result", "Do not contact again"),
        LIVE,
        RecordStatus.DO_NOT_CONTACT,
        Permission.WORK_FOLLOW_UP,
    ),
}


class PlanKind(TextChoices):
    """Whose plan a work-plan item comes from; later sub-processes add theirs."""

    FOLLOW_UP = "follow_up", _("Follow-up")
    APPOINTMENT = "appointment", _("Appointment")
    CONTACT = "contact", _("Own plan")
    COMPLAINT = "complaint", _("Complaint")
    CLOSURE = "closure", _("Closure to look after")
    WIN_BACK = "win_back", _("Win back")


#: Kinds another sub-process owns: a link, no done and no postponing; the source settles them.
OWNED_ELSEWHERE = frozenset({PlanKind.COMPLAINT, PlanKind.CLOSURE})
#: Kinds only the owner sees: a recused colleague must not meet them on a list.
OWNER_ONLY = frozenset({PlanKind.COMPLAINT})


class PlanState(TextChoices):
    OPEN = "open", pgettext_lazy("plan", "Open")
    DONE = "done", pgettext_lazy("plan", "Done")
    DROPPED = "dropped", pgettext_lazy("plan", "Dropped")


PLAN_TRANSITIONS = {
    "postpone": Transition(_("Postpone"), (PlanState.OPEN,), PlanState.OPEN, Permission.WORK_FOLLOW_UP),
    "done": Transition(
        pgettext_lazy("plan", "Done"),
        (PlanState.OPEN,),
        PlanState.DONE,
        Permission.WORK_FOLLOW_UP,
    ),
    "drop": Transition(_("Drop"), (PlanState.OPEN,), PlanState.DROPPED, Permission.WORK_FOLLOW_UP),
    "restore": Transition(
        _("Undo"),
        (PlanState.DONE, PlanState.DROPPED),
        PlanState.OPEN,
        Permission.WORK_FOLLOW_UP,
    ),
}


@dataclass(frozen=True)
class NextStep:
    """A proposed or chosen next step: the way, the day, the hour (None = any time of the day)."""

    channel: str
    on: datetime.date
    at: datetime.time | None = None


#: result → (way, working days ahead, hour); a proposal the manager may change (deck 27).
_PROPOSALS = {
    Result.INTERESTED: (Channel.VISIT, 2, datetime.time(10, 0)),
    Result.CONSIDERING: (Channel.PHONE, 5, None),
    Result.CALL_BACK: (Channel.PHONE, 1, datetime.time(10, 0)),
    Result.NO_ANSWER: (Channel.PHONE, 1, None),
    Result.WRONG_NUMBER: (Channel.WECHAT, 1, None),
    Result.APPOINTED: (Channel.VISIT, 2, datetime.time(10, 0)),
    Result.MET: (Channel.PHONE, 5, None),
    Result.DEAL: (Channel.PHONE, 10, None),
}


def appointment_state(result):
    """What a contact's result says of the meeting that was agreed: kept, missed or cancelled.

    A new appointment or a request to call back means that the old one did not take place.
    """
    if result in FAILED:
        return "missed"
    if result in {Result.APPOINTED, Result.CALL_BACK, Result.DO_NOT_CONTACT}:
        return "cancelled"
    return "kept"


def propose(result, *, today, calendar, last_hour=None):
    """The next step that usually follows `result`; None where nothing follows.

    After "no answer" the hour moves to the other half of the day, as people are reached then.
    """
    if result not in _PROPOSALS:
        return None
    channel, days, at = _PROPOSALS[result]
    if result == Result.NO_ANSWER:
        at = datetime.time(10, 0) if last_hour and last_hour >= 12 else datetime.time(15, 0)
    return NextStep(channel, calendar.add(today, days), at)


def first_contact_on(*, filed_on, agreed_on, calendar):
    """The day of the first contact: the agreed day, else the next working day (deck 20, 26)."""
    return agreed_on or calendar.add(filed_on, FIRST_CONTACT_DAYS)


def first_contact_days(*, filed_on, calendar):
    """What the calendar alone says of a first contact: its usual day and its last one."""
    return calendar.add(filed_on, FIRST_CONTACT_DAYS), calendar.add(filed_on, FIRST_CONTACT_CAP)


def first_contact_by(*, filed_on, plan_on, calendar):
    """The last day for it: three working days after the referral, or the agreed day when later."""
    return max(plan_on, calendar.add(filed_on, FIRST_CONTACT_CAP))


def check_next(result, next_step, *, today, do_not_contact=False):
    """Refuse a contact whose next step is missing, in the past, or not wanted.

    With a client who does not want to be contacted nothing follows, whatever came of the contact.
    """
    if result not in Result.values:
        raise Refused(_("Choose what came of the contact."), field="result")
    if next_step is None:
        if do_not_contact and result == Result.APPOINTED:
            raise Refused(_("This client does not want to be contacted; no next step."), field="result")
        if result in NEEDS_NEXT and not do_not_contact:
            raise Refused(_("Say when and how the next step follows."), field="next_on")
        return
    if result == Result.DO_NOT_CONTACT or do_not_contact:
        raise Refused(
            _("This client does not want to be contacted; no next step."),
            field="next_on",
        )
    check_plan_day(next_step.on, today=today, field="next_on")
    if result == Result.APPOINTED and next_step.at is None:
        raise Refused(_("An appointment needs an hour."), field="next_at")


def check_plan_day(day, *, today, field="plan_on"):
    """Refuse a plan in the past or more than a year ahead."""
    if day < today:
        raise Refused(_("A plan cannot lie in the past."), field=field)
    if day > today + datetime.timedelta(days=366):
        raise Refused(_("A plan lies at most a year ahead."), field=field)


def is_flagged(failed_days):
    """Whether failed attempts, a list of their days, are enough to think of giving up (deck 27)."""
    return len(failed_days) >= FLAG_AFTER_ATTEMPTS and len(set(failed_days)) >= FLAG_ON_DAYS


def check_abandon(reason):
    """Giving up needs a reason; it is the manager's decision, the flag only suggests it."""
    if not reason.strip():
        raise Refused(_("Say why the follow-up is given up."), field="reason")


def overdue_limit(today, calendar):
    """Plans before this day are overdue by more than three working days."""
    return calendar.subtract(today, OVERDUE_TOLD_AFTER)


#: A deal may be entered so many days after it was done; older ones are a matter for the books.
DEAL_ENTERED_WITHIN = 31
#: More is a slip of the finger: ten thousand million yuan.
DEAL_AT_MOST = Decimal("10000000000")


def check_deal(product, amount, done_on, *, today):
    """Refuse a deal without a product on sale, a plausible amount and a day lately (deck 48)."""
    errors = {}
    if product is None or not product.active:
        errors["product"] = _("Choose a product on sale.")
    if amount is None or not Decimal("0.01") <= amount < DEAL_AT_MOST:
        errors["amount"] = _("The amount must be more than 0.")
    if done_on is not None and done_on > today:
        errors["done_on"] = _("A deal cannot lie in the future.")
    elif done_on is not None and (today - done_on).days > DEAL_ENTERED_WITHIN:
        errors["done_on"] = _("A deal is entered within {n} days.").format(n=DEAL_ENTERED_WITHIN)
    if errors:
        raise Refused.many(errors)
