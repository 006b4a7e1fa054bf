"""A complaint over the Spring Festival in a real browser: taken, extended by the office, answered, closed."""

import datetime
import io
import unicodedata

import pytest
import time_machine
from playwright.sync_api import expect
from pypdf import PdfReader

from complaints.models import Complaint, ComplaintPoint
from rmflow.workdays import clock


@pytest.fixture
def on(settings):
    """A function: from now on it is this moment of the bank."""
    settings.SECOND_FACTOR_REQUIRED = False  # tests/staff tries it
    travels = []

    def move(text):
        moment = datetime.datetime.fromisoformat(text).replace(tzinfo=clock.SHANGHAI)
        if travels:
            travels.pop().stop()
        travels.append(time_machine.travel(moment))
        travels[0].start()

    yield move
    for travel in travels:
        travel.stop()


def on_one_a4(page, url):
    """The text of a page as paper, without its white space: one sheet, A4."""
    page.goto(url)
    paper = PdfReader(io.BytesIO(page.pdf(prefer_css_page_size=True)))
    assert len(paper.pages) == 1, url
    box = paper.pages[0].mediabox
    assert (round(float(box.width)), round(float(box.height))) == (595, 842), url
    return "".join(unicodedata.normalize("NFKC", paper.pages[0].extract_text()).split())


def step(page, name, **fields):
    """Open one step of the complaint at hand, fill its form and send it."""
    page.goto(f"/complaints/{Complaint.objects.get().pk}/{name}/")
    for field, value in fields.items():
        control = page.locator(f"#step-form [name={field}]")
        kind = control.first.evaluate("e => e.type || e.tagName")
        if kind == "radio":
            page.locator(f"#step-form label.choice:has(input[name={field}][value='{value}'])").click()
        elif kind.startswith("select"):
            control.select_option(index=value)
        else:
            control.fill(value)
    page.locator("#step-form button[type=submit]").click()
    expect(page.locator("#toasts")).to_contain_text("已保存")


def test_a_complaint_over_the_spring_festival(on, desk, phone, teller, lobby, complaint_office, head):
    on("2026-02-13 10:00")
    page = desk(teller)
    page.goto("/complaints/new/")
    page.locator("#take-form label.choice", has_text="电话").first.click()
    page.get_by_label("投诉事由").fill("理财赎回到账时间解释不清")
    page.get_by_label("投诉人", exact=True).fill("马建国")
    page.get_by_label("电话选填").fill("13800006620")
    page.get_by_label("投诉请求").fill("说明赎回款为何晚一天到账")
    page.get_by_role("button", name="受理并登记").click()
    expect(page.locator(".complaint-due")).to_contain_text("2月25日 周三")
    expect(page.locator(".clock")).to_contain_text("班")

    page.close()
    on("2026-02-24 09:30")
    page = phone(lobby)
    page.goto("/complaints/")
    page.get_by_role("link", name="TS-20260213-01").click()
    step(page, "plan", key_point="购买时是否讲清 T+2 到账")
    step(page, "ask_extension", reason="到账说明须总行理财部出具")

    page.close()
    on("2026-02-24 14:05")
    page = desk(complaint_office)
    page.goto("/complaints/extensions/")
    expect(page.locator("#extension-list")).to_contain_text("到账说明须总行理财部出具")
    page.get_by_role("link", name="审批", exact=True).click()
    page.locator("#step-form label.choice", has_text="同意").first.click()
    page.get_by_label("审批意见").fill("情况属实，同意")
    page.locator("#step-form button[type=submit]").click()
    expect(page.locator(".complaint-due")).to_contain_text("2月28日 周六")
    expect(page.locator(".complaint-due")).to_contain_text("法定 15 日先到，内部期限 3月2日 不再适用")

    page.close()
    on("2026-02-28 10:00")
    page = desk(lobby)
    step(page, "told")
    step(page, "classify", channel_id=1, business_id=5, cause_id=5)
    page.goto(f"/complaints/{Complaint.objects.get().pk}/")
    page.get_by_role("link", name="登记答复").click()
    page.locator("#step-form label.choice", has_text="电话").first.click()
    page.locator("#step-form label.choice", has_text="部分属实").click()
    page.get_by_label("答复内容").fill("已说明到账规则并致歉")
    page.get_by_label("处理依据和理由").fill("产品说明书第 3 条")
    page.locator("#step-form button[type=submit]").click()
    expect(page.locator(".page-note")).to_contain_text("已答复")
    step(page, "call_back", satisfaction="satisfied")
    step(page, "trace", root_cause="赎回确认短信未写明到账日")
    step(page, "close")
    expect(page.locator(".page-note").first).to_contain_text("已办结")

    page.close()
    page = desk(complaint_office)
    page.goto("/complaints/desk/?month=2026-02")
    overdue = page.locator(".tile", has_text="逾期").first
    expect(overdue).to_contain_text("0")
    expect(page.locator("svg").first).to_be_visible()
    row = Complaint.objects.get()
    assert (row.status, row.due_on, row.archive_no) == (
        "closed",
        datetime.date(2026, 2, 28),
        "0817-TS-20260213-01",
    )
    assert row.replied_at < row.due_at

    page.close()
    page = desk(lobby)
    for place, title in (("print", "投诉记录表"), ("letter", "投诉处理决定")):
        text = on_one_a4(page, f"/complaints/{row.pk}/{place}/")
        assert title in text and row.number in text
    ComplaintPoint.objects.create(
        branch=row.branch, window="大堂 1 号台", person="周敏", phone="0851-86800000"
    )
    assert "12378" in on_one_a4(page, "/complaints/notice/")
    page.close()
