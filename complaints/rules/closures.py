"""异动销户: words, steps, what a whole record needs, when a claim runs out (W3-04 to W3-06, §1.7, §7.4).

Pure: the present moment and the calendar are arguments.
"""

import datetime
from decimal import Decimal

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from rmflow.staff.permissions import Permission
from rmflow.workflow import Refused, Transition


class Movement(TextChoices):
    """异动类型: what moved."""

    CLOSURE = "closure", _("Account closed")
    OUTFLOW = "outflow", _("Large transfer out")
    MATURED = "matured", _("Money left at maturity")
    DOWNGRADE = "downgrade", pgettext_lazy("movement", "Fell below the tier")
    DORMANT = "dormant", _("Dormant")
    CARD = "card", _("Card given back")
    SIGN = "sign", _("Sign of leaving")


class Suspicion(TextChoices):
    """柜员判断: what the counter thinks, in one tap."""

    CHURN = "churn", _("May be leaving us")
    ORDINARY = "ordinary", pgettext_lazy("closure", "Ordinary")


class State(TextChoices):
    """Where a case stands."""

    FLAGGED = "flagged", _("Waits for the manager")
    CALLED = "called", _("Head called in")
    CLAIMED = "claimed", pgettext_lazy("closure", "Being assessed")
    SERVING = "serving", _("Quick service")
    RETAINING = "retaining", _("Manager keeps the client")
    HEAD = "head", _("Head keeps the client")
    ENDED = "ended", pgettext_lazy("closure", "Ended")


class Result(TextChoices):
    """挽留结果: how a case ended."""

    SERVED = "served", _("Ordinary closure, served")
    KEPT = "kept", _("Kept wholly")
    PARTLY = "partly", _("Kept in part")
    LOST = "lost", pgettext_lazy("closure", "Lost")


class Reason(TextChoices):
    """原因: why the money moves (domain-rules §1.7)."""

    RATES = "rates", _("Interest and yield")
    SERVICE = "service", _("Quality of service")
    PRODUCTS = "products", _("Products missing")
    FEES = "fees", _("Fees")
    DISTANCE = "distance", _("Distance, moving house")
    RIVAL = "rival", _("Marketing of another bank")
    FUNDS = "funds", _("Money needed: home, business, school, health")
    FAMILY = "family", pgettext_lazy("closure", "Family")
    MANAGER = "manager", _("The manager left")
    COMPLAINT = "complaint", _("A complaint not settled")
    INHERITED = "inherited", _("Inheritance, death")
    OTHER = "other", pgettext_lazy("closure reason", "Other")


class Found(TextChoices):
    """发现渠道: where a movement was seen."""

    COUNTER = "counter", pgettext_lazy("found at", "Counter")
    SYSTEM = "system", _("Nightly watch")


class Trigger(TextChoices):
    """What the nightly watch looks for (domain-rules §7.4, as far as balances and contracts tell it)."""

    DAY_OUT = "day_out", _("Net outflow of one day")
    MONTH_DROP = "month_drop", _("Monthly average fell")
    BELOW_TIER = "below_tier", _("Assets below the tier's floor")
    MATURING = "maturing", _("Falls due without a plan")
    COMPLAINT = "complaint", _("Complaint not settled")


#: Trigger → the movement it stands for.
MOVES = {
    Trigger.DAY_OUT: Movement.OUTFLOW,
    Trigger.MONTH_DROP: Movement.OUTFLOW,
    Trigger.BELOW_TIER: Movement.DOWNGRADE,
    Trigger.MATURING: Movement.MATURED,
    Trigger.COMPLAINT: Movement.SIGN,
}
#: What a counter may report: there something moves.
AT_COUNTER = [(value, label) for value, label in Movement.choices if value != Movement.SIGN]


