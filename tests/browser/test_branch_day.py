"""A whole day of one branch, lived by its people in their browsers, and its month (issue 3, "Done when").

Thursday 2026-10-08 in 中山路支行. Five referrals by three people, counted by hand:

| client | by | state | manager | found | verdict | deal |
|---|---|---|---|---|---|---|
| 刘女士 | 何丽萍, counter | 已推介 | 林晓燕 | 属实 | 现有优质 | 100,000 on the spot |
| 王先生 | 何丽萍, counter | 待跟进 | 林晓燕 | 属实, later 无效 | – | – |
| 孙女士 | 吴婷, marketing | 已推介 | 陈志远 | 属实 | 现有潜质 | 30,000 on the spot |
| 许女士 | 周敏, lobby | disputed → 待跟进 | 林晓燕 | 信息更正 | – | – |
| 姚女士 | 周敏, without a network | 已推介 | 林晓燕 | 属实 | 个人普通 | – |
"""

import datetime
import io
import re

import pytest
import time_machine
from openpyxl import load_workbook
from playwright.sync_api import expect

from referrals import tasks
from referrals.models import MonthReport, OfflineArrival, Referral
from rmflow.workdays.models import BranchDay, DayReopening
from tests.browser.words import say
from tests.referrals.closing import at

THURSDAY = datetime.date(2026, 10, 8)
CUE = say("Showed a VIP card")
NAME = say("Name or surname")
RECEIVE = re.compile(say("Receive client"))


@pytest.fixture
def moment():
    """Thursday, first working day after the National Day holiday, at four in the afternoon."""
    with time_machine.travel(at(16, 0), tick=True) as clock:
        yield clock


@pytest.fixture
def cast(moment, settings, teller, marketing, lobby, wealth, colleague, head, notice):
    settings.SECOND_FACTOR_REQUIRED = False  # tests/staff tries it
    return moment


def introduce(page, name, salutation, manager):
    page.get_by_label(CUE).click()
    page.get_by_label(NAME).fill(name)
    page.get_by_label(say(salutation, "salutation"), exact=True).click()
    page.get_by_role("radio", name=re.compile(manager.name)).click()
    page.get_by_role("button", name=say("Introduce to {name} now", name=manager.name)).click()


def hand_out_card(page, name, phone, day):
    page.get_by_label(say("Deposit matured")).click()
    page.get_by_label(NAME).fill(name)
    page.get_by_label(say("Mr", "salutation"), exact=True).click()
    page.get_by_label(re.compile(say("Phone number"))).fill(phone)
    page.get_by_label(say("Told and agreed")).click()
    page.get_by_label(say("Hand out card, follow up")).click()
    page.get_by_label(say("Agreed day")).fill(day)
    page.get_by_role("button", name=say("Save for follow-up")).click()


def receive(page, client, verdict, *, by_strip=True):
    """Take the waiting client, from the strip or from the slip, and say what he or she is."""
    page.goto("/today/" if by_strip else f"/referrals/{pk_of(client)}/")
    place = page.locator(".strip", has_text=client) if by_strip else page
    place.get_by_role("button", name=RECEIVE).first.click()
    page.get_by_role("radio", name=re.compile(verdict)).click()
    page.get_by_role("button", name=say("Save the verdict")).click()
    expect(page.locator("#toasts")).not_to_be_empty()


def sell(page, client, product, amount):
    """营销成果 on the manager's side of the closing."""
    page.goto("/closing/mine/")
    row = page.get_by_role("row").filter(has_text=client)
    row.get_by_text(say("Enter a deal")).click()
    row.get_by_label(say("Product")).select_option(label=product)
    row.get_by_label(say("Amount (yuan)")).fill(amount)
    with page.expect_navigation():  # the product's name stands in the form already
        row.get_by_role("button", name=say("Save deal")).click()
    expect(page.get_by_role("row").filter(has_text=client)).to_contain_text(product)


