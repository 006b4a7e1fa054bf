"""The calendar in force, kept in each process and never stale for more than a minute.

Two marks say whether the copy in hand is good: a token in Valkey, renewed after each change, which
is looked at every second; and the version the database itself stamps on every change, by whatever
door, which is read when the token differs or is silent, and each minute in any case.
"""

import time
import uuid
from dataclasses import dataclass

from django.core.cache import cache

from . import rules
from .models import CalendarDay, CalendarStamp, CalendarYear, OpeningDay, OpeningRule

CHANGE_MARK = "workdays:token"
LOOK_EVERY = 1.0  # seconds between two looks at the token
VERIFY_EVERY = 60.0  # seconds after which the database is asked whatever Valkey says
SILENCE = 20.0  # seconds without asking a Valkey that did not answer


@dataclass
class _Held:
    calendar: rules.Calendar
    version: uuid.UUID | None
    token: str | None
    verified_at: float
    look_at: float


_held: _Held | None = None


def calendar() -> rules.Calendar:
    """The calendar in force. Normally no query: a dictionary look-up, once a second a Valkey GET."""
    global _held
    held, now = _held, time.monotonic()
    if held and now < held.look_at:
        return held.calendar
    token = _token()
    pause = LOOK_EVERY if token else SILENCE
    if held and token and token == held.token and now < held.verified_at + VERIFY_EVERY:
        held.look_at = now + pause
        return held.calendar
    version = CalendarStamp.objects.values_list("version", flat=True).first()
    current = held.calendar if held and version == held.version else load()
    _held = _Held(current, version, token, now, now + pause)
    return current


def load() -> rules.Calendar:
    """Build the calendar from its rows: two queries."""
    years = CalendarYear.objects.values_list("year", "state")
    days = CalendarDay.objects.values_list("date", "kind", "label")
    return rules.Calendar(
        {year: state == CalendarYear.State.PROVISIONAL for year, state in years},
        {date: (kind, label) for date, kind, label in days},
    )


def forget() -> None:
    """Drop this process's copy, and tell the others to look; call it after a change has committed."""
    global _held
    _held = None
    cache.set(CHANGE_MARK, uuid.uuid4().hex, None)  # lost when Valkey is away: others see it in a minute


def _token() -> str | None:
    """The token in Valkey, made when there is none; None when Valkey does not answer."""
    token = cache.get(CHANGE_MARK)
    if token is None:
        cache.add(CHANGE_MARK, uuid.uuid4().hex, None)
        token = cache.get(CHANGE_MARK)
    return token


def opening(branch) -> rules.Opening:
    """When `branch` opens: its rule or the default, and the days that differ. Two queries."""
    rule = OpeningRule.objects.filter(branch=branch).first() or OpeningRule(branch=branch)
    days = OpeningDay.objects.filter(branch=branch).values_list("date", "opens", "open_at", "close_at")
    return rules.Opening(
        calendar=calendar(),
        weekdays=frozenset(rule.weekdays),
        closed_on_holidays=rule.closed_on_holidays,
        open_at=rule.open_at,
        close_at=rule.close_at,
        exceptions={date: (opens, open_at, close_at) for date, opens, open_at, close_at in days},
    )
