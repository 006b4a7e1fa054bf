"""Scheduled jobs leave a trace; kicks never raise."""

import time

import pytest
from celery import Celery, shared_task
from django.db import transaction
from django.utils import timezone

from rmflow.doors.jobs import _fold, scheduled
from rmflow.doors.models import JobRun
from rmflow.doors.tasks import clean_up, kick

pytestmark = pytest.mark.django_db


def test_a_run_is_recorded_with_what_it_did_and_how_long_it_took():
    assert scheduled("count sheep")(lambda: {"sheep": 3})() == {"sheep": 3}
    run = JobRun.objects.get()
    assert (run.name, run.ok, run.did, run.error) == ("count sheep", True, {"sheep": 3}, "")
    assert run.seconds >= 0


def test_a_failure_is_recorded_by_its_kind_only_and_raised_again():
    def fail():
        raise ValueError("陈美华 13800138000")

    with pytest.raises(ValueError):
        scheduled("fail")(fail)()
    run = JobRun.objects.get()
    assert (run.ok, run.error) == (False, "ValueError")


def test_a_run_that_was_killed_stays_unfinished():
    row = JobRun.objects.create(name="killed", started_at=timezone.now())
    assert row.seconds is None
    assert not row.idle


def test_idle_runs_in_a_row_are_folded_into_one():
    nothing = scheduled("sweep")(lambda: {"sent": 0})
    for _n in range(4):
        nothing()
    assert JobRun.objects.get().runs == 4


def test_a_run_that_another_worker_folded_meanwhile_swallows_nothing():
    first, second, third = (
        JobRun.objects.create(name="sweep", started_at=timezone.now(), finished_at=timezone.now(), ok=True)
        for _n in range(3)
    )
    _fold(third)
    _fold(second)  # its worker comes late: the row is gone, what stands before must stay
    assert list(JobRun.objects.order_by("pk").values_list("pk", "runs")) == [(first.pk, 1), (third.pk, 2)]


def test_a_run_that_did_something_is_never_folded():
    counts = iter([0, 2, 0, 0])
    sweep = scheduled("sweep")(lambda: {"sent": next(counts)})
    for _n in range(4):
        sweep()
    assert list(JobRun.objects.order_by("pk").values_list("did", "runs")) == [
        ({"sent": 0}, 1),
        ({"sent": 2}, 1),
        ({"sent": 0}, 2),
    ]


def test_the_latest_run_of_each_job_is_found_in_one_query(django_assert_num_queries):
    for name, count in [("a", 1), ("b", 1), ("a", 2)]:
        scheduled(name)(lambda count=count: {"n": count})()
    with django_assert_num_queries(1):
        latest = {run.name: run.did["n"] for run in JobRun.objects.latest_of_each()}
    assert latest == {"a": 2, "b": 1}


def test_the_clean_up_counts_what_it_deleted():
    JobRun.objects.create(name="old", started_at=timezone.now() - timezone.timedelta(days=31))
    assert clean_up() == {"keys": 0, "runs": 1}


@pytest.mark.django_db(transaction=True)
def test_a_kick_waits_for_the_commit_and_is_carried_out_by_a_worker(celery_worker_process, eventually):
    with transaction.atomic():
        kick(clean_up)
        assert not JobRun.objects.exists()
    run = eventually(lambda: JobRun.objects.filter(ok=True).first())
    assert run.name == "clean up the doors"


@pytest.mark.django_db(transaction=True)
def test_a_kick_is_dropped_with_its_transaction(celery_worker_process):
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        kick(clean_up)
        raise ZeroDivisionError
    time.sleep(0.5)
    assert not JobRun.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_a_kick_does_not_raise_or_hang_while_the_broker_is_down(settings, tmp_path):
    app = Celery("away", broker=f"redis+socket://{tmp_path}/nobody.sock", set_as_current=False)
    app.conf.broker_transport_options = settings.CELERY_BROKER_TRANSPORT_OPTIONS
    away = app.task(name="away")(lambda: None)
    before = time.monotonic()
    with transaction.atomic():
        kick(away)
    assert time.monotonic() - before < 2


def test_a_decorated_task_keeps_its_name():
    @shared_task(name="tests.sheep")
    @scheduled("sheep")
    def sheep():
        """Count."""

    assert sheep.name == "tests.sheep"
    assert sheep.run.__doc__ == "Count."
