"""Waiting clients, receiving, judging, passing on: the manager's side and the lobby's."""

import datetime

import pytest

from clients.models import Archive, Verdict
from clients.rules import ClientType
from followups.models import FollowUp, PlanItem
from referrals import actions
from referrals.models import Diversion, Referral
from referrals.rules import End, Reception
from rmflow.workdays import clock

pytestmark = pytest.mark.django_db

HTMX = {"headers": {"HX-Request": "true"}}


@pytest.fixture
def manager(client, wealth):
    client.force_login(wealth)
    return client


def test_the_alert_shows_who_waits_since_when_and_who_referred(manager, filed):
    slip = filed(place="2号洽谈室")
    body = manager.get("/referrals/waiting/", **HTMX).content.decode()
    assert body.lstrip().startswith('<div class="waiting-strip" id="waiting-strip"')
    for part in (
        "刘女士",
        "周敏",
        "2号洽谈室",
        f'data-since="{slip.waiting_since.astimezone(clock.SHANGHAI):%Y-%m-%dT}',
    ):
        assert part in body


def test_the_alert_is_empty_when_nobody_waits_and_only_for_managers(manager, client, lobby):
    assert "strip-today" not in manager.get("/referrals/waiting/").content.decode()
    client.force_login(lobby)
    assert client.get("/referrals/waiting/").status_code == 403


def test_from_alert_to_verdict_in_three_presses(manager, filed, wealth):
    slip = filed()
    accepted = manager.post(f"/referrals/{slip.pk}/accept/", **HTMX)
    assert accepted["HX-Redirect"] == f"/referrals/{slip.pk}/receive/"
    sheet = manager.get(accepted["HX-Redirect"]).content.decode()
    assert sheet.count('name="type"') == 4
    saved = manager.post(
        f"/referrals/{slip.pk}/receive/",
        {"type": "existing_premium", "level": "core", "idempotency_key": "v1"},
        **HTMX,
    )
    assert saved.status_code == 204
    slip.refresh_from_db()
    assert slip.reception == Reception.MET
    assert Archive.objects.get(client=slip.client).opened_by == wealth


def test_a_prospective_client_gets_the_day_the_sheet_proposes(manager, filed, wealth):
    slip = filed()
    manager.post(f"/referrals/{slip.pk}/accept/")
    day = clock.today() + datetime.timedelta(days=4)
    data = {"type": "prospective_premium", "agreed_on": day, "agreed_at": "15:00", "channel": "wechat"}
    data |= {"name": "刘美华", "phone": "１３８１２３４５６７８", "basis": "on", "onward": "priority_counter"}
    assert manager.post(f"/referrals/{slip.pk}/receive/", data).status_code == 303
    item = PlanItem.objects.get(owner=wealth)
    assert (item.plan_on, item.at, item.channel) == (day, datetime.time(15), "wechat")
    slip = Referral.objects.get()
    assert (slip.client.name, slip.client.phone, slip.onward) == ("刘美华", "13812345678", "priority_counter")
    assert FollowUp.objects.get() == slip.follow_up


def test_an_ordinary_client_is_diverted_where_the_manager_says(manager, filed):
    slip = filed()
    manager.post(f"/referrals/{slip.pk}/accept/")
    manager.post(f"/referrals/{slip.pk}/receive/", {"type": "ordinary", "destination": "mobile_bank"})
    assert Diversion.objects.get().destination == "mobile_bank"


@pytest.mark.parametrize(
    ("data", "field"),
    [
        ({}, "id_type_error"),
        ({"type": "unjudged"}, "id_type_error"),
        ({"type": "existing_potential", "agreed_on": "2000-01-01"}, "id_agreed_on_error"),
        ({"type": "ordinary", "phone": "138"}, "id_phone_error"),
        ({"type": "ordinary", "phone": "13812345678"}, "id_basis_error"),
        ({"type": "ordinary", "name": "刘" * 10_000}, "id_name_error"),
    ],
)
def test_a_refused_verdict_keeps_what_was_typed(manager, filed, data, field):
    slip = filed()
    manager.post(f"/referrals/{slip.pk}/accept/")
    answer = manager.post(f"/referrals/{slip.pk}/receive/", {**data, "reason": "再核实"}, **HTMX)
    body = answer.content.decode()
    assert answer.status_code == 422 and field in body and 'value="再核实"' in body
    assert not Verdict.objects.exists()


def test_a_verdict_sent_twice_is_one(manager, filed):
    slip = filed()
    manager.post(f"/referrals/{slip.pk}/accept/")
    for _ in range(2):
        manager.post(
            f"/referrals/{slip.pk}/receive/", {"type": "existing_premium", "idempotency_key": "twice"}
        )
    assert Verdict.objects.count() == 1