def test_a_branch_lives_a_day_and_the_month_says_so(
    cast, desk, phone, teller, marketing, lobby, wealth, colleague, head
):
    counter, outside = desk(teller), desk(marketing)
    tablet, manager, second = phone(lobby), desk(wealth), desk(colleague)

    # Open: the lobby manager stands in the lobby, the day begins with the first slip.
    tablet.goto("/desk/")
    tablet.get_by_role("button", name=say("Sign in to duty")).click()
    expect(tablet.locator("#desk-post")).to_contain_text(say("Hand over duty"))

    # Five referrals by three people.
    counter.goto("/desk/")
    introduce(counter, "刘", "Ms", wealth)
    expect(counter.locator("#toasts")).to_contain_text("刘")
    receive(manager, "刘女士", say("Existing premium"))
    hand_out_card(counter, "王", "13908571234", "2026-10-09")
    expect(counter.locator("#toasts")).to_contain_text("王")
    outside.goto("/desk/")
    introduce(outside, "孙", "Ms", colleague)
    expect(outside.locator("#toasts")).to_contain_text("孙")
    receive(second, "孙女士", say("Existing potential"))
    introduce(tablet, "许", "Ms", wealth)
    expect(tablet.locator("#toasts")).to_contain_text("许")

    # One of them without a network: kept on the tablet, sent once.
    tablet.evaluate("navigator.serviceWorker.ready.then(() => true)")
    tablet.wait_for_function("() => navigator.serviceWorker.controller !== null")
    tablet.context.set_offline(True)
    introduce(tablet, "姚", "Ms", wealth)
    expect(tablet.locator("#desk-offline")).to_contain_text(say("Waiting to send: {n}", n=1))
    assert Referral.objects.count() == 4
    tablet.context.set_offline(False)
    expect(tablet.locator("#desk-offline")).to_be_empty(timeout=30_000)
    tablet.errors.clear()  # the browser's own lines about the lost network
    assert (Referral.objects.count(), OfflineArrival.objects.count()) == (5, 1)
    receive(manager, "姚女士", say("Divert", "short"), by_strip=False)

    # Closing time: each manager answers, sells, signs; one client was never met.
    go_home(counter, outside, tablet, manager, second)
    cast.move_to(at(17, 20))
    counter, manager, second = desk(teller), desk(wealth), desk(colleague)
    sell(manager, "刘", "储蓄国债（电子式，三年）", "100000")
    row = manager.get_by_role("row").filter(has_text="许女士")
    row.get_by_placeholder(say("Note, if the slip is wrong")).fill("接待他人，未见到")
    row.get_by_role("button", name=re.compile(say("Not received"))).click()
    manager.get_by_role("button", name=say("Confirm and sign")).click()
    expect(manager.locator("main")).to_contain_text(re.compile(r"17:\d\d 已确认"))
    sell(second, "孙", "储蓄国债（电子式，三年）", "30000")
    second.get_by_role("button", name=say("Confirm and sign")).click()
    expect(second.locator("main")).to_contain_text(re.compile(r"17:\d\d 已确认"))

    # The lobby manager: the dispute first, then what matches, the box, the lock.
    close = desk(lobby)
    close.goto("/closing/")
    expect(close.locator("#chosen")).to_contain_text("接待他人，未见到")
    expect(close.locator(".closing-gap")).to_contain_text("1")
    expect(close.get_by_text("核对完毕，锁定本日")).to_have_count(0)
    close.get_by_label(say("Note of the ruling")).fill("监控已核，客户先行离开")
    close.get_by_role("button", name=say("Settle", "closing"), exact=True).click()
    expect(close.locator(f"#row-s{pk_of('许女士')}")).to_contain_text("更正")
    withdraw = counter  # the teller opens a slip before it is checked and presses its button after the lock
    withdraw.goto(f"/referrals/{pk_of('王先生')}/")
    withdraw.get_by_role("button", name=say("Withdraw referral")).click()
    close.get_by_role("button", name=re.compile("核对相符的 4 笔")).click()
    expect(close.get_by_text("核对相符的")).to_have_count(0)
    close.get_by_role("button", name=say("Opinion box looked at")).click()
    expect(close.locator(".closing-side")).to_contain_text("意见箱 0")
    close.get_by_role("button", name=say("Checked, lock the day")).click()
    close.get_by_role("dialog").get_by_role("button", name=say("Lock the day")).click()
    expect(close.locator(".closing-side")).to_contain_text(re.compile("周敏于 10月8日 17:\\d\\d 锁定"))
    day = BranchDay.objects.get(date=THURSDAY)
    assert (day.closed_by, day.sealed_until) == (lobby, at(8, 20, day=9))

    # A late edit is refused in words and changes nothing.
    before = list(Referral.objects.order_by("pk").values())
    dialog = withdraw.get_by_role("dialog")
    dialog.get_by_label(re.compile(say("Reason"))).fill("客户改约")
    dialog.get_by_role("button", name=say("Withdraw referral")).click()
    expect(
        withdraw.get_by_text(say("The day is locked; ask the branch head to reopen it")).first
    ).to_be_visible()
    assert list(Referral.objects.order_by("pk").values()) == before
    withdraw.errors.clear()  # the refusal's 409

    # The head reopens with a reason; one check is corrected; both sides sign again; it locks anew.
    go_home(counter, manager, second, close)
    cast.move_to(at(17, 50))
    boss, close, manager, second = desk(head), desk(lobby), desk(wealth), desk(colleague)
    boss.goto("/closing/")
    boss.get_by_role("button", name=say("Reopen day")).click()
    boss.get_by_role("dialog").get_by_label(re.compile(say("Reason"))).fill("王先生并非优质客户")
    boss.get_by_role("dialog").get_by_role("button", name=say("Reopen"), exact=True).click()
    expect(boss.locator(".closing-side")).to_contain_text("王先生并非优质客户")
    correct(close, "王先生", say("Invalid"), "客户经理误填")
    for page in (manager, second):
        page.goto("/closing/mine/")
        page.get_by_role("button", name=say("Confirm and sign")).click()
        expect(page.locator("main")).to_contain_text(re.compile(r"17:\d\d 已确认"))
    close.goto("/closing/")
    close.get_by_role("button", name=say("Checked, lock the day")).click()
    close.get_by_role("dialog").get_by_role("button", name=say("Lock the day")).click()
    expect(close.locator(".closing-side")).to_contain_text(re.compile("周敏于 10月8日 17:\\d\\d 锁定"))
    reopening = DayReopening.objects.get()
    wang = str(pk_of("王先生"))
    assert reopening.before["slips"][wang]["check_result"] == "matched"
    assert reopening.after["slips"][wang]["check_result"] == "invalid"

    # The first working day of November: the clock compiles October and rings the head.
    go_home(boss, close, manager, second)
    cast.move_to(at(7, 40).replace(month=11, day=2))
    assert tasks.compile_months() == {"compiled": 1, "renewed": 0}
    boss = desk(head)
    boss.goto("/notices/")
    boss.get_by_text("2026-10").first.click()
    expect(boss.get_by_role("heading", name="优质客户推介统计")).to_be_visible()
    assert figures(boss) == BY_HAND
    assert employees(boss) == EMPLOYEES_BY_HAND
    sign(boss)
    assert workbook(boss) == WORKBOOK_BY_HAND