class Measure(TextChoices):
    """挽留措施: what was offered or done to keep the client."""

    TALK = "talk", _("Talk in person")
    CALL = "call", _("Phone call")
    RATE = "rate", _("Better rate")
    PRODUCT = "product", _("Suitable product")
    FEE = "fee", _("Fee waived")
    PLAN = "plan", _("Plan of the assets")
    HEAD_TALK = "head_talk", _("The head talked to the client")
    COMPLAINT = "complaint", _("Complaint taken care of")
    MISSED = "missed", _("The client had left already")


class Called(TextChoices):
    """Why the head was called in."""

    CANNOT_HOLD = "cannot_hold", _("The manager cannot hold the client")
    UNCLAIMED = "unclaimed", _("Nobody claimed the case in time")
    NO_MANAGER = "no_manager", _("The client has no manager")
    LEARNT_LATER = "later", _("The head learnt of it only after the end")


OPEN = tuple(state for state in State if state != State.ENDED)
#: States in which somebody works to keep the client.
KEEPING = (State.CALLED, State.RETAINING, State.HEAD)
#: Only from here a client is lost: the head has heard of the case (W3-05).
HEARD = (State.CALLED, State.HEAD)

CLOSURE_TRANSITIONS = {
    "claim": Transition(_("Claim"), (State.FLAGGED, State.CALLED), State.CLAIMED, Permission.WORK_CLOSURE),
    "normal": Transition(
        _("Ordinary closure: serve quickly"),
        (State.CLAIMED, State.RETAINING, State.HEAD),
        State.SERVING,
        Permission.WORK_CLOSURE,
    ),
    "churn": Transition(
        _("Leaving us: keep the client"),
        (State.CLAIMED, State.SERVING),
        State.RETAINING,
        Permission.WORK_CLOSURE,
    ),
    "call_head": Transition(
        _("Call in the head"), (State.CLAIMED, State.RETAINING), State.CALLED, Permission.WORK_CLOSURE
    ),
    "step_in": Transition(
        _("Step in"),
        (State.FLAGGED, State.CALLED, State.CLAIMED, State.SERVING, State.RETAINING),
        State.HEAD,
        Permission.HOLD_CLOSURE,
    ),
    "climb": Transition(_("Nobody claimed in time"), (State.FLAGGED,), State.CALLED, None),
    "serve": Transition(Result.SERVED.label, (State.SERVING,), State.ENDED, Permission.WORK_CLOSURE),
    "keep": Transition(Result.KEPT.label, KEEPING, State.ENDED, Permission.WORK_CLOSURE),
    "keep_part": Transition(Result.PARTLY.label, KEEPING, State.ENDED, Permission.WORK_CLOSURE),
    "lose": Transition(Result.LOST.label, HEARD, State.ENDED, Permission.WORK_CLOSURE),
}
#: Result → the arrow that ends a case so.
ENDINGS = {
    Result.SERVED: "serve",
    Result.KEPT: "keep",
    Result.PARTLY: "keep_part",
    Result.LOST: "lose",
}

#: Minutes a manager has to claim a case from the counter, where the branch has not set another number.
CLAIM_MINUTES = 10
#: Cases found at night are claimed by this hour of the next working day.
NIGHT_CLAIM_AT = datetime.time(12)
#: A case's record is due on the day it was found, the month's set so many working days after the month.
HAND_IN_DAYS = 3
#: How many months back the clock makes up for sets it has missed.
MAKES_UP = 12
#: Of the cases in which clients were leaving, the share a branch is to keep, in percent (0182).
KEEP_AT_LEAST = 30
NOTE_LENGTH = 500
TEXT_LENGTH = 100
#: More is a slip of the finger.
AMOUNT_AT_MOST = Decimal("10000000000")


def claim_due_at(found_at, *, minutes):
    """Until when a case from the counter is to be claimed."""
    return found_at + datetime.timedelta(minutes=minutes)


def night_claim_due_at(night, *, at, calendar, zone):
    """Until when a case found in the night before `night` is to be claimed: that working day, or the next."""
    return datetime.datetime.combine(calendar.on_or_after(night), at, tzinfo=zone)


