"""Duty in the lobby and calls for help (W1-08, W1-09, deck 18): words, transitions, gaps.

Pure: shifts, opening hours and the present moment are arguments.
"""

import datetime

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from rmflow.staff.permissions import Permission
from rmflow.workflow import Transition


class Duty(TextChoices):
    """Where a shift stands; derived from its columns, never stored beside them."""

    ON = "on", _("On duty")
    OFFERED = "offered", _("Hand-over offered")
    ENDED = "ended", _("Ended")


class Ended(TextChoices):
    """How a shift came to its end."""

    HANDED_OVER = "handed_over", _("Handed over")
    LEFT = "left", pgettext_lazy("duty", "Left")
    RELIEVED = "relieved", _("Relieved by a colleague")
    DAY_END = "day_end", _("Ended by itself at closing time")


class Answer(TextChoices):
    """What a head or supervisor says to a call for help, in one tap."""

    ON_MY_WAY = "on_my_way", _("On my way")
    SENDING = "sending", _("Sending somebody")


DUTY_TRANSITIONS = {
    "offer": Transition(_("Offer the hand-over"), (Duty.ON,), Duty.OFFERED, Permission.STAND_DUTY),
    "accept": Transition(_("Take over duty"), (Duty.OFFERED,), Duty.ENDED, Permission.STAND_DUTY),
    "decline": Transition(_("Decline"), (Duty.OFFERED,), Duty.ON, Permission.STAND_DUTY),
    "take_back": Transition(_("Stay on duty"), (Duty.OFFERED,), Duty.ON, Permission.STAND_DUTY),
    "leave": Transition(_("Leave duty"), (Duty.ON, Duty.OFFERED), Duty.ENDED, Permission.STAND_DUTY),
    "relieve": Transition(
        _("Take over without a hand-over"), (Duty.ON, Duty.OFFERED), Duty.ENDED, Permission.STAND_DUTY
    ),
}

NOTE_LENGTH = 200
#: The head is told of a gap after so many minutes, where the branch has not set another number.
GAP_MINUTES = 5
#: A call nobody has answered for so long counts as unanswered; the next tap is a new call.
CALL_LAPSES_AFTER = datetime.timedelta(minutes=30)
#: How long an answered call stays on the caller's desk.
ANSWER_SHOWN = datetime.timedelta(minutes=15)


def gaps(spans, opens, closes, until):
    """Stretches from `opens` to the earlier of `closes` and `until` that no span covers.

    `spans` are pairs (from, to), to = None while it lasts, in any order; they may overlap the hours.
    """
    end = min(closes, until)
    found, at = [], opens
    for begins, ends in sorted(spans, key=lambda span: span[0]):
        if begins > at:
            found.append((at, min(begins, end)))
        at = max(at, ends or end)
        if at >= end:
            break
    if at < end:
        found.append((at, end))
    return [(begins, ends) for begins, ends in found if begins < ends]


def minutes(begins, ends):
    """Whole minutes between two moments, begun ones not counted."""
    return int((ends - begins).total_seconds() // 60)
