"""Counting working days: against the announced calendars, and the vectors of the domain rules."""

import datetime
from datetime import date

import chinese_calendar
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rmflow.workdays.rules import Calendar, YearMissing
from rmflow.workflow import Refused

DAYS = [date(2010, 1, 1) + datetime.timedelta(days=n) for n in range(6209)]
days = st.dates(date(2010, 1, 1), date(2026, 6, 30))


def test_the_list_of_days_is_2010_to_2026():
    assert DAYS[-1] == date(2026, 12, 31)


def test_every_day_from_2010_to_2026_is_as_announced(calendar):
    wrong = [day for day in DAYS if calendar.is_working(day) != chinese_calendar.is_workday(day)]
    assert wrong == []


def test_every_day_from_2004_to_2009_is_as_announced(calendar):
    first = [date(2004, 1, 1) + datetime.timedelta(days=n) for n in range(2192)]
    assert [day for day in first if calendar.is_working(day) != chinese_calendar.is_workday(day)] == []


def test_2026_has_248_working_days_by_month_as_computed(calendar):
    by_month = [0] * 12
    for day in DAYS[-365:]:
        by_month[day.month - 1] += calendar.is_working(day)
    assert by_month == [21, 16, 22, 21, 19, 21, 23, 21, 22, 18, 21, 23]
    assert sum(by_month) == 248


@pytest.mark.parametrize(
    ("received", "count", "deadline"),
    [
        ("2026-02-13", 3, "2026-02-25"),
        ("2026-02-13", 7, "2026-03-02"),
        ("2026-04-30", 3, "2026-05-08"),
        ("2026-04-30", 7, "2026-05-13"),
        ("2026-09-24", 3, "2026-09-30"),
        ("2026-09-24", 7, "2026-10-12"),
        ("2026-10-01", 1, "2026-10-08"),
        ("2026-12-22", 7, "2026-12-31"),
    ],
)
def test_deadlines_known_by_heart(calendar, received, count, deadline):
    assert calendar.add(date.fromisoformat(received), count) == date.fromisoformat(deadline)


def test_three_working_days_never_exceed_twelve_calendar_days_in_2026(calendar):
    year = [day for day in DAYS if day.year == 2026]
    assert max((calendar.add(day, 3) - day).days for day in year) == 12


def test_seven_working_days_pass_the_15_days_of_the_law_only_before_long_holidays(calendar):
    late = [d for d in DAYS if d.year == 2026 and (calendar.add(d, 7) - d).days > 15]
    spring = [date(2026, 2, day) for day in range(6, 16)]
    autumn = [date(2026, 9, day) for day in range(21, 27)]
    assert late == spring + autumn


@settings(max_examples=80, deadline=None)
@given(day=days, count=st.integers(1, 60))
def test_adding_finds_the_nth_day_that_chinesecalendar_calls_a_workday(calendar, day, count):
    found, seen = day, 0
    while seen < count:
        found += datetime.timedelta(days=1)
        seen += chinese_calendar.is_workday(found)
    assert calendar.add(day, count) == found


@settings(max_examples=80, deadline=None)
@given(day=days, count=st.integers(0, 120))
def test_counting_undoes_adding_and_subtracting_comes_back(calendar, day, count):
    due = calendar.add(day, count)
    assert calendar.between(day, due) == count
    assert calendar.between(due, day) == -count
    start = calendar.on_or_after(day)
    assert calendar.subtract(calendar.add(start, count), count) == start


@settings(max_examples=60, deadline=None)
@given(day=days, count=st.integers(0, 40))
def test_a_trail_is_every_day_and_numbers_exactly_the_working_ones(calendar, day, count):
    trail = calendar.trail(day, count)
    assert [line.date for line in trail] == [
        day + datetime.timedelta(days=n) for n in range((trail[-1].date - day).days + 1)
    ]
    assert [line.number for line in trail if line.number] == list(range(1, count + 1))
    assert all(calendar.is_working(line.date) == (line.number is not None) for line in trail[1:])


@settings(max_examples=60, deadline=None)
@given(day=days, fewer=st.integers(0, 40), more=st.integers(0, 40))
def test_more_days_never_end_earlier(calendar, day, fewer, more):
    assert calendar.add(day, fewer) <= calendar.add(day, fewer + more)


def test_the_trail_says_why_each_day_counts_or_not(calendar):
    trail = {line.date: line for line in calendar.trail(date(2026, 2, 13), 7)}
    assert trail[date(2026, 2, 13)].kind == "receipt"
    assert (trail[date(2026, 2, 14)].kind, trail[date(2026, 2, 14)].number) == ("make_up", 1)
    assert (trail[date(2026, 2, 16)].kind, trail[date(2026, 2, 16)].number) == ("holiday", None)
    assert trail[date(2026, 3, 1)].kind == "weekend"
    assert (trail[date(2026, 3, 2)].kind, trail[date(2026, 3, 2)].number) == ("working", 7)


