"""The doors of the archive register: pages, API, jobs through a real worker."""

import datetime

import pytest
from rest_framework.test import APIClient

from clients import actions, tasks
from clients.actions import archive as archive_actions
from clients.actions import custody, holds, lending, rights
from clients.models import (
    CheckRound,
    Client,
    CustodyEvent,
    Destruction,
    Loan,
    RetentionReview,
    TimelineEntry,
)
from rmflow.doors.models import JobRun
from rmflow.notices.models import Notice
from rmflow.privacy.models import AccessEvent
from rmflow.workdays import clock, current

from .test_views import queries

pytestmark = pytest.mark.django_db
LONG_AGO = datetime.timedelta(days=3700)


@pytest.fixture
def filed(person, wealth, archivist):
    """A function: an archive in the cabinet; `old`: its ten years are over."""

    def make(name="陈美华", phone="13812345678", *, old=False):
        client = person(name, phone=phone, owner=wealth)
        archive = actions.open_archive(client, by=wealth)
        custody.file_archive(archive.pk, by=archivist, place="A-01")
        if old:
            archive_actions.change_profile(client.pk, by=wealth, relation_ended_on=clock.today() - LONG_AGO)
        archive.refresh_from_db()
        return archive

    return make


def soon():
    return current.calendar().add(clock.today(), 2)


def test_the_register_counts_its_chips_and_masks_the_name(door, filed, archivist, wealth, person):
    filed()
    lent = filed("王芳", "13900001111")
    lending.lend(lent.pk, by=archivist, borrower=wealth, purpose="x", due_on=soon())
    actions.open_archive(person("李强", phone="", owner=wealth), by=wealth)
    filed("赵敏", "13900002222", old=True)
    text = door(archivist).get("/archives/").content.decode()
    assert "陈**" in text
    assert "陈美华" not in text
    for show, number in {"all": 4, "opened": 1, "filed": 2, "lent": 1, "late": 0, "due": 1}.items():
        page = door(archivist).get(f"/archives/?show={show}")
        assert page.context["page"].paginator.count == number, show
        assert next(c for c in page.context["shows"] if f"show={show}&" in c["url"])["count"] == number


@pytest.mark.parametrize("sort", ["number", "newest", "unchecked", "until", "strange"])
def test_each_order_answers(door, filed, archivist, sort):
    filed()
    assert door(archivist).get(f"/archives/?sort={sort}").status_code == 200


def test_pages_cost_the_same_for_one_and_fifteen(door, filed, archivist, wealth, branches):
    def add(first, count):
        for number in range(first, first + count):
            archive = filed(f"陈{number}", f"138123456{number:02d}", old=True)
            lending.lend(archive.pk, by=archivist, borrower=wealth, purpose="x", due_on=soon())
            holds.hold_by_hand(archive.pk, by=archivist, kind="dispute", reason="x")
            filed(f"王{number}", f"139123456{number:02d}", old=True)

    add(0, 1)
    browser = door(archivist)
    urls = ("/archives/", "/archives/loans/", "/archives/retention/")
    before = {url: queries(browser, url) for url in urls}
    add(1, 14)
    assert {url: queries(browser, url) for url in urls} == before


def test_a_query_is_posted_and_wants_a_purpose(door, filed, archivist):
    archive, browser = filed(), door(archivist)
    wrong = browser.post("/archives/query/", {"q": archive.file_no, "purpose": ""})
    assert wrong.status_code == 422
    assert archive.file_no in wrong.content.decode()
    found = browser.post("/archives/query/", {"q": archive.file_no, "purpose": "抽查"})
    assert found.context["lines"][0]["archive"] == archive
    assert AccessEvent.objects.filter(kind="search", user=archivist, rows=1).exists()
    assert browser.get("/archives/query/").status_code == 302


