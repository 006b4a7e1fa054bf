"""Pages and API of closures: clicks, parts, refusals beside fields, paper, analysis, constant queries."""

import datetime
import io
import re

import openpyxl
import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import translation

from clients.models import Holding, Product
from clients.recognition import ticket
from complaints.actions import closure_months, closures
from complaints.models import Closure, ClosureMonth, Destination
from followups.models import PlanItem
from rmflow.doors.models import IdempotencyKey
from rmflow.notices.models import Notice
from rmflow.privacy.models import AccessEvent
from rmflow.workdays.current import calendar

from .closures import LOST, NOON, TODAY, end

pytestmark = pytest.mark.django_db
HTMX = {"headers": {"HX-Request": "true"}}


@pytest.fixture
def as_(client):
    """A function: the browser of this person, in English."""

    def log_in(user):
        client.force_login(user)
        client.cookies["django_language"] = "en"
        return client

    yield log_in
    translation.deactivate()


@pytest.fixture
def holder(vip):
    """A premium client whose card ends in 6789."""
    made = vip(customer_no="081700000007")
    Holding.objects.create(
        client=made, product=Product.objects.first(), contract_no="6217000012346789", amount=1,
        opened_on="2026-01-05",
    )  # fmt: skip
    return made


def form_values(html, suspicion):
    """What the one button of the report sends: every hidden field and the first kind of movement."""
    hidden = dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', html))
    return hidden | {"movement": re.search(r'name="movement" value="(\w+)" checked', html)[1],
                     "suspicion": suspicion}  # fmt: skip


class TestFlag:
    def test_digits_and_one_click_report_a_closure(self, as_, teller, holder, wealth):
        """15 seconds: four digits, Enter, one button; everything else is proposed."""
        browser = as_(teller)
        found = browser.post("/closures/find/", {"q": "6789"}, **HTMX).content.decode()
        assert "Premium counter" in found and wealth.name in found
        answer = browser.post("/closures/flag/", form_values(found, "churn"), **HTMX)
        made = Closure.objects.get()
        assert answer.headers["HX-Redirect"] == f"/closures/{made.pk}/"
        assert (made.movement, made.suspicion, made.client) == ("closure", "churn", holder)
        assert Notice.objects.filter(recipient=wealth, kind="closure").exists()

    def test_the_same_form_twice_is_one_report(self, as_, teller, holder):
        browser = as_(teller)
        values = form_values(browser.post("/closures/find/", {"q": "6789"}, **HTMX).content.decode(), "churn")
        for _n in "ab":
            assert browser.post("/closures/flag/", values).status_code == 303
        assert Closure.objects.get().flags.count() == 1 and IdempotencyKey.objects.count() == 1

    @pytest.mark.parametrize("second", [{"suspicion": "churn"}, {"went_on": "1"}])
    def test_another_answer_with_the_same_form_is_never_swallowed(self, as_, teller, holder, second):
        browser = as_(teller)
        found = browser.post("/closures/find/", {"q": "6789"}, **HTMX).content.decode()
        values = form_values(found, "ordinary")
        assert browser.post("/closures/flag/", values).status_code == 303
        answer = browser.post("/closures/flag/", values | second)
        assert answer.status_code == 409 and "another answer" in answer.content.decode()
        assert Closure.objects.get().flags.count() == 1

    def test_the_name_stays_masked_and_the_look_is_on_record(self, as_, teller, holder):
        found = as_(teller).post("/closures/find/", {"q": "081700000007"}, **HTMX).content.decode()
        assert "陈美华" not in found and "陈**" in found
        assert AccessEvent.objects.filter(user=teller, kind="search", rows=1).count() == 1

    @pytest.mark.parametrize("proof", ["", "x", "forged:1:2"])
    def test_nobody_is_reported_without_having_been_recognised(self, as_, teller, holder, proof):
        values = {"ticket": proof, "movement": "closure", "suspicion": "churn"}
        assert as_(teller).post("/closures/flag/", values, **HTMX).status_code == 422
        assert not Closure.objects.exists()

    def test_a_word_that_is_none_is_refused(self, as_, teller, holder):
        proof = ticket(holder, teller)
        for values in ({"movement": "x", "suspicion": "churn"}, {"movement": "card", "suspicion": "x"}):
            answer = as_(teller).post("/closures/flag/", {"ticket": proof, **values}, **HTMX)
            assert answer.status_code == 422
        assert not Closure.objects.exists()

    def test_nobody_found_says_what_to_do(self, as_, teller):
        assert "Nobody recognised" in as_(teller).post("/priority/", {"q": "1111"}).content.decode()
        assert as_(teller).post("/priority/", {"q": "陈"}, **HTMX).status_code == 422


