"""The statistics' page, rows behind figures, signing, workbook and prints, through their addresses."""

import datetime
import io
import re

import pytest
import time_machine
from django.core.cache import cache
from django.db import connection
from django.test import Client as Browser
from django.test.utils import CaptureQueriesContext
from openpyxl import load_workbook

from clients.models import Verdict
from referrals import breakdown, workbook
from referrals.actions import closing_day, months
from referrals.models import MonthReport
from referrals.stats.rollup import refresh
from rmflow.portal import middleware
from rmflow.privacy import exports
from rmflow.privacy.models import Export
from rmflow.staff.permissions import Role
from rmflow.workdays.actions import custody as custody_actions
from tests.referrals import closing
from tests.referrals.counted import a_day, deal, lock, reopen, slip

MONTH = "?kind=month&day=2026-09-01"


@pytest.fixture
def september(branches, lobby, teller, wealth, other_lobby, other_wealth, head):
    """Two locked days and an open one; next door a day of its own."""
    here, there = branches["first"], branches["second"]
    one, two, open_, other = (
        a_day(here, datetime.date(2026, 9, 1)),
        a_day(here, datetime.date(2026, 9, 2)),
        a_day(here, datetime.date(2026, 9, 3)),
        a_day(there, datetime.date(2026, 9, 1)),
    )
    for number in range(12):
        said = "existing_premium" if number < 9 else "ordinary"
        made = slip(one, lobby, Role.LOBBY_MANAGER, wealth, said=said)
    late = slip(
        two, teller, Role.TELLER, wealth, status="to_follow_up", said="existing_potential", channel="counter"
    )
    slip(open_, lobby, Role.LOBBY_MANAGER, wealth)
    slip(other, other_lobby, Role.LOBBY_MANAGER, other_wealth)
    deal(made, one, 500000)
    deal(late, two, 120000)
    lock(one, two, other)
    return {"one": one, "two": two, "open": open_, "late": late}


@pytest.fixture
def as_(client):
    def enter(user):
        client.force_login(user)
        return client

    return enter


def test_the_page_shows_the_months_figures(september, as_, head):
    page = as_(head).get(f"/statistics/{MONTH}")
    text = page.content.decode()
    assert page.status_code == 200
    assert page.context["totals"]["total"] == 13
    assert [(row["name"], row["rank"], row["total"]) for row in page.context["employees"]] == [
        ("周敏", 1, 12),
        ("何丽萍", None, 1),
        ("林晓燕", None, 0),
    ]
    assert "孙立军" not in text
    assert "62.0" in text  # 500,000 + 120,000 in 万元


def test_unlocked_days_are_named(september, as_, head):
    page = as_(head).get(f"/statistics/{MONTH}")
    assert [day["date"] for day in page.context["unlocked"]] == [datetime.date(2026, 9, 3)]
    assert "9月3日" in page.content.decode()


@pytest.mark.parametrize(
    "address",
    ["", "?kind=day&day=2026-09-01", "?kind=week&day=2026-09-01", "?kind=quarter&day=2026-09-01",
     "?kind=year&day=2026-09-01", "?kind=range&first=2026-09-01&last=2026-09-02", "?kind=nonsense&day=31.12.",
     "?kind=range&first=2026-09-05&last=2026-09-01", "?kind=range&first=2000-01-01&last=2026-09-01",
     f"{MONTH}&role=teller&channel=counter", f"{MONTH}&employee=999999999"],
)  # fmt: skip
def test_no_address_breaks_the_page(september, as_, head, region_head, address):
    assert as_(head).get(f"/statistics/{address}").status_code == 200
    assert as_(region_head).get(f"/statistics/{address}").status_code == 200


def test_a_region_reads_branches_and_opens_one(september, as_, region_head, branches):
    page = as_(region_head).get(f"/statistics/{MONTH}")
    assert [(line["code"], line["total"]) for line in page.context["lines"]] == [("0817", 13), ("0818", 1)]
    page = as_(region_head).get(f"/statistics/{MONTH}&branch={branches['second'].pk}")
    assert page.context["totals"]["total"] == 1


