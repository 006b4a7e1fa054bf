"""The lobby card under real hands: the keyboard alone, a double click, an expired session."""

import re

import pytest
from django.core.cache import cache
from playwright.sync_api import expect

from referrals.models import Referral
from referrals.rules import Cue, Reception
from rmflow.staff import sittings
from tests.browser.words import say
from tests.conftest import PASSWORD

pytestmark = pytest.mark.usefixtures("wealth", "notice")
NAME = say("Name or surname")
CUE = say("Showed a VIP card")


def test_the_keyboard_alone_files_a_referral_and_stands_ready_for_the_next(desk, lobby, wealth):
    page = desk(lobby)
    expect(page.get_by_label(CUE)).to_be_focused()
    page.keyboard.press("Space")
    for _field in ("business", "name"):
        page.keyboard.press("Enter")
    expect(page.get_by_label(NAME)).to_be_focused()
    page.keyboard.type("钱")
    page.keyboard.press("Control+Enter")
    expect(page.locator("#desk-list")).to_contain_text("钱")
    expect(page.get_by_label(NAME)).to_have_value("")
    expect(page.get_by_label(CUE)).to_be_focused()
    filed = Referral.objects.get()
    assert (filed.cues, filed.manager, filed.reception) == ([Cue.VIP_CARD], wealth, Reception.WAITING)


def test_enter_goes_through_every_field_and_ends_on_the_primary(desk, lobby, wealth):
    page = desk(lobby)
    expect(page.get_by_label(CUE)).to_be_focused()
    page.keyboard.press("Space")
    primary = page.get_by_role("button", name=say("Introduce to {name} now", name=wealth.name))
    for _stop in range(12):
        if primary.evaluate("button => button === document.activeElement"):
            break
        page.keyboard.press("Enter")
    expect(primary).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#desk-list tbody tr")).to_have_count(1)


def test_a_double_click_on_the_primary_files_one_referral(desk, lobby, wealth):
    page = desk(lobby)
    page.get_by_label(CUE).check()
    page.get_by_role("button", name=say("Introduce to {name} now", name=wealth.name)).dblclick()
    expect(page.locator("#desk-list tbody tr")).to_have_count(1)
    expect(page.get_by_label(CUE)).not_to_be_checked()
    assert Referral.objects.count() == 1


def test_a_refusal_stands_beside_its_field_and_nothing_typed_is_lost(phone, lobby):
    page = phone(lobby)
    page.get_by_label(NAME).fill("冯")
    page.get_by_label(re.compile(say("Phone number"))).fill("1390857")
    page.get_by_label(CUE).check()
    page.get_by_label(say("Hand out card, follow up")).check()
    page.get_by_role("button", name=say("Save for follow-up")).click()
    expect(page.get_by_label(re.compile(say("Phone number")))).to_have_attribute("aria-invalid", "true")
    expect(page.get_by_label(NAME)).to_have_value("冯")
    page.errors.clear()  # Chromium logs the 422


def end_session(user):
    """What the idle limit does to the session of `user`."""
    sittings.end_all(user, "idle")
    cache.clear()


def test_a_session_that_ended_over_a_card_is_renewed_in_place_and_the_card_is_filed_once(desk, lobby):
    page = desk(lobby)
    page.get_by_label(CUE).check()
    page.get_by_label(NAME).fill("周")
    end_session(lobby)
    page.get_by_label(NAME).press("Control+Enter")
    dialog = page.get_by_role("dialog", name=say("Log in again"))
    dialog.get_by_label(say("Employee number")).fill(lobby.employee_no)
    dialog.get_by_label(say("Password")).fill(PASSWORD)
    dialog.get_by_role("button", name=say("Log in")).click()
    expect(dialog).to_be_hidden()
    expect(page.locator("#desk-list tbody tr")).to_have_count(1)
    expect(page.locator("#desk-list")).to_contain_text("周")
    assert Referral.objects.count() == 1
    page.errors.clear()  # Chromium logs the 401


def test_a_diversion_is_one_tap_and_counted_and_can_be_taken_back(phone, lobby):
    page = phone(lobby)
    button = page.get_by_role("button", name=re.compile(say("Self-service area")))
    button.click()
    expect(button).to_contain_text("1")
    page.get_by_role("button", name=re.compile(say("Undo"))).click()
    expect(button).to_contain_text("0")