def test_working_days_around_a_day(calendar):
    assert calendar.on_or_after(date(2026, 10, 1)) == date(2026, 10, 8)
    assert calendar.on_or_before(date(2026, 10, 7)) == date(2026, 9, 30)
    assert calendar.on_or_after(date(2026, 10, 10)) == date(2026, 10, 10)
    assert calendar.subtract(date(2026, 10, 8), 1) == date(2026, 9, 30)
    assert calendar.first_of_month(2026, 10) == date(2026, 10, 8)


def test_no_day_is_added_to_a_day_off(calendar):
    assert calendar.add(date(2026, 10, 3), 0) == date(2026, 10, 3)


def test_2027_is_provisional_and_flags_what_rests_on_it(calendar):
    due = calendar.add(date(2026, 12, 30), 3)
    assert due == date(2027, 1, 5)
    assert calendar.provisional(due)
    assert calendar.provisional_year(date(2026, 12, 30), due) == 2027
    assert calendar.provisional_year(date(2026, 12, 22), date(2026, 12, 31)) is None
    assert [line.provisional for line in calendar.trail(date(2026, 12, 31), 1)] == [
        False,
        True,
        True,
        True,
        True,
    ]


@pytest.mark.parametrize(
    ("year", "off"),
    [
        (
            2027,
            "01-01 02-05 02-06 02-07 02-08 02-09 02-10 04-05 05-01 05-02 05-03 05-04 06-09 09-15 "
            "10-01 10-02 10-03 10-04 10-05",
        ),
        (
            2028,
            "01-01 01-03 01-25 01-26 01-27 01-28 04-04 05-01 05-02 05-28 05-29 10-01 10-02 10-03 10-04 10-05",
        ),
    ],
)
def test_provisional_years_hold_the_statutory_days_and_their_compensation(calendar, year, off):
    listed = [day for day in calendar.days if day.year == year]
    assert " ".join(f"{day:%m-%d}" for day in sorted(listed)) == off
    assert {calendar.days[day][0] for day in listed} == {"off"}


def test_years_due_to_be_announced_are_named_from_november(calendar):
    assert calendar.unannounced(date(2026, 10, 31)) == []
    assert calendar.unannounced(date(2026, 11, 1)) == [2027]
    assert calendar.unannounced(date(2027, 11, 1)) == [2027, 2028]


@pytest.mark.parametrize(
    ("ask", "year"),
    [
        (lambda c: c.add(date(2028, 12, 29), 1), 2029),
        (lambda c: c.add(date(2028, 12, 31), 1), 2029),
        (lambda c: c.add(date(2040, 1, 1), 1), 2040),
        (lambda c: c.add(date(9999, 12, 31), 1), 10000),
        (lambda c: c.add(date(2026, 1, 1), 100_000), 2029),
        (lambda c: c.add(date(2003, 5, 1), 1), 2003),
        (lambda c: c.subtract(date(2004, 1, 1), 1), 2003),
        (lambda c: c.subtract(date(2004, 1, 5), 500), 2003),
        (lambda c: c.is_working(date(2029, 1, 1)), 2029),
        (lambda c: c.between(date(2026, 1, 1), date(2031, 1, 1)), 2029),
        (lambda c: c.trail(date(2028, 12, 28), 9), 2029),
        (lambda c: c.provisional(date(2035, 1, 1)), 2035),
    ],
)
def test_a_year_without_rows_is_refused_by_name(calendar, ask, year):
    with pytest.raises(YearMissing) as refused:
        ask(calendar)
    assert refused.value.year == year
    assert str(year) in str(refused.value)
    assert isinstance(refused.value, Refused)


def test_a_gap_between_two_years_is_refused_not_jumped():
    calendar = Calendar({2026: False, 2028: True}, {})
    with pytest.raises(YearMissing) as refused:
        calendar.add(date(2026, 12, 30), 5)
    assert refused.value.year == 2027
    with pytest.raises(YearMissing):
        calendar.between(date(2026, 12, 1), date(2028, 2, 1))


def test_an_empty_calendar_refuses_everything():
    for ask in (lambda c: c.add(date(2026, 1, 5), 1), lambda c: c.subtract(date(2026, 1, 5), 1)):
        with pytest.raises(YearMissing):
            ask(Calendar({}, {}))


def test_a_receipt_on_new_years_eve_needs_only_the_next_year():
    assert Calendar({2026: False}, {}).add(date(2025, 12, 31), 1) == date(2026, 1, 1)
    assert Calendar({2025: False}, {}).subtract(date(2026, 1, 1), 1) == date(2025, 12, 31)


def test_moments_are_not_days_and_counts_are_not_negative(calendar):
    with pytest.raises(TypeError):
        calendar.add(datetime.datetime(2026, 2, 13, 9, 0, tzinfo=datetime.UTC), 3)
    with pytest.raises(ValueError, match="negative"):
        calendar.add(date(2026, 2, 13), -1)
