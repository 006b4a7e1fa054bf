"""Quiet hours, pauses and the pace of polls; no database."""

from datetime import datetime, timedelta

import pytest

from rmflow.notices import rules
from rmflow.staff.models import BANK_TIME
from rmflow.staff.permissions import Role


def at(text):
    return datetime.fromisoformat(text).replace(tzinfo=BANK_TIME)


@pytest.mark.parametrize(
    ("now", "leaves"),
    [
        ("2026-10-08 09:00", "2026-10-08 09:00"),
        ("2026-10-08 19:59", "2026-10-08 19:59"),
        ("2026-10-08 20:00", "2026-10-09 09:00"),
        ("2026-10-08 23:59", "2026-10-09 09:00"),
        ("2026-10-09 00:00", "2026-10-09 09:00"),
        ("2026-10-09 08:59", "2026-10-09 09:00"),
        ("2026-12-31 22:00", "2027-01-01 09:00"),
    ],
)
def test_what_is_not_urgent_leaves_outside_the_quiet_hours(now, leaves):
    assert rules.not_before(at(now), urgent=False) == at(leaves)


@pytest.mark.parametrize("kind", sorted(rules.MORNING_KINDS))
@pytest.mark.parametrize(
    ("now", "leaves"),
    [
        ("2026-10-08 08:00", "2026-10-08 08:00"),
        ("2026-10-08 07:59", "2026-10-08 08:00"),
        ("2026-10-08 20:00", "2026-10-09 08:00"),
    ],
)
def test_what_the_day_begins_with_leaves_at_eight(kind, now, leaves):
    assert rules.not_before(at(now), urgent=False, kind=kind) == at(leaves)
    assert rules.quiet(at("2026-10-08 08:30"))
    assert not rules.quiet(at("2026-10-08 08:30"), kind)


def test_what_is_urgent_leaves_at_night():
    assert rules.not_before(at("2026-10-08 23:00"), urgent=True) == at("2026-10-08 23:00")


def test_quiet_hours_are_those_of_the_bank_not_of_the_server():
    noon_in_greenwich = datetime.fromisoformat("2026-10-08T12:30:00+00:00")
    assert rules.quiet(noon_in_greenwich)


def test_each_failure_doubles_the_pause_up_to_an_hour():
    seconds = [rules.pause(n).total_seconds() for n in range(1, 10)]
    assert seconds == [30, 60, 120, 240, 480, 960, 1920, 3600, 3600]


@pytest.mark.parametrize("role", Role.values)
def test_only_those_who_wait_for_a_client_are_told_within_five_seconds(role):
    seconds = rules.poll_seconds({role})
    waits = role in (Role.WEALTH_MANAGER, Role.LOBBY_MANAGER)
    assert (2 <= seconds <= 4) if waits else seconds == 30


def test_the_lease_is_longer_than_any_step_of_sending(settings):
    assert timedelta(seconds=settings.EMAIL_TIMEOUT) < rules.LEASE
