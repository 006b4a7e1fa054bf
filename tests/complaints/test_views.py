"""Pages of complaints: the form of a minute, the list, the page, the steps, prints, the desk."""

import datetime
import io

import openpyxl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext

from complaints import complaint_form
from complaints.actions import complaint_deadline as deadline
from complaints.actions import complaint_hand as hand
from complaints.actions import complaint_reply as replies
from complaints.actions import complaint_work as work
from complaints.complaint_steps import STEPS, open_steps
from complaints.models import Attachment, Complaint, ComplaintPoint
from complaints.stats import complaint as stats
from complaints.stats.pressing import pressing
from followups.models import PlanItem
from rmflow.notices.models import Notice
from rmflow.privacy.models import AccessEvent
from rmflow.staff.permissions import Permission, scope
from rmflow.workdays import clock

from .conftest import fresh
from .test_work import REPLY, answered, ready

pytestmark = pytest.mark.django_db

FORM = {
    "way": "counter",
    "title": "排队超过一小时",
    "request": "增开窗口",
    "name": "马建国",
    "phone": "13800006620",
    "level": "normal",
    "people": "1",
}
PDF = b"%PDF-1.4\n%\xe2\xe3\n1 0 obj"


@pytest.fixture
def made(friday, taken, teller):
    return taken(by=teller)


def page(client, user, url, **data):
    client.cookies.clear()
    client.force_login(user)
    return client.get(url, data).content.decode()


class TestTake:
    def test_a_minute_s_form_makes_a_complaint_and_leads_to_it(self, client, friday, teller, lobby):
        client.force_login(teller)
        answer = client.post("/complaints/new/", {**FORM, "idempotency_key": "a1"})
        made = Complaint.objects.get()
        assert (answer.status_code, answer["Location"]) == (303, f"/complaints/{made.pk}/")
        assert client.post("/complaints/new/", {**FORM, "idempotency_key": "a1"}).status_code == 303
        assert Complaint.objects.count() == 1

    def test_what_is_wrong_stands_beside_its_field_and_nothing_typed_is_lost(self, client, friday, teller):
        client.force_login(teller)
        answer = client.post("/complaints/new/", {**FORM, "phone": "138", "facts": "客户说等了很久"})
        html = answer.content.decode()
        assert answer.status_code == 422
        assert 'id="id_phone_error"' in html
        assert "客户说等了很久" in html
        assert not Complaint.objects.exists()

    def test_whoever_must_keep_out_by_taking_it_gets_the_number_only(self, client, friday, teller, head):
        client.force_login(teller)
        answer = client.post("/complaints/new/", {**FORM, "named": [str(head.pk)]}, follow=True)
        html = answer.content.decode()
        assert "TS-20260213-01" in html
        assert f"/complaints/{Complaint.objects.get().pk}/" not in html

    def test_who_takes_it_for_a_branch_names_one_of_its_people_and_they_never_get_nor_see_it(
        self, client, friday, phone_agent, lobby, head, wealth, branches
    ):
        client.force_login(phone_agent)
        first, second = branches["first"].pk, branches["second"].pk
        assert lobby.name not in client.get("/complaints/new/").content.decode()
        ask = {"headers": {"HX-Request": "true"}}
        offered = client.get("/complaints/new/", {"branch": first, "named": [lobby.pk]}, **ask)
        html = offered.content.decode()
        assert html.startswith('<div id="complaint-named"') and wealth.name in html
        assert "checked" in html.split(f'value="{lobby.pk}"')[1][:80]
        assert lobby.name not in client.get("/complaints/new/", {"branch": second}, **ask).content.decode()
        words = {**FORM, "way": "phone", "branch": str(first), "named": [str(lobby.pk)]}
        assert client.post("/complaints/new/", words).status_code == 303
        made = Complaint.objects.get()
        assert (made.handler, [row.person for row in made.recusals.filter(basis="named")]) == (None, [lobby])
        assert not Complaint.objects.visible_to(lobby).exists()
        assert Complaint.objects.visible_to(head).exists()

    def test_somebody_of_another_branch_than_the_chosen_one_is_refused_beside_the_field(
        self, client, friday, phone_agent, other_lobby, branches
    ):
        client.force_login(phone_agent)
        words = {**FORM, "branch": str(branches["first"].pk), "named": [str(other_lobby.pk)]}
        answer = client.post("/complaints/new/", words)
        assert answer.status_code == 422 and 'id="id_named_error"' in answer.content.decode()
        assert not Complaint.objects.exists()

    @pytest.mark.parametrize("branch", ["x", "９", "-1", "9" * 30, ""])
    def test_a_branch_that_is_none_offers_nobody(self, client, complaint_office, branch):
        client.force_login(complaint_office)
        answer = client.get("/complaints/new/", {"branch": branch}, headers={"HX-Request": "true"})
        assert answer.status_code == 200 and "请先选择网点" in answer.content.decode()

    def test_who_is_lent_here_today_and_the_head_above_can_be_named(
        self, client, friday, teller, other_lobby, other_wealth, region_head, branches, lobby
    ):
        other_lobby.duty_branch, other_lobby.duty_on = branches["first"], clock.today()
        other_lobby.save()
        html = page(client, teller, "/complaints/new/")
        assert other_lobby.name in html and region_head.name in html and other_wealth.name not in html
        client.force_login(teller)
        assert client.post("/complaints/new/", {**FORM, "named": [str(region_head.pk)]}).status_code == 303
        assert Complaint.objects.get().upper

    def test_the_step_that_names_somebody_offers_the_same_people(
        self, client, made, lobby, region_head, other_wealth
    ):
        html = page(client, lobby, f"/complaints/{made.pk}/name/")
        assert region_head.name in html and other_wealth.name not in html

    def test_the_link_from_the_opinion_box_has_its_way_chosen(self, client, lobby):
        html = page(client, lobby, "/complaints/new/", way="box")
        assert (
            'value="box" id="id_way_2" required checked' in html
            or "checked" in html.split('value="box"')[1][:80]
        )


