"""The board: counts on a wall, for staff of the branch and for screens that were paired with it (B-17)."""

import datetime
import re

import pytest
import time_machine
from django.core.cache import cache
from django.core.exceptions import PermissionDenied
from django.test import Client as Browser

from complaints.actions import complaint_take
from referrals.actions import duty
from rmflow.portal import board
from rmflow.portal.actions import devices
from rmflow.portal.models import BoardDevice
from rmflow.workdays import clock
from rmflow.workflow import Conflict, Refused
from tests.complaints.conftest import intake

DAY = datetime.date(2026, 10, 8)
HTMX = {"headers": {"HX-Request": "true"}}
pytestmark = pytest.mark.django_db


def at(hour, minute=0, day=DAY):
    moment = datetime.datetime.combine(day, datetime.time(hour, minute), tzinfo=clock.SHANGHAI)
    return time_machine.travel(moment, tick=False)


def panel(branch, key, mode=board.MORNING):
    now = clock.now()
    moment = board.Moment(branch, now.date(), now, mode)
    found = next(p for p in board.panels(moment) if p.key == key)
    return {str(line.label): line.figure for line in found.lines}


@pytest.fixture
def screen(head, branches):
    """A paired wall screen of the first branch: (device, browser with its cookie)."""
    device, secret = devices.make(branches["first"], by=head, name="晨会室")
    browser = Browser()
    answer = browser.post(f"/board/pair/{secret}/")
    assert answer["Location"] == "/board/0817/"
    return device, browser


class TestPanels:
    def test_the_morning_shows_the_last_business_day_and_the_evening_today(
        self, filed, other_lobby, other_wealth, branches
    ):
        with at(10, day=DAY - datetime.timedelta(days=8)):
            filed(name="甲")
            filed(name="乙")
        with at(10):
            filed(name="丙")
            filed(by=other_lobby, manager_id=other_wealth.pk, name="丁")
            assert panel(branches["first"], "numbers")["推介"] == 2
            assert panel(branches["first"], "numbers", board.EVENING)["推介"] == 1

    def test_what_lies_behind_is_counted(self, filed, branches):
        with at(10):
            filed()
            filed(
                name="王",
                end="card",
                phone="13800005678",
                basis="consent",
                agreed_on=DAY + datetime.timedelta(days=1),
            )
            filed(
                name="赵",
                end="card",
                phone="13800005679",
                basis="consent",
                agreed_on=DAY + datetime.timedelta(days=1),
                manager_id=None,
            )
            found = panel(branches["first"], "overdue")
            assert (found["等候中的客户"], found["无人承接的待跟进"], found["逾期计划"]) == (1, 1, 0)
        with at(10, day=DAY + datetime.timedelta(days=4)):
            assert panel(branches["first"], "overdue")["逾期计划"] == 1

    def test_duty_names_people_and_minutes_without_anybody(self, lobby, branches):
        with at(9, 20):
            duty.sign_in(by=lobby)
        with at(10):
            found = panel(branches["first"], "duty")
        assert found == {"周敏": "09:20–", "无人值守（分钟）": 20}

    def test_what_is_to_be_closed_names_earlier_days(self, filed, branches):
        with at(10, day=DAY - datetime.timedelta(days=8)):
            filed()
        with at(10):
            filed(name="王")
            found = panel(branches["first"], "closing")
        assert (found["未锁定的往日"], found["今日未了结"]) == (1, 1)

    def test_complaints_are_counted_without_those_somebody_here_keeps_out_of(
        self, lobby, teller, wealth, head, other_lobby, branches
    ):
        with at(10):
            first = complaint_take.take(intake(), by=lobby)
            complaint_take.take(intake(), by=other_lobby)
            complaint_take.take(intake(named=[wealth.pk]), by=teller)
            complaint_take.take(intake(named=[head.pk]), by=teller)
            found = panel(branches["first"], "complaints")
            assert found == {"逾期": 0, "今天到期": 0, "待分派": 0, "未办结": 1}
        with at(9, day=first.due_on):
            assert panel(branches["first"], "complaints")["今天到期"] == 1
        with at(18, day=first.due_on):
            assert panel(branches["first"], "complaints")["逾期"] == 1

    def test_a_branch_without_a_past_has_a_board(self, branches):
        for mode in (board.MORNING, board.EVENING):
            now = clock.now()
            assert len(board.panels(board.Moment(branches["second"], now.date(), now, mode))) == len(
                board.PANELS
            )


