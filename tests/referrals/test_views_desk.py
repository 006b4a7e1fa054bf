"""The lobby desk through its door: filing, refusing without losing a letter, counting, living."""

import datetime
import json

import pytest
from django.urls import reverse

from clients.models import Client
from referrals.models import Diversion, PatrolRound, Referral, RepeatCheck
from referrals.rules import Reception, Status
from rmflow.staff.models import User
from rmflow.workdays import clock

pytestmark = pytest.mark.django_db

HTMX = {"headers": {"HX-Request": "true"}}


def card_data(manager=None, **fields):
    """What the card posts for the shortest way: one clue, introduce."""
    data = {"cues": ["vip_card"], "name": "刘", "salutation": "madam", "end": "introduce"}
    if manager is not None:
        data["manager"] = manager.pk
    return {**data, **fields}


@pytest.fixture
def desk(client, lobby, wealth, notice):
    """The lobby manager at the desk of a branch with a free manager."""
    client.force_login(lobby)
    return client


def test_the_desk_shows_clues_ends_and_the_free_manager_first(desk, wealth, colleague):
    colleague.availability = User.Availability.BUSY
    colleague.save()
    page = desk.get("/desk/").content.decode()
    assert page.count('name="cues"') == 13
    assert page.index("林晓燕") < page.index("陈志远")
    assert f'value="{wealth.pk}" data-do=' in page
    assert 'inputmode="tel"' in page and 'value="priority_counter"' in page


def test_a_client_is_introduced_with_a_clue_and_the_primary(desk, wealth, lobby):
    answer = desk.post("/desk/file/", card_data(wealth, idempotency_key="k1"), **HTMX)
    assert answer.status_code == 200
    slip = Referral.objects.get()
    assert (slip.manager, slip.referrer, slip.reception) == (wealth, lobby, Reception.WAITING)
    body, news = answer.content.decode(), json.loads(answer["HX-Trigger"])
    assert 'id="desk-key"' in body and 'value="k1"' not in body
    assert "刘女士" in news["rmflow:toast"]["text"]
    assert news["desk:filed"] == {"slip": slip.pk}
    card = desk.get("/desk/card/", **HTMX).content.decode()
    assert 'id="desk-form"' in card and 'value="vip_card" checked' not in card


def test_without_scripts_the_desk_goes_round_by_whole_pages(desk, wealth):
    answer = desk.post("/desk/file/", card_data(wealth))
    assert (answer.status_code, answer["Location"]) == (303, "/desk/")
    assert "刘女士" in desk.get("/desk/").content.decode()


def test_the_page_equals_the_page_after_the_fragments_are_swapped_in(desk, wealth):
    desk.post("/desk/file/", card_data(wealth), **HTMX)
    page = desk.get("/desk/").content.decode()
    fragment = desk.get("/desk/list/", **HTMX).content.decode()
    row = fragment[fragment.index("<tr id") : fragment.index("</tr>")]
    assert row.split("data-since")[0] in page


def test_a_refused_card_gives_back_all_that_was_typed(desk, wealth):
    data = card_data(wealth, cues=[], note="坐在窗边", place="2号洽谈室", more="on", needs=["fund"])
    answer = desk.post("/desk/file/", data, **HTMX)
    body = answer.content.decode()
    assert answer.status_code == 422 and not Referral.objects.exists()
    assert body.lstrip().startswith("<form") and 'id="id_cues_error"' in body
    for kept in ('value="刘"', 'value="坐在窗边"', 'value="2号洽谈室"', 'value="fund" checked'):
        assert kept in body


def test_a_card_handed_out_needs_phone_and_consent(desk, wealth):
    day = clock.today() + datetime.timedelta(days=3)
    data = card_data(
        wealth, end="card", card_open="on", agreed_on=day, agreed_at="10:00", agreed_channel="phone"
    )
    assert "id_phone_error" in desk.post("/desk/file/", data, **HTMX).content.decode()
    answer = desk.post("/desk/file/", {**data, "phone": "13812345678"}, **HTMX)
    assert answer.status_code == 422 and "id_basis_error" in answer.content.decode()
    answer = desk.post("/desk/file/", {**data, "phone": "13812345678", "basis": "on"}, **HTMX)
    assert answer.status_code == 200
    slip = Referral.objects.get()
    assert (slip.status, slip.agreed_on, slip.manager) == (Status.TO_FOLLOW_UP, day, wealth)
    assert slip.client.notice_basis == "consent" and slip.client.notice_version == "2026-1"