def check_heard(state, result):
    """Refuse to end a case as lost before the head was called in; the counter has long gone on (W3-04)."""
    if result == Result.LOST and state == State.RETAINING:
        raise Refused(_("Call in the head first; no premium client is lost unheard."), field="result")


def missing(record, result, *, measures):
    """What the record still lacks to end with `result`: {field: message}, in the order of the form.

    `record` has the columns of 优质客户异动销户记录表; `measures` says whether one is written down.
    """
    asked = {
        "account": (bool(record.account or record.product_id), _("Which account or product was it?")),
        "amount": (record.amount is not None, _("Enter the amount that moves.")),
        "aum_before": (record.aum_before is not None, _("Enter the assets before it.")),
        "reason": (bool(record.reason), _("Choose the reason.")),
        "reason_note": (
            record.reason != Reason.OTHER or bool(record.reason_note.strip()),
            _("Say what the other reason is."),
        ),
        "accurate": (record.accurate is not None, _("Say whether the counter judged right.")),
        "first_time": (record.first_time is not None, _("Say whether it was settled the first time.")),
    }
    if result != Result.SERVED:
        asked["measures"] = (measures, _("Write down at least one measure, and who took it."))
        asked["saved"] = (record.saved is not None, _("Enter what stayed with us."))
        asked["lost"] = (record.lost is not None, _("Enter what left us."))
    if result in (Result.PARTLY, Result.LOST):
        asked["destination"] = (record.destination_id is not None, _("Where did the money go?"))
    return {name: said for name, (there, said) in asked.items() if not there} | contradictions(record, result)


def contradictions(record, result):
    """Amounts that do not go with the result."""
    wrong = {}
    saved, lost = record.saved, record.lost
    if result == Result.KEPT and lost:
        wrong["lost"] = _("Kept wholly: nothing left us. Else choose kept in part.")
    if result in (Result.KEPT, Result.PARTLY) and saved is not None and saved <= 0:
        wrong["saved"] = _("Something stayed with us; enter how much.")
    if result == Result.LOST and saved:
        wrong["saved"] = _("Lost: nothing stayed with us. Else choose kept in part.")
    if result in (Result.PARTLY, Result.LOST) and lost is not None and lost <= 0:
        wrong["lost"] = _("Something left us; enter how much.")
    return wrong


def keeps_enough(held, churn):
    """Whether the target of keeping is reached; without a case there is nothing to reach."""
    return bool(churn) and held * 100 >= churn * KEEP_AT_LEAST


def check_amounts(amounts):
    """Refuse amounts below zero or beyond reason: {field: amount or None}."""
    wrong = {
        name: _("Enter an amount of 0 or more.")
        for name, amount in amounts.items()
        if amount is not None and not 0 <= amount < AMOUNT_AT_MOST
    }
    if wrong:
        raise Refused.many(wrong)


def check_win_back(days, *, today):
    """Refuse dates to win back that are past, double, or more than a year away."""
    for day in days:
        if day < today:
            raise Refused(_("A date to win back cannot lie in the past."), field="win_back")
        if day > today + datetime.timedelta(days=366):
            raise Refused(_("A date to win back lies at most a year ahead."), field="win_back")


def next_step(state, *, manager, result=""):
    """One line: what happens next, and by whom."""
    lines = {
        State.FLAGGED: _("{name} claims the case and looks after the client"),
        State.CALLED: _("The head steps in"),
        State.CLAIMED: _("{name} decides: ordinary, or leaving us"),
        State.SERVING: _("Serve quickly, then complete the record"),
        State.RETAINING: _("{name} keeps the client, or calls in the head"),
        State.HEAD: _("The head keeps the client, then completes the record"),
        State.ENDED: _("Nothing more to do"),
    }
    return str(lines[state]).format(name=manager or _("A manager of the branch"))
