"""The calendar page and the deadline calculator, in both languages."""

import csv
import datetime
import io
from datetime import date

import pytest
import time_machine
from django.urls import reverse
from django.utils import translation

from rmflow.workdays import actions, current
from rmflow.workdays.models import CalendarYear
from rmflow.workdays.rules import read_notice

from .notices import text

pytestmark = pytest.mark.django_db
PAGE = "/workdays/"


@pytest.fixture
def staff(client, teller):
    with time_machine.travel(datetime.datetime(2026, 11, 24, 2, tzinfo=datetime.UTC)):
        client.force_login(teller)
        yield client


def english(client):
    client.cookies["django_language"] = "en"
    return client


def test_nobody_sees_it_without_logging_in(client):
    assert client.get(PAGE).status_code == 302
    assert client.get(reverse("workdays:csv", args=[2026])).status_code == 302


def test_the_year_stands_as_twelve_months_with_its_notice(staff):
    page = english(staff).get(PAGE, {"year": 2026}).content.decode()
    assert page.count('class="month"') == 12
    assert "国办发明电〔2025〕7号" in page
    assert "248 working days" in page
    assert page.count("day-make_up") == 6
    assert page.count("day-holiday") == 33
    assert page.count('aria-current="date"') == 1


def test_the_page_is_chinese_by_default(staff):
    response = staff.get(PAGE)
    assert response.headers["Content-Language"] == "zh-hans"
    assert 'lang="zh-Hans"' in response.content.decode()


def test_from_november_a_banner_names_the_year_not_announced(staff, admin_user):
    words = "Provisional: 2027 holidays not announced yet"
    assert words in english(staff).get(PAGE).content.decode()
    actions.import_notice(text(), year=2027, notice_no="国办发明电〔2026〕9号", by=admin_user)
    current.forget()
    assert words not in staff.get(PAGE).content.decode()


def test_a_provisional_year_is_marked(staff):
    page = english(staff).get(PAGE, {"year": 2027}).content.decode()
    assert "Calendar of 2027" in page
    assert "state-today" in page


@pytest.mark.parametrize("year", ["2031", "abc", "", "-1", "²", "9" * 50])
def test_a_year_without_rows_is_not_found(staff, year):
    assert staff.get(PAGE, {"year": year}).status_code == 404


def test_the_calculator_shows_deadline_and_count(staff):
    fragment = english(staff).get("/workdays/count/", {"received": "2026-02-13", "days": "7"})
    words = fragment.content.decode()
    assert fragment.status_code == 200
    assert words.strip().startswith('<div id="count"')
    assert "2026-03-02" in words
    assert words.count("<li") == 18
    assert words.count("is-due") == 1


def test_the_page_after_a_swap_is_the_page_without_script(staff):
    query = {"received": "2026-09-24", "days": "7"}
    fragment = staff.get("/workdays/count/", query, headers={"HX-Request": "true"}).content.decode()
    assert fragment.strip() in staff.get(PAGE, query).content.decode()


def test_a_deadline_in_a_provisional_year_is_marked(staff):
    words = english(staff).get("/workdays/count/", {"received": "2026-12-30", "days": "3"}).content.decode()
    assert "2027-01-05" in words
    assert "Provisional: 2027 holidays not announced yet" in words


@pytest.mark.parametrize(
    ("received", "days", "words"),
    [
        ("2028-12-28", "7", "2029 has no calendar"),
        ("2026-02-30", "7", "received"),
        ("", "7", "received"),
        ("2026-02-13", "-1", "days"),
        ("2026-02-13", "251", "days"),
        ("2026-02-13", "<b>x</b>", "days"),
        ("9999-12-31", "250", "10000 has no calendar"),
    ],
)
def test_what_cannot_be_counted_is_said_and_never_an_error(staff, received, days, words):
    query = {"received": received, "days": days}
    fragment = english(staff).get("/workdays/count/", query)
    assert fragment.status_code == 422
    assert words in fragment.content.decode()
    assert "<b>x</b>" not in fragment.content.decode()
    assert staff.get(PAGE, query).status_code == 200


def test_the_csv_of_a_year_can_be_imported_again(staff):
    response = staff.get(reverse("workdays:csv", args=[2026]))
    days = read_notice(response.content.decode("utf-8-sig"), 2026)
    assert len(days) == 39
    assert days[date(2026, 2, 14)] == ("work", "春节")
    assert next(csv.reader(io.StringIO(response.content.decode("utf-8-sig")))) == ["date", "kind", "label"]
    assert staff.get(reverse("workdays:csv", args=[2040])).status_code == 404


def test_a_year_costs_the_same_queries_as_any_other(staff, django_assert_max_num_queries):
    CalendarYear.objects.filter(pk=2028).update(notice_no="")
    staff.get(PAGE)
    with django_assert_max_num_queries(6), translation.override("zh-hans"):
        staff.get(PAGE, {"year": 2026})
