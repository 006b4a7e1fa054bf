"""Follow-up records and the work log, over HTTP."""

import datetime

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils.html import escape

from followups import actions
from followups.models import FollowUp
from followups.rules import NextStep
from rmflow.privacy.models import AccessEvent

from .conftest import TODAY

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("thursday")]
DAY = datetime.timedelta(days=1)


def text(response):
    return response.content.decode()


@pytest.fixture
def as_(client):
    """A function that logs somebody in, in English."""

    def log_in(user):
        client.force_login(user)
        client.cookies["django_language"] = "en"
        return client

    return log_in


def test_the_list_shows_ones_own_records_with_the_next_step(as_, record, wealth, colleague, person):
    mine = record(agreed_on=TODAY)
    record(manager=colleague, client=person(name="黄淑芬"))
    page = text(as_(wealth).get("/followups/"))
    assert f"/followups/{mine.pk}/" in page
    assert page.count("data-row") == 1
    assert "陈美华" in page
    assert "Today" in page


def test_filters_narrow_and_count(as_, record, wealth, person):
    late = record(agreed_on=TODAY)
    late.items.update(plan_on=TODAY - 3 * DAY)
    flagged = record(client=person(name="黄淑芬"))
    FollowUp.objects.filter(pk=flagged.pk).update(flagged=True)
    bare = record(client=person(name="罗春霞"))
    actions.drop(bare.first.pk, by=wealth, note="x")
    closed = record(client=person(name="孙立军"))
    actions.abandon(closed.pk, by=wealth, reason="x")
    browser = as_(wealth)
    for show, wanted in (("overdue", late), ("flagged", flagged), ("unplanned", bare), ("closed", closed)):
        page = text(browser.get(f"/followups/?show={show}"))
        assert page.count("data-row") == 1
        assert f"/followups/{wanted.pk}/" in page
    assert text(browser.get("/followups/")).count("data-row") == 3
    for nonsense in ("show=x&sort=y&page=z", "manager=²", "manager=" + "9" * 40, "page=99"):
        assert browser.get(f"/followups/?{nonsense}").status_code == 200


@pytest.mark.parametrize("sort", ["next", "name", "opened", "last"])
def test_every_sort_costs_the_same_for_any_number(as_, record, wealth, person, sort):
    browser = as_(wealth)
    costs = []
    for more in (2, 8):
        for number in range(more):
            record(client=person(name=f"客户{more}{number}"))
        browser.get("/followups/")
        with CaptureQueriesContext(connection) as queries:
            browser.get(f"/followups/?sort={sort}")
        costs.append(len(queries))
    assert costs[0] == costs[1]


def test_head_and_supervisor_read_masked_and_change_nothing(as_, record, head, supervisor, wealth):
    made = record()
    for user in (head, supervisor):
        browser = as_(user)
        assert "陈美华" not in text(browser.get("/followups/"))
        page = text(browser.get(f"/followups/{made.pk}/"))
        assert "陈美华" not in page
        assert "13812345678" not in page
        assert 'action="/followups/' not in page
        for deed, fields in (
            ("analysis", {"needs": "x"}),
            ("abandon", {"note": "x"}),
        ):
            assert browser.post(f"/followups/{made.pk}/{deed}/", fields).status_code == 403
        assert browser.post(f"/followups/{made.pk}/judge/", {"type": "ordinary"}).status_code == 404
    made.refresh_from_db()
    assert (made.status, made.needs) == ("open", "")


def test_outside_ones_reach_there_is_no_record(as_, record, colleague, other_wealth, teller):
    made = record()
    for user in (colleague, other_wealth):
        assert as_(user).get(f"/followups/{made.pk}/").status_code == 404
        assert as_(user).post(f"/followups/{made.pk}/abandon/", {"note": "x"}).status_code == 404
    assert as_(teller).get("/followups/").status_code == 403
    assert as_(teller).get(f"/followups/{made.pk}/").status_code == 403


def test_the_sheet_carries_the_columns_of_the_form(as_, record, wealth):
    made = record()
    actions.prepare(made.first.pk, by=wealth, expected="嫌利率低", answer="先讲额度")
    actions.record_contact(
        made.first.pk,
        by=wealth,
        result="considering",
        findings="要等女儿意见",
        todo="寄资料",
        next_step=NextStep("wechat", TODAY + 7 * DAY),
    )
    page = text(as_(wealth).get(f"/followups/{made.pk}/"))
    heads = [
        "Planned on",
        "Way",
        "Objective",
        "Expected reaction and answer",
        "Contacted",
        "Result",
        "Needs and information",
        "To do",
        "Next step",
        "Appointment",
        "By",
    ]
    places = [page.index(f"<th>{head}</th>") for head in heads]
    assert places == sorted(places)
    for said in ("嫌利率低 → 先讲额度", "Considering", "要等女儿意见", "寄资料", "15 Oct WeCom", "林晓燕"):
        assert said in page


