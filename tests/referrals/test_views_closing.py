"""The closing's screens: both columns, what blocks the lock, every button; a fixed number of queries (B-03)."""

import pytest
import time_machine
from django.db import connection
from django.test import Client as Browser
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from clients.models import Client, Product
from followups.models import Deal
from referrals.actions import closing as slips
from referrals.actions import closing_day as days
from referrals.actions import statements
from referrals.models import Referral, Statement
from rmflow.notices.models import Notice
from rmflow.workdays import current
from rmflow.workdays.actions import business_day
from rmflow.workdays.models import BranchDay, DayConfirmation, Inspection, OpinionBoxCheck

from .closing import at, day_of, kinds, locked, met

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def afternoon():
    with time_machine.travel(at(17, 42), tick=False) as moment:
        yield moment


@pytest.fixture
def branch(branches):
    return branches["first"]


@pytest.fixture
def browse():
    def make(user):
        page = Browser()
        page.force_login(user)
        return page

    return make


def text(answer):
    return answer.content.decode()


def test_an_empty_branch_is_told_what_opens_the_day(browse, lobby, region_head):
    assert "还没有营业日" in text(browse(lobby).get("/closing/"))
    assert browse(region_head).get("/closing/").status_code == 403


def test_the_day_is_opened_by_a_button_once(browse, lobby, teller, branch, branches):
    assert "开始营业" in text(browse(lobby).get("/closing/"))
    assert "开始营业" in text(browse(lobby).get("/desk/"))
    assert "开始营业" not in text(browse(teller).get("/desk/"))
    assert browse(teller).post("/closing/open/").status_code == 403
    for _n in range(2):
        browse(lobby).post("/closing/open/")
    day = BranchDay.objects.get()
    assert (day.branch, day.date, day.opened_by) == (branch, at(1).date(), lobby)
    assert "开始营业" not in text(browse(lobby).get("/desk/"))


def test_what_is_wrong_with_an_answer_is_said_and_nothing_typed_is_lost(browse, filed, wealth):
    slip, page = filed(), browse(wealth)
    for address, sent, words in (
        (f"/closing/mine/{slip.pk}/deal/", {"product": "x", "amount": "-3"}, ("产品", "金额")),
        ("/closing/mine/unfiled/", {"surname": "", "salutation": "madam"}, ("姓",)),
    ):
        answer = page.post(address, sent, headers={"HX-Request": "true"})
        assert answer.status_code == 422 and answer["HX-Reswap"] == "none"
        for word in words:
            assert word in text(answer), word
    assert not Deal.objects.exists() and not Statement.objects.exists()


def test_the_register_of_the_opinion_box_is_read_by_those_who_inspect(
    browse, head, lobby, teller, filed, branch
):
    filed()
    days.look_into_box(day_of(branch).pk, by=lobby, box_found=1, witness_id=teller.pk, note="表扬信一封")
    shown = text(browse(head).get("/closing/inspections/"))
    assert "表扬信一封" in shown and "何丽萍" in shown


def test_the_lobby_closes_a_whole_day_on_the_page(browse, filed, teller, lobby, wealth, branch):
    met(filed, wealth)
    disputed = filed(by=teller, name="许")
    statements.state(disputed.pk, by=wealth, received=False, note="接待他人，未见到")
    page, day = browse(lobby), day_of(branch)
    shown = text(page.get("/closing/"))
    for words in ("争议", "接待他人，未见到", "尚不能锁定", "核对相符的 1 笔", "处理下一笔差异"):
        assert words in shown, words
    assert "核对完毕，锁定本日" not in shown
    base = f"/closing/{day.pk}"
    assert page.post(f"{base}/lock/").status_code == 422
    page.post(f"{base}/slips/{disputed.pk}/settle/", {"ruling": "to_follow_up", "note": "监控已核"})
    page.post(f"{base}/check/")
    page.post(f"{base}/box/", {"box_found": "0", "book_found": "1", "witness": teller.pk, "note": "表扬"})
    assert OpinionBoxCheck.objects.get().witness == teller
    mine = browse(wealth)
    mine.post(f"{base}/sign/", {"side": "manager", "back": "mine"})
    assert "核对完毕，锁定本日" in text(page.get("/closing/"))
    page.post(f"{base}/lock/")
    day.refresh_from_db()
    assert day.closed_by == lobby
    assert "重新打开本日" not in text(page.get("/closing/"))
    assert "已锁定" in text(page.get("/closing/"))