class TestList:
    def test_it_shows_masked_names_and_the_deadline(self, client, made, lobby):
        html = page(client, lobby, "/complaints/")
        assert made.number in html
        assert "马**" in html
        assert "马建国" not in html
        assert "13800006620" not in html

    def test_each_filter_finds_its_own(self, client, friday, made, lobby, codes, taken):
        over = taken()
        ready(over, lobby, codes)
        replies.close(over.pk, by=lobby)
        assert over.number not in page(client, lobby, "/complaints/", show="open")
        assert over.number in page(client, lobby, "/complaints/", show="over")
        friday("2026-02-25 17:31")
        assert made.number in page(client, lobby, "/complaints/", show="overdue")
        assert over.number not in page(client, lobby, "/complaints/", show="overdue")

    def test_the_number_and_words_of_the_subject_find_it(self, client, made, taken, lobby):
        other = taken(title="排队超过一小时")
        for words, found in (
            (made.number, {made.pk}),
            (made.number[-6:].lower(), {made.pk}),
            ("到账时间", {made.pk}),
            ("　排队 ", {other.pk}),
            ("TS-2026", {made.pk, other.pk}),
            ("%", set()),
            ("没有这样的事由", set()),
        ):
            client.force_login(lobby)
            lines = client.get("/complaints/", {"q": words, "show": "all"}).context["lines"]
            assert {line["complaint"].pk for line in lines} == found, words

    def test_a_whole_phone_number_finds_it_part_of_one_does_not(self, client, made, lobby):
        assert made.number in page(client, lobby, "/complaints/", q="138 0000 6620")
        assert made.number not in page(client, lobby, "/complaints/", q="6620")

    def test_another_branch_sees_nothing(self, client, made, other_lobby):
        assert made.number not in page(client, other_lobby, "/complaints/", show="all")

    def test_the_number_of_queries_is_the_same_for_one_and_fifteen(self, client, made, taken, lobby):
        client.force_login(lobby)
        client.get("/complaints/")
        with CaptureQueriesContext(connection) as one:
            client.get("/complaints/")
        for _n in range(14):
            taken()
        with CaptureQueriesContext(connection) as many:
            client.get("/complaints/")
        assert len(one) == len(many)

    @pytest.mark.parametrize("query", ["show=x", "sort=x", "page=x", "branch=x", "month=2026-99", "q=%25%5C"])
    def test_what_cannot_be_read_in_the_address_is_no_error(self, client, made, lobby, query):
        client.force_login(lobby)
        assert client.get(f"/complaints/?{query}").status_code == 200