class TestCase:
    def test_a_counter_sees_its_part_and_can_always_go_on(self, as_, case, teller, wealth):
        made = case("retaining")
        Closure.objects.filter(pk=made.pk).update(note="孩子出国", amount=123_456)
        page = as_(teller).get(f"/closures/{made.pk}/").content.decode()
        assert "孩子出国" not in page and "123,456" not in page and "The counter goes on" in page
        as_(teller).post(f"/closures/{made.pk}/step/went_on/")
        page = as_(teller).get(f"/closures/{made.pk}/").content.decode()
        assert "The counter went on at" in page and f"/closures/{made.pk}/step/went_on/" not in page
        assert as_(teller).get(f"/closures/{made.pk}/print/").status_code == 403

    def test_the_manager_reads_the_name_and_the_amounts_the_supervisor_bands(
        self, as_, case, wealth, supervisor
    ):
        made = case("claimed")
        Closure.objects.filter(pk=made.pk).update(amount=123_456)
        assert "陈美华" in as_(wealth).get(f"/closures/{made.pk}/").content.decode()
        page = as_(supervisor).get(f"/closures/{made.pk}/").content.decode()
        assert "陈美华" not in page and "123,456" not in page and "5-20" in page

    def test_the_steps_are_one_click_each(self, as_, case, wealth, head):
        made = case()
        for user, name, state in (
            (wealth, "claim", "claimed"),
            (wealth, "churn", "retaining"),
            (wealth, "call_head", "called"),
            (head, "step_in", "head"),
        ):
            page = as_(user).get(f"/closures/{made.pk}/").content.decode()
            assert f"/closures/{made.pk}/step/{name}/" in page
            assert page.count(" data-primary") == 1
            assert as_(user).post(f"/closures/{made.pk}/step/{name}/").status_code == 303
            made.refresh_from_db()
            assert made.state == state
        late = as_(wealth).post(f"/closures/{made.pk}/step/churn/")
        assert late.status_code == 409 and "moved on" in late.content.decode()

    def test_what_lacks_stands_beside_the_fields_and_nothing_typed_is_lost(self, as_, case, wealth):
        made = case("called")
        answer = as_(wealth).post(
            f"/closures/{made.pk}/record/",
            {"go": "end", "result": "lost", "account": "尾号 6789", "note": "留言"},
        )
        page = answer.content.decode()
        assert answer.status_code == 422
        assert 'value="尾号 6789"' in page and "留言" in page
        for name in ("amount", "reason", "lost", "destination", "accurate"):
            assert re.search(rf'id="id_{name}[^"]*_error"', page), name
        assert "at least one measure" in page
        made.refresh_from_db()
        assert made.state == "called"

    def test_lost_is_offered_only_once_the_head_was_called(self, as_, case, wealth):
        made = case("retaining")
        page = as_(wealth).get(f"/closures/{made.pk}/").content.decode()
        assert 'value="partly"' in page and 'value="lost"' not in page
        assert "Cannot hold the client? Call in the head" in page
        answer = as_(wealth).post(f"/closures/{made.pk}/record/", {"go": "end", "result": "lost"})
        assert answer.status_code == 422 and "lost unheard" in answer.content.decode()
        closures.step("call_head", made.pk, by=wealth)
        assert 'value="lost"' in as_(wealth).get(f"/closures/{made.pk}/").content.decode()

    def test_the_region_s_head_reads_bands_until_stepping_in(self, as_, case, wealth, region_head):
        made = case("called")
        Closure.objects.filter(pk=made.pk).update(amount=123_456)
        page = as_(region_head).get(f"/closures/{made.pk}/").content.decode()
        assert "123,456" not in page and f"/closures/{made.pk}/step/step_in/" in page
        assert as_(region_head).post(f"/closures/{made.pk}/step/step_in/").status_code == 303
        assert "123456" in as_(region_head).get(f"/closures/{made.pk}/").content.decode()

    def test_the_record_ends_the_case(self, as_, case, wealth):
        made = case("retaining")
        browser = as_(wealth)
        browser.post(f"/closures/{made.pk}/measure/", {"kind": "rate", "text": "上浮 10 个基点"})
        values = {
            **LOST,
            "destination": Destination.objects.first().pk,
            "accurate": "yes",
            "first_time": "no",
            "aum_before": "800000",
        }
        day = (datetime.date.today() + datetime.timedelta(days=20)).isoformat()
        values |= {"go": "end", "result": "partly", "saved": "200000", "lost": "300000", "win_back": day}
        answer = browser.post(f"/closures/{made.pk}/record/", values)
        assert answer.status_code == 303, answer.context["form"].errors
        made.refresh_from_db()
        assert (made.result, made.saved, made.accurate, made.first_time) == ("partly", 200_000, True, False)
        assert PlanItem.objects.filter(kind="win_back", client=made.client).count() == 1
        assert "End the case" not in browser.get(f"/closures/{made.pk}/").content.decode()

    @pytest.mark.parametrize(
        "bad", [{"amount": "abc"}, {"amount": "-5"}, {"destination": "999999"}, {"win_back": "x"}]
    )
    def test_bad_input_is_refused_beside_its_field(self, as_, case, wealth, bad):
        made = case("claimed")
        answer = as_(wealth).post(f"/closures/{made.pk}/record/", {"go": "keep", **bad})
        assert answer.status_code == 422
        assert f'id="id_{next(iter(bad))}_error"' in answer.content.decode()

    def test_an_unknown_step_is_no_fault(self, as_, case, wealth):
        assert as_(wealth).post(f"/closures/{case().pk}/step/fly/").status_code == 422

    def test_the_day_s_list_leads_to_the_case(self, as_, case, wealth):
        with time_machine.travel(NOON, tick=False):
            made = case()
            item = PlanItem.objects.get(kind="closure")
            page = as_(wealth).get(f"/today/{item.pk}/").content.decode()
            assert f'href="/closures/{made.pk}/"' in page and f"/today/{item.pk}/done/" not in page
            assert as_(wealth).post(f"/today/{item.pk}/done/").status_code == 422


