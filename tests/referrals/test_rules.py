"""Every transition from every state, and what makes a lobby card complete. No database."""

import datetime

import pytest

from referrals import rules
from referrals.rules import STATUS_TRANSITIONS, TRANSITIONS, Card, End, Guidance, Reception, Status
from rmflow.staff.permissions import Permission
from rmflow.workflow import Conflict, Refused

TODAY = datetime.date(2026, 3, 4)
NOW = datetime.datetime(2026, 3, 4, 10, 0, tzinfo=datetime.UTC)

# arrow: where it leads, who may, and the only states it starts from
RECEPTION = {
    "accept": (Reception.ACCEPTED, Permission.WORK_REFERRAL, {"waiting"}),
    "decline": (Reception.DECLINED, Permission.WORK_REFERRAL, {"waiting"}),
    "offer": (Reception.WAITING, Permission.ROUTE_REFERRAL, {"waiting", "declined"}),
    "meet": (Reception.MET, Permission.WORK_REFERRAL, {"waiting", "accepted"}),
    "leave": (Reception.LEFT, Permission.ROUTE_REFERRAL, {"waiting", "accepted", "declined"}),
}
STATUS = {
    "withdraw": (Status.WITHDRAWN, Permission.FILE_REFERRAL, {"draft", "referred", "to_follow_up"}),
    "take": (Status.TO_FOLLOW_UP, Permission.WORK_REFERRAL, {"to_follow_up"}),
}


def squares(table, states):
    return [(name, state, state in row[2]) for name, row in table.items() for state in states]


@pytest.mark.parametrize("name, state, allowed", squares(RECEPTION, Reception.values))
def test_a_step_of_the_reception_starts_from_its_own_states_only(name, state, allowed):
    check(TRANSITIONS[name], state, allowed)


@pytest.mark.parametrize("name, state, allowed", squares(STATUS, Status.values))
def test_a_step_of_the_slip_starts_from_its_own_states_only(name, state, allowed):
    check(STATUS_TRANSITIONS[name], state, allowed)


def check(arrow, state, allowed):
    assert arrow.allows(state) is allowed
    if allowed:
        arrow.check(state)
    else:
        with pytest.raises(Conflict) as refusal:
            arrow.check(state)
        assert refusal.value.code == "state"


@pytest.mark.parametrize("table, expected", [(TRANSITIONS, RECEPTION), (STATUS_TRANSITIONS, STATUS)])
def test_no_step_is_missing_and_none_is_new(table, expected):
    assert {name: (arrow.target, arrow.permission) for name, arrow in table.items()} == {
        name: row[:2] for name, row in expected.items()
    }
    assert all(str(arrow.label) for arrow in table.values())


def complete(**fields):
    return Card(**{"end": End.INTRODUCE, "cues": ["vip_card"], **fields})


def handed_out(**fields):
    return complete(**{"end": End.CARD, "phone": "13800005678", "agreed_on": TODAY, **fields})


GOOD_CARDS = {
    "a clue and an end": complete(),
    "every clue": complete(cues=rules.Cue.values),
    "every need": complete(needs=rules.Need.values),
    "the priority counter": complete(end=End.PRIORITY),
    "the e-channel": complete(end=End.E_CHANNEL),
    "a card handed out": handed_out(),
    "a card for a known client needs no phone": handed_out(phone="", client_id=5),
    "a card for a year ahead": handed_out(agreed_on=TODAY + datetime.timedelta(days=366)),
    "each agreed way": handed_out(agreed_channel="wechat"),
    "each band": complete(assets="ge600", business="loan"),
    "sent late by a queue": complete(referred_at=NOW - datetime.timedelta(hours=72)),
    "a device's clock some minutes ahead": complete(referred_at=NOW + datetime.timedelta(minutes=5)),
}
BAD_CARDS = [
    ("no clue", complete(cues=[]), {"cues"}),
    ("an invented clue", complete(cues=["vip_card", "well_dressed"]), {"cues"}),
    ("an invented need", complete(needs=["yacht"]), {"needs"}),
    ("an invented business", complete(business="smuggling"), {"business"}),
    ("an invented band", complete(assets="much"), {"assets"}),
    ("no end", complete(end=""), {"end"}),
    ("an invented end", complete(end="out"), {"end"}),
    ("a card without phone", handed_out(phone=""), {"phone"}),
    ("a card without day", handed_out(agreed_on=None), {"agreed_on"}),
    ("a card for yesterday", handed_out(agreed_on=TODAY - datetime.timedelta(days=1)), {"agreed_on"}),
    ("a card in two years", handed_out(agreed_on=TODAY + datetime.timedelta(days=367)), {"agreed_on"}),
    ("an invented way", handed_out(agreed_channel="pigeon"), {"agreed_channel"}),
    ("a time to come", complete(referred_at=NOW + datetime.timedelta(minutes=6)), {"referred_at"}),
    ("a slip of last week", complete(referred_at=NOW - datetime.timedelta(hours=73)), {"referred_at"}),
    ("all at once", handed_out(cues=[], phone="", agreed_on=None), {"cues", "phone", "agreed_on"}),
]


@pytest.mark.parametrize("card", GOOD_CARDS.values(), ids=GOOD_CARDS)
def test_a_complete_card_passes(card):
    rules.check_card(card, today=TODAY, now=NOW)


@pytest.mark.parametrize("card, faults", [row[1:] for row in BAD_CARDS], ids=[row[0] for row in BAD_CARDS])
def test_an_incomplete_card_is_refused_beside_each_input_at_fault(card, faults):
    with pytest.raises(Refused) as refusal:
        rules.check_card(card, today=TODAY, now=NOW)
    assert set(refusal.value.errors) == faults


@pytest.mark.parametrize(
    "end, status, guidance",
    [
        (End.INTRODUCE, Status.REFERRED, Guidance.MANAGER),
        (End.CARD, Status.TO_FOLLOW_UP, Guidance.MANAGER),
        (End.PRIORITY, Status.REFERRED, Guidance.PRIORITY_COUNTER),
        (End.E_CHANNEL, Status.REFERRED, Guidance.E_CHANNEL),
    ],
)
def test_the_end_of_the_card_decides_state_and_guidance(end, status, guidance):
    card = Card(end=end)
    assert (card.status, card.guidance) == (status, guidance)


@pytest.mark.parametrize("minutes, said", [(-3, 0), (0, 0), (0.9, 0), (1, 1), (61.5, 61)])
def test_waiting_is_told_in_whole_minutes(minutes, said):
    assert rules.waiting_minutes(NOW - datetime.timedelta(minutes=minutes), NOW) == said


def test_nobody_waits_without_a_time():
    assert rules.waiting_minutes(None, NOW) == 0
