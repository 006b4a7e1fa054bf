"""Duty through its doors: the control on the desk and the register."""

import datetime

import pytest
import time_machine

from referrals.actions import calls, duty, offline, watch
from referrals.models import DutyShift
from rmflow.workdays import clock

pytestmark = pytest.mark.django_db
HTMX = {"headers": {"HX-Request": "true"}}
DAY = datetime.date(2026, 10, 8)


def at(hour, minute=0):
    return time_machine.travel(
        datetime.datetime.combine(DAY, datetime.time(hour, minute), tzinfo=clock.SHANGHAI), tick=False
    )


@pytest.fixture
def desk(client, lobby):
    client.force_login(lobby)
    return client


def test_one_tap_on_the_desk_signs_in_and_the_desk_says_who_stands_there(desk, lobby):
    assert "登记到岗" in desk.get("/desk/").content.decode()
    answer = desk.post("/desk/duty/sign-in/", **HTMX)
    assert answer.status_code == 204 and "desk:changed" in answer["HX-Trigger"]
    page = desk.get("/desk/").content.decode()
    assert "交接值守" in page and "登记到岗" not in page
    live = desk.get("/desk/live/", **HTMX).content.decode()
    assert 'id="desk-post-line"' in live and "周敏" in live


def test_the_hand_over_names_only_who_may_stand_there_and_is_accepted_from_the_other_desk(
    desk, client, lobby, wealth, teller, other_wealth
):
    shift = duty.sign_in(by=lobby)
    panel = desk.get("/desk/duty/post/", **HTMX).content.decode()
    assert "林晓燕" in panel and "何丽萍" not in panel and "杨帆" not in panel
    desk.post(f"/desk/duty/{shift.pk}/offer/", {"to": wealth.pk, "note": "2号机故障"}, **HTMX)
    client.force_login(wealth)
    assert f"/desk/duty/{shift.pk}/accept/" in client.get("/desk/").content.decode()
    assert "2号机故障" in client.get("/desk/duty/post/", **HTMX).content.decode()
    assert client.post(f"/desk/duty/{shift.pk}/accept/", **HTMX).status_code == 204
    assert DutyShift.objects.open().get().person == wealth


@pytest.mark.parametrize("to", ["", "0", "x", "99999999999999", "１２"])
def test_a_hand_over_to_nobody_is_refused(desk, lobby, to):
    shift = duty.sign_in(by=lobby)
    assert desk.post(f"/desk/duty/{shift.pk}/offer/", {"to": to}, **HTMX).status_code == 422


def test_every_step_has_a_door_and_other_words_have_none(desk, client, lobby, wealth):
    shift = duty.sign_in(by=lobby)
    duty.offer(shift.pk, by=lobby, to=wealth.pk)
    assert desk.post(f"/desk/duty/{shift.pk}/take-back/", **HTMX).status_code == 204
    duty.offer(shift.pk, by=lobby, to=wealth.pk)
    client.force_login(wealth)
    assert client.post(f"/desk/duty/{shift.pk}/decline/", **HTMX).status_code == 204
    assert client.post(f"/desk/duty/{shift.pk}/relieve/", {"note": "突发"}, **HTMX).status_code == 204
    mine = DutyShift.objects.open().get()
    assert client.post(f"/desk/duty/{mine.pk}/leave/", {"note": "无客户"}, **HTMX).status_code == 204
    assert client.post(f"/desk/duty/{mine.pk}/dance/", **HTMX).status_code == 404


def test_the_register_shows_a_day_with_its_people_gaps_calls_and_losses(
    client, lobby, wealth, head, supervisor, other_lobby
):
    with at(9, 30):
        watch.watch(clock.now())
        shift = duty.sign_in(by=lobby)
        duty.sign_in(by=other_lobby)
    with at(11):
        made = calls.call(by=lobby)
        duty.offer(shift.pk, by=lobby, to=wealth.pk, note="大额预约已备")
    with at(11, 2):
        duty.accept(shift.pk, by=wealth)
        calls.answer(made.pk, by=head, answer="on_my_way")
        offline.discard(by=lobby, count=2)
    for person in (head, supervisor, lobby):
        client.force_login(person)
        with at(15):
            page = client.get("/desk/duty/").content.decode()
        assert "大额预约已备" in page and "林晓燕" in page
        assert "09:00–09:30" in page and "30 分钟" in page and "已告知负责人 09:30" in page
        assert "2:00" in page and "弃置 2 笔" in page
        assert "孙立军" not in page


def test_another_branch_is_chosen_only_by_those_who_see_it(client, head, region_head, branches):
    client.force_login(head)
    assert client.get("/desk/duty/?branch=0818").status_code == 404
    client.force_login(region_head)
    assert client.get("/desk/duty/?branch=0818").status_code == 200
    assert client.get("/desk/duty/?branch=none").status_code == 404


@pytest.mark.parametrize("day", ["", "x", "2026-02-30", "0001-01-01", "9999-12-31", "2031-01-01"])
def test_no_date_breaks_the_register(client, head, day):
    client.force_login(head)
    assert client.get(f"/desk/duty/?day={day}").status_code == 200


def test_the_register_costs_the_same_for_one_shift_and_for_many(client, head, lobby, wealth):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    client.force_login(head)
    counts = []
    for more in (1, 12):
        for _n in range(more):
            shift = duty.sign_in(by=lobby)
            duty.offer(shift.pk, by=lobby, to=wealth.pk)
            duty.leave(duty.accept(shift.pk, by=wealth).pk, by=wealth, note="x")
        client.get("/desk/duty/")
        with CaptureQueriesContext(connection) as queries:
            client.get("/desk/duty/")
        counts.append(len(queries))
    assert counts[0] == counts[1]
