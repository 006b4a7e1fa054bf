"""Logging in as a person does it: by the form, with the phone's code, and without losing text."""

import base64
import re

import pytest
from django_otp.oath import totp
from django_otp.plugins.otp_totp.models import TOTPDevice
from playwright.sync_api import expect

from rmflow.staff.models import User
from tests.conftest import PASSWORD

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def screen(chrome, live_server):
    """A function: a fresh browser at a desk; scripts on, errors of the page collected."""
    opened = []

    def run(**options):
        context = chrome.new_context(locale="en", base_url=live_server.url, **options)
        context.add_cookies([{"name": "django_language", "value": "en", "url": live_server.url}])
        page = context.new_page()
        page.wrong = []
        page.on("console", lambda line: page.wrong.append(line.text) if line.type == "error" else None)
        page.on("pageerror", lambda error: page.wrong.append(str(error)))
        opened.append(context)
        return page

    yield run
    for context in opened:
        context.close()


def log_in(page, user, path="/staff/duty/"):
    page.goto(path)
    page.get_by_label("Employee number").fill(user.employee_no)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()


@pytest.fixture
def english(db):
    """A function: people who read English, so that the tests may say what they look for."""

    def run(*people):
        User.objects.filter(pk__in=[person.pk for person in people]).update(language="en")

    return run


def test_a_form_whose_session_ended_meanwhile_is_sent_after_the_login(screen, lobby, branches, english):
    english(lobby)
    first, second = screen(), screen()
    log_in(first, lobby)
    first.get_by_label("On-duty branch").select_option(label="人民路支行")
    log_in(second, lobby)
    expect(second.get_by_role("heading", name="On-duty branch")).to_be_visible()
    first.get_by_role("button", name="Work there today").click()
    expect(first.get_by_role("status")).to_contain_text("another device")
    first.get_by_label("Employee number").fill(lobby.employee_no)
    first.get_by_label("Password").fill(PASSWORD)
    with first.expect_response(lambda answer: answer.url.endswith("/staff/duty/")):
        first.get_by_role("button", name="Log in").click()
    first.wait_for_load_state()
    assert User.objects.get(pk=lobby.pk).branch == branches["second"]


def test_a_wrong_password_is_said_beside_the_form_and_the_number_stays(screen, teller):
    page = screen()
    page.goto("/login/")
    page.get_by_label("Employee number").fill(teller.employee_no)
    page.get_by_label("Password").fill("wrong")
    page.get_by_role("button", name="Log in").click()
    expect(page.get_by_role("alert")).to_have_text(re.compile("wrong"))
    expect(page.get_by_label("Employee number")).to_have_value(teller.employee_no)


def test_a_head_enrols_the_phone_from_the_screen_and_gets_in(screen, head, english):
    english(head)
    page = screen(viewport={"width": 390, "height": 844})
    log_in(page, head)
    expect(page.get_by_role("img", name="Code to scan with the phone")).to_be_visible()
    shown = page.locator("#secret").inner_text().replace(" ", "")
    device = TOTPDevice.objects.get(user=head)

    assert base64.b32decode(shown + "=" * (-len(shown) % 8)) == device.bin_key
    page.get_by_label("Code", exact=True).fill(f"{totp(device.bin_key):06d}")
    page.get_by_role("button", name="Go on").click()
    expect(page.get_by_role("heading", name="Recovery codes")).to_be_visible()
    assert page.locator("main code").count() == 10
    page.get_by_role("link", name="I have kept them").click()
    expect(page.get_by_role("heading", name="On-duty branch")).to_be_visible()
    assert page.wrong == []


@pytest.mark.parametrize("width", [390, 1280])
def test_the_login_fits_the_screen(screen, width):
    page = screen(viewport={"width": width, "height": 844})
    page.goto("/login/")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.wrong == []
