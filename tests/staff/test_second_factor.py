"""The second step: required by role, enrolled with a code, passed with six digits."""

import re
import time

import pytest
import time_machine
from django.test import Client
from django_otp.oath import totp
from django_otp.plugins.otp_totp.models import TOTPDevice

from rmflow.staff import actions, second_factor
from rmflow.staff.models import User
from tests.conftest import PASSWORD

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.staff.urls")]


@pytest.fixture(autouse=True)
def _home(settings):
    settings.LOGIN_REDIRECT_URL = "/"


@pytest.fixture
def enrolled(head):
    """The head, with a phone; returns the device."""
    return TOTPDevice.objects.create(user=head, name="phone", confirmed=True)


def code_of(device):
    device.refresh_from_db()
    return f"{totp(device.bin_key, t0=device.t0, step=device.step):06d}"


def test_a_teller_needs_none(teller, log_in):
    assert log_in(teller)[1].status_code == 302


def test_in_demo_mode_the_roles_need_none(head, log_in, settings):
    settings.SECOND_FACTOR_REQUIRED = False
    assert log_in(head)[1].status_code == 302


@pytest.mark.parametrize(
    "who", ["head", "supervisor", "archivist", "complaint_office", "region_head", "admin_user"]
)
def test_the_password_alone_opens_nothing(who, request, log_in):
    client, page = log_in(request.getfixturevalue(who))
    assert page.status_code == 200
    assert client.get("/t/note/").status_code == 302
    assert "_auth_user_id" not in client.session


def test_the_first_time_one_enrols_and_gets_recovery_codes(head, log_in):
    client, page = log_in(head, next="/t/note/")
    device = TOTPDevice.objects.get(user=head, confirmed=False)
    assert "<svg" in page.content.decode()
    assert second_factor.secret_text(device) in page.content.decode()
    answer = client.post("/second-factor/", {"code": code_of(device), "next": "/t/note/"})
    text = answer.content.decode()
    codes = re.findall(r"<code>(\w+)</code>", text)
    assert len(set(codes)) == 10
    assert 'href="/t/note/"' in text
    assert client.get("/t/note/").status_code == 200
    other = Client()
    log_in(head, client=other)
    assert other.post("/second-factor/", {"code": codes[0].upper()}).status_code == 302
    again = Client()
    log_in(head, client=again)
    assert again.post("/second-factor/", {"code": codes[0]}).status_code == 422, "used once"


def test_six_digits_in_any_width_open_the_page(head, enrolled, log_in):
    client, page = log_in(head, next="/t/note/")
    assert '<svg class="qr"' not in page.content.decode(), "the secret is never shown again"
    wide = code_of(enrolled).translate(str.maketrans("0123456789", "０１２３４５６７８９"))
    answer = client.post("/second-factor/", {"code": f"{wide[:3]} {wide[3:]}", "next": "/t/note/"})
    assert (answer.status_code, answer.url) == (302, "/t/note/")


def test_a_code_opens_once(head, enrolled, log_in):
    code = code_of(enrolled)
    client, _page = log_in(head)
    assert client.post("/second-factor/", {"code": code}).status_code == 302
    second, _page = log_in(head, client=Client())
    assert second.post("/second-factor/", {"code": code}).status_code == 422


@pytest.mark.parametrize("code", ["000000", "", "x" * 10_000, "1\x003", "😀"])
def test_a_wrong_code_is_told_beside_the_field(head, enrolled, log_in, code):
    client, _page = log_in(head)
    answer = client.post("/second-factor/", {"code": code})
    assert answer.status_code == 422
    assert 'id="id_code_error"' in answer.content.decode()


def test_after_five_wrong_codes_the_password_is_asked_again(head, enrolled, log_in):
    client, _page = log_in(head)
    for _n in range(5):
        client.post("/second-factor/", {"code": "000000"})
    assert client.post("/second-factor/", {"code": code_of(enrolled)}).url == "/login/"


def test_five_minutes_after_the_password_the_step_is_over(head, enrolled, log_in):
    with time_machine.travel(time.time() - 301):
        client, _page = log_in(head)
    assert client.post("/second-factor/", {"code": code_of(enrolled)}).url == "/login/"


def test_the_step_cannot_be_reached_without_the_password(head, enrolled):
    assert Client().get("/second-factor/").url == "/login/"
    assert Client().post("/second-factor/", {"code": code_of(enrolled)}).url == "/login/"


def test_a_lost_phone_is_forgotten_by_the_security_administrator(head, enrolled, security_admin, log_in):
    actions.reset_second_factor(head, by=security_admin)
    _client, page = log_in(head)
    assert '<svg class="qr"' in page.content.decode()


def test_whoever_enrols_by_choice_is_asked_from_then_on(teller, logged_in, log_in):
    client = logged_in(teller)
    assert client.get("/second-factor/").status_code == 200
    device = TOTPDevice.objects.get(user=teller)
    assert client.post("/second-factor/", {"code": code_of(device)}).status_code == 200
    assert log_in(teller)[1].status_code == 200


def test_in_place_the_step_is_asked_in_the_dialog(head, enrolled):
    htmx = {"HX-Request": "true"}
    client = Client()
    data = {"username": head.employee_no, "password": PASSWORD}
    step = client.post("/login/?in_place=1", data, headers=htmx)
    assert step.status_code == 422
    assert "second-factor-form" in step.content.decode()
    done = client.post("/login/?in_place=1", {"code": code_of(enrolled)}, headers=htmx)
    assert done.status_code == 204


def test_a_forced_change_comes_after_the_second_step(head, enrolled, log_in):
    User.objects.filter(pk=head.pk).update(must_change_password=True)
    client, _page = log_in(head)
    answer = client.post("/second-factor/", {"code": code_of(enrolled)})
    assert 'name="old"' in answer.content.decode()


def test_the_qr_code_is_one_path_of_whole_modules(head):
    drawn = second_factor.qr_code(second_factor.pending_device(head))
    assert drawn["size"] > 8 + 21
    assert re.fullmatch(r"(M\d+ \d+h1v1h-1z)+", drawn["path"])