def test_another_branch_is_not_there_and_a_teller_is_refused(september, as_, head, teller, branches):
    assert as_(head).get(f"/statistics/{MONTH}&branch={branches['second'].pk}").status_code == 404
    assert as_(teller).get(f"/statistics/{MONTH}").status_code == 403


def test_every_link_leads_to_as_many_rows(september, as_, head):
    page = as_(head).get(f"/statistics/{MONTH}")
    for row in page.context["employees"]:
        for measure, count in (
            ("total", row["total"]),
            ("referred", row["referred"]),
            ("deals", row["deals"]),
        ):
            rows = as_(head).get(row["urls"][measure])
            assert rows.context["page"].paginator.count == count, (row["name"], measure)
    for step in page.context["funnel"]:
        if step["url"]:
            assert as_(head).get(step["url"]).context["page"].paginator.count == step["count"]


def drawn_anew(browser, user):
    """The statements of a page that is not kept."""
    cache.clear()
    middleware._near.clear()
    browser.force_login(user)
    browser.get("/more/")  # the shell's own
    with CaptureQueriesContext(connection) as queries:
        assert browser.get(f"/statistics/{MONTH}").status_code == 200
    return queries


def test_a_page_is_given_again_until_a_figure_changes(september, as_, head, lobby, branches, wealth):
    browser = as_(head)
    first = browser.get(f"/statistics/{MONTH}").content.decode()
    browser.get(f"/statistics/{MONTH}")
    with CaptureQueriesContext(connection) as again:
        second = browser.get(f"/statistics/{MONTH}").content.decode()
    assert len(again) <= 4  # the session, the person, the version
    assert plain(first) == plain(second)
    day = a_day(branches["first"], datetime.date(2026, 9, 8))
    slip(day, lobby, Role.LOBBY_MANAGER, wealth)
    assert plain(browser.get(f"/statistics/{MONTH}").content.decode()) != plain(second)  # 9-8 is not locked
    lock(day)
    locked = browser.get(f"/statistics/{MONTH}").content.decode()
    assert plain(locked) != plain(second)
    refresh()
    assert plain(browser.get(f"/statistics/{MONTH}").content.decode()) == plain(locked)


def test_another_process_gives_the_page_that_one_has_drawn(september, as_, head):
    browser = as_(head)
    first = browser.get(f"/statistics/{MONTH}").content.decode()
    middleware._near.clear()
    with CaptureQueriesContext(connection) as again:
        second = browser.get(f"/statistics/{MONTH}").content.decode()
    assert len(again) <= 5
    assert plain(first) == plain(second)


def test_a_page_at_hand_is_not_given_after_its_minute(september, as_, head, monkeypatch):
    browser = as_(head)
    browser.get(f"/statistics/{MONTH}")
    cache.clear()
    browser.force_login(head)
    far = middleware.time.monotonic() + 61
    monkeypatch.setattr(middleware.time, "monotonic", lambda: far)
    with CaptureQueriesContext(connection) as queries:
        browser.get(f"/statistics/{MONTH}")
    assert len(queries) > 8


def test_a_kept_page_is_nobody_else_s(september, as_, head, supervisor, lobby):
    pages = [as_(user).get(f"/statistics/{MONTH}").content.decode() for user in (head, supervisor, lobby) * 2]
    for number, user in enumerate((head, supervisor, lobby) * 2):
        assert user.employee_no in pages[number]
        for other in {head, supervisor, lobby} - {user}:
            assert f"{other.employee_no} ·" not in pages[number]


def test_a_kept_page_keeps_its_forms_working(september, head):
    browser = Browser(enforce_csrf_checks=True)
    browser.force_login(head)
    for _n in range(2):
        text = browser.get(f"/statistics/{MONTH}").content.decode()
        token = re.findall(r'name="csrfmiddlewaretoken" value="([^"]+)"', text)[-1]
        data = {"csrfmiddlewaretoken": token, "kind": "month", "day": "2026-09-01"}
        assert browser.post("/statistics/compile/", data).status_code != 403


