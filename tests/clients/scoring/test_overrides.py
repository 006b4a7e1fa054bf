"""Tiers set by hand, afterwards: an ended or withdrawn setting takes no months of grace, two a day are no fault."""

import datetime

import pytest

from clients.actions import overrides, signing
from clients.models import Client, Evaluation, EvaluationRun, Override
from clients.scoring.rules import Reason

from .conftest import OCTOBER

pytestmark = pytest.mark.django_db
NOVEMBER, JANUARY = datetime.date(2026, 11, 1), datetime.date(2027, 1, 31)


def ask(who, client, **fields):
    return overrides.ask(
        client.pk, by=who, **{"tier": "T3", "reason": "凭证已核", "expires_on": JANUARY, **fields}
    )


def found(client):
    return Evaluation.objects.filter(client=client).latest("run_id")


def test_withdrawn_before_it_was_answered_it_never_was_in_force(person, october, wealth):
    client = person(60, 45, tier="T3", owner=wealth, tier_since=NOVEMBER)
    row = ask(wealth, client)
    overrides.end(row.pk, by=wealth)
    row.refresh_from_db()
    assert (row.state, row.settled_by) == (Override.State.WITHDRAWN, wealth)
    october()
    assert (found(client).tier, found(client).reason) == ("T3", Reason.HELD)


def test_an_end_is_written_down_and_a_tier_earned_later_keeps_its_months(
    person, october, wealth, supervisor, november
):
    client = person(60, 45, tier="T2", owner=wealth)
    row = ask(wealth, client)
    overrides.approve(row.pk, by=supervisor)
    overrides.end(row.pk, by=supervisor)
    row.refresh_from_db()
    assert (row.state, row.expires_on) == (Override.State.ENDED, NOVEMBER)
    Client.objects.filter(pk=client.pk).update(tier="T3", tier_since=datetime.date(2026, 12, 1))
    october()
    assert (found(client).tier, found(client).reason) == ("T3", Reason.HELD)


def test_a_tier_earned_before_the_setting_keeps_its_months(person, october, wealth, supervisor):
    """The setting names the tier that the client has had since the same day: it set nothing."""
    client = person(60, 45, tier="T3", owner=wealth, tier_since=NOVEMBER)
    row = ask(wealth, client)
    overrides.approve(row.pk, by=supervisor)
    overrides.end(row.pk, by=supervisor)
    october()
    assert (found(client).tier, found(client).reason) == ("T3", Reason.HELD)


def test_a_tier_set_by_hand_is_found_anew_once_then_it_has_its_months(
    person, october, wealth, supervisor, head
):
    client = person(48, 60, tier="T2", owner=wealth)
    row = ask(wealth, client)
    overrides.approve(row.pk, by=supervisor)
    overrides.end(row.pk, by=supervisor)
    run = october()
    assert (found(client).tier, found(client).reason) == ("T3", Reason.HELD)
    row.refresh_from_db()
    assert row.tier_set_on == NOVEMBER  # until the run is signed
    signing.sign(run.parts.get().pk, by=head)
    row.refresh_from_db()
    assert row.tier_set_on is None
    EvaluationRun.objects.all().delete()
    Evaluation.objects.all().delete()
    client.balances.filter(month=OCTOBER).update(amount=450_000)
    october()
    assert (found(client).tier, found(client).reason) == ("T3", Reason.HELD)


def test_a_setting_approved_since_the_run_looked_is_not_undone_by_its_signature(
    person, october, wealth, supervisor, head, november
):
    client = person(45, 44, 42, tier="T3", owner=wealth)
    run = october()
    assert found(client).tier == "T2"
    november.shift(60)
    overrides.approve(ask(wealth, client).pk, by=supervisor)
    signing.sign(run.parts.get().pk, by=head)
    client.refresh_from_db()
    assert client.tier == "T3"


def test_two_settings_approved_on_one_day_the_second_takes_over(person, wealth, supervisor, client):
    someone = person(30, tier="T2", owner=wealth)
    first = ask(wealth, someone)
    overrides.approve(first.pk, by=supervisor)
    second = ask(wealth, someone, tier="T4")
    client.force_login(supervisor)
    assert client.post(f"/tiers/overrides/{second.pk}/approve/").status_code == 303
    first.refresh_from_db()
    assert (first.state, first.expires_on, first.tier_set_on) == (Override.State.ENDED, NOVEMBER, None)
    someone.refresh_from_db()
    assert someone.tier == "T4"
