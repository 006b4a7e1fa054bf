"""Whose values are kept, who stays, who must agree: pure rules of B-21."""

import datetime
from types import SimpleNamespace

import pytest

from clients import duplicate_rules as rules
from rmflow.workflow import Conflict, Refused

EARLY, LATE = datetime.datetime(2026, 1, 1), datetime.datetime(2026, 6, 1)


def record(pk, **facts):
    usual = {"customer_no": None, "has_archive": False, "created_at": EARLY, "id_hash": "", "id_kind": ""}
    return SimpleNamespace(pk=pk, **{**usual, "type": "unjudged", "level": "", **facts})


def test_who_has_the_customer_number_stays_even_against_an_archive():
    number, archive = record(2, customer_no="C1"), record(1, has_archive=True)
    assert rules.winner_of(archive, number) == (number, archive)


def test_without_a_number_the_archive_decides_then_who_came_first():
    archive, older, newer = (
        record(3, has_archive=True, created_at=LATE),
        record(2),
        record(1, created_at=LATE),
    )
    assert rules.winner_of(older, archive) == (archive, older)
    assert rules.winner_of(newer, older) == (older, newer)
    assert rules.winner_of(record(9), record(8))[0].pk == 8


@pytest.mark.parametrize(
    "key, winner, loser, chosen, kept",
    [
        ("phone", "138", "139", None, "winner"),
        ("phone", "138", "139", "loser", "loser"),
        ("phone", "", "139", "winner", "loser"),
        ("phone", "138", "", "loser", "winner"),
        ("name", "刘", "刘敏", None, "loser"),
        ("name", "刘敏", "刘", None, "winner"),
        ("name", "刘敏", "陈敏", None, "winner"),
        ("name", "刘", "刘敏", "winner", "winner"),
        ("profile.social_role", False, None, None, "winner"),
        ("profile.social_role", None, False, None, "loser"),
        ("profile.hobbies", [], ["golf"], None, "loser"),
    ],
)
def test_what_is_known_is_never_lost_to_what_is_not(key, winner, loser, chosen, kept):
    assert rules.kept(key, winner, loser, chosen) == kept


@pytest.mark.parametrize(
    "mine, its, kept",
    [
        (("ordinary", ""), ("existing_premium", "regular"), ("existing_premium", "regular")),
        (("existing_premium", "regular"), ("existing_premium", "core"), ("existing_premium", "core")),
        (("prospective_premium", ""), ("existing_potential", ""), ("prospective_premium", "")),
        (("unjudged", ""), ("ordinary", ""), ("ordinary", "")),
    ],
)
def test_the_higher_type_is_kept(mine, its, kept):
    assert rules.higher_type(*(record(1, type=t, level=v) for t, v in (mine, its))) == kept


def test_two_customer_numbers_are_joined_by_the_core_system():
    with pytest.raises(Refused, match="core system"):
        rules.check(record(1, customer_no="C1"), record(2, customer_no="C2"))


def test_two_id_numbers_of_one_kind_are_two_persons_of_two_kinds_may_be_one():
    mine = record(1, id_kind="resident", id_hash="a")
    with pytest.raises(Refused, match="two persons"):
        rules.check(mine, record(2, id_kind="resident", id_hash="b"))
    rules.check(mine, record(2, id_kind="passport", id_hash="b"))


@pytest.mark.parametrize(
    "branches, spoken, missing",
    [
        ({1}, [], {1}),
        ({1}, [(1, 7)], set()),
        ({1, 2}, [(1, 7)], {2}),
        ({1, 2}, [(1, 7), (2, 8)], set()),
        ({1, 2}, [(1, 7), (2, 7)], {2}),
        ({1, 2}, [(1, 7), (1, 8)], {2}),
        ({1, 2}, [(3, 7)], {1, 2}),
    ],
)
def test_each_branch_speaks_and_nobody_speaks_for_two(branches, spoken, missing):
    assert rules.missing(branches, spoken) == missing


@pytest.mark.parametrize("state", rules.State)
@pytest.mark.parametrize("name", rules.TRANSITIONS)
def test_every_step_from_every_state(name, state):
    step = rules.TRANSITIONS[name]
    allowed = {
        "confirm": {"open", "confirmed"},
        "merge": {"open", "confirmed"},
        "dismiss": {"open", "confirmed"},
        "undo": {"merged"},
        "reopen": {"dismissed", "undone"},
    }[name]
    if state in allowed:
        step.check(state)
    else:
        with pytest.raises(Conflict):
            step.check(state)