class TestOverview:
    def test_the_head_finds_the_case_on_the_first_page(self, as_, case, head, teller):
        made = case("called")
        page = as_(head).get("/overview/").content.decode()
        assert f'href="/closures/{made.pk}/"' in page and "Head called in" in page
        closures.step("step_in", made.pk, by=head)
        assert f'href="/closures/{made.pk}/"' not in as_(head).get("/overview/").content.decode()


class TestList:
    def test_each_sees_what_is_theirs(self, as_, case, vip, teller, wealth, colleague, head, other_wealth):
        made = case(client=vip(name="王芳"))
        client = vip(branch="second", owner=other_wealth)
        other, *_rest = closures.flag(client.pk, by=teller, movement="card", suspicion="ordinary")
        shown = lambda user: {line["case"].pk for line in as_(user).get("/closures/").context["lines"]}  # noqa: E731
        assert shown(teller) == {made.pk, other.pk}
        assert shown(wealth) == shown(colleague) == shown(head) == {made.pk}
        assert shown(other_wealth) == {other.pk}

    def test_chips_narrow_it(self, as_, case, vip, wealth):
        case(client=vip(name="王芳"))
        done = case("called", client=vip(name="李娜"))
        end(done, by=wealth)
        browser = as_(wealth)
        assert len(browser.get("/closures/?show=ended").context["lines"]) == 1
        assert len(browser.get("/closures/?show=called&sort=amount").context["lines"]) == 0
        assert "clear filters" in browser.get("/closures/?show=called").content.decode()
        assert len(browser.get("/closures/?show=nonsense&page=99").context["lines"]) == 1

    @pytest.mark.parametrize("who", ["wealth", "teller", "head"])
    def test_the_queries_are_the_same_for_one_and_fifteen(self, request, as_, case, vip, who):
        user, counts = request.getfixturevalue(who), []
        for number in (1, 14):
            for n in range(number):
                case(client=vip(name=f"王{n}"))
            browser = as_(user)
            browser.get("/closures/")
            with CaptureQueriesContext(connection) as asked:
                browser.get("/closures/")
            counts.append(len(asked))
        assert counts[0] == counts[1]


