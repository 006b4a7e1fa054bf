"""A Valkey that is away is an empty cache, and costs no time."""

import time

import pytest
from django.conf import settings
from django.core.cache import cache
from django.urls import reverse

from rmflow.cache import Cache


@pytest.fixture
def away():
    """A cache whose Valkey is not there."""
    return Cache("unix:///nowhere/valkey.sock?db=1", settings.CACHES["default"])


def test_it_keeps_and_forgets():
    cache.set("a", 1, 10)
    assert cache.get("a") == 1
    assert cache.incr("a") == 2
    assert cache.delete("a")
    assert cache.get("a", "none") == "none"


def test_every_question_is_a_miss_when_valkey_is_away(away):
    begun = time.monotonic()
    assert away.get("a") is None
    assert away.get("a", "none") == "none"
    assert away.get_many(["a"]) == {}
    assert away.set("a", 1) is None
    assert away.set_many({"a": 1}) == ["a"]
    assert not away.add("a", 1)
    assert not away.has_key("a")
    assert not away.delete("a")
    assert not away.touch("a")
    assert away.get_or_set("a", 5) == 5
    with pytest.raises(ValueError, match="not found"):
        away.incr("a")
    assert time.monotonic() - begun < 1


def test_pages_and_sessions_live_on_without_valkey(client, db, settings):
    options = settings.CACHES["default"]
    settings.CACHES = {"default": options | {"LOCATION": "unix:///nowhere/valkey.sock?db=1"}}
    assert client.get(reverse("staff:login")).status_code == 200
    session = client.session
    session["kept"] = "in the database"
    session.save()
    assert client.session["kept"] == "in the database"


def test_a_task_that_cannot_be_sent_costs_a_request_no_time():
    from kombu import Connection
    from kombu.exceptions import OperationalError

    from rmflow.doors.tasks import clean_up

    options = settings.CELERY_BROKER_TRANSPORT_OPTIONS
    begun = time.monotonic()
    with (
        Connection("redis+socket:///nowhere/s.sock?virtual_host=0", transport_options=options) as broker,
        pytest.raises(OperationalError),
    ):
        clean_up.apply_async(retry=False, connection=broker)
    assert time.monotonic() - begun < 1
