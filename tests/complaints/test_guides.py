"""叫号优先引导登记: a line in two taps, once, masked, struck out and printed (domain-rules §1.9)."""

import datetime

import pytest
import time_machine
from django.core.exceptions import PermissionDenied
from django.db import connection
from django.test.utils import CaptureQueriesContext

from clients.models import TimelineEntry
from clients.recognition import TICKET_SECONDS, ticket
from complaints.actions import guides
from complaints.models import Guide
from complaints.views.guides import Asked
from rmflow.privacy.models import AccessEvent
from rmflow.workflow import Conflict, Refused
from tests.race import together

from .closures import NOON, vip  # noqa: F401

pytestmark = pytest.mark.django_db
REGISTER, NEW = "/priority/register/", "/priority/register/new/"
CARD = {"addressed_as": "李女士", "basis": "card", "place": "counter"}


@pytest.fixture
def as_(client):
    def log_in(user):
        client.force_login(user)
        client.cookies["django_language"] = "en"
        return client

    return log_in


def test_a_recognised_client_is_written_down_with_one_tap(as_, vip, teller, wealth, lobby):  # noqa: F811
    person, browser = vip(), as_(teller)
    answer = browser.post(NEW, {"ticket": ticket(person, teller), "place": "manager", "ticket_no": " a012 "})
    assert (answer.status_code, answer.url) == (303, REGISTER)
    row = Guide.objects.get()
    assert (row.client, row.basis, row.place, row.ticket_no, row.by) == (
        person,
        "recognised",
        "manager",
        "A012",
        teller,
    )
    assert TimelineEntry.objects.get(client=person, kind="guided").data == {"place": "manager"}
    shown = browser.get(REGISTER).content.decode()
    assert "陈美华" not in shown and "陈*" in shown and "1 client led today" in shown
    assert "陈美华" in as_(wealth).get(REGISTER).content.decode(), "the manager reads the name"


def test_the_answer_of_the_desk_offers_the_line_for_premium_clients_only(as_, vip, teller):  # noqa: F811
    vip(customer_no="081700000007")
    vip("王强", customer_no="081700000008", type="ordinary", level="", tier="T0")
    browser = as_(teller)
    for number, offered in (("081700000007", True), ("081700000008", False)):
        page = browser.post("/priority/", {"q": number}).content.decode()
        assert (f'action="{NEW}"' in page) is offered


def test_somebody_who_shows_a_card_is_written_down_by_the_form_of_address(as_, lobby):
    browser = as_(lobby)
    assert browser.post(NEW, {**CARD, "waited": "12", "note": "带老人"}).status_code == 303
    row = Guide.objects.get()
    assert (row.client, row.addressed_as, row.waited, row.note) == (None, "李女士", 12, "带老人")


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("addressed_as", "", "Say whom you led."),
        ("basis", "", "Say how you knew."),
        ("basis", "recognised", "valid choice"),
        ("place", "", "Choose where you led the client."),
        ("place", "moon", "valid choice"),
        ("waited", "241", "240"),
        ("waited", "soon", "whole number"),
        ("ticket_no", "A" * 9, "8"),
        ("ticket", "forged", "Look the client up again"),
    ],
)
def test_what_is_wrong_is_said_and_nothing_typed_is_lost(as_, lobby, field, value, said):
    answer = as_(lobby).post(NEW, {**CARD, "note": "带老人", field: value})
    assert answer.status_code == 422
    page = answer.content.decode()
    assert said in page and "带老人" in page
    assert not Guide.objects.exists()


def test_a_ticket_of_the_look_up_runs_out(as_, vip, teller):  # noqa: F811
    with time_machine.travel(NOON, tick=False) as moving:
        proof = ticket(vip(), teller)
        moving.shift(TICKET_SECONDS + 1)
        assert as_(teller).post(NEW, {"ticket": proof, "place": "room"}).status_code == 422
    assert not Guide.objects.exists()


def test_the_same_client_or_ticket_number_is_one_line(vip, teller, lobby):  # noqa: F811
    person = vip()
    with time_machine.travel(NOON, tick=False) as moving:
        guides.record(by=teller, client_id=person.pk, place="counter", ticket_no="A012")
        with pytest.raises(Refused, match="12:00"):
            guides.record(by=lobby, client_id=person.pk, place="room")
        with pytest.raises(Refused) as refused:
            guides.record(by=lobby, place="room", basis="card", addressed_as="李女士", ticket_no="a012")
        assert list(refused.value.errors) == ["ticket_no"]
        moving.shift(datetime.timedelta(minutes=31))
        guides.record(by=lobby, client_id=person.pk, place="room")
    assert Guide.objects.count() == 2


def test_an_ordinary_client_is_never_written_down(vip, teller):  # noqa: F811
    with pytest.raises(Refused, match="premium"):
        guides.record(by=teller, client_id=vip(type="ordinary", level="", tier="T0").pk, place="counter")


