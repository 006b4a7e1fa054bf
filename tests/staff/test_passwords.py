"""What a password must be, when it is due, and who resets it."""

from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone

from rmflow.staff import actions, passwords
from rmflow.staff.models import User
from rmflow.workflow import Refused
from tests.conftest import PASSWORD

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.staff.urls")]


@pytest.fixture(autouse=True)
def _home(settings):
    settings.LOGIN_REDIRECT_URL = "/"


@pytest.mark.parametrize(
    ("password", "fits"),
    [
        ("Abcdefg12", False),  # nine
        ("Abcdefg123", True),  # ten, three classes
        ("abcdefg123", False),  # two classes
        ("abcdefg-12", True),
        ("abcDEF密码密码", True),  # Chinese counts as signs
        ("abcdefghij", False),
        ("1234567890", False),
    ],
)
def test_ten_characters_of_three_kinds(password, fits):
    if fits:
        passwords.LongAndMixed().validate(password)
    else:
        with pytest.raises(ValidationError):
            passwords.LongAndMixed().validate(password)


def test_none_of_the_last_five_comes_back(teller):
    used = [PASSWORD, *(f"Former-{n}-pass" for n in range(5))]
    for new in used[1:]:
        actions.change_password(new, by=teller)
    for old in used[1:]:
        with pytest.raises(Refused) as refusal:
            actions.change_password(old, by=teller)
        assert refusal.value.field == "new"
    actions.change_password("Former-5-pass", by=teller)
    actions.change_password("Former-6-pass", by=teller)
    actions.change_password(PASSWORD, by=teller)
    assert teller.former_passwords.count() == 5


def test_common_words_and_ones_own_number_are_refused(teller):
    with pytest.raises(Refused):
        actions.change_password("Password123", by=teller)


def test_the_initial_password_must_be_changed_before_anything_else(teller, logged_in, log_in):
    User.objects.filter(pk=teller.pk).update(must_change_password=True)
    client, page = log_in(teller)
    assert page.status_code == 200
    assert client.get("/t/note/").url == "/password/"
    assert client.get("/t/note/", headers={"HX-Request": "true"})["HX-Redirect"] == "/password/"
    assert client.get("/api/t/note/").status_code == 403
    answer = client.post("/password/", {"old": PASSWORD, "new": "Own-choice-1", "again": "Own-choice-1"})
    assert answer.status_code == 302
    assert client.get("/t/note/").status_code == 200
    assert log_in(teller, password=PASSWORD)[1].status_code == 422


def test_after_ninety_days_a_new_one_is_due(teller, logged_in):
    client = logged_in(teller)
    day = timedelta(days=1)
    User.objects.filter(pk=teller.pk).update(password_changed_at=timezone.now() - 90 * day + day / 24)
    assert client.get("/t/note/").status_code == 200
    User.objects.filter(pk=teller.pk).update(password_changed_at=timezone.now() - 90 * day)
    assert client.get("/t/note/").url == "/password/"


def test_one_who_must_change_may_still_log_out_and_switch_language(teller, log_in):
    User.objects.filter(pk=teller.pk).update(must_change_password=True)
    client, _page = log_in(teller)
    assert client.post("/staff/language/", {"language": "en"}).status_code == 302
    assert client.post("/logout/").url == "/login/"


@pytest.mark.parametrize(
    ("fields", "wrong"),
    [
        ({"old": "not it"}, "id_old"),
        ({"again": "Different-1"}, "id_again"),
        ({"new": "short", "again": "short"}, "id_new"),
        ({"new": "x" * 10_000}, "id_new"),
        ({"new": "Nul-\x00-password"}, "id_new"),
    ],
)
def test_each_mistake_is_told_beside_its_field(teller, logged_in, fields, wrong):
    client = logged_in(teller)
    data = {"old": PASSWORD, "new": "Own-choice-1", "again": "Own-choice-1", **fields}
    answer = client.post("/password/", data)
    assert answer.status_code == 422
    assert f'id="{wrong}_error"' in answer.content.decode()


def test_other_sessions_end_with_the_old_password_and_this_one_goes_on(teller, logged_in):
    desk = logged_in(teller)
    phone = logged_in(teller, agent="Android Mobile")
    desk.post("/password/", {"old": PASSWORD, "new": "Own-choice-1", "again": "Own-choice-1"})
    assert desk.get("/t/note/").status_code == 200
    assert phone.get("/t/note/").status_code == 302
    logged_in(teller, password="Own-choice-1")
    assert desk.get("/t/note/").status_code == 302, "the row still pointed at this session"


def test_a_reset_password_is_initial_again_and_works_at_once(teller, security_admin, log_in):
    for _n in range(5):
        log_in(teller, password="wrong")
    initial = actions.reset_password(teller, by=security_admin)
    passwords.LongAndMixed().validate(initial)
    teller.refresh_from_db()
    assert teller.must_change_password
    assert log_in(teller, password=initial)[1].status_code == 200


def test_passwords_are_kept_by_argon2_outside_tests():
    from rmflow import settings

    assert settings.PASSWORD_HASHERS[-1].endswith("Argon2PasswordHasher")