def test_a_file_is_filed_moved_lent_and_returned_by_the_pages(door, person, archivist, wealth):
    archive = actions.open_archive(person(owner=wealth), by=wealth)
    browser = door(archivist)
    at = f"/archives/{archive.pk}/"
    assert browser.post(f"{at}step/file/", {"place": ""}).status_code == 422
    assert browser.post(f"{at}step/file/", {"place": "A-01"}).status_code == 303
    assert browser.post(f"{at}step/store/", {"place": "B-01", "reason": "调整"}).status_code == 303
    assert browser.post(f"{at}step/update/", {"what": "证件复印件"}).status_code == 303
    typed = {"borrower": wealth.pk, "purpose": "回访"}
    wrong = browser.post(f"{at}step/lend/", {**typed, "due_on": "2020-01-01"})
    assert wrong.status_code == 422
    assert "Choose today or a day after it." in wrong.content.decode()
    assert "回访" in wrong.content.decode()
    assert browser.post(f"{at}step/lend/", {**typed, "due_on": soon()}).status_code == 303
    loan = Loan.objects.get()
    assert browser.post(f"/archives/loans/{loan.pk}/return/", {"place": "B-02"}).status_code == 303
    archive.refresh_from_db()
    assert (archive.state, archive.place) == ("filed", "B-02")
    text = browser.get(at).content.decode()
    for words in ("Filing", "Storage", "Update", "Lending", "证件复印件", "林晓燕"):
        assert words in text
    assert browser.get(f"{at}?link=update").context["page"].paginator.count == 1
    assert AccessEvent.objects.filter(kind="view", fields=["register"]).exists()


def test_a_manager_borrows_from_the_client_s_page_and_sees_it_among_the_own(door, filed, wealth):
    archive = filed()
    browser = door(wealth)
    assert (
        f"/archives/borrow/{archive.client_id}/"
        in browser.get(f"/clients/{archive.client_id}/").content.decode()
    )
    answer = browser.post(f"/archives/borrow/{archive.client_id}/", {"purpose": "回访", "due_on": soon()})
    assert answer["Location"] == "/archives/loans/mine/"
    assert archive.file_no in browser.get("/archives/loans/mine/").content.decode()


def test_a_check_keeps_what_was_found_when_something_is_missing(door, filed, archivist):
    filed()
    filed("王芳", "13900001111")
    browser = door(archivist)
    browser.post("/archives/checks/begin/")
    round = CheckRound.objects.get()
    first, second = round.items.order_by("pk")
    typed = {
        f"finding_{first.pk}": "missing",
        f"note_{first.pk}": "",
        f"finding_{second.pk}": "ok",
        "sign": "1",
    }
    wrong = browser.post(f"/archives/checks/{round.pk}/", typed)
    assert wrong.status_code == 422
    assert "Describe what is wrong." in wrong.content.decode()
    typed[f"note_{first.pk}"] = "柜内没有"
    assert browser.post(f"/archives/checks/{round.pk}/", typed).status_code == 303
    round.refresh_from_db()
    assert round.signed_at
    settle = browser.post(f"/archives/checks/items/{first.pk}/settle/", {"note": "在 B 柜"})
    assert settle.status_code == 303


def test_a_grade_is_given_and_confirmed_by_the_pages(door, filed, archivist, supervisor, wealth):
    filed()
    month = (clock.today().replace(day=1) - datetime.timedelta(days=1)).strftime("%Y-%m")
    browser = door(archivist)
    address = f"/archives/assessments/{wealth.pk}/{month}/"
    assert browser.get(address).status_code == 200
    assert browser.post(address, {"grade": "good", "note": "完整"}).status_code == 303
    from clients.models import Assessment

    row = Assessment.objects.get()
    assert (
        f"/archives/assessments/{row.pk}/confirm/now/"
        in door(supervisor).get("/archives/assessments/").content.decode()
    )
    assert door(supervisor).post(f"/archives/assessments/{row.pk}/confirm/now/").status_code == 303
    row.refresh_from_db()
    assert row.confirmed_by == supervisor