class TestPage:
    def test_it_says_the_ruling_date_and_why(self, client, made, lobby, complaint_office):
        assert "法定 15 日至 2月28日" in page(client, lobby, f"/complaints/{made.pk}/")
        asked = deadline.ask_extension(made.pk, by=lobby, reason="x")
        deadline.decide_extension(made.pk, asked.pk, by=complaint_office, grant=True, note="同意")
        html = page(client, lobby, f"/complaints/{made.pk}/")
        assert "法定 15 日先到，内部期限 3月2日 不再适用" in html
        assert "期限 2月25日 → 2月28日" in html

    def test_opening_it_is_on_record(self, client, made, lobby):
        page(client, lobby, f"/complaints/{made.pk}/")
        event = AccessEvent.objects.get(kind="view", object_type="complaints.complaint")
        assert (event.user, event.object_id) == (lobby, made.pk)

    def test_name_and_phone_are_masked_until_shown_and_the_look_is_on_record(
        self, client, made, lobby, supervisor
    ):
        html = page(client, lobby, f"/complaints/{made.pk}/")
        assert "马建国" not in html
        assert "138****6620" in html
        shown = client.post(f"/complaints/{made.pk}/phone/").content.decode()
        assert "马建国 13800006620" in shown
        event = AccessEvent.objects.get(kind="reveal")
        assert (event.purpose, event.fields) == ("complaint", ["name", "phone"])
        client.force_login(supervisor)
        assert client.post(f"/complaints/{made.pk}/phone/").status_code == 403

    def test_a_recused_person_meets_nothing(self, client, made, lobby, wealth, head):
        hand.name_person(made.pk, by=lobby, person_id=head.pk)
        client.force_login(head)
        assert client.get(f"/complaints/{made.pk}/").status_code == 404
        assert made.number not in client.get("/complaints/?show=all").content.decode()
        assert client.get(f"/api/v1/complaints/{made.pk}/").status_code == 404

    def test_only_deadline_changes_when_asked(self, client, made, lobby):
        work.add_note(made.pk, by=lobby, note="已电话安抚")
        assert "已电话安抚" in page(client, lobby, f"/complaints/{made.pk}/")
        assert "已电话安抚" not in page(client, lobby, f"/complaints/{made.pk}/", history="moves")

    def test_its_queries_do_not_grow_with_the_history(self, client, made, lobby):
        client.force_login(lobby)
        url = f"/complaints/{made.pk}/"
        client.get(url)
        with CaptureQueriesContext(connection) as few:
            client.get(url)
        for n in range(12):
            work.add_note(made.pk, by=lobby, note=f"第 {n} 次联系")
        with CaptureQueriesContext(connection) as many:
            client.get(url)
        assert len(few) == len(many)