def test_a_message_is_shown_once_and_not_kept(september, as_, head):
    browser = as_(head)
    browser.get(f"/statistics/{MONTH}")
    answer = browser.post("/statistics/compile/", {"kind": "month", "day": "2026-09-01"}, follow=True)
    assert b"data-snack " in answer.content or b"data-snack>" in answer.content
    assert b"data-snack>" not in browser.get(f"/statistics/{MONTH}").content


def plain(text):
    """The page without what each answer has anew."""
    return re.sub(r'value="[^"]{64}"|X-CSRFToken": "[^"]*"|data-now="[^"]*"|data-version="[^"]*"', "", text)


def test_the_page_asks_as_much_for_one_row_as_for_many(september, as_, head, django_assert_num_queries, branches, lobby,
                                                       wealth, hire):  # fmt: skip
    browser = as_(head)
    browser.get(f"/statistics/{MONTH}")
    few = drawn_anew(browser, head)
    day = a_day(branches["first"], datetime.date(2026, 9, 8))
    for number in range(15):
        slip(day, hire(f"2001{number:02d}", "新人", Role.TELLER), Role.TELLER, wealth)
    lock(day)
    many = drawn_anew(browser, head)
    assert len(many) == len(few)


@pytest.mark.parametrize("by", ["employee", "role", "channel", "hour", "day", "month", "nonsense"])
def test_each_table_adds_up_and_every_figure_opens_its_rows(september, as_, head, by):
    page = as_(head).get(f"/statistics/table/{MONTH}&by={by}")
    assert [cell["text"] for cell in page.context["totals"]][:3] == ["13", "12", "1"]
    names = [name for name, _label, _measure in breakdown.COLUMNS]
    for line in [*page.context["lines"], {"cells": page.context["totals"]}]:
        for name, cell in zip(names, line["cells"], strict=True):
            rows = as_(head).get(cell["url"])
            assert rows.status_code == 200
            if name not in breakdown.RATES and "amount" not in name:
                assert rows.context["page"].paginator.count == int(cell["text"]), (by, name)


@pytest.mark.parametrize(
    ("by", "name"),
    [("employee", "周敏"), ("role", "大堂经理"), ("channel", "大堂"), ("branch", "中山路支行")],
)
def test_each_row_is_set_against_the_month_before_and_a_year_ago(
    september, as_, head, region_head, branches, lobby, wealth, by, name
):
    """周敏: 12 in September, 2 in August, 5 a year ago; next door nothing then."""
    for day, many in ((datetime.date(2026, 8, 31), 2), (datetime.date(2025, 9, 30), 5)):
        then = a_day(branches["first"], day)
        for _n in range(many):
            slip(then, lobby, Role.LOBBY_MANAGER, wealth)
        lock(then)
    page = as_(region_head if by == "branch" else head).get(f"/statistics/table/{MONTH}&by={by}")
    found = {str(line["name"]): line["versus"] for line in page.context["lines"]}
    more = 1 if by == "branch" else 0  # the teller's slip
    assert found[name] == [f"+{10 + more}", f"+{7 + more}"]
    assert next(versus for other, versus in found.items() if other != name) == ["–", "–"]


def test_a_region_tells_its_figures_apart_by_branch_region_channel_and_day(
    september, as_, region_head, branches
):
    page = as_(region_head).get(f"/statistics/table/{MONTH}&by=region")
    assert [(line["name"], line["cells"][0]["text"]) for line in page.context["lines"]] == [
        ("贵阳市分行", "14")
    ]
    assert (
        as_(region_head).get(page.context["lines"][0]["cells"][0]["url"]).context["page"].paginator.count
        == 14
    )
    for by in ("branch", "role", "channel", "hour", "day", "month", "employee"):
        page = as_(region_head).get(f"/statistics/table/{MONTH}&by={by}")
        assert sum(int(line["cells"][0]["text"]) for line in page.context["lines"]) == 14, by