def test_a_list_goes_its_way_by_the_pages(door, filed, archivist, supervisor, head, wealth):
    archive = filed(old=True)
    browser = door(archivist)
    wrong = browser.post("/archives/retention/", {"archives": [archive.pk], "reason": ""})
    assert wrong.status_code == 422
    assert "checked" in wrong.content.decode()
    answer = browser.post("/archives/retention/", {"archives": [archive.pk], "reason": "保管期满"})
    batch = Destruction.objects.get()
    at = f"/archives/destructions/{batch.pk}/"
    assert answer["Location"] == at
    assert browser.get(f"{at}certificate/").status_code == 422
    assert door(supervisor).post(f"{at}sign/approve/").status_code == 303
    assert door(head).post(f"{at}sign/order/").status_code == 303
    begun = browser.post(f"{at}step/begin/", {"witness": wealth.pk, "method": "碎纸"})
    assert begun.status_code == 303
    witness = door(wealth)
    assert "witness-ask" in witness.get(at).content.decode()
    assert witness.post(f"{at}sign/witness/").status_code == 303
    sheet = browser.get(f"{at}certificate/").content.decode()
    for words in (batch.number, archive.file_no, "石磊", "林晓燕", "冯雪", "罗涛"):
        assert words in sheet
    assert "陈" not in sheet
    assert AccessEvent.objects.filter(kind="print", fields=["certificate"]).exists()
    assert Client.objects.get(pk=archive.client_id).erased_at


def test_an_erased_client_is_in_no_list_and_the_sheet_says_so(door, filed, wealth, head):
    archive = filed()
    from clients.actions.erasing import erase

    erase([archive.client_id], why="request")
    browser = door(wealth)
    assert browser.get("/clients/?whose=mine").context["page"].paginator.count == 0
    text = browser.get(f"/clients/{archive.client_id}/").content.decode()
    assert "Made anonymous" in text
    refused = browser.post(
        f"/clients/{archive.client_id}/edit/contact/", {"phone": "13812345678", "basis": "consent"}
    )
    assert refused.status_code == 422


# -- the API ---------------------------------------------------------------------------------------------


@pytest.fixture
def api():
    """A function that gives an API client of somebody."""

    def of(user):
        made = APIClient()
        made.force_authenticate(user)
        return made

    return of


def test_the_api_files_lends_and_returns_once_per_key(api, person, archivist, wealth):
    archive = actions.open_archive(person(owner=wealth), by=wealth)
    machine = api(archivist)
    at = f"/api/v1/archives/{archive.pk}/"
    assert machine.get("/api/v1/archives/").data["results"][0]["transitions"] == ["file"]
    key = {"HTTP_IDEMPOTENCY_KEY": "k1"}
    first = machine.post(f"{at}file/", {"place": "A-01"}, format="json", **key)
    again = machine.post(f"{at}file/", {"place": "A-01"}, format="json", **key)
    assert (first.status_code, again.status_code, first.data) == (200, 200, again.data)
    assert first.data["name"] == "陈**"
    assert machine.post(f"{at}file/", {"place": "A-01"}, format="json").status_code == 409
    body = {"borrower": wealth.pk, "purpose": "回访", "due_on": "2020-01-01"}
    wrong = machine.post(f"{at}lend/", body, format="json")
    assert (wrong.status_code, list(wrong.data)) == (400, ["due_on"])
    assert machine.post(f"{at}lend/", {**body, "due_on": soon()}, format="json").data["state"] == "lent"
    loan = machine.get("/api/v1/loans/?state=lent").data["results"][0]
    assert loan["transitions"] == ["return"]
    back = machine.post(f"/api/v1/loans/{loan['id']}/transitions/", {"name": "return"}, format="json")
    assert back.data["state"] == "returned"
    names = [row["name"] for row in machine.get(f"{at}events/").data["results"]]
    assert names == ["returned", "lent", "asked", "filed"]