class TestPaper:
    #: domain-rules §1.7, in the order of the form.
    COLUMNS = (
        *("客户姓名", "客户号", "层级", "原理财经理", "所属网点", "异动类型", "发现时间、渠道、柜员"),
        *("账户或产品", "涉及金额", "异动前资产", "柜员判断", "柜面继续办理时间", "理财经理判断", "原因"),
        *("去向行", "挽留人、措施、时间", "网点负责人介入、时间", "挽留结果", "留存金额", "流失金额"),
        *("回访日期", "主管月度签收"),
    )

    def test_the_columns_are_the_form_s_in_its_order(self, client, case, wealth, supervisor):
        made = case("called")
        end(made, by=wealth)
        client.force_login(wealth)
        page = client.get(f"/closures/{made.pk}/print/").content.decode()
        table = page[page.index("<table") : page.index("</table>")]
        assert tuple(re.findall(r'<th scope="row">(.*?)</th>', table)) == self.COLUMNS
        assert "优质客户异动销户记录表" in page and "内部资料" in page
        assert AccessEvent.objects.filter(user=wealth, kind="print", object_id=made.pk).exists()


class TestMonth:
    @pytest.fixture
    def september(self, case, vip, wealth, head, teller, other_wealth):
        """Two cases of September and one of the other branch."""
        with time_machine.travel(datetime.datetime(2026, 9, 10, 4, 0, tzinfo=datetime.UTC), tick=False):
            end(case("called", client=vip(name="王芳")), by=wealth, lost=300_000)
            end(
                case("head", client=vip(name="李娜")),
                by=head,
                result="partly",
                saved=100,
                lost=200,
                reason="fees",
            )
            client = vip(branch="second", owner=other_wealth)
            closures.flag(client.pk, by=teller, movement="card", suspicion="ordinary")

    def test_the_set_is_handed_in_on_the_first_working_day_once_and_its_supervisor_told(
        self, september, supervisor, branches
    ):
        days = calendar()
        assert closure_months.hand_in_due(today=datetime.date(2026, 10, 5), calendar=days) == {"handed": 0}
        assert closure_months.hand_in_due(today=TODAY, calendar=days) == {"handed": 2}
        assert closure_months.hand_in_due(today=TODAY, calendar=days) == {"handed": 0}
        made = ClosureMonth.objects.get(branch=branches["first"])
        total = made.content["total"]
        assert (total["cases"], total["left"], total["partly"], made.due_on) == (
            2,
            1,
            1,
            datetime.date(2026, 10, 10),
        )
        assert float(total["lost_sum"]) == 300_200
        told = Notice.objects.get(kind="closure_month")
        assert (told.recipient, told.params) == (supervisor, {"month": "2026-09", "cases": 2, "lost": 1})

    def test_a_case_that_ends_after_its_month_s_set_comes_with_the_next_one_and_is_receipted_there(
        self, as_, case, supervisor, wealth, branches
    ):
        with time_machine.travel(datetime.datetime(2026, 9, 10, 4, 0, tzinfo=datetime.UTC), tick=False):
            slow = case("called")
        days, received = calendar(), "主管月度签收"
        with time_machine.travel(NOON, tick=False):
            closure_months.hand_in_due(today=TODAY, calendar=days)
            september = ClosureMonth.objects.get(branch=branches["first"])
            closure_months.receive(september.pk, by=supervisor)
            end(slow, by=wealth)
        slow.refresh_from_db()
        assert (september.content["total"]["unended"], slow.handed) == (1, None)

        def printed():
            as_(supervisor).cookies["django_language"] = "zh-hans"
            page = as_(supervisor).get(f"/closures/{slow.pk}/print/").content.decode()
            return re.search(r"([^<>]*)</td>\s*</tr>\s*(</tbody>)?\s*</table>", page)[1]

        assert supervisor.name not in printed(), received
        november = datetime.date(2026, 11, 2)
        with time_machine.travel(datetime.datetime(2026, 11, 2, 1, 0, tzinfo=datetime.UTC), tick=False):
            closure_months.hand_in_due(today=november, calendar=days)
            october = ClosureMonth.objects.get(branch=branches["first"], month="2026-10-01")
            assert supervisor.name not in printed()
            page = as_(supervisor).get("/closures/analysis/?month=2026-10").content.decode()
            assert slow.number in page and october.content["late"]["cases"] == 1
            closure_months.receive(october.pk, by=supervisor)
            assert f"{supervisor.name} 2026-11-02 09:00 (2026-10)" in printed()

    def test_months_the_clock_missed_are_made_up_oldest_first_and_once(self, september, branches):
        days, december = calendar(), datetime.date(2026, 12, 1)
        assert closure_months.hand_in_due(today=december, calendar=days) == {"handed": 6}
        assert closure_months.hand_in_due(today=december, calendar=days) == {"handed": 0}
        months = ClosureMonth.objects.filter(branch=branches["first"]).order_by("pk")
        assert [f"{row.month:%Y-%m}" for row in months] == ["2026-09", "2026-10", "2026-11"]
        assert [row.closures.count() for row in months] == [2, 0, 0]

    def test_the_supervisor_receives_it_on_the_page(self, as_, september, supervisor, head, branches):
        closure_months.hand_in_due(today=TODAY, calendar=calendar())
        made = ClosureMonth.objects.get(branch=branches["first"])
        assert "Receive and sign" not in as_(head).get("/closures/analysis/?month=2026-09").content.decode()
        browser = as_(supervisor)
        assert "Receive and sign" in browser.get("/closures/analysis/?month=2026-09").content.decode()
        browser.post(f"/closures/analysis/{made.pk}/receive/")
        made.refresh_from_db()
        first = made.received_at
        assert made.received_by == supervisor
        browser.post(f"/closures/analysis/{made.pk}/receive/")
        made.refresh_from_db()
        assert made.received_at == first

    def test_the_figures_can_be_counted_by_hand(self, as_, september, supervisor, wealth):
        context = as_(supervisor).get("/closures/analysis/?month=2026-09").context
        assert [tile["figure"] for tile in context["tiles"]] == [2, 2, 1, "50.0%", "0.01", "30.02"]
        groups = {group["key"]: group["lines"] for group in context["groups"]}
        assert [(line["name"], line["cases"]) for line in groups["manager"]] == [(wealth.name, 2)]
        assert [line["reason"] for line in groups["reason"]] == ["rates", "fees"]
        assert [line["lost_wan"] for line in groups["reason"]] == ["30.00", "0.02"]
        assert groups["destination"][0]["name"] == Destination.objects.first().name
        service = context["service"][0]
        assert (service["marked"], service["accurate"], service["first_time"]) == (2, "100.0%", "100.0%")

    def test_every_figure_leads_to_as_many_rows(self, as_, september, supervisor):
        browser = as_(supervisor)
        context = browser.get("/closures/analysis/?month=2026-09").context
        followed = 0
        for group in context["groups"]:
            for line in group["lines"]:
                for url, count in (("url", "cases"), ("held_url", "held"), ("lost_url", "left")):
                    page = browser.get(line[url]).context["page"]
                    assert page.paginator.count == line[count], (group["key"], line[url])
                    followed += 1
        assert followed >= 15
        for tile, count in zip(context["tiles"], (2, 2, 1, None, 1, 2), strict=True):
            if count is not None:
                assert browser.get(tile["url"]).context["page"].paginator.count == count

    def test_a_drill_shows_no_other_branch_and_a_wrong_one_is_no_filter(
        self, as_, september, supervisor, region_head, branches
    ):
        there = f"/closures/?show=all&month=2026-09&branch={branches['second'].pk}"
        assert as_(supervisor).get(there).context["page"].paginator.count == 0
        assert as_(region_head).get(there).context["page"].paginator.count == 1
        for query in ("month=x", "outcome=x", "manager=abc", "reason=none&month=2026-09"):
            assert as_(supervisor).get(f"/closures/?show=all&{query}").status_code == 200
        none = "/closures/?show=all&month=2026-09&reason=none"
        assert as_(supervisor).get(none).context["page"].paginator.count == 0

    def test_the_picture_s_twelve_months_end_with_this_one_beside_the_year_before(
        self, as_, september, supervisor
    ):
        Closure.objects.filter(lost=300_000).update(lost=320_000)
        trend = as_(supervisor).get("/closures/analysis/?month=2026-09").context["trend"]
        assert len(trend) == 12
        assert (trend[-1]["month"], trend[-1]["lost"], trend[-1]["cases"]) == ("2026-09", 32, 2)
        assert {row["before"] for row in trend} == {0} and trend[0]["lost"] == 0
        later = as_(supervisor).get("/closures/analysis/?month=2026-10").context["trend"]
        assert (later[-2]["lost"], later[-1]["cases"]) == (32, 0)

    def test_another_branch_is_not_counted_and_the_region_counts_all(self, as_, september, region_head):
        assert as_(region_head).get("/closures/analysis/?month=2026-09").context["tiles"][0]["figure"] == 3

    def test_the_workbook_has_the_groups_and_the_records_without_a_client_s_name(
        self, as_, september, supervisor
    ):
        answer = as_(supervisor).get("/closures/analysis/excel/?month=2026-09")
        book = openpyxl.load_workbook(io.BytesIO(answer.content))
        assert (
            book.sheetnames == ["按原因", "按产品", "按去向行", "按经理", "按异动类型", "记录"]
            or len(book.sheetnames) == 6
        )
        first = book[book.sheetnames[0]]
        assert [cell.value for cell in first[2]][:2] == ["利率收益", 1]
        texts = {str(cell.value) for sheet in book for row in sheet for cell in row}
        assert not any("王芳" in text or "李娜" in text for text in texts)
        assert AccessEvent.objects.filter(user=supervisor, kind="export").exists()

    @pytest.mark.parametrize("query", ["month=x", "month=2026-13&branch=abc", "branch=999999", ""])
    def test_what_the_address_asks_wrongly_is_not_given(self, as_, supervisor, query):
        assert as_(supervisor).get(f"/closures/analysis/?{query}").status_code == 200