class TestSteps:
    @pytest.mark.parametrize("name", STEPS)
    def test_every_step_open_to_the_handler_or_the_office_has_its_page(
        self, client, made, lobby, complaint_office, name
    ):
        for user in (lobby, complaint_office):
            client.force_login(user)
            expected = 200 if name in open_steps(fresh(made), user) else None
            status = client.get(f"/complaints/{made.pk}/{name}/").status_code
            assert status == expected or (expected is None and status in (403, 409, 422))

    def test_the_reply_is_logged_and_the_page_says_so(self, client, made, lobby):
        client.force_login(lobby)
        answer = client.post(f"/complaints/{made.pk}/reply/", REPLY)
        assert answer.status_code == 303
        assert fresh(made).status == "replied"
        assert "已答复" in page(client, lobby, f"/complaints/{made.pk}/")

    def test_an_error_stands_beside_the_field_with_what_was_typed(self, client, made, lobby):
        client.force_login(lobby)
        answer = client.post(f"/complaints/{made.pk}/reply/", {**REPLY, "basis": " "})
        html = answer.content.decode()
        assert answer.status_code == 422
        assert 'id="id_basis_error"' in html
        assert REPLY["text"] in html

    def test_sent_twice_it_is_done_once(self, client, made, lobby):
        client.force_login(lobby)
        for _n in "ab":
            client.post(f"/complaints/{made.pk}/note/", {"note": "已联系", "idempotency_key": "n1"})
        assert fresh(made).events.filter(name="note").count() == 1

    def test_a_step_that_is_over_conflicts(self, client, made, lobby):
        replies.reply(made.pk, by=lobby, **REPLY)
        client.force_login(lobby)
        assert client.post(f"/complaints/{made.pk}/reply/", REPLY).status_code in (409, 422)
        assert client.get(f"/complaints/{made.pk}/nothing/").status_code == 404

    def test_closing_without_the_reply_is_refused_in_words(self, client, made, lobby):
        client.force_login(lobby)
        answer = client.post(f"/complaints/{made.pk}/close/", {})
        assert answer.status_code == 422
        assert "未登记对客户的答复" in answer.content.decode()
        assert fresh(made).status == "working"

    def test_the_page_of_closing_says_what_is_left_before_one_presses(self, client, made, lobby, codes):
        answered(made, lobby)
        client.force_login(lobby)
        answer = client.get(f"/complaints/{made.pk}/close/")
        text = answer.content.decode()
        assert "以下步骤尚未完成，暂不能办结" in text and len(answer.context["left"]) == 3
        assert all(str(label) in text for label in answer.context["left"])
        assert "disabled>" in text.partition("data-primary")[2][:20]
        work.classify(made.pk, by=lobby, **codes)
        replies.call_back(made.pk, by=lobby, satisfaction="satisfied")
        replies.trace(made.pk, by=lobby, root_cause="短信模板未写明到账日")
        text = client.get(f"/complaints/{made.pk}/close/").content.decode()
        assert "暂不能办结" not in text and "办结后归档" in text


class TestFiles:
    def attach(self, client, made, name, content):
        return client.post(f"/complaints/{made.pk}/files/", {"file": SimpleUploadedFile(name, content)})

    def test_a_file_is_kept_outside_the_web_root_under_our_own_name(
        self, client, made, lobby, settings, tmp_path
    ):
        settings.COMPLAINT_FILES = tmp_path
        client.force_login(lobby)
        assert self.attach(client, made, "../../etc/说明.pdf", PDF).status_code == 303
        row = Attachment.objects.get()
        assert (row.name, row.kind) == ("说明.pdf", "pdf")
        stored = list(tmp_path.rglob("*"))
        assert [path.name for path in stored if path.is_file()] == [row.stored_as]
        assert not str(settings.COMPLAINT_FILES).startswith(str(settings.STATIC_ROOT))
        answer = client.get(f"/complaints/{made.pk}/files/{row.pk}/")
        assert answer.content == PDF
        assert answer["Content-Disposition"].startswith("attachment;")
        assert answer["X-Content-Type-Options"] == "nosniff"

    @pytest.mark.parametrize(
        "name, content",
        [
            ("a.pdf", b"<html><script>alert(1)</script>"),
            ("a.html", PDF),
            ("a.exe", b"MZ\x90"),
            ("a.docx", b"PK\x03\x04nothing"),
            ("a.pdf", b""),
            ("a.svg", b"<svg onload='x'/>"),
        ],
    )
    def test_what_is_not_what_it_says_is_refused(
        self, client, made, lobby, settings, tmp_path, name, content
    ):
        settings.COMPLAINT_FILES = tmp_path
        client.force_login(lobby)
        assert self.attach(client, made, name, content).status_code == 422
        assert not Attachment.objects.exists()
        assert not [path for path in tmp_path.rglob("*") if path.is_file()]

    def test_a_name_that_is_only_dots_is_harmless(self, client, made, lobby, settings, tmp_path):
        settings.COMPLAINT_FILES = tmp_path
        client.force_login(lobby)
        assert self.attach(client, made, "../../x", PDF).status_code == 422  # no ending that fits
        assert self.attach(client, made, "../../x.pdf", PDF).status_code == 303
        assert Attachment.objects.get().name == "x.pdf"

    def test_two_hundred_megabytes_are_refused_before_they_are_read(self, client, made, lobby):
        client.force_login(lobby)
        answer = client.post(
            f"/complaints/{made.pk}/files/",
            b"x",
            content_type="multipart/form-data; boundary=b",
            CONTENT_LENGTH=str(200 * 1024 * 1024),
        )
        assert answer.status_code == 413

    def test_beyond_the_limit_a_file_is_refused(self, client, made, lobby, settings, tmp_path):
        settings.COMPLAINT_FILES, settings.COMPLAINT_FILE_LIMIT = tmp_path, 1024
        client.force_login(lobby)
        assert self.attach(client, made, "a.pdf", PDF + b"x" * 2000).status_code == 422

    def test_the_scanner_s_word_counts(self, client, made, lobby, settings, tmp_path):
        settings.COMPLAINT_FILES = tmp_path
        settings.COMPLAINT_SCANNER = "tests.complaints.test_views.finds_everything"
        client.force_login(lobby)
        assert self.attach(client, made, "a.pdf", PDF).status_code == 422
        settings.COMPLAINT_SCANNER = "tests.complaints.test_views.finds_nothing"
        assert self.attach(client, made, "a.pdf", PDF).status_code == 303
        assert Attachment.objects.get().scanned_at

    def test_the_same_file_twice_conflicts(self, client, made, lobby, settings, tmp_path):
        settings.COMPLAINT_FILES = tmp_path
        client.force_login(lobby)
        self.attach(client, made, "a.pdf", PDF)
        assert self.attach(client, made, "b.pdf", PDF).status_code in (409, 422)
        assert Attachment.objects.count() == 1

    def test_nobody_outside_reads_a_file(self, client, made, lobby, other_lobby, settings, tmp_path):
        settings.COMPLAINT_FILES = tmp_path
        client.force_login(lobby)
        self.attach(client, made, "a.pdf", PDF)
        client.force_login(other_lobby)
        url = f"/complaints/{made.pk}/files/{Attachment.objects.get().pk}/"
        assert client.get(url).status_code == 404