def test_the_card_end_opens_its_fields_first_where_scripts_are_off(desk, wealth):
    answer = desk.post("/desk/file/", card_data(wealth, end="card"))
    assert answer.status_code == 200 and not Referral.objects.exists()
    assert 'id="id_card_open" checked' in answer.content.decode()


def test_a_phone_agent_must_choose_the_branch(client, phone_agent, branches, notice, wealth):
    client.force_login(phone_agent)
    page = client.get("/desk/").content.decode()
    assert 'value="introduce"' not in page and "人民路支行" in page
    data = card_data(end="card", card_open="on", phone="13812345678", basis="on", agreed_on=clock.today())
    refused = client.post("/desk/file/", data, **HTMX)
    assert refused.status_code == 422 and "id_branch_error" in refused.content.decode()
    client.post("/desk/file/", {**data, "branch": branches["second"].pk}, **HTMX)
    slip = Referral.objects.get()
    assert (slip.branch, slip.manager, slip.source_channel) == (branches["second"], None, "phone_bank")


def test_a_client_sent_to_another_branch_goes_to_its_duty_queue(desk, wealth, branches):
    data = card_data(
        wealth, end="card", card_open="on", phone="13812345678", basis="on", agreed_on=clock.today()
    )
    desk.post("/desk/file/", {**data, "branch": branches["second"].pk}, **HTMX)
    slip = Referral.objects.get()
    assert (slip.branch, slip.sender_branch, slip.manager) == (branches["second"], branches["first"], None)


def test_the_same_key_files_once_and_answers_the_same(desk, wealth):
    data = card_data(wealth, idempotency_key="same")
    first, second = (desk.post("/desk/file/", data, **HTMX) for _ in range(2))
    assert Referral.objects.count() == 1
    assert first.status_code == second.status_code == 200
    other = desk.post("/desk/file/", {**data, "name": "王"}, **HTMX)
    assert other.status_code == 422 and 'value="王"' in other.content.decode()


def test_a_tap_diverts_and_can_be_undone(desk, lobby):
    tap = {"destination": "mobile_bank", "business": "payment", "coached": "on", "divert_key": "d1"}
    for _ in range(2):
        answer = desk.post("/desk/divert/", tap, **HTMX)
    diversion = Diversion.objects.get()
    assert (diversion.coached, diversion.business, diversion.by) == (True, "payment", lobby)
    body = answer.content.decode()
    assert 'id="desk-diverted-total">1<' in body
    undo = reverse("referrals:undo_diversion", args=[diversion.pk])
    assert undo in body
    assert 'id="desk-diverted-total">0<' in desk.post(undo, **HTMX).content.decode()
    assert desk.post(undo, **HTMX).status_code == 422


def test_somebody_else_cannot_undo_a_tap(desk, client, teller):
    desk.post("/desk/divert/", {"destination": "self_service"}, **HTMX)
    client.force_login(teller)
    assert client.post(f"/desk/divert/{Diversion.objects.get().pk}/undo/").status_code == 404


def test_a_patrol_round_is_ticked(desk):
    body = desk.post("/desk/patrol/", **HTMX).content.decode()
    assert PatrolRound.objects.count() == 1 and '<b class="num">1</b>' in body


def test_a_teller_has_no_patrol_and_sees_only_own_slips(client, teller, wealth, filed):
    filed(name="周", salutation="sir")
    client.force_login(teller)
    assert client.post("/desk/patrol/").status_code == 403
    client.post("/desk/file/", card_data(wealth, name="宋"), **HTMX)
    page = client.get("/desk/").content.decode()
    assert "宋女士" in page and "周先生" not in page and "desk-patrol" not in page


def test_a_branch_head_files_no_referrals(client, head):
    client.force_login(head)
    assert client.get("/desk/").status_code == 403


