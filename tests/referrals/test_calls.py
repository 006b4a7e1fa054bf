"""客流高峰: one tap asks for help, one tap answers, the time between is kept (W1-08)."""

import datetime

import pytest
import time_machine
from django.core.exceptions import PermissionDenied

from referrals.actions import calls, duty, watch
from referrals.models import CrowdCall
from rmflow.notices.models import Notice
from rmflow.staff.models import Branch
from rmflow.workdays import clock
from rmflow.workflow import Conflict, Refused
from tests.race import together

NOON = datetime.datetime(2026, 10, 8, 12, 0, tzinfo=clock.SHANGHAI)
HTMX = {"headers": {"HX-Request": "true"}}


@pytest.mark.django_db
class TestCalls:
    def test_head_and_supervisor_of_the_branch_are_told_at_once(
        self, lobby, head, supervisor, teller, region_head, filed
    ):
        filed()
        made = calls.call(by=lobby)
        told = Notice.objects.filter(kind="crowd")
        assert {notice.recipient for notice in told} == {head, supervisor}
        assert all(notice.urgent and notice.link == "/desk/call/" for notice in told)
        assert made.waiting == told[0].params["waiting"] == 1

    def test_a_second_tap_while_one_is_open_changes_nothing(self, lobby, wealth, head):
        first = calls.call(by=lobby)
        assert calls.call(by=wealth) == first
        assert CrowdCall.objects.count() == Notice.objects.count() == 1

    def test_the_answer_its_person_and_its_time_are_kept_and_told(self, lobby, wealth, head):
        with time_machine.travel(NOON, tick=False):
            made = calls.call(by=lobby)
            duty.sign_in(by=wealth)
        with time_machine.travel(NOON + datetime.timedelta(seconds=80), tick=False):
            made = calls.answer(made.pk, by=head, answer="on_my_way")
        assert (made.answered_by, made.seconds, made.wait) == (head, 80, "1:20")
        told = Notice.objects.filter(key=f"crowd:{made.pk}:answer")
        assert {notice.recipient for notice in told} == {lobby, wealth}

    def test_who_answers_second_is_told_who_was_first(self, lobby, head, supervisor):
        made = calls.call(by=lobby)
        calls.answer(made.pk, by=head, answer="sending")
        assert calls.answer(made.pk, by=head, answer="on_my_way").answer == "sending"  # a double tap
        with pytest.raises(Conflict, match="罗涛"):
            calls.answer(made.pk, by=supervisor, answer="on_my_way")

    def test_an_answer_is_one_of_the_words(self, lobby, head):
        made = calls.call(by=lobby)
        with pytest.raises(Refused):
            calls.answer(made.pk, by=head, answer="tomorrow")

    def test_who_may_not_stand_duty_does_not_call_and_others_do_not_answer(
        self, teller, lobby, other_lobby, region_head
    ):
        with pytest.raises(PermissionDenied):
            calls.call(by=teller)
        made = calls.call(by=lobby)
        with pytest.raises(CrowdCall.DoesNotExist):
            calls.answer(made.pk, by=other_lobby, answer="on_my_way")
        for person in (lobby, region_head):  # they see the call, but answering is not theirs
            with pytest.raises(PermissionDenied):
                calls.answer(made.pk, by=person, answer="on_my_way")

    def test_a_call_may_be_taken_back_and_then_has_no_answer(self, lobby, wealth, other_wealth, head):
        made = calls.call(by=lobby)
        with pytest.raises(CrowdCall.DoesNotExist):
            calls.take_back(made.pk, by=other_wealth)
        calls.take_back(made.pk, by=wealth)
        with pytest.raises(Conflict):
            calls.answer(made.pk, by=head, answer="on_my_way")
        with pytest.raises(Conflict):
            calls.take_back(made.pk, by=lobby)
        assert calls.call(by=lobby) != made

    def test_a_call_nobody_answered_lapses_after_half_an_hour(self, lobby, head):
        with time_machine.travel(NOON, tick=False):
            made = calls.call(by=lobby)
        with time_machine.travel(NOON + datetime.timedelta(minutes=29), tick=False):
            assert watch.watch(clock.now())["lapsed"] == 0
        with time_machine.travel(NOON + datetime.timedelta(minutes=30), tick=False):
            assert calls.call(by=lobby) != made  # even before the watch has come round
            assert watch.watch(clock.now())["lapsed"] == 0
        made.refresh_from_db()
        assert (made.answered_at, made.over_by) == (None, None) and made.over_at

    def test_nobody_calls_from_above_the_branches(self, ebank, branches):
        ebank.home_branch = Branch.objects.get(pk=branches["city"].pk)
        with pytest.raises(Refused):
            calls.call(by=ebank)


@pytest.mark.django_db(transaction=True)
class TestRaces:
    def test_two_who_call_at_once_made_one_call(self, lobby, wealth, head):
        found = together(lambda: calls.call(by=lobby).pk, lambda: calls.call(by=wealth).pk)
        assert [name for name, _text in found] == ["done", "done"]
        assert found[0] == found[1] and CrowdCall.objects.count() == 1

    def test_two_who_answer_at_once_are_one_answer(self, lobby, head, supervisor):
        made = calls.call(by=lobby)
        found = together(
            lambda: calls.answer(made.pk, by=head, answer="on_my_way"),
            lambda: calls.answer(made.pk, by=supervisor, answer="sending"),
        )
        assert sorted(name for name, _text in found) == ["Conflict", "done"]


@pytest.mark.django_db
class TestDoors:
    def test_the_desk_calls_with_one_tap_and_shows_the_answer_live(self, client, lobby, head, wealth):
        client.force_login(lobby)
        answer = client.post("/desk/call/new/", **HTMX)
        assert answer.status_code == 204 and "desk:changed" in answer["HX-Trigger"]
        made = CrowdCall.objects.get()
        live = client.get("/desk/live/", **HTMX).content.decode()
        assert "已求助，尚无人应答" in live and 'id="desk-call"' in live
        calls.answer(made.pk, by=head, answer="on_my_way")
        live = client.get("/desk/live/", **HTMX).content.decode()
        assert "罗涛：马上到" in live

    def test_the_head_answers_from_the_strip_of_any_page(self, client, lobby, head):
        made = calls.call(by=lobby)
        client.force_login(head)
        assert "call-alert" in client.get("/overview/").content.decode()
        strip = client.get("/desk/call/strip/", **HTMX).content.decode()
        assert f"/desk/call/{made.pk}/answer/" in strip and "周敏" in strip
        client.post(f"/desk/call/{made.pk}/answer/", {"answer": "on_my_way"}, **HTMX)
        made.refresh_from_db()
        assert made.answered_by == head
        assert "周敏" not in client.get("/desk/call/strip/", **HTMX).content.decode()
        page = client.get("/desk/call/").content.decode()
        assert "马上到" in page

    def test_without_scripts_one_comes_back_to_the_desk(self, client, lobby):
        client.force_login(lobby)
        assert client.post("/desk/call/new/")["Location"] == "/desk/"
        made = CrowdCall.objects.get()
        assert client.post(f"/desk/call/{made.pk}/over/")["Location"] == "/desk/"