class TestApi:
    def test_a_case_from_the_counter_to_the_end(self, as_, holder, teller, wealth):
        send = {"content_type": "application/json"}
        browser = as_(teller)
        found = browser.post("/api/v1/recognitions/", {"q": "6789"}, **send).json()
        assert (found[0]["queue"], found[0]["manager_name"]) == ("manager", wealth.name)
        words = {"ticket": found[0]["ticket"], "movement": "closure", "suspicion": "churn"}
        made = browser.post("/api/v1/closures/", words, **send)
        assert made.status_code == 201 and "amount" not in made.json() and made.json()["transitions"] == []
        url = f"/api/v1/closures/{made.json()['id']}/"
        assert browser.post(f"{url}went-on/", **send).status_code == 200
        browser = as_(wealth)
        assert browser.get(url).json()["transitions"] == ["claim"]
        for name in ("claim", "churn", "call_head"):
            assert browser.post(f"{url}transitions/", {"name": name}, **send).status_code == 200
        lacking = browser.post(f"{url}end/", {"result": "lost"}, **send)
        assert lacking.status_code == 400 and {"account", "amount", "measures"} <= set(lacking.json())
        assert browser.post(f"{url}measures/", {"kind": "call"}, **send).status_code == 201
        whole = {**LOST, "destination": Destination.objects.first().pk, "result": "lost"}
        ended = browser.post(f"{url}end/", whole, **send)
        assert ended.status_code == 200 and ended.json()["state"] == "ended"
        assert browser.post(f"{url}record/", {"note": "x"}, **send).status_code == 409

    def test_steps_of_the_clock_are_no_steps_of_the_api(self, as_, case, wealth):
        url = f"/api/v1/closures/{case().pk}/transitions/"
        answer = as_(wealth).post(url, {"name": "climb"}, content_type="application/json")
        assert answer.status_code == 400


def test_the_api_list_asks_as_much_for_one_as_for_fifteen(as_, case, vip, wealth):
    counts = []
    for number in (1, 14):
        for n in range(number):
            case(client=vip(name=f"王{n}"))
        browser = as_(wealth)
        browser.get("/api/v1/closures/")
        with CaptureQueriesContext(connection) as asked:
            assert browser.get("/api/v1/closures/").status_code == 200
        counts.append(len(asked))
    assert counts[0] == counts[1]