def test_the_api_takes_a_list_through(api, filed, archivist, supervisor, head, wealth):
    archive = filed(old=True)
    made = api(archivist).post(
        "/api/v1/destructions/", {"archives": [archive.pk], "reason": "期满"}, format="json"
    )
    assert made.status_code == 201
    at = f"/api/v1/destructions/{made.data['id']}/transitions/"

    def step(who, name, **more):
        return api(who).post(at, {"name": name, **more}, format="json")

    assert step(archivist, "approve").status_code == 403
    assert step(wealth, "approve").status_code == 404
    assert step(supervisor, "approve").data["state"] == "proposed"
    assert step(head, "order").data["state"] == "approved"
    begun = step(archivist, "begin", witness=wealth.pk, method="碎纸")
    assert begun.data["state"] == "underway"
    done = step(wealth, "witness")
    assert (done.data["state"], done.data["items"][0]["state"]) == ("done", "destroyed")


def test_the_api_takes_and_settles_a_request(api, person, wealth, lobby, head):
    client = person(owner=wealth)
    body = {"client": client.pk, "kind": "see", "applicant": "self", "identity": "document"}
    body |= {"wish": "查阅", "received_on": clock.today()}
    made = api(lobby).post("/api/v1/data-requests/", body, format="json")
    assert made.status_code == 201
    assert api(lobby).post("/api/v1/data-requests/", body, format="json").status_code == 409
    at = f"/api/v1/data-requests/{made.data['id']}/transitions/"
    wrong = api(head).post(at, {"name": "settle", "outcome": "refused"}, format="json")
    assert (wrong.status_code, list(wrong.data)) == (400, ["reasons"])
    settled = api(head).post(at, {"name": "settle", "outcome": "granted"}, format="json")
    assert (settled.data["state"], settled.data["transitions"]) == ("settled", ["answer"])
    answered = api(lobby).post(at, {"name": "answer", "way": "letter"}, format="json")
    assert answered.data["state"] == "answered"


# -- jobs, by a real worker ------------------------------------------------------------------------------


def test_the_nightly_and_yearly_jobs_run_in_the_worker(
    transactional_db, filed, person, lobby, archivist, wealth, celery_worker_process, eventually
):
    filed(old=True)
    out = filed("王芳", "13900001111")
    loan = lending.lend(out.pk, by=archivist, borrower=wealth, purpose="x", due_on=soon())
    Loan.objects.filter(pk=loan.pk).update(due_on=clock.today() - datetime.timedelta(days=1))
    asked = rights.take(
        out.client_id,
        by=lobby,
        kind="see",
        applicant="self",
        identity="document",
        wish="x",
        received_on=clock.today(),
    )
    type(asked).objects.filter(pk=asked.pk).update(
        received_on=clock.today() - datetime.timedelta(days=40),
        due_on=clock.today() - datetime.timedelta(days=1),
    )
    never = person("路人", phone="")
    Client.objects.filter(pk=never.pk).update(created_at=clock.now() - datetime.timedelta(days=200))
    for job in (tasks.review_retention, tasks.anonymise_prospects, tasks.remind_loans, tasks.remind_rights):
        job.delay()
        job.delay()
    eventually(lambda: JobRun.objects.filter(name="remind of requests about data", ok=True).exists(), 40)
    eventually(lambda: RetentionReview.objects.filter(due=1).count() == 1, 20)
    eventually(lambda: Client.objects.get(pk=never.pk).erased_at is not None, 20)
    assert CustodyEvent.objects.filter(name="due").count() == 1
    assert Notice.objects.filter(kind="loan", recipient=wealth, key__contains=":late:").count() == 1
    assert Notice.objects.filter(kind="rights", recipient=lobby, key__contains=":late:").count() == 1
    assert TimelineEntry.objects.filter(client=never, kind="erased").count() == 1
    assert not JobRun.objects.filter(ok=False).exists()