def test_the_same_form_twice_is_one_line(as_, lobby):
    browser, form = as_(lobby), {**CARD, "idempotency_key": "abc"}
    assert [browser.post(NEW, form).status_code for _n in "ab"] == [303, 303]
    assert Guide.objects.count() == 1
    other = browser.post(NEW, {**form, "addressed_as": "王先生"})
    assert other.status_code == 422 and "王先生" in other.content.decode()
    assert Guide.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_two_desks_that_lead_one_client_at_once_make_one_line(vip, teller, lobby):  # noqa: F811
    person = vip()

    def by(user):
        def work():
            try:
                return guides.record(by=user, client_id=person.pk, place="counter").pk
            except Refused as refused:
                return refused.code

        return work

    assert "led" in [value for _way, value in together(by(teller), by(lobby))]
    assert Guide.objects.count() == 1


def test_a_wrong_line_is_struck_out_with_a_reason_and_stays_legible(as_, teller, lobby, head, other_lobby):
    row = guides.record(by=teller, **CARD)
    with pytest.raises(Guide.DoesNotExist):
        guides.strike(row.pk, by=other_lobby, why="x")
    assert as_(teller).post(f"{REGISTER}{row.pk}/strike/", {"note": " "}).status_code == 422
    assert as_(teller).post(f"{REGISTER}{row.pk}/strike/", {"note": "号票看错"}).status_code == 303
    assert "struck out: 号票看错" in as_(lobby).get(REGISTER).content.decode()
    assert as_(lobby).get(REGISTER).context["today_count"] == 0
    with pytest.raises(Conflict):
        guides.strike(row.pk, by=head, why="x")


def test_the_day_after_only_who_answers_for_the_lobby_strikes_out(teller, head):
    with time_machine.travel(NOON, tick=False) as moving:
        row = guides.record(by=teller, **CARD)
        moving.shift(datetime.timedelta(days=1))
        with pytest.raises(PermissionDenied):
            guides.strike(row.pk, by=teller, why="x")
        assert guides.strike(row.pk, by=head, why="重复").struck_by == head


def test_a_struck_ticket_number_may_be_written_again(teller):
    first = guides.record(by=teller, **CARD, ticket_no="A1")
    guides.strike(first.pk, by=teller, why="x")
    assert guides.record(by=teller, **CARD, ticket_no="A1").pk != first.pk


def test_days_of_the_address_are_kept_to_a_sheet(lobby):
    asked = Asked(lobby, {"first": "2020-01-01", "last": "2026-10-08", "branch": "x"})
    assert (asked.last - asked.first).days == 30
    assert Asked(lobby, {"first": "soon", "last": "2999-01-01"}).last == asked.today


def test_paper_has_the_columns_of_the_register_and_is_on_record(as_, teller, lobby):
    with time_machine.travel(NOON, tick=False):
        guides.record(by=teller, **CARD, ticket_no="A012", waited=3)
        page = as_(lobby).get(f"{REGISTER}print/?first=2026-10-08&last=2026-10-08").content.decode()
    heads = (
        "No.",
        "Time",
        "Ticket number",
        "Client",
        "How one knew",
        "Led to",
        "Waited, minutes",
        "Led by",
        "Note",
    )
    places = [page.index(f'<th scope="col">{head}</th>') for head in heads]
    assert places == sorted(places)
    assert "李女士" in page and "A012" in page
    event = AccessEvent.objects.get(kind="print")
    assert (event.user_id, event.object_type, event.rows) == (lobby.pk, "complaints.guide", 1)


def test_one_or_fifteen_lines_cost_the_same_queries(as_, vip, teller, lobby):  # noqa: F811
    browser, counts = as_(lobby), []
    for many in (1, 14):
        for n in range(many):
            guides.record(by=teller, client_id=vip(f"陈{many}{n}").pk, place="room")
        for address in (REGISTER, f"{REGISTER}print/", "/api/v1/priority-register/"):
            browser.get(address)
            with CaptureQueriesContext(
                connection,
            ) as seen:
                assert browser.get(address).status_code == 200
            counts.append(len(seen))
    assert counts[:3] == counts[3:]


def test_the_api_writes_lists_and_strikes(as_, vip, teller, other_lobby):  # noqa: F811
    browser, url = as_(teller), "/api/v1/priority-register/"
    send = {"content_type": "application/json"}
    made = browser.post(url, {"ticket": ticket(vip(), teller), "place": "room"}, **send)
    assert (made.status_code, made.json()["name"], made.json()["basis"]) == (201, "陈**", "recognised")
    assert browser.post(url, {"place": "room"}, **send).json().keys() >= {"basis", "addressed_as"}
    assert browser.post(url, {**CARD, "ticket": "x"}, **send).status_code == 400
    row = made.json()["id"]
    assert browser.post(f"{url}{row}/strike/", {"why": ""}, **send).status_code == 400
    assert browser.post(f"{url}{row}/strike/", {"why": "误登"}, **send).json()["struck_why"] == "误登"
    assert browser.get(url).json()["count"] == 1
    assert as_(other_lobby).get(url).json()["count"] == 0
