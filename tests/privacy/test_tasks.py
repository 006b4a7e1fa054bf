"""The log's jobs, run by a real worker."""

from rmflow.doors.models import JobRun
from rmflow.privacy import actions, chain, tasks
from rmflow.privacy.models import AccessEvent

from .test_chain import tamper


def test_the_worker_chains_what_was_logged(celery_worker_process, eventually, wealth):
    actions.log("view", by=wealth)
    tasks.chain_access_log.delay()
    run = eventually(lambda: JobRun.objects.filter(name="chain the access log", ok=True).first())
    assert run.did == {"chained": 1}
    assert AccessEvent.objects.get().seq == 1


def test_the_worker_verifies_and_writes_the_heads_to_its_log(celery_worker_process, eventually, wealth):
    event = actions.log("view", by=wealth)
    chain.chain_all()
    tasks.verify_access_log.delay()
    eventually(lambda: JobRun.objects.filter(name="verify the access log", ok=True).exists())
    event.refresh_from_db()
    assert event.hash in celery_worker_process.output()


def test_a_broken_chain_is_a_failed_job(celery_worker_process, eventually, wealth):
    event = actions.log("view", by=wealth)
    chain.chain_all()
    tamper("UPDATE privacy_accessevent SET note = 'x' WHERE id = %s", event.pk)
    tasks.verify_access_log.delay()
    run = eventually(lambda: JobRun.objects.filter(name="verify the access log", ok=False).first())
    assert run.error == "ChainBroken"
    assert f"event={event.pk}" in celery_worker_process.output()
