"""The poll: from Valkey when nothing is new, from the table when Valkey is away, never an error."""

import shutil

import pytest
from django.core.cache import cache
from django.test import Client
from django.utils import timezone

from rmflow.notices import actions, bell
from rmflow.notices.models import Notice
from rmflow.notices.tasks import sweep

pytestmark = pytest.mark.django_db(transaction=True)
POLL = "/notices/poll/"


@pytest.fixture
def screen(wealth):
    """The wealth manager's browser and the version its bell shows."""
    client = Client()
    client.force_login(wealth)
    client.version = shown(client)
    return client


def shown(client):
    """Ask without a version; what the screen shows then."""
    box = client.get(POLL, headers={"HX-Request": "true"})
    assert box.status_code == 200
    return box.content.decode().split('data-version="')[1].split('"')[0]


def ask(client):
    return client.get(POLL, {"v": client.version}, headers={"HX-Request": "true"})


def test_a_poll_without_news_asks_the_database_nothing(screen, django_assert_num_queries):
    with django_assert_num_queries(0):
        answer = ask(screen)
    assert answer.status_code == 204
    assert answer.content == b""
    assert answer["Cache-Control"] == "no-store"


def test_news_is_told_by_the_next_poll_with_the_count(screen, wealth):
    actions.notify([wealth], "test", "News", key="a")
    answer = ask(screen)
    assert answer.status_code == 200
    assert 'data-unread="1"' in answer.content.decode()
    assert 'data-news="News"' in answer.content.decode()
    screen.version = shown(screen)
    assert ask(screen).status_code == 204


def test_news_for_somebody_else_is_no_news(screen, colleague):
    actions.notify([colleague], "test", "News", key="a")
    assert ask(screen).status_code == 204


def test_what_is_rolled_back_does_not_ring(screen, wealth):
    from django.db import transaction

    with pytest.raises(RuntimeError), transaction.atomic():
        actions.notify([wealth], "test", "News", key="a")
        raise RuntimeError
    assert ask(screen).status_code == 204


def test_reading_on_one_screen_reaches_the_other(screen, wealth):
    actions.notify([wealth], "test", "News", key="a")
    screen.version = shown(screen)
    actions.mark_all_read(by=wealth, up_to=Notice.objects.get().pk)
    assert 'data-unread="0"' in ask(screen).content.decode()


def test_a_stranger_is_sent_to_the_login(screen):
    assert Client().get(POLL, {"v": screen.version}, headers={"HX-Request": "true"}).status_code == 401
    forged = Client(headers={"HX-Request": "true"})
    forged.cookies["sessionid"] = "../../bell:1"
    assert forged.get(POLL, {"v": screen.version}).status_code == 401


def test_an_idle_session_ends_although_the_screen_polls(screen, time_machine):
    time_machine.move_to(timezone.now(), tick=False)
    time_machine.shift(14 * 60)
    assert ask(screen).status_code == 204
    time_machine.shift(2 * 60)
    assert ask(screen).status_code == 401


def test_after_logging_out_the_screen_learns_it(screen):
    screen.session.flush()
    assert ask(screen).status_code == 401


def test_the_count_costs_no_query_while_valkey_knows_it(wealth, django_assert_num_queries):
    actions.notify([wealth], "test", "News", key="a")
    assert wealth.roles
    assert bell.summary(wealth).unread == 1
    with django_assert_num_queries(0):
        assert bell.summary(wealth).unread == 1


def test_without_valkey_the_poll_reads_the_table(own_valkey, wealth):
    client = Client()
    client.force_login(wealth)
    own_valkey.stop()
    client.version = shown(client)
    assert ask(client).status_code == 204
    actions.notify([wealth], "test", "News", key="a")
    assert 'data-unread="1"' in ask(client).content.decode()
    client.version = shown(client)
    assert ask(client).status_code == 204


def test_when_valkey_is_back_with_its_old_stamps_the_sweep_rings(own_valkey, wealth, colleague):
    for person in (wealth, colleague):
        bell.summary(person)
    bell.make_up(timezone.now())
    before = {p: cache.get(bell.key(p.pk)) for p in (wealth, colleague)}
    own_valkey.stop()
    actions.notify([wealth], "test", "News", key="a")
    own_valkey.start()
    assert {p: cache.get(bell.key(p.pk)) for p in before} == before  # its append-only file
    assert bell.make_up(timezone.now()) == 1
    assert cache.get(bell.key(wealth.pk)) != before[wealth]
    assert cache.get(bell.key(colleague.pk)) == before[colleague]
    assert bell.make_up(timezone.now()) == 0


def test_when_valkey_comes_back_empty_the_next_poll_seeds_it(own_valkey, wealth):
    client = Client()
    client.force_login(wealth)
    client.version = shown(client)
    own_valkey.stop()
    actions.notify([wealth], "test", "News", key="a")
    shutil.rmtree(own_valkey.var / "valkey")
    own_valkey.start()
    assert 'data-unread="1"' in ask(client).content.decode()
    client.version = shown(client)
    assert ask(client).status_code == 204


def test_a_sweep_with_nothing_to_do_asks_three_questions(wealth, django_assert_max_num_queries):
    sweep()
    with django_assert_max_num_queries(11):  # three of them ours, the others keep and fold the job's record
        assert sweep() == {"bells": 0, "unanswered": 0, "kicked": 0}
