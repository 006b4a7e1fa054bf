"""The doors themselves: forged forms, foreign addresses, taken-over sessions, guessed passwords."""

import pytest
from django.test import Client, override_settings

from rmflow.staff.kept import FIELD
from rmflow.staff.models import User
from tests.conftest import PASSWORD

from .addresses import filled, patterns

pytestmark = pytest.mark.django_db
FOREIGN = [
    "//evil.example/",
    "https://evil.example/",
    "https:evil.example",
    "///evil.example",
    "/\\evil.example",
    "\\\\evil.example",
    "javascript:alert(1)",
    "http://testserver@evil.example/",
    "//testserver.evil.example/",
    "\x00//evil.example",
    "\t//evil.example",
    "/today/\r\nSet-Cookie: a=b",
]
LOGIN = {"username": "100102", "password": PASSWORD}


def test_no_address_takes_a_forged_form(lobby):
    """Logged in, a form without the token: each address refuses it before it does anything."""
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(lobby)
    for pattern, _view in patterns():
        address = filled(pattern, "1")
        for method in ("POST", "DELETE", "PUT", "PATCH"):
            status = browser.generic(method, address, b"a=1", "application/x-www-form-urlencoded").status_code
            assert status in (403, 404, 405), (method, address, status)


@pytest.mark.parametrize("address", FOREIGN)
def test_a_login_leads_to_no_foreign_address(address, lobby):
    browser = Client()
    answer = browser.post("/login/", LOGIN | {"next": address})
    assert answer.status_code == 302
    assert "evil" not in answer["Location"]
    assert not set("\r\n") & set(answer["Location"])
    for door, data in (
        ("/staff/availability/", {"availability": "free"}),
        ("/staff/language/", {"language": "en"}),
    ):
        answer = browser.post(door, data | {"next": address}, headers={"Referer": "https://evil.example/"})
        assert "evil" not in answer["Location"]


def test_a_session_given_to_the_victim_is_worth_nothing_after_the_login(lobby):
    attacker = Client()
    session = attacker.session
    session["planted"] = 1
    session.save()
    victim = Client()
    victim.cookies["sessionid"] = session.session_key
    victim.post("/login/", LOGIN)
    assert victim.cookies["sessionid"].value != session.session_key
    attacker.cookies["sessionid"] = session.session_key
    assert attacker.get("/desk/").status_code == 302


WAYS_IN = [
    ("/login/", {}),
    ("/login/?in_place=1", {}),
    ("/login/?next=/admin/", {}),
    ("/login/", {"HX-Request": "true"}),
    ("/login/", {"X-Requested-With": "fetch", "X-Forwarded-For": "10.1.2.3"}),
    ("/admin/login/", {}),
]


def test_a_locked_account_stays_locked_at_every_door_and_spelling(lobby):
    for _n in range(5):
        Client().post("/login/", LOGIN | {"password": "wrong"})
    for address, headers in WAYS_IN:
        for number in ("100102", " 100102 ", "１００１０２"):
            browser = Client()
            browser.post(address, LOGIN | {"username": number}, headers=headers)
            assert "_auth_user_id" not in browser.session, (address, number)


def test_wrong_tries_by_all_doors_and_spellings_add_up(lobby):
    tries = [(*way, number) for way in WAYS_IN[:5] for number in ("100102", "１００１０２ ")][:5]
    for address, headers, number in tries:
        Client().post(address, {"username": number, "password": "wrong"}, headers=headers)
    browser = Client()
    browser.post("/login/", LOGIN)
    assert "_auth_user_id" not in browser.session


@override_settings(SECOND_FACTOR_REQUIRED=True)
def test_the_right_password_alone_opens_nothing_to_who_needs_a_second_step(head):
    for address, headers in WAYS_IN:
        browser = Client()
        browser.post(address, {"username": "100106", "password": PASSWORD}, headers=headers)
        assert "_auth_user_id" not in browser.session, address
        for page in ("/overview/", "/password/", "/api/v1/referrals/", "/api/v1/token/", "/notices/poll/"):
            assert browser.get(page).status_code in (302, 401, 403, 405), page
        assert browser.post("/api/v1/token/").status_code in (401, 403)


def test_the_initial_password_opens_nothing_but_its_change(lobby):
    User.objects.filter(pk=lobby.pk).update(must_change_password=True)
    browser = Client()
    browser.force_login(lobby)
    free = {"login/", "logout/", "second-factor/", "password/", "staff/language/"}
    free |= {"sw.js", "desk.webmanifest", "desk/offline/"}  # empty shells, the same for everybody
    for pattern, _view in patterns():
        if pattern in free or pattern.startswith(("admin/login", "admin/logout")):
            continue
        for answer in (browser.get(filled(pattern, "1")), browser.post(filled(pattern, "1"))):
            where = answer.headers.get("Location", "")
            assert answer.status_code in (401, 403) or where.startswith(("/password/", "/login/")), pattern


def test_text_kept_for_one_is_never_sent_by_another(lobby, teller):
    """The sealed text of one person, planted into the login of another, stays unsent."""
    mine = Client()
    mine.post("/login/", LOGIN)
    mine.cookies.pop("sessionid")
    page = mine.post("/desk/file/", {"name": "刘", "end": "card"}).content.decode()
    sealed = page.split(f'name="{FIELD}" value="')[1].split('"')[0]
    other = Client()
    answer = other.post("/login/", {"username": "100101", "password": PASSWORD, FIELD: sealed})
    assert answer.status_code == 302
    for broken in (sealed[:-4], "x" * 900_000, "\x00", "é"):
        assert Client().post("/login/", LOGIN | {FIELD: broken}).status_code == 302


def test_a_strangers_form_is_kept_for_nobody():
    answer = Client().post("/desk/file/", {"name": "刘", "end": "card"})
    assert answer.status_code == 401
    assert f'name="{FIELD}" value="g' not in answer.content.decode()