def test_a_regions_page_has_tiles_days_and_the_rows_behind_each_branch(september, as_, region_head):
    page = as_(region_head).get(f"/statistics/{MONTH}")
    assert next(tile["figure"] for tile in page.context["tiles"]) == "14"
    assert sum(day["referred"] + day["to_follow_up"] for day in page.context["trend"]) == 14
    for line in page.context["lines"]:
        rows = as_(region_head).get(line["urls"]["total"])
        assert rows.context["page"].paginator.count == line["total"]


def test_heat_cohort_and_days_open_as_many_rows(september, as_, head):
    page = as_(head).get(f"/statistics/{MONTH}")
    heat = page.context["heat"]
    whole = [*(line["total"] for line in heat["lines"]), *heat["foot"], heat["total"]]
    for cell in [*(cell for line in heat["lines"] for cell in line["cells"]), *whole]:
        if cell["url"]:
            assert as_(head).get(cell["url"]).context["page"].paginator.count == cell["count"]
    for day in page.context["trend"]:
        for measure, url in day.get("urls", {}).items():
            assert as_(head).get(url).context["page"].paginator.count == day[measure]
    row = page.context["cohorts"][0]
    for measure, url in row["urls"].items():
        assert as_(head).get(url).context["page"].paginator.count == row[measure], measure


# --- the month ---


def test_the_head_signs_and_the_page_keeps_what_was_signed(september, as_, head, branches):
    report, _did = months.compile_month(branches["first"], datetime.date(2026, 9, 1))
    page = as_(head).get(f"/statistics/{MONTH}")
    answer = as_(head).post(f"/statistics/months/{report.pk}/sign/", {"digest": page.context["digest"]})
    assert answer.status_code == 303
    report.refresh_from_db()
    assert (report.state, report.signed_by) == ("signed", head)
    reopen(september["two"])
    page = as_(head).get(f"/statistics/{MONTH}")
    assert page.context["totals"]["total"] == 13
    assert "签阅后有变动" in page.content.decode()


@pytest.fixture
def moved(september, head, branches):
    """Signed, and then much happens: a day reopened, a verdict turned, a deal of the month entered late."""
    report, _did = months.compile_month(branches["first"], datetime.date(2026, 9, 1))
    months.sign(report.pk, by=head, digest=report.digest)
    late = september["late"]
    Verdict.objects.create(
        client=late.client, type="ordinary", type_before="existing_potential", branch=late.branch,
        by=late.manager, at=late.filed_at + datetime.timedelta(days=40),
    )  # fmt: skip
    reopen(september["one"])
    return september


def test_rows_behind_a_signed_figure_are_those_that_were_signed(moved, as_, head):
    page = as_(head).get(f"/statistics/{MONTH}")
    for row in page.context["employees"]:
        for measure, url in row["urls"].items():
            count = (
                row["premium"] + row["potential"] + row["prospective"] if measure == "good" else row[measure]
            )
            rows = as_(head).get(url)
            assert rows.context["page"].paginator.count == count, (row["name"], measure)
    good = as_(head).get(page.context["totals"]["urls"]["good"])
    assert "现有潜质" in good.content.decode() and "按签阅时" in good.content.decode()
    for step in page.context["funnel"]:
        assert as_(head).get(step["url"]).context["page"].paginator.count == step["count"]
    for line in page.context["heat"]["lines"]:
        if line["total"]["url"]:
            assert (
                as_(head).get(line["total"]["url"]).context["page"].paginator.count == line["total"]["count"]
            )