def test_the_analysis_is_kept_and_bad_text_refused(as_, record, wealth):
    made = record()
    browser = as_(wealth)
    url = f"/followups/{made.pk}/analysis/"
    fields = {"strength": "他行理财约 30 万元", "character": "谨慎", "needs": "养老"}
    assert browser.post(url, fields).status_code == 303
    made.refresh_from_db()
    assert made.strength == "他行理财约 30 万元"
    long = browser.post(url, {**fields, "needs": "长" * 501})
    assert long.status_code == 422
    assert "他行理财约 30 万元" in text(long)


def test_a_verdict_from_the_record_ends_it_once(as_, record, wealth, lobby):
    made = record()
    browser = as_(wealth)
    url = f"/followups/{made.pk}/judge/"
    page = text(browser.get(f"/followups/{made.pk}/"))
    assert "the referrer is told not to refer again for 90 days" in page
    assert browser.post(url, {"type": ""}).status_code == 422
    assert browser.post(url, {"type": "ordinary", "level": "core"}).status_code == 422
    fields = {"type": "ordinary", "reason": "资产不足", "idempotency_key": "k"}
    for _n in range(2):
        assert browser.post(url, fields).status_code == 303
    made.refresh_from_db()
    assert made.status == "non_premium"
    assert made.client.verdicts.count() == 1


def test_the_work_log_has_the_plan_and_what_was_done(as_, record, planned, wealth):
    made = record(agreed_on=TODAY)
    planned(TODAY, client=None, purpose="整理名单")
    actions.record_contact(
        made.first.pk,
        by=wealth,
        result="appointed",
        next_step=NextStep("visit", datetime.date(2026, 10, 12), datetime.time(14, 30)),
    )
    browser = as_(wealth)
    page = text(browser.get("/worklog/"))
    assert "整理名单" in page
    assert "Appointment made" in page
    assert "?on=2026-10-07" in page
    monday = text(browser.get("/worklog/?on=2026-10-12"))
    assert "14:30" in monday
    assert "Agreed" in monday
    holiday = text(browser.get("/worklog/?on=2026-10-01"))
    assert "National Day" in holiday
    for nonsense in ("on=2026-02-30", "on=0001-01-01", "on=x", "who=x", "who=²"):
        assert browser.get(f"/worklog/?{nonsense}").status_code in (200, 404)


def test_a_print_of_the_work_log_is_marked_and_on_record(as_, planned, supervisor, wealth, other_wealth):
    planned(TODAY, datetime.time(9, 30))
    browser = as_(supervisor)
    page = text(browser.get(f"/worklog/?who={wealth.pk}"))
    paper = f"/worklog/print/?on=2026-10-08&who={wealth.pk}"
    assert escape(paper) in page
    assert "data-print" not in page  # printing the page itself left no trace
    assert not AccessEvent.objects.filter(kind="print").exists()
    printed = text(browser.get(paper))
    assert "Printed: 冯雪 100107" in printed
    assert ("陈**" in printed, "陈美华" in printed) == (True, False)
    event = AccessEvent.objects.get(kind="print")
    assert (event.user, event.object_type, event.rows) == (supervisor, "followups.dayentry", 1)
    assert event.item_key == f"worklog:{wealth.pk}:2026-10-08"
    assert browser.get(f"/worklog/print/?who={other_wealth.pk}").status_code == 404
    assert "陈美华" in text(as_(wealth).get("/worklog/print/"))


def test_the_supervisor_reads_work_logs_of_the_branch_masked(as_, planned, supervisor, wealth, other_wealth):
    planned(TODAY)
    browser = as_(supervisor)
    page = text(browser.get(f"/worklog/?who={wealth.pk}"))
    assert "陈**" in page
    assert "陈美华" not in page
    assert 'href="/today/' not in page.split("<main")[1]
    assert browser.get(f"/worklog/?who={other_wealth.pk}").status_code == 404


def test_a_colleagues_work_log_is_closed(as_, wealth, colleague, teller):
    assert as_(wealth).get(f"/worklog/?who={colleague.pk}").status_code == 404
    assert as_(teller).get("/worklog/").status_code == 403
