"""Evaluated out of turn: by what was recorded, however late, and once."""

import datetime

import pytest
from django.db import connection

from clients.actions import events
from clients.actions.holds import place_hold, release_hold
from clients.models import (
    Client,
    Evaluation,
    EvaluationRun,
    Holding,
    LifeEvent,
    MonthlyBalance,
    Product,
    Profile,
)
from rmflow.workdays import clock

pytestmark = pytest.mark.django_db
NOBODY = {"movement": 0, "product": 0, "life": 0, "job": 0, "complaint": 0}
DAY = datetime.timedelta(days=1)


def look():
    return events.evaluate_due(today=clock.today())


def seen(client):
    rows = Evaluation.objects.filter(client=client).order_by("run_id")
    return list(rows.values_list("run__cause", flat=True))


@pytest.fixture
def contract():
    """A function that records a contract opened so many days ago."""
    product = Product.objects.filter(category="wealth").first()

    def make(client, days=0, **fields):
        number = f"C{Holding.objects.count():04}"
        opened = clock.today() - days * DAY
        return Holding.objects.create(
            client=client, product=product, contract_no=number, amount=1000, opened_on=opened, **fields
        )

    return make


def test_a_contract_opened_on_friday_and_loaded_on_monday_is_seen_once(person, contract, november):
    client, other = person(60, tier="T2"), person(60, tier="T2")
    contract(other, days=40)  # of long ago, loaded only now
    assert look() == NOBODY
    contract(client, days=3)
    assert look() == {**NOBODY, "product": 1}
    assert look() == NOBODY
    november.shift(DAY)
    assert look() == NOBODY
    contract(client)
    assert look() == {**NOBODY, "product": 1}
    assert (seen(client), seen(other)) == (["product", "product"], [])


def test_a_contract_changed_by_a_later_file_is_no_new_one(person, contract, november):
    held = contract(person(60, tier="T2"), days=3)
    look()
    november.shift(DAY)
    Holding.objects.filter(pk=held.pk).update(amount=2000)
    assert look() == NOBODY


def test_contracts_of_a_file_tell_when_they_were_recorded(person, contract):
    """Files write rows past the model."""
    held = contract(person(60, tier="T2"))
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO clients_holding (client_id, product_id, contract_no, amount, opened_on)"
            " SELECT client_id, product_id, 'F1', 1, opened_on FROM clients_holding WHERE id = %s"
            " RETURNING recorded_at >= now()",
            [held.pk],
        )
        assert cursor.fetchone()[0]


def test_a_marriage_recorded_a_week_later_is_seen_though_nights_were_lost(person, november, wealth):
    client = person(60, tier="T2", owner=wealth)
    LifeEvent.objects.create(client=client, kind="marriage", on=clock.today() - 7 * DAY)
    november.shift(3 * DAY)
    assert look() == {**NOBODY, "life": 1}
    assert look() == NOBODY
    LifeEvent.objects.create(client=client, kind="birth", on=clock.today() + 30 * DAY, at=clock.now())
    assert look() == NOBODY  # it has not happened
    assert seen(client) == ["life"]


def test_another_occupation_is_seen_the_same_again_is_not(person, november):
    client, new = person(60, tier="T2"), person(60, tier="T2")
    profile = Profile.objects.create(client=client, job_class="stable")
    Profile.objects.create(client=new, job_class="stable")  # known for the first time: no change
    profile.job_title = "出纳"
    profile.save()
    assert look() == NOBODY
    profile.job_class = "leader"
    profile.save()
    versions = Profile.history.rel.related_model.objects
    versions.update(pgh_created_at=clock.now())  # the trigger writes the database's own time
    assert look() == {**NOBODY, "job": 1}
    assert look() == NOBODY
    assert (seen(client), seen(new)) == (["job"], [])


def test_a_complaint_is_a_cause_when_it_opens_and_when_it_is_settled(person, november):
    client, quiet = person(60, tier="T2"), person(60, tier="T2")
    place_hold(client.pk, kind="complaint", reason="20261101-1", source_key="complaint:1")
    place_hold(quiet.pk, kind="other", reason="待办", source_key="complaint:2")
    assert look() == {**NOBODY, "complaint": 1}
    assert look() == NOBODY
    november.shift(5 * DAY)
    release_hold(source_key="complaint:1")
    assert look() == {**NOBODY, "complaint": 1}
    assert look() == NOBODY
    assert (seen(client), seen(quiet)) == (["complaint", "complaint"], [])


def test_who_is_not_to_be_evaluated_is_no_cause_of_a_run(person, contract):
    contract(person(60, tier="T2", no_profiling=True))
    winner = person(60, tier="T3")
    folded = person(60, tier="T2")
    contract(folded)
    Client.objects.filter(pk=folded.pk).update(merged_into=winner)
    assert look() == NOBODY
    assert not EvaluationRun.objects.exists()


def test_who_had_no_room_in_one_look_is_in_the_next(person, contract, monkeypatch):
    monkeypatch.setattr(events, "MOST", 2)
    for _n in range(3):
        contract(person(60, tier="T2"))
    assert look() == {**NOBODY, "product": 2}
    assert look() == {**NOBODY, "product": 1}
    assert look() == NOBODY
    assert MonthlyBalance.objects.count() == Evaluation.objects.count() == 3