class TestPage:
    def test_no_client_stands_on_the_wall(self, client, filed, head, wealth):
        filed(name="欧阳晓梅", phone="13908571234", basis="consent")
        client.force_login(head)
        page = client.get("/board/0817/").content.decode()
        assert "更新于" in page and "值守" in page
        for part in ("欧阳", "1234", "晓梅"):
            assert part not in page

    def test_page_and_fragment_are_one(self, client, head):
        client.force_login(head)
        fragment = client.get("/board/0817/", **HTMX).content.decode()
        assert fragment.lstrip().startswith('<div class="board"')
        assert 'hx-trigger="board:look"' in client.get("/board/0817/").content.decode()

    def test_the_meeting_follows_the_clock_and_can_be_chosen(self, client, head):
        with at(8, 40):
            client.force_login(head)
            assert client.get("/board/0817/").context["mode"] == board.MORNING
        client.logout()
        with at(17, 10):
            client.force_login(head)
            assert client.get("/board/0817/").context["mode"] == board.EVENING
            assert client.get("/board/0817/?mode=morning").context["mode"] == board.MORNING
            assert client.get("/board/0817/?mode=x").context["mode"] == board.EVENING

    def test_one_s_own_board_opens_at_once_others_choose(self, client, head, region_head):
        client.force_login(head)
        assert client.get("/board/")["Location"] == "/board/0817/"
        client.force_login(region_head)
        assert "人民路支行" in client.get("/board/").content.decode()

    def test_it_costs_the_same_whatever_the_branch_has_done(self, client, head, filed):
        from django.db import connection
        from django.test.utils import CaptureQueriesContext

        client.force_login(head)
        counts = []
        for more in (1, 10):
            for n in range(more):
                filed(name=f"王{n}")
            client.get("/board/0817/")
            with CaptureQueriesContext(connection) as queries:
                client.get("/board/0817/", **HTMX)
            counts.append(len(queries))
        assert counts[0] == counts[1]


class TestScreens:
    def test_the_link_is_shown_once_and_only_hashes_are_kept(self, client, head):
        client.force_login(head)
        page = client.post("/board/screens/", {"branch": "0817", "name": "晨会室"}).content.decode()
        secret = re.search(r"/board/pair/([\w-]+)/", page)[1]
        assert secret not in client.get("/board/screens/").content.decode()
        device = BoardDevice.objects.get()
        assert secret not in (device.pairing_hash, device.token_hash) and device.token_hash == ""

    def test_a_look_at_the_link_pairs_nothing_the_button_does_once(self, head, branches):
        device, secret = devices.make(branches["first"], by=head, name="晨会室")
        wall = Browser()
        assert "晨会室" in wall.get(f"/board/pair/{secret}/").content.decode()
        assert not wall.cookies.get(devices.COOKIE)
        assert wall.post(f"/board/pair/{secret}/").status_code == 302
        cookie = wall.cookies[devices.COOKIE]
        assert cookie["httponly"] and cookie["path"] == "/board/" and cookie["samesite"] == "Strict"
        device.refresh_from_db()
        assert device.token_hash == devices.digest(cookie.value) and device.pairing_hash == ""
        assert Browser().post(f"/board/pair/{secret}/").status_code in (409, 422)

    def test_a_link_older_than_half_an_hour_pairs_nothing(self, head, branches):
        _device, secret = devices.make(branches["first"], by=head, name="晨会室")
        later = clock.now() + datetime.timedelta(minutes=31)
        with time_machine.travel(later), pytest.raises(Conflict):
            devices.pair(secret)

    def test_the_screen_reads_its_board_and_nothing_else(self, screen):
        device, wall = screen
        assert wall.get("/board/0817/").status_code == 200
        for address in ("/board/0818/", "/board/", "/board/screens/", "/overview/", "/desk/", "/referrals/"):
            assert wall.get(address)["Location"].startswith("/login/")
        assert wall.post(f"/board/screens/{device.pk}/revoke/").status_code == 401
        device.refresh_from_db()
        assert device.last_seen_at

    def test_without_the_cookie_or_with_another_there_is_the_login(self, screen):
        stranger = Browser()
        assert stranger.get("/board/0817/")["Location"] == "/login/?next=/board/0817/"
        stranger.cookies[devices.COOKIE] = "x" * 43
        assert stranger.get("/board/0817/").status_code == 302
        assert stranger.get("/board/0817/", **HTMX)["HX-Redirect"].startswith("/login/")

    def test_a_revoked_or_expired_screen_goes_dark(self, client, screen, head):
        device, wall = screen
        with time_machine.travel(clock.now() + datetime.timedelta(days=181)):
            assert wall.get("/board/0817/").status_code == 302
        client.force_login(head)
        client.post(f"/board/screens/{device.pk}/revoke/")
        assert wall.get("/board/0817/").status_code == 302
        device.refresh_from_db()
        assert device.revoked_by == head

    def test_a_screen_that_asks_without_end_is_slowed(self, screen):
        _device, wall = screen
        with at(12):
            cache.clear()
            BoardDevice.objects.update(expires_at=clock.now() + datetime.timedelta(days=1))
            codes = [wall.get("/board/0817/").status_code for _n in range(devices.LOOKS_A_MINUTE + 1)]
        assert codes[-1] == 429 and set(codes[:-1]) == {200}

    def test_guessing_links_is_slowed(self, db):
        with at(12):
            codes = [
                Browser().get(f"/board/pair/x{n}/").status_code for n in range(devices.TRIES_A_MINUTE + 1)
            ]
        assert codes[-1] == 429 and set(codes[:-1]) == {200}

    def test_only_the_keepers_of_a_branch_make_and_revoke(self, head, lobby, admin_user, branches, screen):
        device, _wall = screen
        for person, branch in ((head, "second"), (lobby, "first")):
            with pytest.raises(PermissionDenied):
                devices.make(branches[branch], by=person, name="x")
        assert devices.make(branches["second"], by=admin_user, name="大堂")
        with pytest.raises(BoardDevice.DoesNotExist):
            devices.revoke(device.pk, by=lobby)
        for name in ("", " ", "x" * 41):
            with pytest.raises(Refused):
                devices.make(branches["first"], by=head, name=name)
        with pytest.raises(Refused):
            devices.make(branches["city"], by=admin_user, name="x")
