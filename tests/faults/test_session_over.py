"""A session that ends while the card is being typed: nothing typed is lost, nothing is filed twice."""

import html
import re
from datetime import timedelta

import pytest
import time_machine
from django.test import Client as Browser
from django.utils import timezone

from referrals.models import Referral
from tests.conftest import PASSWORD

pytestmark = pytest.mark.django_db
HIDDEN = re.compile(r'<input type="hidden" name="(\w+)" value="([^"]*)"')
AREAS = re.compile(r'<textarea name="(\w+)" hidden>\n(.*?)</textarea>', re.DOTALL)


def hidden(answer):
    """The fields of the page's form: what a browser would send."""
    text = answer.content.decode().partition('class="calm"')[2]
    found = {}
    for name, value in HIDDEN.findall(text) + AREAS.findall(text):
        found.setdefault(name, []).append(html.unescape(value))
    return found


def test_a_card_typed_into_an_expired_session_is_filed_after_the_login(lobby, wealth, notice):
    browser = Browser(headers={"user-agent": "Mozilla/5.0 (X11)"})
    with time_machine.travel(timezone.now() - timedelta(minutes=20)):
        browser.post("/login/", {"username": lobby.employee_no, "password": PASSWORD})
    card = {"cues": ["vip_card", "forex"], "name": "刘 <b>", "note": "坐在窗边\r\n蓝衣", "end": "introduce"}
    card |= {"manager": wealth.pk, "idempotency_key": "over-1"}
    page = browser.post("/desk/file/", card)
    assert page.status_code == 401
    assert not Referral.objects.exists()
    assert "坐在窗边" not in page.content.decode(), "it is sealed until the same person is back"
    again = browser.post("/login/", {"username": lobby.employee_no, "password": PASSWORD, **hidden(page)})
    kept = hidden(again)
    kept.pop("csrfmiddlewaretoken", None)
    assert (kept["cues"], kept["note"]) == (["vip_card", "forex"], ["坐在窗边\r\n蓝衣"])
    for _press in range(2):
        assert browser.post("/desk/file/", {**kept, "name": "刘"}).status_code in (303, 409)
    assert Referral.objects.get().cues == ["vip_card", "forex"]
