"""The day's list and the sheet of an item, over HTTP."""

import datetime
import re

import pytest
from django.core.cache import cache
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils.html import escape

from followups.models import Appointment, Contact, PlanItem
from rmflow.privacy.models import AccessEvent

from .conftest import TODAY

pytestmark = pytest.mark.django_db
DAY = datetime.timedelta(days=1)
PHONE = "13812345678"


def text(response):
    return response.content.decode()


@pytest.fixture
def form():
    """A function that fills the contact form."""

    def make(**fields):
        return {
            "result": "considering",
            "findings": "要等女儿意见",
            "channel": "phone",
            "next_channel": "phone",
            "next_on": "2026-10-15",
            "next_at": "",
            "idempotency_key": "one",
            "go": "next",
            **fields,
        }

    return make


def test_the_list_stands_in_four_blocks_in_working_order(desk, planned):
    planned(TODAY + DAY)
    planned(TODAY, datetime.time(16, 30))
    planned(TODAY, datetime.time(15), kind="appointment")
    planned(TODAY)
    planned(datetime.date(2026, 9, 29))
    page = text(desk.get("/today/"))
    blocks = re.findall(r'id="block-(\w+)"', page)
    assert blocks == ["overdue", "appointments", "today", "next"]
    assert page.index("16:30") < page.index("All day", page.index('id="block-today"'))
    assert "Overdue 2 working days" in page
    assert "1 working day left" in page


def test_what_lies_beyond_two_working_days_waits(desk, planned):
    planned(datetime.date(2026, 10, 12))
    assert "Nothing is planned for today" in text(desk.get("/today/"))


def test_filters_are_in_the_address(desk, planned):
    overdue = planned(TODAY - DAY)
    other = planned(TODAY, channel="wechat")
    page = text(desk.get("/today/?show=overdue"))
    assert f'id="row-{overdue.pk}"' in page
    assert f'id="row-{other.pk}"' not in page
    page = text(desk.get("/today/?way=wechat"))
    assert f'id="row-{overdue.pk}"' not in page
    assert f'id="row-{other.pk}"' in page
    for nonsense in ("?show=%27%3B&way=xx", "?page=99", "?show=all&way=" + "x" * 500):
        assert desk.get(f"/today/{nonsense}").status_code == 200


def test_the_list_costs_at_most_eight_queries_whatever_its_length(desk, planned, wealth):
    costs = []
    for more in (5, 45):
        for number in range(more):
            planned(TODAY - DAY * (number % 3))
        desk.get("/today/")
        cache.delete_many([f"rail:{wealth.pk}", f"bell:{wealth.pk}", f"bell:{wealth.pk}:n"])
        with CaptureQueriesContext(connection) as queries:
            assert desk.get("/today/").status_code == 200
        costs.append(len(queries))
    assert costs[0] == costs[1] <= 8


def test_the_list_shows_no_phone_and_reads_none(desk, planned):
    planned(TODAY)
    assert PHONE not in text(desk.get("/today/"))
    assert not AccessEvent.objects.filter(kind="view").exists()


def test_opening_a_due_sheet_shows_the_phone_and_puts_it_on_record(desk, swap, planned, wealth):
    item = planned(TODAY)
    sheet = text(swap("get", f"/today/{item.pk}/"))
    assert PHONE in sheet
    event = AccessEvent.objects.get(kind="view")
    assert (event.user, event.object_id, event.purpose) == (wealth, item.client_id, "contact")
    assert (event.item_key, event.fields) == (f"plan:{item.pk}", ["phone"])


def test_a_glance_keeps_the_phone_masked_until_asked_for(desk, swap, planned):
    item = planned(TODAY)
    glance = text(swap("get", f"/today/{item.pk}/?peek=1"))
    assert PHONE not in glance
    assert "138****5678" in glance
    assert not AccessEvent.objects.filter(kind="view").exists()
    assert PHONE in text(swap("post", f"/today/{item.pk}/phone/"))
    dial = swap("post", f"/today/{item.pk}/phone/", {"dial": "1"})
    assert dial["HX-Redirect"] == f"tel:{PHONE}"
    assert AccessEvent.objects.filter(kind="view").count() == 2


