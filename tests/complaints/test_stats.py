"""Figures of complaints, counted by hand at the turn of each day."""

import datetime

import pytest

from complaints.actions import complaint_hand as hand
from complaints.actions import complaint_reply as replies
from complaints.models import Complaint
from complaints.stats import complaint as stats
from rmflow.staff.permissions import Role

from .test_work import REPLY

pytestmark = pytest.mark.django_db

TODAY = datetime.date(2026, 3, 10)
FIGURES = ("on_spot", "within_3", "within_7", "past_law")

# Taken Friday 13 February at 10:00: 3 working days end on the 25th, 7 on 2 March, the law's 15 days on the 28th.
ANSWERED = [
    ("2026-02-13 23:59", (1, 1, 1, 0)),
    ("2026-02-14 00:00", (0, 1, 1, 0)),
    ("2026-02-14 09:59", (0, 1, 1, 0)),
    ("2026-02-25 23:59", (0, 1, 1, 0)),
    ("2026-02-26 00:00", (0, 0, 1, 0)),
    ("2026-02-28 23:59", (0, 0, 1, 0)),
    ("2026-03-01 00:00", (0, 0, 1, 1)),
    ("2026-03-02 23:59", (0, 0, 1, 1)),
    ("2026-03-03 00:00", (0, 0, 0, 1)),
]


@pytest.mark.parametrize(("moment", "expected"), ANSWERED)
def test_a_day_of_the_bank_ends_at_its_midnight(friday, taken, teller, lobby, moment, expected):
    made = taken(by=teller)
    friday(moment)
    replies.reply(made.pk, by=lobby, **REPLY)
    rows = Complaint.objects.all()
    found = stats.figures(rows, today=datetime.date(2026, 2, 28))
    assert (found["total"], found["answered"]) == (1, 1)
    assert tuple(found[name] for name in FIGURES) == expected
    for name, count in zip(FIGURES, expected, strict=True):
        assert stats.drilled(rows, {"fact": name}).count() == count


def test_open_beyond_the_law_is_past_it_from_the_next_day_on(friday, taken, teller):
    taken(by=teller)
    for day, late in ((28, 0), (29, 1)):
        today = datetime.date(2026, 2, 1) + datetime.timedelta(days=day - 1)
        assert stats.figures(Complaint.objects.all(), today=today)["past_law"] == late


def test_what_is_late_and_unanswered_does_not_improve_the_rates(friday, taken, teller, lobby):
    """One answered in time, one late, one owed past its third day, one withdrawn."""
    from complaints.actions import complaint_work as work

    prompt, late, gone = taken(by=teller), taken(by=teller), taken(by=teller)
    taken(by=teller)  # owed
    replies.reply(prompt.pk, by=lobby, **REPLY)
    work.withdraw(gone.pk, by=lobby, note="x")
    friday("2026-02-27 09:00")
    replies.reply(late.pk, by=lobby, **REPLY)
    for today, third, seventh in (
        ("2026-02-25", 1 / 2, 1),  # the third day itself is not over
        ("2026-02-26", 1 / 3, 1),
        ("2026-03-02", 1 / 3, 1),
        ("2026-03-03", 1 / 3, 2 / 3),
    ):
        found = stats.rates(stats.figures(Complaint.objects.all(), today=datetime.date.fromisoformat(today)))
        assert (found["within_3"], found["within_7"], found["on_spot"]) == (third, seventh, 1 / 2), today


@pytest.fixture
def several(friday, taken, teller, lobby, other_lobby, complaint_office, wealth):
    """Three of the first branch, one answered and one that names somebody, and one of another branch."""
    answered, naming = taken(by=teller), taken(by=teller)
    taken(by=teller), taken(by=other_lobby)
    replies.reply(answered.pk, by=lobby, satisfaction="very", **REPLY)
    hand.name_person(naming.pk, by=complaint_office, person_id=wealth.pk)
    return answered


@pytest.mark.parametrize("dimension", [name for name in stats.GROUPS if name != "named"])
def test_the_headings_of_a_dimension_add_up_to_its_figures(several, dimension):
    rows = Complaint.objects.all()
    whole = stats.figures(rows, today=TODAY)
    assert (whole["total"], whole["answered"], whole["content"]) == (4, 1, 1)
    assert stats.together(stats.by(rows, dimension, today=TODAY)) == whole


def test_each_heading_has_its_name_and_the_most_comes_first(
    several, branches, lobby, other_lobby, codes, wealth
):
    Complaint.objects.filter(pk=several.pk).update(**codes)
    rows = Complaint.objects.all()

    def named(dimension):
        found = stats.by(rows, dimension, today=TODAY)
        return [(row["key"], row["heading"], row["total"]) for row in found]

    first, second = branches["first"], other_lobby.home_branch
    assert named("branch") == [(first.pk, first.name, 3), (second.pk, second.name, 1)]
    cause = Complaint.objects.get(pk=several.pk).cause
    assert named("cause") == [(None, None, 3), (cause.pk, cause.name, 1)]
    assert named("handler")[0] == (lobby.pk, lobby.name, 3)
    assert named("named") == [(wealth.pk, wealth.name, 1)]
    assert named("way") == [("counter", "counter", 4)]


def test_namesakes_are_two_rows_always_in_the_same_order(friday, taken, teller, lobby, hire):
    namesake = hire("100999", lobby.name, Role.LOBBY_MANAGER)
    for handler in (namesake, lobby):
        Complaint.objects.filter(pk=taken(by=teller).pk).update(handler=handler)
    found = stats.by(Complaint.objects.all(), "handler", today=TODAY)
    assert [row["key"] for row in found] == sorted([lobby.pk, namesake.pk])
    assert [row["heading"] for row in found] == [lobby.name] * 2
