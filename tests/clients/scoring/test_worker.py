"""Evaluations through a real worker: as a group by branch, killed half-way, twice at once."""

import datetime

import pytest
from django.db import connection, transaction

from clients import tasks
from clients.actions import evaluation, scorecards
from clients.models import Client, Evaluation, EvaluationRun, MonthlyBalance, RunPart, Scorecard
from clients.scoring.months import first_of
from clients.scoring.rules import CardState, PartState, RunState
from rmflow.doors.models import JobRun
from rmflow.workdays import clock
from tests.race import together

pytestmark = pytest.mark.django_db(transaction=True)
EACH = 40


@pytest.fixture
def base(branches):
    """Forty clients in each of two branches with last month's balances."""
    month, made = first_of(clock.today(), back=1), clock.now() - datetime.timedelta(days=100)
    clients = Client.objects.bulk_create(
        Client(name="刘", branch=branches[place], created_at=made, tier="T1")
        for place in ("first", "second")
        for _n in range(EACH)
    )
    MonthlyBalance.objects.bulk_create(
        MonthlyBalance(client=client, month=month, amount=number * 10_000)
        for number, client in enumerate(clients)
    )
    return month


def results(run):
    rows = Evaluation.objects.filter(run=run).order_by("client")
    return list(rows.values_list("client", "tier", "move", "total", "type", "points"))


def ready():
    return EvaluationRun.objects.filter(state=RunState.READY).first()


def test_the_night_evaluates_every_branch_once(base, new_worker, eventually):
    new_worker()
    tasks.evaluate_month.delay()
    run = eventually(ready, 20)
    assert Evaluation.objects.filter(run=run).count() == 2 * EACH
    assert {part.clients for part in run.parts.all()} == {EACH}
    tasks.evaluate_month.delay()
    eventually(lambda: JobRun.objects.filter(name="evaluate the month", ok=True, did__branches=0).exists())
    assert EvaluationRun.objects.count() == 1


def test_killed_half_way_and_resumed_no_client_is_missed_and_none_comes_twice(base, new_worker, eventually):
    run = evaluation.start(base)
    first, second = run.parts.order_by("pk").values_list("pk", flat=True)
    worker = new_worker()
    with transaction.atomic():
        RunPart.objects.select_for_update().get(pk=second)  # the worker stands before this branch
        tasks.evaluate_branch.delay(first)
        tasks.evaluate_branch.delay(second)
        eventually(lambda: _state(first) == PartState.READY)
        eventually(lambda: _blocked() > 0)
        worker.kill()
    assert _state(second) == PartState.WAITING
    half = results(run)
    assert len(half) == EACH
    new_worker()
    tasks.resume_evaluations.delay()
    eventually(ready, 20)
    whole = results(run)
    assert len(whole) == 2 * EACH
    assert whole[:EACH] == half
    Evaluation.objects.filter(run=run).delete()
    RunPart.objects.filter(run=run).update(state=PartState.WAITING)
    evaluation.run_now(run)
    assert results(run) == whole


def _state(pk):
    return RunPart.objects.values_list("state", flat=True).get(pk=pk)


def _blocked():
    """How many wait for a lock here. The statistics are one picture a transaction: ask for a new one."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_stat_clear_snapshot()")
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity"
            " WHERE wait_event_type = 'Lock' AND datname = current_database()"
        )
        return cursor.fetchone()[0]


def test_two_evaluations_at_once_are_one(base):
    month = base
    answers = together(lambda: evaluation.start(month).pk, lambda: evaluation.start(month).pk)
    assert sorted(name for name, _text in answers) == ["Conflict", "done"]
    run = EvaluationRun.objects.get()
    part = run.parts.first()
    answers = together(*[lambda: evaluation.compute(part.pk)] * 3)
    assert sorted(text for _name, text in answers) == ["False", "False", "True"]
    assert Evaluation.objects.count() == EACH


def test_upgrades_and_events_by_the_clock(base, new_worker, eventually, branches):
    run = evaluation.start(base)
    evaluation.run_now(run)
    EvaluationRun.objects.update(upgrades_on=clock.today())
    client = Client.objects.filter(balances__amount=30_000).first()
    MonthlyBalance.objects.create(client=client, month=first_of(clock.today()), amount=900_000)
    new_worker()
    tasks.upgrade_unsigned.delay()
    eventually(lambda: Client.objects.filter(tier="T3").exists())
    tasks.evaluate_events.delay()
    job = eventually(lambda: JobRun.objects.filter(name="evaluate clients by event", ok=True).first())
    assert job.did["movement"] == 1
    assert Evaluation.objects.get(client=client, run__kind="event").tier == "T3"
    tasks.evaluate_events.delay()
    eventually(lambda: JobRun.objects.filter(name="evaluate clients by event", ok=True).count() == 2)
    assert Evaluation.objects.filter(run__kind="event").count() == 1


def test_a_scorecard_published_twice_at_once_one_wins(admin_user):
    base = Scorecard.objects.in_force().get()
    drafts = [scorecards.copy(base.pk, by=admin_user) for _n in range(2)]
    assert [card.version for card in drafts] == ["2026-2", "2026-3"]
    for card in drafts:
        scorecards.simulated(card.pk, of=card.changed_at, by=admin_user)
    answers = together(*[lambda pk=card.pk: scorecards.publish(pk, by=admin_user).version for card in drafts])
    assert sorted(name for name, _text in answers) == ["Conflict", "done"]
    assert Scorecard.objects.filter(state=CardState.PUBLISHED).count() == 1
    base.refresh_from_db()
    assert base.state == CardState.RETIRED
    same = Scorecard.objects.get(state=CardState.PUBLISHED)
    again = together(*[lambda: scorecards.publish(same.pk, by=admin_user)] * 2)
    assert {name for name, _text in again} == {"Conflict"}


def test_a_partition_is_made_once_by_many(db):
    month = datetime.date(2031, 5, 1)

    def make():
        with transaction.atomic():
            evaluation.make_partition(month)

    assert {name for name, _text in together(make, make, make)} == {"done"}
    with connection.cursor() as cursor:
        cursor.execute("SELECT to_regclass('clients_evaluation_203105')")
        assert cursor.fetchone()[0]