def test_a_refusal_lists_what_is_open_and_keeps_what_was_typed(browse, filed, lobby, branch):
    filed()
    answer = browse(lobby).post(f"/closing/{day_of(branch).pk}/lock/", headers={"HX-Request": "true"})
    assert answer.status_code == 422 and answer["HX-Reswap"] == "none"
    for words in ("意见箱", "未签"):
        assert words in text(answer)


def test_a_button_pressed_twice_does_it_once(browse, lobby, filed, wealth, branch):
    met(filed, wealth)
    page = browse(lobby)
    sent = {"box_found": "1", "book_found": "0", "idempotency_key": "abc"}
    for _n in range(2):
        page.post(f"/closing/{day_of(branch).pk}/box/", sent)
    assert OpinionBoxCheck.objects.count() == 1


def test_a_slip_is_left_over_and_a_check_taken_back(browse, lobby, filed, wealth, branch):
    slip, sure = filed(), met(filed, wealth, name="王")
    statements.state(slip.pk, by=wealth, received=False)
    page, base = browse(lobby), f"/closing/{day_of(branch).pk}"
    page.post(f"{base}/slips/{slip.pk}/settle/", {"do": "carry", "note": "待调阅监控"})
    slip.refresh_from_db()
    assert slip.carried_on == day_of(branch)
    page.post(f"{base}/check/")
    assert "撤回核对" in text(page.get(f"/closing/?row=s{sure.pk}"))
    page.post(f"{base}/slips/{sure.pk}/uncheck/", {"note": "误核"})
    sure.refresh_from_db()
    assert sure.check_result == "unchecked"


def test_a_manager_is_reminded(browse, lobby, filed, wealth, other_wealth, branch):
    filed()
    browse(lobby).post(f"/closing/{day_of(branch).pk}/remind/", {"person": [wealth.pk, other_wealth.pk]})
    assert list(Notice.objects.filter(text__contains="asks you").values_list("recipient", flat=True)) == [
        wealth.pk
    ]


def test_the_manager_answers_sells_and_signs(browse, filed, lobby, wealth, teller, branch):
    slip = filed()
    mine = browse(wealth)
    assert "未收到" in text(mine.get("/closing/mine/"))
    mine.post(f"/closing/mine/{slip.pk}/state/", {"said": "met"})
    product = Product.objects.on_sale().first()
    for _n in range(2):
        sold = {"product": product.pk, "amount": "80000", "idempotency_key": "k"}
        mine.post(f"/closing/mine/{slip.pk}/deal/", sold)
    assert Deal.objects.get().amount == 80000
    mine.post(
        "/closing/mine/unfiled/",
        {"surname": "姚", "salutation": "madam", "met_at": "16:05", "sender": teller.pk, "note": ""},
    )
    assert Statement.objects.get(referral=None).sender == teller
    shown = text(mine.get("/closing/mine/"))
    assert product.name in shown and "姚女士" in shown
    mine.post(f"/closing/{day_of(branch).pk}/sign/", {"side": "manager", "back": "mine"})
    assert DayConfirmation.objects.get().slips == 2
    assert product.name in text(browse(lobby).get("/closing/"))


def test_a_missing_slip_is_settled(browse, lobby, wealth, filed, branch):
    said = statements.state_unfiled(by=wealth, surname="姚", salutation="madam")
    page, day = browse(lobby), day_of(branch)
    assert "推介人缺" in text(page.get("/closing/"))
    page.post(f"/closing/{day.pk}/unfiled/{said.pk}/", {"ruling": "own", "note": "自主获客"})
    assert "sender_missing" not in kinds(day)


