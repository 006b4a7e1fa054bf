"""The deadline chip says date and remaining working days, as design.md §2 draws it."""

import datetime
from datetime import date
from zoneinfo import ZoneInfo

import pytest
from django.utils import translation

from rmflow.workdays.rules import chip

TODAY = date(2026, 10, 8)  # the Thursday of the pictures: first working day after National Day
SHANGHAI = ZoneInfo("Asia/Shanghai")


@pytest.fixture(autouse=True)
def _english():
    with translation.override("en"):
        yield


def at(hour, minute=0):
    return datetime.datetime(2026, 10, 8, hour, minute, tzinfo=SHANGHAI)


@pytest.mark.parametrize(
    ("due_on", "state", "date_text", "words"),
    [
        (date(2026, 9, 29), "past", "29 Sep", "Overdue 2 working days"),
        (date(2026, 9, 30), "past", "30 Sep", "Overdue 1 working day"),
        (date(2026, 10, 7), "past", "7 Oct", "Overdue 1 working day"),
        (date(2026, 10, 8), "today", "8 Oct", "Today"),
        (date(2026, 10, 9), "open", "9 Oct", "1 working day left"),
        (date(2026, 10, 12), "open", "12 Oct", "3 working days left"),
    ],
)
def test_open_deadlines(calendar, due_on, state, date_text, words):
    shown = chip(due_on, TODAY, calendar)
    assert (shown["state"], shown["date_text"], shown["words"]) == (state, date_text, words)
    assert not shown["provisional"]


def test_each_state_has_an_icon_of_its_own(calendar):
    shown = [
        chip(date(2026, 9, 29), TODAY, calendar),
        chip(TODAY, TODAY, calendar),
        chip(date(2026, 10, 12), TODAY, calendar),
        chip(TODAY, TODAY, calendar, done_on=TODAY),
        chip(date(2026, 9, 29), TODAY, calendar, done_on=TODAY),
    ]
    assert len({one["icon"] for one in shown}) == len({one["state"] for one in shown}) == 5


def test_between_two_working_days_words_stay_sensible(calendar):
    sunday, saturday = date(2026, 11, 22), date(2026, 11, 21)
    assert chip(sunday, saturday, calendar)["words"] == "No working day left"
    assert chip(saturday, sunday, calendar)["words"] == "Overdue"


@pytest.mark.parametrize(
    ("done_on", "state", "words"),
    [
        (date(2026, 9, 29), "met", "Done on time"),
        (date(2026, 9, 30), "met", "Done on time"),
        (date(2026, 10, 4), "done", "Done late"),
        (date(2026, 10, 9), "done", "Done 2 working days late"),
    ],
)
def test_settled_deadlines(calendar, done_on, state, words):
    shown = chip(date(2026, 9, 30), TODAY, calendar, done_on=done_on)
    assert (shown["state"], shown["words"]) == (state, words)


@pytest.mark.parametrize(
    ("due_at", "now", "date_text", "state", "words"),
    [
        (at(14, 30), at(14, 12), "14:30", "today", "in 18 minutes"),
        (at(14, 30), at(14, 30), "14:30", "today", "in 0 minutes"),
        (at(14, 30), at(14, 31), "14:30", "past", "Overdue 1 minute"),
        (at(9), at(12, 5), "09:00", "past", "Overdue 3 hours"),
        (at(14, 30), at(9), "8 Oct", "today", "Today"),
    ],
)
def test_within_the_hour_it_shows_the_time(calendar, due_at, now, date_text, state, words):
    shown = chip(TODAY, TODAY, calendar, due_at=due_at, now=now)
    assert (shown["date_text"], shown["state"], shown["words"]) == (date_text, state, words)


def test_an_agreed_hour_of_yesterday_counts_in_days(calendar):
    shown = chip(date(2026, 9, 30), TODAY, calendar, due_at=at(9) - datetime.timedelta(days=8), now=at(9))
    assert shown["words"] == "Overdue 1 working day"


def test_an_hour_in_another_time_zone_is_shown_in_the_banks(calendar):
    shown = chip(TODAY, TODAY, calendar, due_at=at(14, 30).astimezone(datetime.UTC), now=at(14, 12))
    assert shown["date_text"] == "14:30"


def test_the_tooltip_shows_how_the_days_were_counted(calendar):
    title = chip(date(2026, 10, 12), TODAY, calendar)["title"]
    assert title.split(" · ")[0].startswith("9 Oct")
    assert "work 2" in title
    assert title.split(" · ")[2].endswith("off")
    far = chip(date(2026, 11, 30), TODAY, calendar)["title"]
    assert far == f"{calendar.between(TODAY, date(2026, 11, 30))} working days from 8 Oct to 30 Nov"


def test_a_date_that_rests_on_an_unannounced_year_is_marked(calendar):
    shown = chip(date(2027, 1, 5), date(2026, 12, 30), calendar)
    assert shown["provisional"]
    assert shown["provisional_year"] == 2027
    assert "Provisional: 2027 holidays not announced yet" in shown["title"]
    assert shown["date_text"] == "5 Jan 2027"


def test_a_year_without_rows_is_said_on_the_chip_and_breaks_nothing(calendar):
    shown = chip(date(2029, 1, 5), date(2028, 12, 29), calendar)
    assert shown["words"] == "2029 has no calendar; no deadline can be computed"
    assert shown["state"] == "open"


def test_chips_are_kept_by_language_and_handed_out_as_copies(calendar):
    first = chip(TODAY, TODAY, calendar)
    first["words"] = "scribbled over"
    assert chip(TODAY, TODAY, calendar)["words"] == "Today"
    with translation.override("zh-hans"):
        assert chip(date(2026, 10, 12), TODAY, calendar)["title"] != chip.__name__