def test_the_repeat_warning_has_one_wording_and_a_reason_overrules_it(desk, wealth, filed):
    filed(phone="13800005678", basis="consent")
    warned = desk.post("/desk/repeat/", {"phone": "138 0000 5678"}, **HTMX).content.decode()
    assert "id_repeat_reason" in warned and "林晓燕" not in warned and "刘" not in warned
    data = card_data(wealth, name="赵", phone="13800005678", basis="on")
    refused = desk.post("/desk/file/", data, **HTMX)
    assert refused.status_code == 422 and "id_repeat_reason" in refused.content.decode()
    assert desk.post("/desk/file/", {**data, "repeat_reason": "客户主动要求"}, **HTMX).status_code == 200
    assert Referral.objects.count() == 2


ID = "520103198811172379"


def test_an_id_warns_as_a_phone_does_and_a_wrong_one_is_named_beside_its_field(desk, wealth, filed):
    filed(id_number=ID)
    warned = desk.post("/desk/repeat/", {"phone": "", "id_number": ID}, **HTMX).content.decode()
    assert "id_repeat_reason" in warned and "刘" not in warned
    other = {"phone": "13800005678", "id_number": "110101199003070038"}
    assert "id_repeat_reason" not in desk.post("/desk/repeat/", other, **HTMX).content.decode()
    data = card_data(wealth, name="赵", id_number=ID)
    refused = desk.post("/desk/file/", data, **HTMX)
    assert refused.status_code == 422 and "id_repeat_reason" in refused.content.decode()
    wrong = desk.post("/desk/file/", {**data, "id_number": "52010319881117237X"}, **HTMX)
    body = wrong.content.decode()
    assert wrong.status_code == 422 and "id_id_number_error" in body and "52010319881117237X" in body
    assert desk.post("/desk/file/", {**data, "repeat_reason": "客户主动要求"}, **HTMX).status_code == 200
    assert Referral.objects.count() == 2


def test_a_number_still_being_typed_is_not_looked_up(desk):
    for typed in ({"phone": "1380000"}, {"phone": "13800005678", "id_number": "5201031988"}):
        assert desk.post("/desk/repeat/", typed, **HTMX).status_code == 204  # the strip stays as it is
    assert not RepeatCheck.objects.exists()


def test_lookups_are_capped_a_day(desk, lobby):
    RepeatCheck.objects.bulk_create(RepeatCheck(by=lobby, warned=False) for _ in range(60))
    answer = desk.post("/desk/repeat/", {"phone": "13800005678"}, **HTMX)
    assert answer.status_code == 200 and RepeatCheck.objects.count() == 60
    assert "id_repeat_reason" not in answer.content.decode()


def test_live_keeps_the_chosen_manager_and_the_order_on_the_screen(desk, wealth, colleague):
    User.objects.filter(pk=wealth.pk).update(availability="out")
    ask = {"picked": "1", "manager": wealth.pk, "order": f"{wealth.pk},{colleague.pk}"}
    body = desk.get("/desk/live/", ask, **HTMX).content.decode()
    assert body.index("林晓燕") < body.index("陈志远")
    assert f'value="{wealth.pk}" data-do' in body
    chosen = body[body.index(f'id="manager-{wealth.pk}"') :]
    assert "checked" in chosen[: chosen.index(">")]
    body = desk.get("/desk/live/", {**ask, "picked": "0"}, **HTMX).content.decode()
    chosen = body[body.index(f'id="manager-{colleague.pk}"') :]
    assert "checked" in chosen[: chosen.index(">")]


def test_live_tells_of_others_slips_without_pushing_rows(desk, client, teller, filed):
    seen = clock.now().isoformat()
    slip = filed(by=teller)
    body = desk.get("/desk/live/", {"seen": seen, "listed": seen}, **HTMX).content.decode()
    assert 'class="news-line"' in body and "<template>" not in body
    body = desk.get(
        "/desk/live/", {"seen": seen, "listed": seen, "rows": f"{slip.pk}"}, **HTMX
    ).content.decode()
    assert 'class="news-line"' not in body and f'<template><tr id="slip-{slip.pk}"' in body
    assert desk.get("/desk/live/", {"seen": "nonsense", "listed": "2026-13-99"}, **HTMX).status_code == 200


