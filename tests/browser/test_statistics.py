"""The head reads, drills, signs and prints the month; a manager enters a deal; a phone shows the same."""

import datetime
import io
import unicodedata

import pytest
from playwright.sync_api import expect
from pypdf import PdfReader

from referrals.actions import months
from referrals.models import MonthReport
from rmflow.staff.permissions import Role
from tests.referrals.counted import a_day, deal, lock, slip

SEPT = datetime.date(2026, 9, 1)
MONTH = "/statistics/?kind=month&day=2026-09-01"


@pytest.fixture
def september(transactional_db, settings, branches, lobby, teller, wealth, head):
    settings.SECOND_FACTOR_REQUIRED = False  # tests/staff tries it
    here = branches["first"]
    one, left = a_day(here, SEPT), a_day(here, datetime.date(2026, 9, 27))
    for number in range(12):
        made = slip(
            one, lobby, Role.LOBBY_MANAGER, wealth, said="existing_premium" if number < 9 else "ordinary"
        )
    slip(
        one, teller, Role.TELLER, wealth, status="to_follow_up", said="existing_potential", channel="counter"
    )
    deal(made, one, 500000)
    lock(one)
    months.compile_month(here, SEPT)
    return {"slip": made, "left": left}


def test_the_head_reads_and_signs(september, desk, head):
    page = desk(head)
    page.goto(MONTH)
    expect(page.get_by_text("9月27日 未锁定").first).to_be_visible()
    expect(page.locator("#trend svg")).to_be_visible()
    page.locator(".people tbody tr").first.get_by_role("link", name="12", exact=True).first.click()
    expect(page.locator("tbody tr")).to_have_count(12)
    page.go_back()
    page.get_by_role("button", name="签阅").first.click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_text("未锁定、不计入")).to_be_visible()
    dialog.get_by_role("button", name="签阅", exact=True).click()
    expect(page.get_by_text("罗涛 已签阅")).to_be_visible()
    assert MonthReport.objects.get().state == "signed"


def test_charts_read_as_tables(september, desk, head):
    page = desk(head)
    page.goto(MONTH)
    page.get_by_text("表格", exact=True).click()
    table = page.locator("#trend-table tbody tr")
    expect(table).to_have_count(30)
    expect(table.first.locator("td").first).to_have_text("12")
    expect(page.locator(".funnel tbody tr").first).to_contain_text("13")


def test_the_phone_shows_rank_name_count_and_rate(september, phone, head):
    page = phone(head)
    page.goto(MONTH)
    heads = page.locator(".people thead th:visible")
    assert [text.strip() for text in heads.all_inner_texts()] == ["排名", "推介人", "推介", "识别准确率"]
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def text_of(page):
    """The page as paper: number of sheets and words."""
    reader = PdfReader(io.BytesIO(page.pdf(prefer_css_page_size=True)))
    return len(reader.pages), plain("".join(sheet.extract_text() for sheet in reader.pages))


def plain(text):
    """Without spaces, and in ordinary characters: a PDF may name a glyph by its radical."""
    return unicodedata.normalize("NFKC", "".join(text.split())).replace("⻚", "页")


def test_the_statistics_fit_one_sheet_with_the_forms_columns(september, desk, head):
    page = desk(head)
    page.goto("/statistics/print/?kind=month&day=2026-09-01")
    sheets, text = text_of(page)
    assert sheets == 1
    columns = [
        "".join(cell.split())
        for cell in page.locator(".statistics-form thead tr").first.locator("th").all_inner_texts()
    ]
    assert columns == (
        "序号 推介人 岗位 推介 核对属实 客户类型判定 重复 当场成交 待跟进转化 识别准确率% 排名".split()
    )
    below = page.locator(".statistics-form thead tr").nth(1).locator("th").all_inner_texts()
    assert ["".join(cell.split()) for cell in below] == (
        "总数 已推介 待跟进 现有优质 现有潜质 待争取 个人普通 笔数 金额 笔数 金额".split()
    )
    for word in (
        "内部资料", "TJ-Y-202609-0817", "机构：中山路支行(0817)", "2026年9月1日至2026年9月30日", "（月）", "周敏",
        "9月27日未锁定", "第1页，共1页", "网点负责人", "系统编制",
    ):  # fmt: skip
        assert plain(word) in text, word
    total = page.locator(".statistics-form .sum > *").all_inner_texts()
    assert [cell.strip() for cell in total] == [
        "", "合　计", "", "13", "12", "1", "13", "9", "1", "0", "3", "0", "1", "50.0", "0", "0.0", "76.9", "",
    ]  # fmt: skip
    assert "快捷键" not in text


def test_fifteen_people_fit_one_sheet_and_more_go_on_with_the_heads(transactional_db, settings, desk, head, hire,
                                                                   branches, wealth):  # fmt: skip
    settings.SECOND_FACTOR_REQUIRED = False
    day = a_day(branches["first"], SEPT)
    for number in range(14):
        slip(day, hire(f"3001{number:02d}", "欧阳晓梅", Role.TELLER), Role.TELLER, wealth)
    slip(day, hire("300199", "司马光", Role.TELLER), Role.TELLER, wealth)
    lock(day)
    page = desk(head)
    page.goto("/statistics/print/?kind=month&day=2026-09-01")
    assert page.locator(".statistics-form tbody tr").count() == 15 + 1
    assert text_of(page)[0] == 1
    next_day = a_day(branches["first"], datetime.date(2026, 9, 2))
    for number in range(20):
        slip(next_day, hire(f"3002{number:02d}", "新人", Role.TELLER), Role.TELLER, wealth)
    lock(next_day)
    page.reload()
    sheets, text = text_of(page)
    assert sheets == 2 and text.count("推介人岗位") == 2


def test_the_slip_fits_one_sheet(september, desk, wealth):
    page = desk(wealth)
    page.goto(f"/referrals/{september['slip'].pk}/print/")
    sheets, text = text_of(page)
    assert sheets == 1
    places = [
        text.index(word)
        for word in ("推介日期", "识别线索", "推介状态", "核对结果", "营销成果", "保管状态", "备注")
    ]
    assert places == sorted(places)


def test_a_manager_enters_a_deal(september, desk, wealth):
    page = desk(wealth)
    page.goto(f"/referrals/{september['slip'].pk}/")
    form = page.locator("#deals form")
    form.get_by_label("产品").select_option(label="固收增强理财（R3，180 天）")
    form.get_by_label("金额").fill("88000")
    form.get_by_role("button", name="保存成交").click()
    expect(page.locator("#deals table")).to_contain_text("88000.00")