def go_home(*pages):
    """Everybody's screen goes dark; sessions end after fifteen minutes, so the next hour logs in again."""
    for page in pages:
        page.context.close()


def pk_of(client):
    return Referral.objects.get(addressed_as=client).pk


def correct(page, client, result, note):
    """Take a slip's check back and rule on it anew."""
    page.goto("/closing/?all=1")
    page.get_by_role("row").filter(has_text=client).get_by_role("link").click()
    page.locator("#chosen").get_by_label(re.compile(say("Reason"))).fill(note)
    page.locator("#chosen").get_by_role("button").first.click()
    expect(page.get_by_role("button", name=re.compile("核对相符的 1 笔"))).to_be_visible()
    page.goto(f"/closing/?all=1&row=s{pk_of(client)}")
    page.locator("#chosen").get_by_label(result, exact=True).click()
    page.get_by_label(say("Note of the ruling")).fill(note)
    page.get_by_role("button", name=say("Settle", "closing"), exact=True).click()
    expect(page.locator(f"#row-s{pk_of(client)}")).to_contain_text(result)


#: What the pencil says: five, of whom three introduced; accuracy 2 of (4 true + 1 invalid); 13.0 万元 in two deals.
BY_HAND = {
    "推介": "5", "现场引导成功率": "60.0", "识别准确率": "40.0", "跟进转化率": "0.0", "成交金额": "13.0",
}  # fmt: skip
#: Name → referrals, introduced, to follow up, deals, amount. Managers: 双算.
EMPLOYEES_BY_HAND = {
    "何丽萍": ["2", "1", "1", "1", "10.0"],
    "周敏": ["2", "1", "1", "0", "0.0"],
    "吴婷": ["1", "1", "0", "1", "3.0"],
    "林晓燕": ["0", "0", "0", "1", "10.0"],
    "陈志远": ["0", "0", "0", "1", "3.0"],
    "合计": ["5", "3", "2", "2", "13.0"],
}


def figures(page):
    tiles = page.locator(".tile")
    found = {}
    for number in range(tiles.count()):
        label = tiles.nth(number).locator(".tile-label").inner_text().strip()
        found[label] = tiles.nth(number).locator(".tile-figure").inner_text().split()[0]
    return {label: found[label] for label in BY_HAND}


def employees(page):
    """By name: referrals, introduced, to follow up, deals, amount."""
    found = {}
    for row in page.locator(".people tbody tr, .people tfoot tr").all():
        cells = [cell.strip() for cell in row.locator("td, th").all_inner_texts()]
        found[cells[1]] = [cells[3], cells[6], cells[7], cells[9], cells[10]]
    return found


def sign(page):
    page.get_by_role("button", name=say("Sign", "month")).first.click()
    page.get_by_role("dialog").get_by_role("button", name=say("Sign", "month"), exact=True).click()
    expect(page.get_by_text("罗涛 已签阅")).to_be_visible()
    report = MonthReport.objects.get()
    assert (report.state, report.content["unlocked"]) == ("signed", [])


#: Sheet → its last row: the totals of the form's columns, or for the lists how many rows they have.
WORKBOOK_BY_HAND = {
    "按员工": [5, 3, 2, 4, 1, 1, 0, 1, 0, 1, 2, 130000, 0, 0, 0],
    "推介明细": 5,
    "成交明细": 2,
}


def workbook(page):
    with page.expect_download() as download:
        page.get_by_role("button", name=re.compile(say("Export Excel"))).click()
    book = load_workbook(io.BytesIO(download.value.path().read_bytes()))
    totals = [cell.value for cell in list(book["按员工"].rows)[-1]][5:20]
    lists = {name: book[name].max_row - 1 for name in ("推介明细", "成交明细")}
    return {"按员工": totals, **lists}