def test_before_its_day_and_after_a_stop_no_phone_is_shown(desk, swap, planned, person, wealth):
    early = planned(TODAY + DAY)
    stopped = planned(TODAY, client=person(wealth, do_not_contact=True))
    for item in (early, stopped):
        assert PHONE not in text(swap("get", f"/today/{item.pk}/"))
        assert swap("post", f"/today/{item.pk}/phone/").status_code == 422
    assert not AccessEvent.objects.filter(kind="view").exists()


def test_a_client_who_wants_no_contact_is_marked_and_the_plan_can_be_ended(
    desk, swap, record, person, form, lobby
):
    """Neither a next step nor none was taken: "no answer" could not be recorded."""
    client = person()
    made = record(client=client, agreed_on=TODAY)
    client.do_not_contact = True
    client.save()
    assert "Do not contact" in text(desk.get("/today/"))
    sheet = text(swap("get", f"/today/{made.first.pk}/"))
    assert "Do not contact" in sheet
    assert "data-needs" not in sheet
    answer = swap("post", f"/today/{made.first.pk}/record/", form(result="no_answer"))
    assert answer.status_code == 422  # no next step either
    answer = swap("post", f"/today/{made.first.pk}/record/", form(result="no_answer", next_on=""))
    assert answer.status_code == 200
    made.refresh_from_db()
    assert made.status == "do_not_contact"
    assert Contact.objects.get().result == "no_answer"
    assert not PlanItem.objects.open().exists()


def test_giving_up_over_the_api_ends_the_record_or_drops_the_plan(
    record, planned, wealth, colleague, thursday
):
    from rest_framework.test import APIClient

    door = APIClient()
    door.force_login(wealth)
    made, alone = record(agreed_on=TODAY), planned(TODAY)
    for item in (made.first, alone):
        address = f"/api/v1/plan-items/{item.pk}/give-up/"
        assert door.post(address, {"note": " "}, format="json").status_code == 400
        assert door.post(address, {"note": "搬走了"}, format="json").json()["state"] == "dropped"
    made.refresh_from_db()
    assert made.status == "abandoned"
    others = planned(TODAY, owner=colleague)
    assert (
        door.post(f"/api/v1/plan-items/{others.pk}/give-up/", {"note": "x"}, format="json").status_code == 404
    )


def test_names_of_others_clients_are_masked(desk, planned, person, colleague):
    planned(TODAY, client=person(colleague))
    page = text(desk.get("/today/"))
    assert "陈美华" not in page
    assert "陈**" in page


def test_three_taps_record_a_contact_and_open_the_next_client(desk, swap, planned, form):
    first, second = planned(TODAY, datetime.time(9)), planned(TODAY, datetime.time(10))
    answer = swap("post", f"/today/{first.pk}/record/", form())
    assert answer.status_code == 200
    body = text(answer)
    assert f'data-item="{second.pk}"' in body
    assert f'id="row-{first.pk}" class="is-done is-fresh" hx-swap-oob="true"' in body
    assert "Contact recorded" in body
    assert answer["HX-Replace-Url"] == f"/today/{second.pk}/"
    contact = Contact.objects.get()
    assert (contact.result, contact.findings, contact.next_on) == (
        "considering",
        "要等女儿意见",
        datetime.date(2026, 10, 15),
    )
    assert PlanItem.objects.open().filter(plan_on="2026-10-15").count() == 1


def test_the_page_after_a_swap_is_the_page_after_a_reload(desk, swap, planned):
    item = planned(TODAY)

    def same(body):
        body = re.sub(r'name="(csrfmiddlewaretoken|idempotency_key)" value="\w+"', "", body)
        return re.sub(r"\s+", " ", body)

    fragment = same(text(swap("get", f"/today/{item.pk}/")))
    assert fragment.strip() in same(text(desk.get(f"/today/{item.pk}/")))