@pytest.mark.parametrize("by", ["employee", "role", "channel", "hour", "day", "month"])
def test_a_signed_months_tables_say_what_was_signed(moved, as_, head, by):
    page = as_(head).get(f"/statistics/table/{MONTH}&by={by}")
    assert page.context["totals"][0]["text"] == "13"
    assert sum(int(line["cells"][0]["text"]) for line in page.context["lines"]) == 13
    assert page.context["totals"][5]["text"] == "1"  # 现有潜质, although the verdict has turned since


def test_the_workbook_and_the_print_of_a_signed_month_are_what_was_signed(moved, as_, head):
    book = fetched(as_(head))
    for name in ("按员工", "按岗位", "按渠道", "按日", "按时段", "按机构", "按区域"):
        heads = [cell.value for cell in book[name][1]]
        last = [cell.value for cell in list(book[name].rows)[-1]]
        row = dict(zip(heads, last, strict=True))
        assert (row["推介总数"], row["现有潜质"]) == (13, 1), name
    assert [book["推介明细"].max_row - 1, book["成交明细"].max_row - 1] == [13, 2]
    types = [row[10].value for row in book["推介明细"].iter_rows(min_row=2)]
    assert (types.count("现有潜质"), types.count("现有优质")) == (1, 9)
    printed = as_(head).get(f"/statistics/print/{MONTH}")
    assert printed.context["totals"]["total"] == 13 and "签阅后有变动" in printed.content.decode()


def test_the_api_answers_a_signed_month_as_it_was_signed(moved, as_, head):
    for view in ("total", "employees", "roles", "channels", "hours", "heat", "days"):
        answer = as_(head).get(f"/api/v1/statistics/{view}/{MONTH}").json()
        assert answer["signed"] and sum(row["total"] for row in answer["rows"]) == 13, view
    assert answer["unlocked"][0]["date"] == "2026-09-03"
    live = as_(head).get(f"/api/v1/statistics/total/{MONTH}&role=teller").json()
    assert not live["signed"] and live["rows"][0]["potential"] == 0
    assert as_(head).get(f"/api/v1/statistics/regions/{MONTH}").json()["rows"][0]["total"] == 1


def test_a_part_of_a_signed_month_is_counted_now_and_says_so(moved, as_, head):
    page = as_(head).get(f"/statistics/{MONTH}&role=teller")
    assert page.context["totals"]["total"] == 1 and "与签阅时的数据可能不同" in page.content.decode()


def test_figures_that_moved_are_shown_before_signing(september, as_, head, branches):
    report, _did = months.compile_month(branches["first"], datetime.date(2026, 9, 1))
    digest = as_(head).get(f"/statistics/{MONTH}").context["digest"]
    lock(september["open"])
    as_(head).post(f"/statistics/months/{report.pk}/sign/", {"digest": digest})
    report.refresh_from_db()
    assert report.state == "draft"


@pytest.mark.parametrize(
    ("who", "status"), [("supervisor", 403), ("lobby", 403), ("teller", 404), ("other_wealth", 404)]
)
def test_only_the_head_signs(september, as_, branches, request, who, status):
    report, _did = months.compile_month(branches["first"], datetime.date(2026, 9, 1))
    user = request.getfixturevalue(who)
    assert as_(user).post(f"/statistics/months/{report.pk}/sign/", {"digest": ""}).status_code == status
    assert MonthReport.objects.get().state == "draft"


# --- the workbook ---


def fetched(browser, address=MONTH):
    query = dict(part.split("=") for part in address.lstrip("?").split("&"))
    answer = browser.post("/statistics/excel/", query)
    assert answer.status_code == 303
    file = browser.get(answer.url)
    assert file["Content-Type"].startswith("application/vnd.openxml")
    return load_workbook(io.BytesIO(file.content))