def finds_everything(path):
    assert path.exists()
    return "EICAR"


def finds_nothing(path):
    return ""


#: 投诉记录表, its columns in the order of the form (domain-rules §1.8).
COLUMNS = [
    *("编号", "受理时间", "受理人、岗位", "来源", "投诉人、身份信息、联系方式", "代理人、授权书"),
    *("被投诉机构或人员", "投诉请求、主要事实、依据", "优质客户", "渠道、业务、原因分类", "级别", "关键点"),
    *(
        "承诺时限",
        "能否当场解决",
        "处理人（已核查回避）",
        "调查经过",
        "处理结果、依据",
        "答复时间、方式、内容",
    ),
    *(
        "延期申请、审批人、理由、告知客户时间",
        "客户满意度、回访",
        "核查",
        "责任认定、溯源",
        "整改",
        "销售机会",
        "归档号",
    ),
]


class TestPaper:
    def test_the_record_has_the_form_s_columns_in_order(self, client, made, lobby):
        html = page(client, lobby, f"/complaints/{made.pk}/print/")
        places = [html.index(f'<th scope="row">{column}</th>') for column in COLUMNS]
        assert places == sorted(places)
        assert html.count('<th scope="row">') == len(COLUMNS)
        assert [name for name, _value in complaint_form.lines(fresh(made))] == COLUMNS
        assert "13800006620" not in html
        assert AccessEvent.objects.filter(kind="print", object_id=made.pk).exists()

    def test_the_letter_comes_from_the_reply_and_names_the_remedies(self, client, made, lobby):
        client.force_login(lobby)
        assert client.get(f"/complaints/{made.pk}/letter/").status_code == 422
        replies.reply(made.pk, by=lobby, **REPLY)
        html = page(client, lobby, f"/complaints/{made.pk}/letter/")
        for words in (REPLY["text"], REPLY["basis"], "上级机构申请核查", "尊敬的 马建国"):
            assert words in html

    def test_the_branch_s_notice_says_window_person_and_phone(self, client, lobby, branches):
        client.force_login(lobby)
        assert "公示内容尚未填写" in client.get("/complaints/notice/").content.decode()
        facts = {"window": "6 号窗口", "person": "周敏", "phone": "0851-85500817"}
        assert client.post("/complaints/notice/edit/", {**facts, "phone": ""}).status_code == 422
        assert client.post("/complaints/notice/edit/", facts).status_code == 303
        html = client.get("/complaints/notice/").content.decode()
        assert all(word in html for word in (*facts.values(), "12378"))
        assert ComplaintPoint.objects.get().branch == branches["first"]