def test_a_double_submit_makes_one_contact(desk, swap, planned, form):
    item = planned(TODAY)
    for _n in range(2):
        assert swap("post", f"/today/{item.pk}/record/", form()).status_code == 200
    assert Contact.objects.count() == 1
    again = swap("post", f"/today/{item.pk}/record/", form(idempotency_key="two"))
    assert again.status_code == 422
    assert "no longer possible" in text(again)
    assert Contact.objects.count() == 1


def test_a_refusal_keeps_the_text_and_stands_beside_its_field(desk, swap, planned, form):
    item = planned(TODAY)
    answer = swap("post", f"/today/{item.pk}/record/", form(next_on="2026-10-07", findings="<b>留住</b>"))
    assert answer.status_code == 422
    assert answer["HX-Retarget"] == "#record"
    body = text(answer)
    assert escape("<b>留住</b>") in body
    assert "A plan cannot lie in the past" in body
    assert 'value="considering" id="result-considering" checked' in body
    whole = desk.post(f"/today/{item.pk}/record/", form(next_on="2026-10-07", findings="留住"))
    assert whole.status_code == 422
    assert "留住" in text(whole)
    assert "<html" in text(whole)
    assert not Contact.objects.exists()


@pytest.mark.parametrize(
    "wrong",
    [
        {"result": ""},
        {"result": "' OR 1=1"},
        {"next_on": ""},
        {"next_on": "2026-02-30"},
        {"next_on": "2030-01-01"},
        {"next_at": "25:99", "result": "appointed"},
        {"result": "appointed", "next_at": ""},
        {"findings": "长" * 2001},
        {"findings": "a\x00b"},
        {"channel": "pigeon"},
        {"idempotency_key": "x" * 65},
    ],
)
def test_bad_input_is_refused_in_words(desk, swap, planned, form, wrong):
    item = planned(TODAY)
    assert swap("post", f"/today/{item.pk}/record/", form(**wrong)).status_code == 422
    assert not Contact.objects.exists()


def test_every_result_carries_its_proposal(desk, swap, planned):
    sheet = text(swap("get", f"/today/{planned(TODAY).pk}/"))
    chip = re.search(r'value="interested"[^>]*', sheet)[0]
    assert 'data-way="visit"' in chip
    assert 'data-on="2026-10-10"' in chip  # Saturday, a make-up working day
    assert 'data-at="10:00"' in chip
    assert "10 Oct" not in chip
    assert re.search(r'data-calendar="wwmowwwww', sheet)


def test_postponing_takes_two_clicks_and_can_be_undone(desk, swap, planned):
    item, other = planned(TODAY), planned(TODAY)
    answer = swap("post", f"/today/{item.pk}/postpone/", {"plan_on": "2026-10-09"})
    body = text(answer)
    assert "Postponed to 9 Oct" in body
    assert f'data-item="{other.pk}"' in body
    assert f'hx-post="/today/{item.pk}/restore/"' in body
    item.refresh_from_db()
    assert item.plan_on == TODAY + DAY
    assert swap("post", f"/today/{item.pk}/restore/").status_code == 200
    item.refresh_from_db()
    assert item.plan_on == TODAY
    for wrong in ("", "2026-10-07", "soon"):
        assert swap("post", f"/today/{item.pk}/postpone/", {"plan_on": wrong}).status_code == 422


def test_a_plan_without_a_client_is_ticked_off(desk, swap, planned):
    item = planned(TODAY, client=None, purpose="整理名单")
    assert "Done, next" in text(swap("get", f"/today/{item.pk}/"))
    assert swap("post", f"/today/{item.pk}/done/").status_code == 200
    item.refresh_from_db()
    assert item.state == "done"
    assert swap("post", f"/today/{item.pk}/done/").status_code == 422


