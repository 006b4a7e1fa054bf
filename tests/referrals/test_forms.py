"""The card's form only reads: what is typed becomes a `rules.Card`, or stays where it is."""

import datetime

import pytest
from django.utils import translation

from referrals.forms import CardForm, FilterForm, ReceptionForm
from referrals.rules import End


def card(**data):
    form = CardForm({"cues": ["vip_card"], "end": "introduce", **data})
    assert form.is_valid(), form.errors
    return form.card(own_branch_id=7)


def test_a_card_without_name_or_phone_is_readable():
    made = card(salutation="madam")
    assert (made.name, made.phone, made.salutation, made.basis) == ("", "", "madam", "")


def test_day_hour_and_way_belong_to_the_card_end_alone():
    agreed = {"agreed_on": "2026-10-09", "agreed_at": "10:00", "agreed_channel": "phone"}
    assert card(**agreed).agreed_on is None
    made = card(end="card", **agreed)
    assert (made.agreed_on, made.agreed_at) == (datetime.date(2026, 10, 9), datetime.time(10))


def test_another_branch_takes_the_manager_off_the_card():
    assert card(end="card", manager=3, branch=7).manager_id == 3
    made = card(end="card", manager=3, branch=8)
    assert (made.branch_id, made.manager_id) == (8, None)
    assert card(end="introduce", manager=3, branch=8).branch_id is None


def test_consent_is_a_basis():
    assert card(phone="138 1234 5678", basis="on").basis == "consent"


@pytest.mark.parametrize("end", End.values)
def test_every_end_is_read(end):
    assert card(end=end).end == end


def test_two_cards_share_their_fields_and_nothing_else():
    wrong = CardForm({"cues": ["nonsense"], "phone": "12", "end": "introduce"}, initial={"note": "一"})
    fresh = CardForm(initial={"note": "二"})
    assert not wrong.is_valid()
    assert fresh.errors == {} and fresh["note"].value() == "二"
    assert fresh.fields["note"] is wrong.fields["note"] and fresh.fields is not wrong.fields
    wrong.add_error("phone", "x")
    assert CardForm({"cues": ["vip_card"], "end": "introduce"}).is_valid()


def test_choices_are_said_in_the_readers_language():
    with translation.override("en"):
        english = str(CardForm()["business"])
    with translation.override("zh-hans"):
        chinese = str(CardForm()["business"])
    assert "Not chosen" in english and "Not chosen" not in chinese


def test_a_filter_that_cannot_be_read_counts_as_not_chosen():
    values = FilterForm({"day": "yesterday", "manager": "x", "mine": "on"}).values()
    assert "day" not in values and "manager" not in values and values["mine"] is True


def test_a_verdict_carries_only_what_its_type_needs():
    form = ReceptionForm(
        {"type": "ordinary", "destination": "mobile_bank", "level": "core", "agreed_on": "2026-10-09"}
    )
    assert form.is_valid()
    assert {"level", "agreed_on"}.isdisjoint(form.verdict())
    assert form.verdict()["destination"] == "mobile_bank"
