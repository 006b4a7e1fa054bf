"""The rules of closures without a database: every step × every state, what a record lacks, timers."""

import datetime
from types import SimpleNamespace

import pytest

from complaints.rules.closures import (
    CLOSURE_TRANSITIONS,
    ENDINGS,
    MOVES,
    OPEN,
    Result,
    State,
    Trigger,
    check_amounts,
    check_win_back,
    claim_due_at,
    missing,
    next_step,
    night_claim_due_at,
)
from rmflow.staff.models import BANK_TIME
from rmflow.workdays.rules import Calendar
from rmflow.workflow import Refused

ALLOWED = {
    "claim": {"flagged", "called"},
    "normal": {"claimed", "retaining", "head"},
    "churn": {"claimed", "serving"},
    "call_head": {"claimed", "retaining"},
    "step_in": {"flagged", "called", "claimed", "serving", "retaining"},
    "climb": {"flagged"},
    "serve": {"serving"},
    "keep": {"called", "retaining", "head"},
    "keep_part": {"called", "retaining", "head"},
    "lose": {"called", "head"},
}
TODAY = datetime.date(2026, 10, 8)


@pytest.mark.parametrize("state", State.values)
@pytest.mark.parametrize("name", ALLOWED)
def test_each_step_leads_from_the_states_that_were_meant(name, state):
    assert CLOSURE_TRANSITIONS[name].allows(state) == (state in ALLOWED[name])


def test_no_step_is_forgotten_and_nothing_leads_out_of_the_end():
    assert set(CLOSURE_TRANSITIONS) == set(ALLOWED)
    assert State.ENDED not in OPEN and len(OPEN) == len(State) - 1
    assert {CLOSURE_TRANSITIONS[name].target for name in ENDINGS.values()} == {State.ENDED}
    assert set(ENDINGS) == set(Result) and set(MOVES) == set(Trigger)


def record(**fields):
    usual = {
        "account": "尾号 6789",
        "product_id": None,
        "amount": 5,
        "aum_before": 10,
        "reason": "rates",
        "reason_note": "",
        "accurate": True,
        "first_time": False,
        "saved": 2,
        "lost": 3,
        "destination_id": 1,
    }
    return SimpleNamespace(**{**usual, **fields})


class TestMissing:
    def test_a_whole_record_lacks_nothing(self):
        assert missing(record(), Result.PARTLY, measures=True) == {}

    @pytest.mark.parametrize(
        "field, empty",
        [
            ("account", ""),
            ("amount", None),
            ("aum_before", None),
            ("reason", ""),
            ("accurate", None),
            ("first_time", None),
            ("saved", None),
            ("lost", None),
        ],
    )
    def test_each_column_of_the_form_is_asked_for_beside_itself(self, field, empty):
        assert list(missing(record(**{field: empty}), Result.PARTLY, measures=True)) == [field]

    def test_everything_that_lacks_is_named_at_once(self):
        nothing = record(account="", amount=None, reason="", destination_id=None)
        found = missing(nothing, Result.LOST, measures=False)
        assert list(found) == ["account", "amount", "reason", "measures", "destination", "saved"]

    def test_a_product_stands_for_an_account(self):
        assert missing(record(account="", product_id=7), Result.PARTLY, measures=True) == {}

    def test_another_reason_is_put_into_words(self):
        assert list(missing(record(reason="other"), Result.PARTLY, measures=True)) == ["reason_note"]
        assert not missing(record(reason="other", reason_note="出国"), Result.PARTLY, measures=True)

    def test_an_ordinary_closure_asks_for_no_measures_and_no_destination(self):
        plain = record(saved=None, lost=None, destination_id=None)
        assert missing(plain, Result.SERVED, measures=False) == {}

    def test_money_that_stayed_needs_no_destination(self):
        assert missing(record(lost=0, destination_id=None), Result.KEPT, measures=True) == {}

    @pytest.mark.parametrize(
        "result, saved, lost, field",
        [
            ("kept", 5, 1, "lost"),
            ("kept", 0, 0, "saved"),
            ("partly", 0, 5, "saved"),
            ("partly", 5, 0, "lost"),
            ("lost", 1, 5, "saved"),
            ("lost", 0, 0, "lost"),
        ],
    )
    def test_amounts_go_with_the_result(self, result, saved, lost, field):
        assert list(missing(record(saved=saved, lost=lost), result, measures=True)) == [field]


class TestTimers:
    def test_a_claim_runs_out_after_the_minutes_that_are_set(self):
        at = datetime.datetime(2026, 10, 8, 10, 0, tzinfo=BANK_TIME)
        assert claim_due_at(at, minutes=10) == at + datetime.timedelta(minutes=10)

    @pytest.mark.parametrize(
        "night, day", [((2026, 10, 9), (2026, 10, 9)), ((2026, 10, 1), (2026, 10, 8)), ((2026, 10, 10),) * 2]
    )
    def test_a_case_of_the_night_waits_for_a_working_day(self, night, day):
        off = {datetime.date(2026, 10, n): ("off", "国庆") for n in range(1, 8)}
        work = {datetime.date(2026, 10, 10): ("work", "")}
        calendar = Calendar({2026: False}, {**off, **work})
        due = night_claim_due_at(
            datetime.date(*night), at=datetime.time(12), calendar=calendar, zone=BANK_TIME
        )
        assert due == datetime.datetime(*day, 12, tzinfo=BANK_TIME)


@pytest.mark.parametrize("amount", [-1, 10**10])
def test_amounts_beyond_reason_are_refused_beside_their_field(amount):
    with pytest.raises(Refused) as refused:
        check_amounts({"saved": amount, "lost": 3})
    assert list(refused.value.errors) == ["saved"]


def test_a_day_to_win_back_lies_ahead_and_within_a_year():
    check_win_back([TODAY, TODAY + datetime.timedelta(days=366)], today=TODAY)
    for day in (TODAY - datetime.timedelta(days=1), TODAY + datetime.timedelta(days=367)):
        with pytest.raises(Refused):
            check_win_back([day], today=TODAY)


def test_each_state_says_what_comes_next_and_by_whom():
    assert all(next_step(state, manager="林晓燕") for state in State)
    assert "林晓燕" in next_step(State.FLAGGED, manager="林晓燕")
