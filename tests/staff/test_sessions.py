"""How long a session lasts, and how many a person has."""

from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone

from rmflow.staff import actions
from rmflow.staff.permissions import Role

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.staff.urls")]
DESK = "Mozilla/5.0 (Windows NT 10.0; Win64; x64)"
PHONE = "Mozilla/5.0 (Linux; Android 14) Mobile"


@pytest.fixture(autouse=True)
def _home(settings):
    settings.LOGIN_REDIRECT_URL = "/"


@pytest.fixture
def clock():
    with time_machine.travel(timezone.now(), tick=False) as traveller:
        yield traveller


def alive(client, **headers):
    return client.get("/t/note/", headers=headers).status_code == 200


def test_fourteen_minutes_are_forgiven_fifteen_end_the_session(teller, logged_in, clock):
    client = logged_in(teller)
    clock.shift(timedelta(minutes=14, seconds=59))
    assert alive(client)
    clock.shift(timedelta(minutes=15))
    assert not alive(client)


def test_work_keeps_the_session_until_ten_hours_are_over(teller, logged_in, clock):
    client = logged_in(teller)
    for _n in range(59):
        clock.shift(timedelta(minutes=10))
        assert alive(client)
    clock.shift(timedelta(minutes=10))
    assert not alive(client)


@pytest.mark.parametrize(
    "poll",
    [
        {"path": "/notices/poll/"},
        {"path": "/t/note/", "headers": {"X-Background": "1"}},
        {"path": "/t/note/", "headers": {"HX-Poll": "1"}},
        {"path": "/login/?in_place=1", "headers": {"HX-Request": "true"}},
    ],
)
def test_a_poll_is_not_activity(teller, logged_in, clock, poll):
    client = logged_in(teller)
    for _n in range(3):
        clock.shift(timedelta(minutes=4))
        client.get(**poll)
    clock.shift(timedelta(minutes=3, seconds=1))
    assert not alive(client)


def test_the_login_page_says_why_the_session_ended(teller, logged_in, clock):
    client = logged_in(teller)
    clock.shift(timedelta(minutes=16))
    answer = client.post("/t/note/", {"text": "x"})
    assert answer.status_code == 401
    assert "strip-today" in answer.content.decode()


def test_activity_is_written_at_most_every_half_minute(teller, logged_in, clock):
    client = logged_in(teller)
    seen = client.session["seen_at"]
    clock.shift(timedelta(seconds=29))
    alive(client)
    assert client.session["seen_at"] == seen
    clock.shift(timedelta(seconds=2))
    alive(client)
    assert client.session["seen_at"] == seen + 31


def test_a_second_login_at_a_desk_ends_the_first_with_a_plain_message(teller, logged_in):
    first, second = logged_in(teller, agent=DESK), logged_in(teller, agent=DESK)
    assert alive(second)
    answer = first.get("/t/note/")
    assert answer.url == "/login/?next=/t/note/&why=other_device"
    assert "strip-today" in first.get(answer.url).content.decode()


def test_a_phone_and_a_desk_live_side_by_side(teller, logged_in):
    desk, phone = logged_in(teller, agent=DESK), logged_in(teller, agent=PHONE)
    assert alive(desk)
    assert alive(phone)


def test_two_people_at_one_kind_of_device_do_not_end_each_other(teller, lobby, logged_in):
    first, second = logged_in(teller), logged_in(lobby)
    assert alive(first)
    assert alive(second)


def test_a_new_role_with_second_factor_ends_the_session_begun_without(
    teller, security_admin, branches, logged_in
):
    client = logged_in(teller)
    actions.grant_role(teller, Role.BRANCH_HEAD, branches["first"], by=security_admin)
    assert not alive(client)


def test_who_leaves_is_out_at_once(teller, admin_user, logged_in):
    client = logged_in(teller)
    actions.set_active(teller, False, by=admin_user)
    assert not alive(client)


def test_the_session_costs_no_extra_query_while_nothing_changes(
    teller, logged_in, django_assert_max_num_queries
):
    client = logged_in(teller)
    alive(client)
    with django_assert_max_num_queries(1):  # the user; the session comes from Valkey
        alive(client)
