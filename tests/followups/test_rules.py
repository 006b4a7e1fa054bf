"""States, proposals and days allowed: every transition × every state, no database."""

import datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from followups import rules
from followups.rules import (
    LIVE,
    NEEDS_NEXT,
    PLAN_TRANSITIONS,
    TRANSITIONS,
    NextStep,
    PlanState,
    RecordStatus,
    Result,
)
from rmflow.workflow import Conflict, Refused

TODAY = datetime.date(2026, 10, 8)


@pytest.mark.parametrize("name", TRANSITIONS)
@pytest.mark.parametrize("state", RecordStatus)
def test_a_record_moves_only_while_it_lives(name, state):
    arrow = TRANSITIONS[name]
    assert arrow.allows(state) == (state in LIVE)
    if state not in LIVE:
        with pytest.raises(Conflict):
            arrow.check(state)


ENDS = {
    "appoint": "appointed",
    "reopen": "open",
    "convert": "converted",
    "rule_out": "non_premium",
    "abandon": "abandoned",
    "stop": "do_not_contact",
}


def test_each_step_leads_where_the_form_says():
    assert {name: arrow.target for name, arrow in TRANSITIONS.items()} == ENDS


@pytest.mark.parametrize(
    ("name", "open_", "done", "dropped"),
    [("postpone", 1, 0, 0), ("done", 1, 0, 0), ("drop", 1, 0, 0), ("restore", 0, 1, 1)],
)
def test_a_plan_is_settled_once_and_restored_only_when_settled(name, open_, done, dropped):
    arrow = PLAN_TRANSITIONS[name]
    wanted = dict(zip(PlanState, (open_, done, dropped), strict=True))
    assert {state: int(arrow.allows(state)) for state in PlanState} == wanted


def test_what_needs_a_next_step_gets_a_proposal(calendar):
    for result in Result:
        step = rules.propose(result, today=TODAY, calendar=calendar)
        assert (step is not None) or result not in NEEDS_NEXT
    assert rules.propose(Result.REFUSED, today=TODAY, calendar=calendar) is None
    assert rules.propose(Result.DO_NOT_CONTACT, today=TODAY, calendar=calendar) is None


@given(
    result=st.sampled_from(list(Result)),
    today=st.dates(datetime.date(2024, 1, 1), datetime.date(2027, 11, 30)),
    hour=st.none() | st.integers(0, 23),
)
@settings(max_examples=300, deadline=None)
def test_a_proposal_always_passes_its_own_check_and_works(calendar, result, today, hour):
    step = rules.propose(result, today=today, calendar=calendar, last_hour=hour)
    if step is None:
        return
    assert calendar.is_working(step.on)
    assert step.on > today
    rules.check_next(result, step, today=today)


def test_after_no_answer_the_other_half_of_the_day_is_tried(calendar):
    def hour(last):
        return rules.propose(Result.NO_ANSWER, today=TODAY, calendar=calendar, last_hour=last).at.hour

    assert (hour(9), hour(15), hour(None)) == (15, 10, 15)


@pytest.mark.parametrize("result", Result)
def test_a_missing_next_step_is_refused_where_one_is_owed(result):
    if result in NEEDS_NEXT:
        with pytest.raises(Refused) as refused:
            rules.check_next(result, None, today=TODAY)
        assert refused.value.field == "next_on"
    else:
        rules.check_next(result, None, today=TODAY)


@pytest.mark.parametrize(
    ("result", "on", "at", "field"),
    [
        ("considering", TODAY - datetime.timedelta(days=1), None, "next_on"),
        ("considering", TODAY + datetime.timedelta(days=367), None, "next_on"),
        ("appointed", TODAY, None, "next_at"),
        ("do_not_contact", TODAY, None, "next_on"),
        ("sold", TODAY, None, "result"),
    ],
)
def test_a_wrong_next_step_is_refused_beside_its_field(result, on, at, field):
    with pytest.raises(Refused) as refused:
        rules.check_next(result, NextStep("phone", on, at), today=TODAY)
    assert refused.value.field == field


def test_who_wants_no_contact_gets_no_plan():
    with pytest.raises(Refused):
        rules.check_next("considering", NextStep("phone", TODAY), today=TODAY, do_not_contact=True)


@pytest.mark.parametrize("result", sorted(rules.NEEDS_NEXT - {"appointed"}))
def test_with_who_wants_no_contact_nothing_follows_whatever_came_of_it(result):
    rules.check_next(result, None, today=TODAY, do_not_contact=True)


def test_no_meeting_is_agreed_with_who_wants_no_contact():
    with pytest.raises(Refused) as caught:
        rules.check_next("appointed", None, today=TODAY, do_not_contact=True)
    assert caught.value.field == "result"


def test_the_first_contact_falls_on_the_agreed_or_the_next_working_day(calendar):
    friday = datetime.date(2026, 10, 9)
    saturday = datetime.date(2026, 10, 10)  # works, for the National Day holiday
    assert rules.first_contact_on(filed_on=friday, agreed_on=None, calendar=calendar) == saturday
    assert rules.first_contact_on(filed_on=friday, agreed_on=TODAY, calendar=calendar) == TODAY
    assert rules.first_contact_by(filed_on=friday, plan_on=saturday, calendar=calendar) == datetime.date(
        2026, 10, 13
    )


@pytest.mark.parametrize(
    ("days", "flagged"),
    [([], False), ([1, 1, 1], False), ([1, 2], False), ([1, 1, 2], True), ([1, 2, 3], True)],
)
def test_three_failures_on_two_days_raise_the_flag(days, flagged):
    assert rules.is_flagged([datetime.date(2026, 10, day) for day in days]) is flagged


def test_long_overdue_counts_working_days(calendar):
    assert rules.overdue_limit(TODAY, calendar) == datetime.date(2026, 9, 28)


@pytest.mark.parametrize("result", Result)
def test_a_result_says_what_became_of_the_meeting(result):
    state = rules.appointment_state(result)
    wanted = {
        "no_answer": "missed",
        "wrong_number": "missed",
        "appointed": "cancelled",
        "call_back": "cancelled",
        "do_not_contact": "cancelled",
    }
    assert state == wanted.get(result, "kept")


def test_giving_up_without_a_reason_is_refused():
    with pytest.raises(Refused):
        rules.check_abandon("  ")
    rules.check_abandon("多次未接通")
