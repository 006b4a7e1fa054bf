"""Typed text survives an expired session (issue 2, §6)."""

import html
import re
from datetime import timedelta

import pytest
import time_machine
from django.test import Client
from django.utils import timezone

from rmflow.staff.models import User
from tests.conftest import PASSWORD

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.staff.urls")]
TYPED = {"name": "刘女士 <b>&amp;</b>\r\n第二行", "cue": ["vip_card", "matured"], "phone": "13800138000"}
HTMX = {"HX-Request": "true"}


@pytest.fixture(autouse=True)
def _home(settings):
    settings.LOGIN_REDIRECT_URL = "/"


@pytest.fixture
def expired(logged_in):
    """A function: a client of `user` whose session has been idle for twenty minutes."""

    def run(user):
        with time_machine.travel(timezone.now() - timedelta(minutes=20)):
            return logged_in(user)

    return run


def hidden(page):
    """The fields of the page's form: what a browser would send."""
    text = page.content.decode().partition('class="calm"')[2]
    fields = re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', text)
    fields += re.findall(r'<textarea name="(\w+)" hidden>\n(.*?)</textarea>', text, re.DOTALL)
    found = {}
    for name, value in fields:
        found.setdefault(name, []).append(html.unescape(value))
    return found


def test_a_form_sent_too_late_comes_back_after_the_login(teller, expired):
    client = expired(teller)
    page = client.post("/t/note/?from=desk", {**TYPED, "password": "never"})
    assert page.status_code == 401
    assert "13800138000" not in page.content.decode(), "it is sealed, not merely hidden"
    again = client.post("/login/", {"username": teller.employee_no, "password": PASSWORD, **hidden(page)})
    assert again.status_code == 200
    assert 'action="/t/note/?from=desk"' in again.content.decode()
    fields = hidden(again)
    fields.pop("csrfmiddlewaretoken", None)
    assert fields == {"name": [TYPED["name"]], "cue": TYPED["cue"], "phone": [TYPED["phone"]]}
    saved = client.post("/t/note/?from=desk", fields)
    assert saved.content.decode() == (
        f"saved by 100101: name={TYPED['name']}|cue=vip_card|cue=matured|phone=13800138000"
    )


def test_it_survives_a_wrong_password_in_between(teller, expired):
    client = expired(teller)
    page = client.post("/t/note/", TYPED)
    wrong = client.post("/login/", {"username": "100101", "password": "x", **hidden(page)})
    assert hidden(wrong)["kept"] == hidden(page)["kept"]


def test_it_survives_a_password_that_is_due(teller, expired):
    client = expired(teller)
    page = client.post("/t/note/", TYPED)
    User.objects.filter(pk=teller.pk).update(must_change_password=True)
    due = client.post("/login/", {"username": "100101", "password": PASSWORD, **hidden(page)})
    new = {"old": PASSWORD, "new": "Another-2026-x", "again": "Another-2026-x"}
    again = client.post("/password/", {**new, **hidden(due)})
    assert hidden(again)["phone"] == [TYPED["phone"]]


def test_another_person_at_the_same_device_neither_sees_nor_sends_it(teller, lobby, expired):
    client = expired(teller)
    page = client.post("/t/note/", TYPED)
    answer = client.post("/login/", {"username": lobby.employee_no, "password": PASSWORD, **hidden(page)})
    assert (answer.status_code, answer.url) == (302, "/")


def test_a_forged_or_broken_seal_is_ignored(teller):
    for seal in ["x", "gAAAAA==", "é"]:
        answer = Client().post("/login/", {"username": "100101", "password": PASSWORD, "kept": seal})
        assert answer.status_code == 302


def test_a_stranger_without_any_login_gets_nothing_kept():
    assert "kept" not in hidden(Client().post("/t/note/", TYPED))


def test_a_form_from_elsewhere_is_never_kept(teller, logged_in):
    client = logged_in(teller, client=Client(enforce_csrf_checks=True, headers=csrf_headers(client_token())))
    client.cookies.pop("sessionid")
    answer = client.post("/t/note/", TYPED, headers={"origin": "https://evil.example"})
    assert answer.status_code == 403
    assert "13800138000" not in answer.content.decode()


def test_a_form_older_than_the_login_is_handed_back_for_sending_by_hand(teller):
    client = Client(enforce_csrf_checks=True)
    client.force_login(teller)
    answer = client.post("/t/note/", TYPED, headers={"origin": "http://testserver"})
    assert answer.status_code == 403
    assert hidden(answer)["phone"] == [TYPED["phone"]]
    assert "data-resend" not in answer.content.decode(), "only a person may send it now"
    assert "13800138000" not in client.post("/t/note/", TYPED).content.decode()


def test_a_script_is_told_to_log_in_in_place(teller, expired):
    client = expired(teller)
    answer = client.post("/t/note/", TYPED, headers=HTMX)
    assert (answer.status_code, answer["HX-Login"]) == (401, "1")
    form = client.get("/login/?in_place=1", headers=HTMX)
    assert form.status_code == 200
    assert "<html" not in form.content.decode()
    wrong = client.post("/login/?in_place=1", {"username": "100101", "password": "x"}, headers=HTMX)
    assert wrong.status_code == 422
    done = client.post("/login/?in_place=1", {"username": "100101", "password": PASSWORD}, headers=HTMX)
    assert done.status_code == 204
    assert done["X-CSRFToken"]
    assert client.get("/login/?in_place=1", headers=HTMX).status_code == 204
    assert client.post("/t/note/", TYPED, headers=HTMX).status_code == 200


def test_in_place_another_person_does_not_send_the_first_ones_page(teller, lobby, expired):
    client = expired(teller)
    client.post("/t/note/", TYPED, headers=HTMX)
    answer = client.post(
        "/login/?in_place=1", {"username": lobby.employee_no, "password": PASSWORD}, headers=HTMX
    )
    assert answer.status_code == 200
    assert "go-on-elsewhere" in answer.content.decode()


def client_token():
    return "a" * 32


def csrf_headers(token):
    return {"cookie": f"csrftoken={token}", "x-csrftoken": token}