class TestDesk:
    def test_it_shows_no_overdue_that_is_not_overdue(
        self, client, friday, made, taken, lobby, complaint_office
    ):
        answered = taken()
        replies.reply(answered.pk, by=lobby, **REPLY)
        for moment, overdue in (("2026-02-25 17:30", 0), ("2026-02-25 17:31", 1)):
            friday(moment)
            client.force_login(complaint_office)
            assert client.get("/complaints/desk/risk/").context["risk"]["overdue"] == overdue

    def test_its_figures_can_be_counted_by_hand(
        self, client, made, taken, lobby, other_lobby, complaint_office
    ):
        taken(by=other_lobby)
        on_spot = taken()
        replies.reply(on_spot.pk, by=lobby, satisfaction="very", **REPLY)
        client.force_login(complaint_office)
        total = client.get("/complaints/desk/figures/?month=2026-02").context["total"]
        assert (total["total"], total["answered"], total["on_spot"], total["within_3"]) == (3, 1, 1, 1)
        assert (total["past_law"], total["content"], total["said"]) == (0, 1, 1)
        by_branch = client.get("/complaints/desk/figures/?month=2026-02&by=branch").context["rows"]
        assert [(row["name"], row["cells"][0]["count"]) for row in by_branch] == [
            ("中山路支行", 2),
            ("人民路支行", 1),
        ]

    @pytest.mark.parametrize(
        "by", ["branch", "cause", "business", "channel", "product", "handler", "named", "way", "x"]
    )
    def test_every_dimension_and_its_drill_open(self, client, made, complaint_office, wealth, by):
        hand.name_person(made.pk, by=complaint_office, person_id=wealth.pk)
        client.force_login(complaint_office)
        answer = client.get(f"/complaints/desk/figures/?month=2026-02&by={by}")
        rows = answer.context["rows"]
        assert rows[0]["cells"][0]["count"] == 1
        drill = client.get(rows[0]["cells"][0]["url"])
        assert [line["complaint"] for line in drill.context["lines"]] == [made]

    def test_a_head_counts_his_branch_and_nothing_he_keeps_out_of(
        self, client, friday, made, taken, head, teller, other_lobby
    ):
        taken(by=other_lobby)
        taken(by=teller, named=[head.pk])
        client.force_login(head)
        assert client.get("/complaints/desk/figures/?month=2026-02").context["total"]["total"] == 1

    @pytest.mark.parametrize(
        "address", ["/complaints/desk/", "/complaints/desk/figures/", "/complaints/desk/risk/"]
    )
    def test_the_page_takes_few_queries_however_many_complaints(
        self, client, made, taken, complaint_office, address
    ):
        client.force_login(complaint_office)
        client.get(f"{address}?month=2026-02&by=named")
        counts = []
        for more in (1, 12):
            for _n in range(more):
                taken()
            with CaptureQueriesContext(connection) as queries:
                client.get(f"{address}?month=2026-02&by=named")
            counts.append(len(queries))
        assert counts[0] == counts[1]
        assert counts[0] <= 12

    def test_the_nearest_deadlines_are_those_the_reader_may_see(
        self,
        friday,
        made,
        taken,
        head,
        teller,
        lobby,
        wealth,
        other_lobby,
        region_head,
        supervisor,
        complaint_office,
    ):
        """The statement written by hand holds the rule of `visible_to`."""
        taken(by=other_lobby)
        taken(by=teller, named=[head.pk])
        taken(by=teller, named=[wealth.pk])
        deadline.ask_extension(made.pk, by=lobby, reason="须总行出具说明")
        for user in (head, region_head, supervisor, complaint_office):
            reach = scope(user, Permission.ANALYSE_COMPLAINTS)
            rows = Complaint.objects.visible_to(user).filter(reach.q("branch")).running()
            lines, waiting = pressing(user, reach, rules=True)
            assert lines == list(rows.order_by("due_at", "pk"))
            assert waiting == stats.extensions(user).count()
            assert [line.branch.name for line in lines] == [
                row.branch.name for row in rows.order_by("due_at", "pk")
            ]
        assert len(pressing(complaint_office, reach, rules=True)[0]) == 4
        assert len(pressing(head, scope(head, Permission.ANALYSE_COMPLAINTS))[0]) == 2
        lines, waiting = pressing(complaint_office, reach, branch=other_lobby.branch)
        assert ([line.branch for line in lines], waiting) == ([other_lobby.branch], 0)

    def test_the_figures_come_after_the_page_and_are_the_same_by_both_ways(
        self, client, made, complaint_office
    ):
        client.force_login(complaint_office)
        first = client.get("/complaints/desk/?month=2026-02")
        assert 'hx-get="/complaints/desk/figures/?by=cause&amp;month=2026-02"' in first.content.decode()
        assert made.number in first.content.decode()
        piece = client.get("/complaints/desk/figures/?month=2026-02", headers={"HX-Request": "true"})
        whole = client.get("/complaints/desk/figures/?month=2026-02")
        assert piece.content.decode().strip() in whole.content.decode()
        assert piece.content.decode().startswith('<div class="stack" id="desk-figures">')

    def test_the_workbook_holds_numbers_and_no_person(self, client, made, complaint_office):
        client.force_login(complaint_office)
        answer = client.get("/complaints/desk/excel/?month=2026-02")
        book = openpyxl.load_workbook(io.BytesIO(answer.content))
        assert book.worksheets[0]["B2"].value == 1
        text = " ".join(str(cell.value) for page in book for row in page for cell in row)
        assert "马建国" not in text
        assert "中山路支行" in text
        assert AccessEvent.objects.filter(kind="export").count() == 1

    def test_a_quarter_s_figures_lead_to_the_rows_of_that_quarter_and_on_to_the_next(
        self, client, made, taken, complaint_office
    ):
        for day in ("2025-12-31T23:59", "2026-01-01T00:00", "2026-03-31T23:59", "2026-04-01T00:00"):
            Complaint.objects.filter(pk=taken().pk).update(received_at=f"{day}+08:00")
        client.force_login(complaint_office)
        context = client.get("/complaints/desk/figures/?quarter=2026-Q1&by=way").context
        assert (context["total"]["total"], context["asked"].name) == (3, "2026 年第 1 季度")
        drill = client.get(context["rows"][0]["cells"][0]["url"])
        assert len(drill.context["lines"]) == 3
        assert "2026 年第 1 季度" in [chip["label"] for chip in drill.context["drill"]]
        assert len(client.get("/api/v1/complaints/?quarter=2026-Q1").json()["results"]) == 3
        assert client.get("/api/v1/complaints/?quarter=2026-Q5").status_code == 400
        assert [span["current"] for span in context["spans"]] == [False, True, False]
        assert "quarter=2025-Q4" in context["before"] and "quarter=2026-Q2" in context["after"]
        earlier = client.get(f"/complaints/desk/figures/{context['before']}").context["total"]
        assert earlier["total"] == 1
        for wrong in ("2026-Q5", "x", "2026", "9-Q1", "2026-Q"):
            answer = client.get(f"/complaints/desk/figures/?quarter={wrong}")
            assert answer.status_code == 200 and answer.context["asked"].month
        name = client.get("/complaints/desk/excel/?quarter=2026-Q1").headers["Content-Disposition"]
        assert "2026-Q1" in name

    def test_the_rate_by_a_thousand_stands_in_the_table_and_the_workbook_with_the_repeats(
        self, client, made, taken, other_lobby, complaint_office, vip, lobby
    ):
        for _n in range(4):
            vip()
        taken(by=other_lobby)
        double = taken()
        work.merge(double.pk, by=lobby, into_id=made.pk)
        client.force_login(complaint_office)
        context = client.get("/complaints/desk/figures/?month=2026-02&by=branch").context
        assert [row["per_1000"] for row in context["rows"]] == ["500.00", "–"]
        assert context["sum"]["per_1000"] == "750.00"
        book = openpyxl.load_workbook(io.BytesIO(client.get("/complaints/desk/excel/?month=2026-02").content))
        total = dict(zip(*([cell.value for cell in row] for row in book.worksheets[0].rows), strict=True))
        assert (total["重复投诉率"], total["每千户投诉"]) == (pytest.approx(1 / 3), 750)
        branch = {row[0].value: row[-1].value for row in book.worksheets[1].rows}
        assert branch["中山路支行"] == 500

    def test_the_month_s_report_opens(self, client, made, complaint_office):
        html = page(client, complaint_office, "/complaints/desk/report/", month="2026-02")
        assert "投诉分析报告" in html

    def test_requests_wait_for_the_office_with_their_reason(self, client, made, lobby, complaint_office):
        assert "没有待审批" in page(client, complaint_office, "/complaints/extensions/")
        deadline.ask_extension(made.pk, by=lobby, reason="须总行出具说明")
        html = page(client, complaint_office, "/complaints/extensions/")
        assert "须总行出具说明" in html
        assert f"/complaints/{made.pk}/decide_extension/" in html


