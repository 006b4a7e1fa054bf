"""A repeated submit is one submit: by one person twice, and by ten threads at once."""

import threading
from datetime import timedelta

import pytest
from django.db import connection
from django.http import QueryDict
from django.utils import timezone

from rmflow.doors import idempotency
from rmflow.doors.idempotency import once
from rmflow.doors.models import IdempotencyKey, JobRun
from rmflow.workflow import Conflict, Refused

BODY = {"name": "刘", "cues": ["vip_card"]}


def save():
    """What a submit does here: one row."""
    row = JobRun.objects.create(name="saved", started_at=timezone.now())
    return 201, {"id": row.pk}


def saved():
    return JobRun.objects.filter(name="saved").count()


def test_the_same_submit_twice_is_carried_out_once_and_answered_alike(teller):
    assert once(teller, "k1", BODY, save) == once(teller, "k1", BODY, save)
    assert saved() == 1


def test_the_order_of_the_fields_and_the_token_make_no_other_body(teller):
    first = QueryDict("name=a&cue=1&cue=2&csrfmiddlewaretoken=x&idempotency_key=k1")
    second = QueryDict("cue=1&cue=2&csrfmiddlewaretoken=y&name=a&idempotency_key=k1")
    assert once(teller, "k1", first, save) == once(teller, "k1", second, save)
    assert saved() == 1


def test_the_same_key_with_another_body_is_a_conflict(teller):
    once(teller, "k1", BODY, save)
    with pytest.raises(Conflict):
        once(teller, "k1", {**BODY, "name": "王"}, save)
    assert saved() == 1


def test_two_people_may_use_the_same_key(teller, lobby):
    once(teller, "k1", BODY, save)
    once(lobby, "k1", BODY, save)
    assert saved() == 2


def test_a_refusal_gives_the_key_back_for_the_corrected_form(teller):
    def refuse():
        save()
        raise Refused("no")

    with pytest.raises(Refused):
        once(teller, "k1", BODY, refuse)
    assert saved() == 0
    once(teller, "k1", {**BODY, "name": "corrected"}, save)
    assert saved() == 1


def test_without_a_key_nothing_is_remembered(teller):
    once(teller, "", BODY, save)
    once(teller, "", BODY, save)
    assert saved() == 2
    assert not IdempotencyKey.objects.exists()


@pytest.mark.parametrize("key", ["x" * 65, "a b", "钥匙", "a\x00b"])
def test_it_refuses_a_key_that_is_too_long_or_not_plain(teller, key):
    with pytest.raises(Refused) as refusal:
        once(teller, key, BODY, save)
    assert refusal.value.field == "idempotency_key"


def test_the_table_holds_nothing_of_the_body(teller):
    once(teller, "k1", {"phone": "13800138000"}, save)
    row = IdempotencyKey.objects.values().get()
    assert "13800138000" not in str(row)


def test_keys_are_forgotten_after_seven_days(teller):
    once(teller, "old", BODY, save)
    once(teller, "new", BODY, save)
    now = timezone.now()
    IdempotencyKey.objects.filter(key="old").update(created_at=now - timedelta(days=7, seconds=1))
    assert idempotency.forget_old(now) == 1
    assert IdempotencyKey.objects.get().key == "new"


@pytest.mark.django_db(transaction=True)
def test_ten_equal_submits_at_once_make_one_row_and_get_one_answer(teller):
    answers = at_once(10, lambda _n: once(teller, "k1", BODY, save))
    assert saved() == 1
    assert len(answers) == 10
    assert {answer for _status, answer in map(freeze, answers)} == {JobRun.objects.get().pk}


@pytest.mark.django_db(transaction=True)
def test_of_ten_different_bodies_at_once_one_wins_and_nine_are_told(teller):
    def submit(number):
        try:
            return once(teller, "k1", {"number": number}, save)
        except Conflict:
            return "conflict"

    answers = at_once(10, submit)
    assert saved() == 1
    assert answers.count("conflict") == 9


def freeze(pair):
    status, answer = pair
    return status, answer["id"]


def at_once(count, submit):
    """Let `count` threads, each on its own connection, meet at a barrier and submit."""
    barrier, answers, failures = threading.Barrier(count), [], []

    def run(number):
        try:
            connection.ensure_connection()
            barrier.wait(timeout=20)
            answers.append(submit(number))
        except Exception as error:
            failures.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=[number]) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert failures == []
    return answers
