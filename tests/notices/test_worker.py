"""Through a real Celery worker: kicked, swept, killed in the middle of a message."""

import contextlib
import os
import threading

import pytest
import redis
from django.utils import timezone

from rmflow.notices import actions, rules, tasks
from rmflow.notices.models import Delivery, Notice
from rmflow.notices.rules import State

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def tell(wealth):
    """Put an urgent notice with an e-mail into the outbox, as an action does."""
    wealth.email = "lin@bank.example"
    wealth.save()

    def notify():
        actions.notify([wealth], "test", "News", key="a", channels=("bell", "email"), urgent=True)

    return notify


@pytest.fixture
def queue():
    """The broker itself."""
    with contextlib.closing(redis.Redis.from_url(os.environ["REDIS_URL"])) as broker:
        yield broker


def state():
    return Delivery.objects.get().state


def lease_over():
    """What a minute of waiting does."""
    Delivery.objects.update(next_try_at=timezone.now())


def test_an_action_sends_without_waiting_for_the_sweep(mail_server, tell, new_worker, eventually):
    new_worker()
    tell()
    eventually(lambda: state() == State.SENT)
    assert len(mail_server.messages) == 1


def test_the_sweep_finds_what_a_lost_queue_forgot(mail_server, tell, new_worker, eventually, queue):
    tell()
    queue.flushdb()
    new_worker()
    tasks.sweep.delay()
    eventually(lambda: state() == State.SENT)
    assert len(mail_server.messages) == 1


def test_a_worker_killed_before_the_end_of_the_message_has_sent_nothing(
    mail_server, tell, new_worker, eventually
):
    stuck = mail_server.pause("354 go on")
    worker = new_worker()
    tell()
    assert stuck.reached.wait(10)
    worker.kill()
    stuck.go.set()
    delivery = Delivery.objects.get()
    assert (delivery.state, delivery.handed_over_at) == (State.SENDING, None)
    lease_over()
    new_worker()
    tasks.sweep.delay()
    eventually(lambda: state() == State.SENT)
    assert len(mail_server.messages) == 1


def test_a_worker_killed_after_the_end_of_the_message_does_not_send_it_again(
    mail_server, tell, new_worker, eventually
):
    worker = new_worker()
    mail_server.replies["END"] = "250 accepted"
    stuck = mail_server.pause("250 accepted")
    tell()
    assert stuck.reached.wait(10)
    worker.kill()
    stuck.go.set()
    delivery = Delivery.objects.get()
    assert delivery.state == State.SENDING
    assert delivery.handed_over_at
    lease_over()
    new_worker()
    tasks.sweep.delay()
    eventually(lambda: state() == State.UNCLEAR)
    assert len(mail_server.messages) == 1


def test_a_webhook_of_a_killed_worker_is_repeated_under_its_key(
    hook, wealth, eventually, new_worker, monkeypatch
):
    monkeypatch.setenv("WEBHOOK_URL", f"http://127.0.0.1:{hook.server_port}/")
    monkeypatch.setenv("WEBHOOK_HOSTS", f"127.0.0.1:{hook.server_port}")
    monkeypatch.setenv("WEBHOOK_SECRET", "only for tests")
    hook.reached, hook.go = reached, go = threading.Event(), threading.Event()
    worker = new_worker()
    actions.notify([wealth], "test", "News", key="a", channels=("bell", "webhook"), urgent=True)
    assert reached.wait(10)
    worker.kill()
    go.set()
    lease_over()
    new_worker()
    tasks.sweep.delay()
    eventually(lambda: state() == State.SENT)
    keys = {headers["Idempotency-Key"] for headers, _body in hook.received}
    assert keys == {f"delivery-{Delivery.objects.get().pk}"}


def test_nothing_about_anybody_is_in_the_queue(tell, queue):
    tell()
    messages = b"".join(queue.lrange("celery", 0, -1)).decode()
    assert "notices.deliver" in messages
    assert "lin@" not in messages
    assert "News" not in messages


def test_the_nightly_job_forgets_old_notices(celery_worker_process, wealth, eventually):
    actions.notify([wealth], "test", "News", key="a")
    Notice.objects.update(created_at=timezone.now() - 2 * rules.KEPT_FOR - rules.LEASE)
    tasks.tidy.delay()
    eventually(lambda: not Notice.objects.exists())