def test_when_all_is_done_the_page_says_so(desk, swap, planned, form):
    item = planned(TODAY)
    body = text(swap("post", f"/today/{item.pk}/record/", form()))
    assert "All contacts of today are done" in body
    assert "Done today" in text(desk.get("/today/"))


def test_the_preparation_can_be_written_on_the_sheet(desk, swap, planned):
    item = planned(TODAY)
    answer = swap("post", f"/today/{item.pk}/prepare/", {"expected": "嫌利率低", "answer": "先讲额度"})
    assert "嫌利率低 → 先讲额度" in text(answer)
    item.refresh_from_db()
    assert (item.expected, item.answer) == ("嫌利率低", "先讲额度")
    assert swap("post", f"/today/{item.pk}/prepare/", {"expected": "长" * 301}).status_code == 422


def test_giving_up_needs_a_reason(desk, record, thursday):
    made = record()
    url = f"/today/{made.first.pk}/give-up/"
    assert desk.post(url, {"note": ""}).status_code == 422
    assert desk.post(url, {"note": "多次未接通"}).status_code == 303
    made.refresh_from_db()
    assert made.status == "abandoned"


def test_an_own_plan_is_made_for_an_own_client(desk, swap, person, wealth, colleague):
    mine, theirs = person(wealth, "陈美华"), person(colleague, "陈明辉")
    found = text(swap("post", "/today/clients/", {"q": "cm"}))
    assert f'value="{mine.pk}"' in found
    assert f'value="{theirs.pk}"' not in found
    fields = {"purpose": "生日问候", "plan_on": "2026-10-09", "channel": "phone", "idempotency_key": "k"}
    assert swap("post", "/today/new/", {**fields, "client": theirs.pk}).status_code == 404
    for _n in range(2):
        assert swap("post", "/today/new/", {**fields, "client": mine.pk}).status_code == 204
    assert PlanItem.objects.get().client == mine
    refused = swap("post", "/today/new/", {**fields, "plan_on": "2026-10-01", "idempotency_key": "l"})
    assert refused.status_code == 422
    assert "生日问候" in text(refused)
    assert "A plan cannot lie in the past" in text(refused)
    assert "<html" in text(desk.get("/today/new/"))


@pytest.mark.parametrize("deed", ["record", "prepare", "postpone", "done", "give-up", "restore", "phone"])
def test_others_items_do_not_exist(desk, swap, planned, colleague, other_wealth, form, deed):
    for owner in (colleague, other_wealth):
        item = planned(TODAY, owner=owner)
        assert swap("get", f"/today/{item.pk}/").status_code == 404
        assert (
            swap("post", f"/today/{item.pk}/{deed}/", form(note="x", plan_on="2026-10-09")).status_code == 404
        )


def test_who_works_no_list_is_told_so(client, supervisor, head, teller, planned, form, thursday):
    item = planned(TODAY)
    for user in (supervisor, head, teller):
        client.force_login(user)
        assert client.get("/today/").status_code == 403
        assert client.get(f"/today/{item.pk}/").status_code == 403
        assert client.post(f"/today/{item.pk}/record/", form()).status_code == 403
    assert not Contact.objects.exists()


def test_an_appointment_is_agreed_in_the_same_form(desk, swap, planned, form):
    item = planned(TODAY)
    fields = form(result="appointed", next_channel="visit", next_on="2026-10-12", next_at="14:30")
    assert swap("post", f"/today/{item.pk}/record/", fields).status_code == 200
    meeting = Appointment.objects.get()
    assert meeting.starts_at == datetime.datetime(2026, 10, 12, 6, 30, tzinfo=datetime.UTC)
    second = planned(TODAY)
    clash = swap(
        "post", f"/today/{second.pk}/record/", {**fields, "idempotency_key": "two", "next_at": "15:00"}
    )
    assert clash.status_code == 422
    assert "You already have an appointment at that time" in text(clash)
