"""Every step of a complaint against every state it can be in."""

import pytest

from complaints.rules.complaint import OPEN, OVER, TRANSITIONS, Status

#: Step → the states it may be taken in.
ALLOWED = {
    "assign": {"taken", "working"},
    "complex": {"taken", "working"},
    "suspend": {"working"},
    "resume": {"suspended"},
    "reply": {"taken", "working"},
    "close": {"replied"},
    "withdraw": {"taken", "working", "suspended", "replied"},
    "merge": {"taken", "working"},
    "restart": {"taken", "working", "replied", "closed"},
}
TARGETS = {
    "assign": "working",
    "complex": "working",
    "suspend": "suspended",
    "resume": "working",
    "reply": "replied",
    "close": "closed",
    "withdraw": "withdrawn",
    "merge": "merged",
    "restart": "working",
}


@pytest.mark.parametrize("state", Status.values)
@pytest.mark.parametrize("name", ALLOWED)
def test_each_step_leads_from_the_states_that_were_meant(name, state):
    assert set(TRANSITIONS) == set(ALLOWED)
    assert TRANSITIONS[name].allows(state) == (state in ALLOWED[name])


def test_each_step_leads_where_it_was_meant():
    assert {name: str(arrow.target) for name, arrow in TRANSITIONS.items()} == TARGETS


def test_a_complaint_is_open_or_over_and_never_both():
    assert not set(OPEN) & set(OVER)
    assert set(OPEN) | set(OVER) == set(Status)
