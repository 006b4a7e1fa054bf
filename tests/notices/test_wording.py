"""The reader's language, and nothing personal outside."""

from datetime import date, datetime, time

import pytest
from django.utils.translation import gettext_lazy, override

from rmflow.notices import wording
from rmflow.staff.models import BANK_TIME
from rmflow.workdays.rules import short_day


def test_the_sentence_is_worded_in_the_language_active_when_it_is_read():
    with override("en"):
        params = wording.pack({"state": gettext_lazy("January")})
    with override("en"):
        assert wording.render("Month: {state}", params) == "Month: January"
    with override("zh-hans"):
        assert wording.render("Month: {state}", params) == "Month: 一月"


def test_dates_and_times_are_shown_as_the_reader_writes_them():
    moment = datetime(2026, 10, 8, 14, 30, tzinfo=BANK_TIME)
    params = wording.pack({"on": date(2026, 10, 8), "at": moment, "hour": time(9, 5), "n": 3})
    with override("zh-hans"):
        day = short_day(date(2026, 10, 8))
        assert wording.render("{on} {at} {hour} {n}", params) == f"{day} {day} 14:30 09:05 3"
        assert "月" in day
    with override("en"):
        assert wording.render("{on}", params) == "8 Oct"


def test_a_missing_parameter_leaves_a_gap_and_no_error():
    assert wording.render("From {name}", {}) == "From –"


def test_a_broken_pattern_is_shown_as_it_is():
    assert wording.render("From {name", {"name": "x"}) == "From {name"


@pytest.mark.parametrize("value", [None, object(), ["a"], True])
def test_a_notice_carries_only_what_can_be_worded(value):
    with pytest.raises(TypeError):
        wording.pack({"x": value})


@pytest.mark.parametrize(
    ("text", "params"),
    [
        ("{client} waits", {"client": "刘女士"}),
        ("{number} waits", {"number": "刘女士"}),
        ("{number} waits", {"number": "13800138000"}),
        ("{number} waits", {"number": "T-138001380001"}),
        ("{count} waits", {"count": 13800138000}),
        ("{count} waits", {}),
    ],
)
def test_nothing_that_could_be_a_person_leaves_the_house(text, params):
    with pytest.raises(ValueError, match="may not leave the house"):
        wording.check_outside(text, params)


def test_numbers_dates_times_and_record_numbers_may_leave():
    params = {"count": 3, "on": date(2026, 10, 8), "hour": time(9), "number": "T-20261008-7", "x": "刘"}
    wording.check_outside("{count} {on} {hour} {number}", params)
