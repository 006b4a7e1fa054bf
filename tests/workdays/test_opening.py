"""Opening days of a branch follow its own week, festivals and exceptions."""

from datetime import date, time

import pytest

from rmflow.workdays.rules import NeverOpen, Opening


def test_a_branch_opens_every_day_but_festivals_by_default(calendar):
    usual = Opening(calendar)
    assert usual.is_open(date(2026, 11, 21))  # a Saturday
    assert not usual.is_open(date(2026, 10, 3))
    assert usual.hours(date(2026, 11, 21)) == (time(9), time(17))
    assert usual.hours(date(2026, 10, 3)) is None
    assert usual.next_open(date(2026, 9, 30)) == date(2026, 10, 8)
    assert usual.previous_open(date(2026, 10, 8)) == date(2026, 9, 30)


def test_a_branch_may_stay_open_on_festivals(calendar):
    assert Opening(calendar, closed_on_holidays=False).is_open(date(2026, 10, 3))


def test_a_branch_may_rest_on_weekends(calendar):
    weekdays = Opening(calendar, weekdays={1, 2, 3, 4, 5})
    assert not weekdays.is_open(date(2026, 11, 21))
    assert weekdays.next_open(date(2026, 11, 20)) == date(2026, 11, 23)


def test_single_days_win_over_the_week_and_festivals(calendar):
    branch = Opening(
        calendar,
        exceptions={
            date(2026, 10, 3): (True, time(10), time(16)),
            date(2026, 11, 24): (False, None, None),
            date(2026, 11, 25): (True, None, time(12)),
        },
    )
    assert branch.hours(date(2026, 10, 3)) == (time(10), time(16))
    assert branch.next_open(date(2026, 11, 23)) == date(2026, 11, 25)
    assert branch.hours(date(2026, 11, 25)) == (time(9), time(12))


def test_a_year_without_a_calendar_still_has_opening_days(calendar):
    assert Opening(calendar).is_open(date(2031, 5, 6))


def test_a_branch_that_never_opens_is_told_so(calendar):
    with pytest.raises(NeverOpen):
        Opening(calendar, weekdays=()).next_open(date(2026, 11, 23))