def test_the_workbook_has_a_sheet_a_view_and_real_numbers(september, as_, head):
    book = fetched(as_(head))
    assert book.sheetnames == [
        "按员工", "按岗位", "按渠道", "按日", "按时段", "按机构", "按区域", "按推介月份", "未锁定营业日",
        "推介明细", "成交明细",
    ]  # fmt: skip
    page = book["按员工"]
    assert page.freeze_panes == "A2"
    heads = [cell.value for cell in page[1]]
    rows = [dict(zip(heads, [cell.value for cell in row], strict=True)) for row in page.iter_rows(min_row=2)]
    assert rows[-1]["推介总数"] == 13
    assert sum(row["推介总数"] for row in rows[:-1]) == 13
    assert rows[-1]["当场成交金额（元）"] == 500000
    assert [book["推介明细"].max_row - 1, book["成交明细"].max_row - 1] == [13, 2]
    assert isinstance(book["按日"]["A2"].value, datetime.datetime)


@pytest.mark.parametrize("name", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1"])
def test_no_text_becomes_a_formula(september, as_, head, lobby, name):
    lobby.name = name
    lobby.save()
    for page in fetched(as_(head)):
        for row in page.iter_rows():
            for cell in row:
                assert cell.data_type != "f"
                assert not str(cell.value or "").startswith(("=", "+", "@", "\t", "\r")), cell.value


def test_an_export_goes_on_record_and_is_ones_own(september, as_, head, supervisor):
    from rmflow.privacy.models import AccessEvent

    fetched(as_(head))
    event = AccessEvent.objects.get(kind="export")
    assert (event.user_id, event.rows) == (head.pk, 15)
    export = Export.objects.get()
    assert as_(supervisor).get(f"/privacy/exports/{export.pk}/file/").status_code == 404


def test_a_large_workbook_waits_for_a_worker(september, as_, head, monkeypatch):
    monkeypatch.setattr(exports, "AT_ONCE", 3)
    answer = as_(head).post("/statistics/excel/", {"kind": "month", "day": "2026-09-01"})
    page = as_(head).get(answer.url)
    assert page.context["percent"] == 0
    export = Export.objects.get()
    assert (export.state, export.rows) == ("waiting", 15)
    exports.make(export.pk, workbook.write)
    exports.make(export.pk, workbook.write)
    export.refresh_from_db()
    assert (export.state, export.done) == ("ready", 15)
    assert "下载" in as_(head).get(answer.url).content.decode()


# --- prints ---


def test_a_slip_on_paper_says_where_it_is_kept(as_, client, wealth, lobby, filed, branches):
    """§1.1 保管状态: 推介人持有 → 已交大堂经理 → 已入柜加锁 → 已派发."""
    with time_machine.travel(closing.at(17, 20), tick=False) as clock:
        made = closing.met(filed, wealth)

        def custody():
            page = as_(wealth).get(f"/referrals/{made.pk}/print/")
            return next(value for column, value in page.context["lines"] if str(column) == "保管状态")

        assert custody() == "推介人持有"
        day = closing.day_of(branches["first"])
        closing.ready(day, lobby=lobby, managers=[wealth])
        assert custody() == "已交大堂经理"
        closing_day.lock(day.pk, by=lobby)
        assert custody() == "已入柜加锁"
        client.logout()  # the night ends every session
        clock.move_to(closing.at(8, 20, day=9))
        custody_actions.release_due(now=closing.at(8, 20, day=9))
        assert custody() == "已派发"


def test_the_printed_table_names_who_prepared_it(as_, head, wealth, lobby, filed, branches):
    with time_machine.travel(closing.at(17, 20), tick=False):
        closing.met(filed, wealth)
        closing.locked(closing.day_of(branches["first"]), lobby=lobby, managers=[wealth])
        page = as_(head).get("/statistics/print/?kind=day&day=2026-10-08")
    assert page.context["prepared"] == ["周敏"]


def test_the_printed_table_has_the_forms_columns(september, as_, head):
    text = as_(head).get(f"/statistics/print/{MONTH}").content.decode()
    places = [
        text.index(f">{word}<")
        for word in ("序号", "推介人", "核对属实", "客户类型判定", "当场成交", "待跟进转化", "排名")
    ]
    assert places == sorted(places)


def test_the_printed_slip_has_the_forms_columns_in_order(september, as_, head, wealth):
    page = as_(wealth).get(f"/referrals/{september['late'].pk}/print/")
    columns = [str(column) for column, _value in page.context["lines"]]
    assert (
        columns
        == (
            "推介日期、时间 推介人（姓名、工号、岗位） 客户姓名（或称谓） 性别／称谓 联系电话"
            " 客户号／是否本行客户 识别线索 正在办理业务 预估资产区间 意向需求、产品 推介状态"
            " 是否派发理财经理名片 约定联络时间、方式 接收理财经理 核对结果 客户类型判定"
            " 营销成果（产品、金额） 理财经理确认、大堂经理核对 保管状态 备注"
        ).split()
    )


# --- a deal on the slip ---


def test_the_manager_enters_a_deal_on_the_slip_once(as_, wealth, filed):
    from clients.models import Product
    from followups.models import Deal

    made = filed()
    page = as_(wealth).get(f"/referrals/{made.pk}/")
    assert "保存成交" in page.content.decode()
    body = {"product": Product.objects.first().pk, "amount": "50000", "idempotency_key": "k1"}
    for _time in range(2):
        assert as_(wealth).post(f"/referrals/{made.pk}/deal/", body).status_code == 303
    assert Deal.objects.get().credit.referral == made
    assert "50000.00" in as_(wealth).get(f"/referrals/{made.pk}/").content.decode()


def test_what_is_wrong_with_a_deal_stands_beside_it(as_, wealth, colleague, lobby, filed):
    made = filed()
    answer = as_(wealth).post(f"/referrals/{made.pk}/deal/", {"amount": "-1", "idempotency_key": "k"})
    assert answer.status_code == 422
    assert set(answer.context["deal_form"].errors) == {"product", "amount"}
    assert as_(lobby).post(f"/referrals/{made.pk}/deal/", {}).status_code == 403
    from clients.models import Product

    body = {"product": Product.objects.first().pk, "amount": "1", "idempotency_key": "k"}
    assert as_(colleague).post(f"/referrals/{made.pk}/deal/", body).status_code in (409, 422)
    assert not made.deal_credits.exists()


# --- the API ---


def test_the_api_answers_the_same_questions(september, as_, head, teller):
    answer = as_(head).get(f"/api/v1/statistics/employees/{MONTH}").json()
    assert [(row["employee_name"], row["total"], row["rank"]) for row in answer["rows"]] == [
        ("周敏", 12, 1),
        ("何丽萍", 1, None),
        ("林晓燕", 0, None),
    ]
    assert [day["date"] for day in answer["unlocked"]] == ["2026-09-03"]
    for view in ("total", "roles", "channels", "hours", "heat", "days", "months", "branches", "cohorts"):
        rows = as_(head).get(f"/api/v1/statistics/{view}/{MONTH}").json()["rows"]
        assert sum(row["total"] for row in rows) == 13, view
    assert as_(head).get(f"/api/v1/statistics/none/{MONTH}").status_code == 404
    assert as_(teller).get(f"/api/v1/statistics/total/{MONTH}").status_code == 403
    wrong = as_(head).get("/api/v1/statistics/total/?kind=range&first=2026-09-05&last=2026-09-01")
    assert wrong.status_code == 400


def test_the_head_signs_over_the_api(september, as_, head, lobby, branches):
    report, _did = months.compile_month(branches["first"], datetime.date(2026, 9, 1))
    address = f"/api/v1/statistics/months/{report.pk}/sign/"
    send = {"content_type": "application/json"}
    assert as_(lobby).post(address, {"digest": report.digest}, **send).status_code == 403
    assert as_(head).post(address, {"digest": "x"}, **send).status_code == 409
    assert as_(head).post(address, {"digest": report.digest}, **send).json() == {"state": "signed"}
    assert as_(head).post(address, {"digest": report.digest}, **send).status_code == 409
