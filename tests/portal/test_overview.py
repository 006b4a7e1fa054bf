"""概览: the head's page says what waits for a signature or a lock, and how the branch stands (design §6)."""

import datetime

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext

from complaints.actions import closures, complaint_take
from referrals.actions import months
from referrals.rules.periods import Kind, period
from referrals.stats import rollup
from rmflow.portal import business
from rmflow.portal.business import Span
from rmflow.staff.permissions import Role
from tests.complaints.closures import vip  # noqa: F401  a fixture
from tests.complaints.conftest import intake
from tests.referrals.closing import at
from tests.referrals.counted import a_day, deal, lock, slip

SEPT, OCT = datetime.date(2026, 9, 1), datetime.date(2026, 10, 8)


@pytest.fixture(autouse=True)
def morning():
    """Friday 2026-10-09, nine o'clock: the second working day of October."""
    with time_machine.travel(at(9, day=9), tick=False) as moment:
        yield moment


@pytest.fixture
def months_of_work(branches, lobby, wealth, head, other_lobby, other_wealth):
    """August three slips, September four with a deal; one day of September open; next door its own."""
    here, there = branches["first"], branches["second"]
    august, september = a_day(here, datetime.date(2026, 8, 3)), a_day(here, SEPT)
    left = a_day(here, datetime.date(2026, 9, 27))
    other = a_day(there, SEPT)
    for _n in range(3):
        slip(august, lobby, Role.LOBBY_MANAGER, wealth, said="ordinary")
    for _n in range(4):
        made = slip(september, lobby, Role.LOBBY_MANAGER, wealth, said="existing_premium")
    slip(left, lobby, Role.LOBBY_MANAGER, wealth)
    slip(other, other_lobby, Role.LOBBY_MANAGER, other_wealth)
    deal(made, september, 80000)
    lock(august, september, other)
    return here


@pytest.fixture
def look(client):
    def page(user, address="/overview/"):
        client.cookies.clear()
        client.force_login(user)
        return client.get(address)

    return page


def test_the_draft_and_the_unlocked_day_wait_for_the_head(months_of_work, look, head, supervisor):
    months.compile_month(months_of_work, SEPT)
    page = look(head)
    text = page.content.decode()
    assert "9月推介统计表待签阅" in text and "9月27日尚未锁定" in text and "1 天未锁定" in text
    (row,) = page.context["months"]
    assert row["due"]["date_text"] == "10月10日"  # the third working day: Saturday, made up
    assert look(head, row["url"]).context["report"].number == "TJ-Y-202609-0817"
    assert look(supervisor).context["months"] == []
    months.sign(page_report(), by=head, digest=page_digest())
    assert "待签阅" not in look(head).content.decode()


def page_report():
    from referrals.models import MonthReport

    return MonthReport.objects.get().pk


def page_digest():
    from referrals.models import MonthReport

    return MonthReport.objects.get().digest


@pytest.mark.parametrize("folded", [False, True])
def test_figures_of_the_last_month_against_the_one_before(months_of_work, look, head, folded):
    if folded:
        rollup.refresh()
    page = look(head)
    shown = {tile["label"]: (tile["figure"], tile["change"]) for tile in page.context["business"]}
    assert shown == {
        "推介": ("4", "+33.3%"),
        "识别准确率": ("100.0", "+100 个百分点"),
        "跟进转化率": ("–", "–"),
        "成交金额": ("8.0", "–"),
    }
    for tile in page.context["business"]:
        assert look(head, tile["url"]).status_code == 200
    assert page.context["business"][0]["read"] == "0、0、0、0、3、4"


@pytest.mark.parametrize(
    ("span", "figure"), [("month", "0"), ("last", "4"), ("quarter", "0"), ("year", "7"), ("nonsense", "4")]
)
def test_each_span_counts_its_days(months_of_work, look, head, span, figure):
    assert look(head, f"/overview/?span={span}").context["business"][0]["figure"] == figure


def test_a_region_head_sees_both_branches(months_of_work, look, region_head):
    assert look(region_head).context["business"][0]["figure"] == "5"


def test_without_a_word_the_last_month_stands_until_the_tenth():
    assert business.span_of("", datetime.date(2026, 10, 10)) == Span.LAST
    assert business.span_of("", datetime.date(2026, 10, 11)) == Span.MONTH
    assert business.period_of(Span.QUARTER, OCT) == period(Kind.QUARTER, OCT)


def test_a_line_ends_at_the_last_value():
    drawn = business.line([1, None, 3])
    assert drawn["points"].split()[-1] == f"{drawn['x']},{drawn['y']}" == "117.0,3.0"


def test_the_page_asks_as_much_for_one_month_as_for_many(months_of_work, look, head, branches, lobby, wealth):
    look(head)
    with CaptureQueriesContext(connection) as few:
        look(head)
    for number in range(1, 16):
        day = a_day(branches["first"], SEPT + datetime.timedelta(number))
        slip(day, lobby, Role.LOBBY_MANAGER, wealth)
        lock(day)
    with CaptureQueriesContext(connection) as many:
        look(head)
    assert len(few) == len(many)


def test_open_complaints_and_closures_stand_before_the_head(
    look,
    lobby,
    teller,
    head,
    other_lobby,
    region_head,
    wealth,
    morning,
    vip,  # noqa: F811
):
    made = complaint_take.take(intake(), by=lobby)
    complaint_take.take(intake(), by=other_lobby)
    complaint_take.take(intake(named=[head.pk]), by=teller)
    closures.flag(vip().pk, by=teller, movement="closure", suspicion="churn")
    shown = look(head).context
    assert (shown["complaints"]["open"], shown["complaints"]["overdue"]) == (1, 0)
    assert look(region_head).context["complaints"]["open"] == 3
    assert (shown["cases"]["open"], shown["cases"]["flagged"]) == (1, 1)
    assert "1 件客户异动尚无人认领" in look(head).content.decode()
    morning.move_to(made.due_at.replace(hour=1))
    assert "1 件投诉今天到期" in look(head).content.decode()
    assert look(head, "/complaints/?show=today").context["page"].paginator.count == 1
    morning.move_to(made.due_at + datetime.timedelta(minutes=1))
    assert "1 件投诉已逾期" in look(head).content.decode()
