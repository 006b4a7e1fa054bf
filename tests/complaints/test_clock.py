"""Both clocks: every vector of domain-rules §3.2, and what must hold for any day of receipt."""

import datetime
from zoneinfo import ZoneInfo

import pytest
from django.core.management import call_command
from hypothesis import given
from hypothesis import strategies as st

from complaints.rules.complaint_clock import (
    LAW_DAYS,
    Hours,
    Pause,
    Ruling,
    count_days,
    due_at,
    moments,
    reckon,
)
from rmflow.workdays import seed
from rmflow.workdays.rules import Calendar

SHANGHAI = ZoneInfo("Asia/Shanghai")
DAY = datetime.timedelta(days=1)
HOURS = Hours()
SHIPPED = Calendar(
    {int(row["year"]): row["state"] == "provisional" for row in seed.read("years.csv")},
    {datetime.date.fromisoformat(r["date"]): (r["kind"], r["label"]) for r in seed.read("calendar.csv")},
)
DAYS = st.dates(datetime.date(2005, 1, 1), datetime.date(2027, 11, 30))


def day(text):
    return datetime.date.fromisoformat(text)


def at(text):
    return datetime.datetime.fromisoformat(text).replace(tzinfo=SHANGHAI)


def plain_count(day0, count):
    """An independent count: walk the days, asking the baked tables only."""
    off = {r["date"] for r in seed.read("calendar.csv") if r["kind"] == "off"}
    work = {r["date"] for r in seed.read("calendar.csv") if r["kind"] == "work"}
    found = day0
    while count:
        found += DAY
        name = found.isoformat()
        count -= name in work or (found.weekday() < 5 and name not in off)
    return found


@pytest.mark.parametrize(
    "received, normal, extended, law, effective, effective_extended",
    [
        ("2026-02-13", "2026-02-25", "2026-03-02", "2026-02-28", "2026-02-25", "2026-02-28"),
        ("2026-04-30", "2026-05-08", "2026-05-13", "2026-05-15", "2026-05-08", "2026-05-13"),
        ("2026-09-24", "2026-09-30", "2026-10-12", "2026-10-09", "2026-09-30", "2026-10-09"),
    ],
)
def test_the_vectors_of_the_rule(received, normal, extended, law, effective, effective_extended):
    clock = reckon(day(received), calendar=SHIPPED)
    assert (clock.normal_on, clock.extended_on, clock.law_on) == (day(normal), day(extended), day(law))
    assert clock.effective_on == day(effective)
    longer = reckon(day(received), calendar=SHIPPED, extended=True)
    assert longer.effective_on == day(effective_extended)


def test_seven_working_days_exceed_the_law_for_exactly_the_days_of_the_rule():
    beyond = []
    date = day("2026-01-01")
    while date.year == 2026 and date < day("2026-12-15"):
        clock = reckon(date, calendar=SHIPPED, extended=True)
        assert clock.normal_on - date <= 12 * DAY
        if clock.ruling == Ruling.LAW:
            beyond.append(date)
        date += DAY
    february = [day("2026-02-06") + n * DAY for n in range(10)]
    september = [day("2026-09-21") + n * DAY for n in range(6)]
    assert beyond == february + september


def test_a_complex_complaint_takes_the_thirty_days():
    clock = reckon(day("2026-02-13"), calendar=SHIPPED, extended=True, law_days=30)
    assert clock.law_on == day("2026-03-15")
    assert (clock.effective_on, clock.ruling) == (day("2026-03-02"), Ruling.EXTENDED)


@given(DAYS, st.booleans(), st.sampled_from(LAW_DAYS))
def test_deadlines_are_working_days_after_receipt_and_equal_an_independent_count(day0, extended, law_days):
    clock = reckon(day0, calendar=SHIPPED, extended=extended, law_days=law_days)
    for found, count in ((clock.normal_on, 3), (clock.extended_on, 7)):
        assert SHIPPED.is_working(found)
        assert found > day0
        assert found == plain_count(day0, count)
    assert clock.law_on == day0 + law_days * DAY
    assert clock.effective_on == min(clock.working_on, clock.law_on)


@given(DAYS, st.integers(0, 40))
def test_a_later_receipt_is_never_due_earlier(day0, later):
    first = reckon(day0, calendar=SHIPPED, extended=True)
    second = reckon(day0 + later * DAY, calendar=SHIPPED, extended=True)
    assert first.normal_on <= second.normal_on
    assert first.extended_on <= second.extended_on
    assert first.effective_on <= second.effective_on


@given(DAYS, st.integers(0, 12), st.integers(0, 30))
def test_an_appraisal_moves_both_clocks_by_its_whole_days_and_never_back(day0, after, length):
    begins = day0 + after * DAY
    pause = Pause(begins, begins + length * DAY)
    plain, stopped = reckon(day0, calendar=SHIPPED), reckon(day0, calendar=SHIPPED, pauses=[pause])
    assert stopped.normal_on >= plain.normal_on
    assert stopped.law_on >= plain.law_on
    inside = max(0, length - 1)
    assert stopped.law_on <= plain.law_on + inside * DAY
    if begins + length * DAY <= plain.law_on:
        assert stopped.law_on == plain.law_on + inside * DAY


