"""When a notice may leave, how often it is tried, how often a screen asks."""

from datetime import datetime, time, timedelta

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _

from rmflow.staff.models import BANK_TIME
from rmflow.staff.permissions import Role


class Channel(TextChoices):
    """Ways out of the house; the bell is not one of them, it is the notice itself."""

    EMAIL = "email", _("E-mail")
    WEBHOOK = "webhook", _("Webhook")


class State(TextChoices):
    """Where one delivery stands."""

    PENDING = "pending", _("Waiting")
    SENDING = "sending", _("Being sent")
    SENT = "sent", _("Sent")
    UNCLEAR = "unclear", _("Handed over, no answer")
    FAILED = "failed", _("Given up")


#: States in which a delivery still has a way to go.
OPEN = (State.PENDING, State.SENDING)

#: How long a worker may hold a delivery before another may take it.
LEASE = timedelta(seconds=60)

#: Attempts before a delivery is given up; with the pauses below about an hour and a half.
MAX_ATTEMPTS = 8
FIRST_PAUSE = timedelta(seconds=30)
LONGEST_PAUSE = timedelta(hours=1)

#: Nobody is disturbed in the evening (domain-rules, quiet hours), unless it is urgent.
QUIET_FROM = time(20)
QUIET_UNTIL = time(9)
#: What the staff's day begins with is told before opening; it goes to staff only and holds numbers.
MORNING_KINDS = frozenset({"reminder", "late"})
MORNING_FROM = time(8)

#: Read notices are forgotten after this; they may hold a form of address (刘女士).
KEPT_FOR = timedelta(days=90)

#: Seconds between two questions of a screen.
POLL_WAITING = 3
POLL_OTHERS = 30
WAITING_ROLES = frozenset({Role.WEALTH_MANAGER, Role.LOBBY_MANAGER})


def quiet_until(kind: str = "") -> time:
    """When the quiet hours end for messages of this kind."""
    return MORNING_FROM if kind in MORNING_KINDS else QUIET_UNTIL


def quiet(at: datetime, kind: str = "") -> bool:
    """Whether `at` lies in the quiet hours of the bank's time zone."""
    clock = at.astimezone(BANK_TIME).time()
    return clock >= QUIET_FROM or clock < quiet_until(kind)


def not_before(at: datetime, *, urgent: bool, kind: str = "") -> datetime:
    """The first moment from `at` on at which a message may leave."""
    if urgent or not quiet(at, kind):
        return at
    local = at.astimezone(BANK_TIME)
    day = local.date() + timedelta(days=1 if local.time() >= QUIET_FROM else 0)
    return datetime.combine(day, quiet_until(kind), BANK_TIME)


def pause(attempts: int) -> timedelta:
    """How long to wait after the `attempts`-th failure: 30 s, doubled each time, at most an hour."""
    return min(FIRST_PAUSE * 2 ** max(attempts - 1, 0), LONGEST_PAUSE)


def poll_seconds(roles) -> int:
    """How often the screen of somebody with these roles asks for news (house: bell)."""
    return POLL_WAITING if WAITING_ROLES & set(roles) else POLL_OTHERS