def test_the_months_of_the_trend_are_twelve_with_those_of_the_year_before(client, made, complaint_office):
    client.force_login(complaint_office)
    trend = client.get("/complaints/desk/figures/?month=2026-02").context["trend"]
    assert len(trend) == 12
    assert (trend[-1]["fast"], trend[-1]["rest"]) == (0, 1)
    assert datetime.date(2026, 2, 1)


class TestImprovement:
    @pytest.fixture
    def mine(self, made, lobby, marketing):
        """An improvement of somebody who neither took nor handles the complaint, nor sees those of the branch."""
        day = clock.today() + datetime.timedelta(days=3)
        return replies.improve(made.pk, by=lobby, text="更换叫号机", owner_id=marketing.pk, due_on=day)

    def test_its_owner_reads_it_and_nothing_of_who_complained_and_sets_it_done(
        self, client, mine, made, marketing
    ):
        told = Notice.objects.get(recipient=marketing, kind="complaint")
        html = page(client, marketing, told.link)
        assert "更换叫号机" in html and made.number in html
        assert "马" not in html.replace("马上", "") and made.title not in html
        assert client.get(f"/complaints/{made.pk}/").status_code == 404
        line = PlanItem.objects.get(source_key=f"improvement:{mine.pk}")
        assert (line.owner, line.link, line.state) == (marketing, told.link, "open")
        assert client.post(told.link).status_code == 303
        mine.refresh_from_db()
        line.refresh_from_db()
        assert (mine.done_at is not None, line.state) == (True, "done")
        assert made.events.filter(name="improved", by=marketing).count() == 1
        again = client.post(told.link)
        assert again.status_code == 409 and made.events.filter(name="improved").count() == 1

    @pytest.mark.parametrize("who", ["lobby", "head", "other_lobby", "wealth"])
    def test_it_is_the_owner_s_door_alone(self, request, client, mine, who):
        client.force_login(request.getfixturevalue(who))
        for answer in (client.get(f"/complaints/improvements/{mine.pk}/"),
                       client.post(f"/complaints/improvements/{mine.pk}/")):  # fmt: skip
            assert answer.status_code == 404
        mine.refresh_from_db()
        assert mine.done_at is None

    def test_the_api_has_the_same_door(self, client, mine, made, marketing, lobby):
        client.force_login(marketing)
        listed = client.get("/api/v1/improvements/").json()["results"]
        assert [(row["text"], row["complaint_number"]) for row in listed] == [("更换叫号机", made.number)]
        done = client.post(f"/api/v1/improvements/{mine.pk}/done/", content_type="application/json")
        assert (done.status_code, done.json()["done_at"] is not None) == (200, True)
        assert (
            client.post(f"/api/v1/improvements/{mine.pk}/done/", content_type="application/json").status_code
            == 409
        )
        client.force_login(lobby)
        assert client.get("/api/v1/improvements/").json()["results"] == []

    def test_who_must_keep_out_meanwhile_finds_it_no_more(self, client, mine, made, lobby, marketing):
        hand.name_person(made.pk, by=lobby, person_id=marketing.pk)
        client.force_login(marketing)
        assert client.get(f"/complaints/improvements/{mine.pk}/").status_code == 404
        assert client.post(f"/complaints/improvements/{mine.pk}/").status_code == 404