def test_receipt_on_a_holiday_and_at_the_last_second_of_a_day_counts_from_that_day():
    assert reckon(day("2026-02-18"), calendar=SHIPPED).normal_on == day("2026-02-26")
    late = at("2026-02-13 23:59:59")
    assert reckon(late.date(), calendar=SHIPPED).normal_on == day("2026-02-25")


def test_a_provisional_year_is_counted_and_marked():
    clock = reckon(day("2026-12-30"), calendar=SHIPPED)
    assert (clock.normal_on, clock.provisional_year) == (day("2027-01-05"), 2027)
    assert reckon(day("2026-10-30"), calendar=SHIPPED).provisional_year is None


def test_a_year_without_rows_leaves_the_date_of_the_law():
    known = Calendar({2026: False}, {})
    clock = reckon(day("2026-12-30"), calendar=known)
    assert (clock.normal_on, clock.extended_on) == (None, None)
    assert (clock.effective_on, clock.ruling) == (day("2027-01-14"), Ruling.LAW)
    assert clock.missing_year == 2027
    assert [line.kind for line in count_days(clock, known)][-1] == "unknown"


def test_the_count_shows_every_day_with_both_numbers_and_its_reason():
    clock = reckon(day("2026-09-24"), calendar=SHIPPED, extended=True)
    lines = count_days(clock, SHIPPED)
    assert len(lines) == 19
    assert lines[0].kind == "receipt"
    by_day = {f"{line.date:%m-%d}": line for line in lines}
    assert (by_day["09-30"].working, by_day["09-30"].law) == (3, 6)
    assert (by_day["10-09"].working, by_day["10-09"].law) == (5, 15)
    assert by_day["10-09"].marks == ("law", "effective")
    assert (by_day["10-10"].working, by_day["10-10"].kind) == (6, "make_up")
    assert (by_day["10-03"].working, by_day["10-03"].kind) == (None, "holiday")
    assert by_day["10-12"].marks == ("extended",)


def test_days_of_an_appraisal_carry_no_number_on_either_clock():
    pause = Pause(day("2026-03-03"), day("2026-03-06"))
    clock = reckon(day("2026-03-02"), calendar=SHIPPED, pauses=[pause])
    stopped = [line.date.day for line in count_days(clock, SHIPPED) if line.kind == "paused"]
    assert stopped == [4, 5]
    assert (clock.normal_on, clock.law_on) == (day("2026-03-09"), day("2026-03-19"))


# -- shares of the time -----------------------------------------------------------------------------


def half_and_most(start, due):
    return moments(at(start), at(due), (0.5, 0.8), calendar=SHIPPED, hours=HOURS)


def test_shares_count_working_time_only():
    # Fri 13 Feb 08:30 to Wed 25 Feb 17:30: five working days of nine hours (13, 14 班, 24, 25 …)
    half, most = half_and_most("2026-02-13 08:30", "2026-02-25 17:30")
    assert (half, most) == (at("2026-02-14 17:30"), at("2026-02-25 10:18"))


def test_a_complaint_of_the_night_begins_to_count_in_the_morning():
    half, _most = half_and_most("2026-03-02 23:59:59", "2026-03-05 17:30")
    assert half == at("2026-03-04 13:00")


def test_without_working_time_the_time_on_the_wall_is_shared():
    half, _most = half_and_most("2026-02-17 10:00", "2026-02-17 14:00")
    assert half == at("2026-02-17 12:00")


@given(DAYS, st.times(), st.integers(0, 20))
def test_shares_lie_in_order_between_receipt_and_deadline(day0, time, more):
    start = datetime.datetime.combine(day0, time, tzinfo=SHANGHAI)
    due = due_at(SHIPPED.add(day0, 1) + more * DAY, HOURS, SHANGHAI)
    half, most = moments(start, due, (0.5, 0.8), calendar=SHIPPED, hours=HOURS)
    assert start <= half <= most <= due


# -- the command ------------------------------------------------------------------------------------


@pytest.mark.django_db
@pytest.mark.parametrize(
    "options, effective, law",
    [
        ([], "2026-02-25", "2026-02-28"),
        (["--extended"], "2026-02-28", "2026-02-28"),
        (["--complex"], "2026-02-25", "2026-03-15"),
        (["--extended", "--complex"], "2026-03-02", "2026-03-15"),
    ],
)
def test_the_command_says_all_four_dates_first_and_then_the_count(capsys, options, effective, law):
    call_command("complaint_clock", "2026-02-13", *options)
    first, *rest = capsys.readouterr().out.splitlines()
    assert first == f"normal=2026-02-25 extended=2026-03-02 law={law} effective={effective}"
    assert rest[0].startswith("2026-02-13")
    assert any("2026-02-14" in line and "班" in line for line in rest)
    assert not [line for line in rest if line.startswith("2026-02-12")]


@pytest.mark.django_db
def test_the_command_says_which_year_has_no_calendar(capsys):
    call_command("complaint_clock", "2028-12-29")
    assert capsys.readouterr().out.splitlines()[0].startswith("normal=none extended=none law=2029-01-13")


@pytest.mark.django_db
def test_the_command_refuses_what_is_no_day():
    from django.core.management.base import CommandError

    with pytest.raises(CommandError, match="2026-02-13"):
        call_command("complaint_clock", "soon")
