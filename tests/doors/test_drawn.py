"""Drawn parts: the same for many people, filled with each one's own words."""

import pytest
from django.core.cache import cache
from django.template.loader import render_to_string
from django.test import Client as Browser

from rmflow.doors import drawn
from rmflow.doors.drawn import hole, part
from rmflow.staff.permissions import Role

pytestmark = pytest.mark.django_db


def page(user, path="/more/"):
    browser = Browser()
    browser.force_login(user)
    return browser.get(path, headers={"accept-language": "zh-hans"}).content.decode()


def test_two_people_in_one_role_share_the_parts_and_nothing_of_each_other(hire):
    one = hire("W71", "甲<b>一", Role.WEALTH_MANAGER)
    other = hire("W72", "乙二", Role.WEALTH_MANAGER)
    drawn._pieces.clear()
    first = page(one)
    parts = len(drawn._pieces)
    second = page(other)
    assert len(drawn._pieces) == parts
    assert "甲&lt;b&gt;一" in first
    assert "W71" in first
    assert "乙二" in second
    assert "W72" in second
    for word in ("甲", "W71"):
        assert word not in second
    for text in (first, second):
        assert drawn.OPEN not in text
        assert drawn.SHUT not in text


def test_each_answer_has_a_token_of_its_own(wealth):
    browser = Browser(enforce_csrf_checks=True)
    browser.force_login(wealth)
    text = browser.get("/more/").content.decode()
    token = text.split('name="csrfmiddlewaretoken" value="')[1].split('"')[0]
    data = {"availability": "out", "next": "/more/"}
    assert browser.post("/staff/availability/", data).status_code == 403
    answer = browser.post("/staff/availability/", data | {"csrfmiddlewaretoken": token})
    assert answer.status_code in (204, 302, 303)


def test_what_waits_stands_on_the_rail_although_the_rail_was_drawn_before(wealth):
    assert 'id="rail-count-today"></span>' in page(wealth)
    cache.set(f"rail:{wealth.pk}", {"today": 7}, 10)
    assert 'id="rail-count-today">7</span>' in page(wealth)


def test_the_place_one_is_at_is_marked(wealth):
    assert 'href="/today/" aria-current="page"' in page(wealth, "/today/")
    assert 'href="/today/" aria-current="page"' not in page(wealth, "/more/")


def test_another_role_language_or_state_has_other_parts(wealth, lobby):
    assert "/today/" in page(wealth)
    assert 'href="/today/"' not in page(lobby)
    wealth.availability = "out"
    wealth.save()
    assert "state-done" in page(wealth)


def test_a_hole_without_its_word_is_an_error_and_not_a_gap():
    with pytest.raises(KeyError):
        part("shell/_watermark.html", "test", lambda: {"shell": {"watermark": hole("nobody")}}, {})


def test_a_page_without_a_request_is_drawn_plain():
    text = render_to_string("base.html")
    assert "<title>" in text
    assert drawn.OPEN not in text