def test_the_loser_of_a_race_reads_who_was_first(manager, client, filed, colleague):
    slip = filed()
    actions.perform("accept", slip.pk, by=colleague)
    answer = manager.post(f"/referrals/{slip.pk}/accept/", **HTMX)
    assert answer.status_code == 422 and "陈志远" in answer.content.decode()
    assert answer["HX-Trigger-After-Swap"] == "rmflow:news"
    page = manager.post(f"/referrals/{slip.pk}/accept/")
    assert page.status_code == 422 and "strip-past" in page.content.decode()


def test_a_manager_passes_a_client_on_to_a_colleague_or_back_to_the_lobby(manager, filed, colleague, wealth):
    slip = filed()
    assert manager.post(f"/referrals/{slip.pk}/decline/", {"to": colleague.pk}, **HTMX).status_code == 200
    slip.refresh_from_db()
    assert (slip.manager, slip.reception) == (colleague, Reception.WAITING)
    other = filed(name="王")
    manager.post(f"/referrals/{other.pk}/decline/", {"to": ""}, **HTMX)
    other.refresh_from_db()
    assert (other.manager, other.reception) == (wealth, Reception.DECLINED)


def test_the_lobby_offers_a_waiting_client_to_somebody_else(client, lobby, filed, colleague):
    slip = filed()
    client.force_login(lobby)
    assert f"/referrals/{slip.pk}/offer/" in client.get("/desk/").content.decode()
    client.post(f"/referrals/{slip.pk}/offer/", {"to": colleague.pk}, **HTMX)
    slip.refresh_from_db()
    assert slip.manager == colleague
    assert client.post(f"/referrals/{slip.pk}/accept/", **HTMX).status_code == 403
    assert client.post(f"/referrals/{slip.pk}/leave/", **HTMX).status_code == 200


def test_only_the_manager_who_received_sees_the_sheet(manager, filed, colleague, client):
    slip = filed()
    assert manager.get(f"/referrals/{slip.pk}/receive/")["Location"] == f"/referrals/{slip.pk}/"
    actions.perform("accept", slip.pk, by=colleague)
    assert manager.get(f"/referrals/{slip.pk}/receive/").status_code == 302


def test_the_sheet_says_divert_and_never_ordinary(manager, filed):
    slip = filed()
    manager.post(f"/referrals/{slip.pk}/accept/")
    body = manager.get(f"/referrals/{slip.pk}/receive/").content.decode()
    assert str(ClientType.ORDINARY.label) not in body and "普通客户" not in body


def test_a_slip_of_the_duty_queue_is_taken_by_the_first(manager, client, filed, wealth, colleague):
    slip = filed(end=End.CARD, manager_id=None, phone="13812345678", basis="consent", agreed_on=clock.today())
    assert f"/referrals/{slip.pk}/take/" in manager.get("/referrals/").content.decode()
    assert manager.post(f"/referrals/{slip.pk}/take/").status_code == 303
    slip.refresh_from_db()
    assert slip.manager == wealth and slip.follow_up is not None
    client.force_login(colleague)
    assert "林晓燕" in client.post(f"/referrals/{slip.pk}/take/", **HTMX).content.decode()


def test_an_unknown_step_and_a_foreign_slip_are_not_found(manager, client, filed, other_wealth):
    slip = filed()
    assert manager.post(f"/referrals/{slip.pk}/explode/").status_code == 404
    client.force_login(other_wealth)
    for path in ("", "receive/"):
        assert client.get(f"/referrals/{slip.pk}/{path}").status_code == 404
    for path in ("accept/", "take/", "withdraw/", "guide-on/", "receive/"):
        assert client.post(f"/referrals/{slip.pk}/{path}", {"note": "x"}).status_code == 404


def test_queries_of_the_alert_do_not_grow(manager, filed, django_assert_max_num_queries):
    filed()
    with django_assert_max_num_queries(12) as one:
        manager.get("/referrals/waiting/", **HTMX)
    cost = len(one)
    for name in "王李张赵":
        filed(name=name)
    with django_assert_max_num_queries(cost):
        manager.get("/referrals/waiting/", **HTMX)


def test_a_client_judged_ordinary_is_still_named_by_surname_only(manager, filed, client, lobby):
    slip = filed(name="刘美华")
    actions.judge(slip.pk, by=slip.manager, type=ClientType.ORDINARY)
    client.force_login(lobby)
    for path in ("/desk/", "/referrals/", "/referrals/mine/", f"/referrals/{slip.pk}/"):
        assert "刘美华" not in client.get(path).content.decode()