@pytest.mark.parametrize(
    ("field", "text"),
    [
        ("name", "刘" * 10_000),
        ("phone", "1" * 10_000),
        ("phone", "138123456"),
        ("name", "刘\x00女"),
        ("agreed_on", "2026-02-31"),
        ("agreed_on", "2000-01-01"),
        ("agreed_on", "2100-01-01"),
        ("agreed_at", "25:61"),
        ("cues", "wears_gold"),
        ("manager", "9" * 30),
        ("manager", "1 OR 1=1"),
        ("business", "robbery"),
        ("note", "长" * 300),
    ],
)
def test_bad_input_is_refused_beside_the_text(desk, wealth, field, text):
    whole = card_data(
        wealth, end="card", card_open="on", phone="13812345678", basis="on", agreed_on=clock.today()
    )
    data = {**whole, field: text}
    answer = desk.post("/desk/file/", data, **HTMX)
    assert answer.status_code == 422 and 'id="desk-form"' in answer.content.decode()
    assert not Referral.objects.exists() and not Client.objects.exists()


def test_emoji_and_markup_and_sql_are_kept_as_text(desk, wealth):
    name = "<b>刘</b>'; DROP TABLE x;--😀"
    desk.post(
        "/desk/file/", card_data(wealth, name=name, salutation="", note="<script>alert(1)</script>"), **HTMX
    )
    slip = Referral.objects.get()
    assert slip.client.name == name
    assert "<script>alert" not in desk.get(f"/referrals/{slip.pk}/").content.decode()


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("１３８１２３４５６７８", "13812345678"),
        ("138 1234 5678", "13812345678"),
        ("010-88886666转802", "010-88886666-802"),
    ],
)
def test_phones_are_taken_in_any_shape(desk, wealth, typed, kept):
    assert desk.post("/desk/file/", card_data(wealth, phone=typed, basis="on"), **HTMX).status_code == 200
    assert Referral.objects.get().client.phone == kept


def test_a_manager_who_went_out_a_second_ago_is_refused_by_name(desk, wealth):
    desk.get("/desk/")
    User.objects.filter(pk=wealth.pk).update(availability="out")
    answer = desk.post("/desk/file/", card_data(wealth), **HTMX)
    assert (
        answer.status_code == 422
        and "林晓燕" in answer.content.decode()
        and "id_manager_error" in answer.content.decode()
    )


def test_a_manager_of_another_branch_or_of_none_cannot_be_named(desk, other_wealth, wealth):
    assert desk.post("/desk/file/", card_data(other_wealth), **HTMX).status_code == 422
    User.objects.filter(pk=wealth.pk).update(home_branch=None)
    wealth.role_holdings.update(branch=other_wealth.home_branch)
    assert desk.post("/desk/file/", card_data(wealth), **HTMX).status_code == 422
    assert not Referral.objects.exists()


def test_a_filer_outside_any_branch_is_told_so(desk, lobby, wealth):
    User.objects.filter(pk=lobby.pk).update(home_branch=None)
    assert desk.get("/desk/").status_code == 200
    assert desk.post("/desk/file/", card_data(wealth), **HTMX).status_code == 422
    assert desk.post("/desk/divert/", {"destination": "self_service"}, **HTMX).status_code == 422


def test_the_slip_freezes_who_filed_it_and_where(desk, wealth, lobby, branches):
    desk.post("/desk/file/", card_data(wealth), **HTMX)
    User.objects.filter(pk=lobby.pk).update(home_branch=branches["second"])
    slip = Referral.objects.get()
    assert (slip.referrer_role, slip.home_branch, slip.sender_branch) == (
        "lobby_manager",
        branches["first"],
        branches["first"],
    )


def test_queries_of_the_desk_do_not_grow_with_its_rows(desk, filed, django_assert_max_num_queries):
    filed()
    desk.get("/desk/")
    with django_assert_max_num_queries(22) as one:
        desk.get("/desk/")
    cost = len(one)
    for _ in range(9):
        filed()
    desk.get("/desk/")
    with django_assert_max_num_queries(cost):
        desk.get("/desk/")
    with django_assert_max_num_queries(cost):
        desk.get("/desk/live/", {"seen": "2026-01-01T00:00:00+08:00"}, **HTMX)