def test_the_head_stands_in_and_reopens(browse, filed, lobby, head, wealth, branch, afternoon):
    met(filed, wealth)
    page, base = browse(head), f"/closing/{day_of(branch).pk}"
    assert "代林晓燕签认" not in text(page.get("/closing/"))
    afternoon.move_to(at(18, 5))
    page = browse(head)
    assert "代林晓燕签认" in text(page.get("/closing/"))
    page.post(f"{base}/stand-in/", {"side": "manager", "person": wealth.pk, "reason": "外出培训"})
    slips.check_matched(day_of(branch).pk, by=lobby)
    days.look_into_box(day_of(branch).pk, by=lobby)
    days.lock(day_of(branch).pk, by=lobby)
    day = BranchDay.objects.get(date=at(1).date())
    assert "重新打开本日" in text(page.get("/closing/"))
    assert page.post(f"/closing/{day.pk}/reopen/", {"note": " "}).status_code == 422
    page.post(f"/closing/{day.pk}/reopen/", {"note": "更正一笔"})
    day.refresh_from_db()
    assert day.closed_at is None
    assert "更正一笔" in text(page.get("/closing/"))


def test_an_unlocked_yesterday_is_named(browse, filed, lobby, wealth, branch, afternoon):
    met(filed, wealth)
    afternoon.move_to(at(9, day=9))
    filed(name="王")
    page = browse(lobby)
    assert "10月8日尚未锁定" in text(page.get("/closing/"))
    assert "林晓燕" in text(page.get("/closing/?day=2026-10-08"))
    assert page.get("/closing/?day=2020-01-01").status_code == 404
    assert page.get("/closing/?day=x").status_code == 404


def test_inspections_are_drawn_signed_and_listed(browse, filed, head, wealth, branch):
    for name in "王李张":
        filed(name=name)
    page = browse(head)
    page.post("/closing/inspections/draw/")
    page.post("/closing/inspections/draw/")
    begun = Inspection.objects.get()
    assert len(begun.sample) == 3
    assert page.post(f"/closing/inspections/{begun.pk}/sign/", {"finding": " "}).status_code == 422
    kind, pk = begun.sample[0]
    page.post(f"/closing/inspections/{begun.pk}/sign/", {"finding": "一份缺签名", "faulty": f"{kind}:{pk}"})
    shown = text(page.get("/closing/inspections/"))
    assert "一份缺签名" in shown and f"TJ{pk:08d}" in shown


def test_three_hundred_slips_take_no_more_queries_than_three(
    browse, filed, lobby, wealth, branch, monkeypatch
):
    """The issue's bound: at most twelve, the session's and the shell's own included."""
    monkeypatch.setattr(
        current, "LOOK_EVERY", 3600.0
    )  # the calendar's look by the clock is no query of the page
    current.forget()
    slip = filed()
    page = browse(lobby)
    page.get("/closing/")
    counts = []
    for many in (2, 297):
        day = day_of(branch)
        people = Client.objects.bulk_create(Client(branch=branch, name="") for _n in range(many))
        rows = []
        for n, person in enumerate(people):
            row = Referral.objects.get(pk=slip.pk)
            row.pk, row.client, row.day = None, person, day
            row.reception, row.met_at = ("met", timezone.now()) if n % 4 else ("waiting", None)
            rows.append(row)
        Referral.objects.bulk_create(rows)
        page.get("/closing/")
        with CaptureQueriesContext(connection) as queries:
            assert page.get("/closing/").status_code == 200
        counts.append(len(queries))
    assert Referral.objects.count() == 300
    assert counts[0] == counts[1] and counts[1] <= 11, "\n".join(q["sql"][:300] for q in queries)


def test_the_locked_day_shows_nothing_to_press(browse, filed, lobby, wealth, branch):
    met(filed, wealth)
    locked(day_of(branch), lobby=lobby, managers=[wealth])
    shown = text(browse(lobby).get("/closing/?day=2026-10-08"))
    for words in ("核定", "核对相符的", "催办", "登记查看"):
        assert f">{words}<" not in shown
    assert "打印日统计表" in shown
    assert "周敏" in text(browse(lobby).get("/statistics/print/?kind=day&day=2026-10-08"))
    assert business_day(branch).date != at(1).date()
