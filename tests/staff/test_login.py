"""Logging in: by number and password, locked after five failures, told on to the access log."""

import re
from datetime import timedelta

import pytest
import time_machine
from django.test import Client
from django.utils import timezone

from rmflow.staff import actions
from tests.conftest import PASSWORD

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.staff.urls")]
EVENTS = []


def note_event(event, request, *, user=None, employee_no=""):
    """A login hook for these tests."""
    EVENTS.append((event, user and user.employee_no, employee_no))


@pytest.fixture(autouse=True)
def _home(settings):
    settings.LOGIN_REDIRECT_URL = "/"


@pytest.fixture
def events(settings):
    EVENTS.clear()
    settings.STAFF_LOGIN_HOOKS = ["tests.staff.test_login.note_event"]
    return EVENTS


def test_number_and_password_lead_to_the_page_that_was_asked_for(teller, log_in):
    client, answer = log_in(teller, next="/t/note/")
    assert (answer.status_code, answer.url) == (302, "/t/note/")
    assert client.get("/t/note/").status_code == 200


@pytest.mark.parametrize("elsewhere", ["https://evil.example/", "//evil.example", "javascript:alert(1)"])
def test_it_never_leads_to_another_site(teller, log_in, elsewhere):
    _client, answer = log_in(teller, next=elsewhere)
    assert answer.url == "/"


def test_full_width_digits_and_spaces_in_the_number_are_forgiven(teller):
    answer = Client().post("/login/", {"username": " １００１０１ ", "password": PASSWORD})
    assert answer.status_code == 302


@pytest.mark.parametrize("number", ["", "x" * 10_000, "1\x001", "'; --", "😀"])
def test_a_number_that_is_none_is_answered_beside_the_form(teller, number):
    answer = Client().post("/login/", {"username": number, "password": PASSWORD})
    assert answer.status_code == 422
    assert "field-error" in answer.content.decode() or "strip-past" in answer.content.decode()


def test_unknown_number_wrong_password_and_one_who_left_sound_alike(teller, lobby, log_in):
    lobby.is_active = False
    lobby.save()
    texts = set()
    for number, password in [("999999", PASSWORD), ("100101", "wrong"), ("100102", PASSWORD)]:
        answer = Client().post("/login/", {"username": number, "password": password})
        assert answer.status_code == 422
        texts.add(re.search(r"<b>(.*?)</b>", answer.content.decode().split("strip-past")[1])[1])
    assert len(texts) == 1


def test_the_fifth_failure_locks_and_says_for_how_long(teller, log_in, rf):
    for _n in range(4):
        _client, answer = log_in(teller, password="wrong")
        assert "30" not in message(answer)
    _client, answer = log_in(teller, password="wrong")
    assert "30" in message(answer)
    assert log_in(teller)[1].status_code == 422, "the right password must not help now"


def test_the_lock_counts_down_and_ends_by_itself(teller, log_in):
    with time_machine.travel(timezone.now(), tick=False) as clock:
        for _n in range(5):
            log_in(teller, password="wrong")
        clock.shift(timedelta(minutes=20))
        assert "10" in message(log_in(teller)[1])
        clock.shift(timedelta(minutes=10, seconds=1))
        assert log_in(teller)[1].status_code == 302


def test_failures_at_different_desks_count_together(teller, log_in):
    for number in range(5):
        client = Client(headers={"user-agent": f"Desk {number}"}, REMOTE_ADDR=f"10.0.0.{number + 1}")
        log_in(teller, client=client, password="wrong")
    assert log_in(teller)[1].status_code == 422


def test_a_lock_of_one_leaves_the_others_alone(teller, lobby, log_in):
    for _n in range(5):
        log_in(teller, password="wrong")
    assert log_in(lobby)[1].status_code == 302


def test_a_success_forgets_earlier_failures(teller, log_in):
    for _n in range(2):
        for _m in range(4):
            log_in(teller, password="wrong")
        assert log_in(teller)[1].status_code == 302


def test_the_security_administrator_ends_a_lock_early(teller, security_admin, log_in):
    for _n in range(5):
        log_in(teller, password="wrong")
    actions.unlock(teller, by=security_admin)
    assert log_in(teller)[1].status_code == 302


def test_no_password_stands_in_the_attempts_table(teller, log_in):
    from axes.models import AccessAttempt

    log_in(teller, password="Almost-right-1")
    assert "Almost-right-1" not in str(list(AccessAttempt.objects.values()))


def test_hooks_are_told_of_each_event(teller, log_in, events):
    client, _answer = log_in(teller)
    client.post("/logout/")
    for _n in range(5):
        log_in(teller, password="wrong")
    Client().post("/login/", {"username": "999999", "password": "wrong"})
    known = teller.employee_no
    assert events[:3] == [("login", known, ""), ("logout", known, ""), ("failure", known, known)]
    assert events[-2:] == [("lockout", known, known), ("failure", None, "999999")]


def test_log_ins_stand_in_the_access_log(teller, log_in):
    from rmflow.privacy.models import AccessEvent

    log_in(teller)
    log_in(teller, password="wrong")
    assert list(AccessEvent.objects.order_by("pk").values_list("kind", "user")) == [
        ("login", teller.pk),
        ("failure", teller.pk),
    ]


def test_logging_out_needs_a_post_and_ends_the_session(teller, logged_in):
    client = logged_in(teller)
    assert client.get("/logout/").status_code == 405
    assert client.get("/t/note/").status_code == 200
    assert client.post("/logout/").url == "/login/"
    assert client.get("/t/note/").url == "/login/?next=/t/note/"


def test_without_a_login_a_page_leads_to_it_and_the_api_says_so():
    assert Client().get("/t/note/?a=1").url == "/login/?next=/t/note/%3Fa%3D1"
    assert Client().get("/api/t/note/").status_code == 401


def test_the_admin_has_no_login_of_its_own(teller, security_admin):
    assert Client().get("/admin/").url.startswith("/login/")
    assert Client().get("/admin/login/").url.startswith("/login/")
    client = Client()
    client.force_login(teller)
    answer = client.post("/admin/login/", {"username": security_admin.employee_no, "password": PASSWORD})
    assert answer.status_code == 403
    assert client.session["_auth_user_id"] == str(teller.pk)


def test_the_language_of_the_person_comes_with_the_login(teller, log_in):
    actions.choose_language("en", by=teller)
    client, _answer = log_in(teller)
    assert client.cookies["django_language"].value == "en"


def message(answer):
    assert answer.status_code == 422
    return re.search(r"<b>(.*?)</b>", answer.content.decode().split("strip-past")[1], re.DOTALL)[1]
