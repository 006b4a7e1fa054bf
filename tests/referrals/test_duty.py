"""Duty in the lobby: signed in, handed over to a name, never without one unnoticed (W1-09)."""

import contextlib
import datetime
import os

import pytest
import redis
import time_machine
from django.core.exceptions import PermissionDenied

from referrals.actions import duty, watch
from referrals.models import DutyEvent, DutyGap, DutyRule, DutyShift
from referrals.rules.duty import DUTY_TRANSITIONS, Duty, Ended, gaps
from rmflow.doors.models import JobRun
from rmflow.notices.models import Notice
from rmflow.workdays import clock
from rmflow.workdays.models import OpeningDay, OpeningRule
from rmflow.workflow import Conflict, Refused
from tests.race import together

DAY = datetime.date(2026, 10, 8)  # a Thursday, first working day after the holiday


def at(hour, minute=0, day=DAY):
    return datetime.datetime.combine(day, datetime.time(hour, minute), tzinfo=clock.SHANGHAI)


def travel(hour, minute=0, day=DAY):
    return time_machine.travel(at(hour, minute, day), tick=False)


GAPS = {
    "nobody all day": ([], [(9, 12)], 12),
    "one who came late": ([(10, None)], [(9, 10)], 12),
    "one who left early": ([(8, 11)], [(11, 12)], 12),
    "a hole between two": ([(8, 10), (11, None)], [(10, 11)], 12),
    "a hand-over without a hole": ([(8, 10), (10, None)], [], 12),
    "shifts that overlap": ([(8, 11), (9, 10)], [(11, 12)], 12),
    "the evening is no gap": ([(8, 17)], [], 20),
    "before opening": ([], [], 8),
    "shifts after closing": ([(18, 19)], [(9, 17)], 20),
}


@pytest.mark.parametrize("name", GAPS)
def test_gaps_are_what_no_shift_covers_in_opening_hours(name):
    spans, found, until = GAPS[name]
    spans = [(at(begins), ends and at(ends)) for begins, ends in spans]
    assert gaps(spans, at(9), at(17), at(until)) == [(at(b), at(e)) for b, e in found]


ALLOWED = {
    "offer": {Duty.ON},
    "accept": {Duty.OFFERED},
    "decline": {Duty.OFFERED},
    "take_back": {Duty.OFFERED},
    "leave": {Duty.ON, Duty.OFFERED},
    "relieve": {Duty.ON, Duty.OFFERED},
}


@pytest.mark.parametrize("state", Duty)
@pytest.mark.parametrize("name", [*ALLOWED, *DUTY_TRANSITIONS])
def test_a_step_starts_from_its_states_only(name, state):
    assert DUTY_TRANSITIONS[name].allows(state) == (state in ALLOWED[name])


@pytest.mark.django_db
class TestShifts:
    def test_the_first_signs_in_and_a_second_tap_changes_nothing(self, lobby, branches):
        shift = duty.sign_in(by=lobby)
        assert duty.sign_in(by=lobby) == shift
        assert duty.on_duty(branches["first"]) == lobby
        assert duty.on_duty(branches["second"]) is None
        assert DutyEvent.objects.get().name == "sign_in"

    def test_a_colleague_has_to_hand_over_first(self, lobby, wealth):
        duty.sign_in(by=lobby)
        with pytest.raises(Conflict, match="周敏"):
            duty.sign_in(by=wealth)

    def test_each_lobby_has_its_own_name(self, lobby, other_lobby):
        duty.sign_in(by=lobby)
        duty.sign_in(by=other_lobby)
        assert DutyShift.objects.open().count() == 2

    def test_who_may_not_stand_in_the_lobby_does_not_sign_in(self, teller, head):
        for person in (teller, head):
            with pytest.raises(PermissionDenied):
                duty.sign_in(by=person)

    def test_above_the_branches_there_is_no_lobby(self, ebank, branches):
        ebank.home_branch = branches["city"]
        with pytest.raises(Refused):
            duty.sign_in(by=ebank)

    def test_a_hand_over_is_offered_accepted_and_leaves_no_hole(self, lobby, wealth):
        shift = duty.offer(duty.sign_in(by=lobby).pk, by=lobby, to=wealth.pk, note="2号机故障")
        assert shift.state == Duty.OFFERED
        assert Notice.objects.get(recipient=wealth).urgent
        mine = duty.accept(shift.pk, by=wealth)
        shift.refresh_from_db()
        assert (shift.ended_how, shift.handed_to, shift.note) == (Ended.HANDED_OVER, wealth, "2号机故障")
        assert (mine.person, mine.began_at) == (wealth, shift.ended_at)
        assert Notice.objects.filter(recipient=lobby, kind="duty").exists()

    def test_an_offer_stands_until_it_is_answered_and_does_not_keep_one_there(self, lobby, wealth, colleague):
        with travel(18):
            shift = duty.offer(duty.sign_in(by=lobby).pk, by=lobby, to=wealth.pk)
            with pytest.raises(Conflict):
                duty.offer(shift.pk, by=lobby, to=colleague.pk)
            duty.leave(shift.pk, by=lobby)
        for step in (duty.leave, duty.take_back):
            with pytest.raises(Conflict):
                step(shift.pk, by=lobby)
        again = duty.offer(duty.sign_in(by=lobby).pk, by=lobby, to=wealth.pk)
        assert duty.relieve(again.pk, by=colleague, note="x").person == colleague

    def test_only_the_named_colleague_takes_over(self, lobby, wealth, colleague):
        shift = duty.sign_in(by=lobby)
        with pytest.raises(DutyShift.DoesNotExist):
            duty.accept(shift.pk, by=wealth)
        duty.offer(shift.pk, by=lobby, to=wealth.pk)
        with pytest.raises(DutyShift.DoesNotExist):
            duty.accept(shift.pk, by=colleague)
        duty.take_back(shift.pk, by=lobby)
        duty.offer(shift.pk, by=lobby, to=colleague.pk)
        with pytest.raises(Conflict):
            duty.accept(shift.pk, by=wealth)

    def test_only_colleagues_of_the_branch_who_may_are_named(
        self, lobby, wealth, ebank, teller, head, other_lobby
    ):
        shift = duty.sign_in(by=lobby)
        assert set(duty.candidates(lobby.branch)) == {lobby, wealth, ebank}
        for person in (lobby, teller, head, other_lobby):
            with pytest.raises(Refused):
                duty.offer(shift.pk, by=lobby, to=person.pk)

    def test_a_declined_hand_over_leaves_the_first_on_duty(self, lobby, wealth, branches):
        shift = duty.offer(duty.sign_in(by=lobby).pk, by=lobby, to=wealth.pk)
        duty.decline(shift.pk, by=wealth)
        assert duty.on_duty(branches["first"]) == lobby
        with pytest.raises(Conflict):
            duty.accept(shift.pk, by=wealth)

    def test_another_persons_duty_is_not_ones_own_to_end(self, lobby, wealth):
        shift = duty.sign_in(by=lobby)
        for step in (duty.leave, duty.take_back):
            with pytest.raises(DutyShift.DoesNotExist):
                step(shift.pk, by=wealth)

    def test_leaving_in_opening_hours_needs_a_reason_outside_none(self, lobby):
        with travel(11):
            shift = duty.sign_in(by=lobby)
            with pytest.raises(Refused):
                duty.leave(shift.pk, by=lobby, note=" ")
            duty.leave(shift.pk, by=lobby, note="送客户去医院")
        with travel(17, 30):
            duty.leave(duty.sign_in(by=lobby).pk, by=lobby)
        assert DutyShift.objects.filter(ended_how=Ended.LEFT).count() == 2

    def test_relief_without_a_hand_over_needs_a_reason_and_is_told(self, lobby, wealth, head, other_wealth):
        shift = duty.sign_in(by=lobby)
        with pytest.raises(Refused):
            duty.relieve(shift.pk, by=wealth, note="")
        with pytest.raises(DutyShift.DoesNotExist):
            duty.relieve(shift.pk, by=other_wealth, note="x")
        mine = duty.relieve(shift.pk, by=wealth, note="突发疾病")
        assert (mine.person, DutyShift.objects.open().get()) == (wealth, mine)
        assert {n.recipient for n in Notice.objects.all()} == {lobby, head}

    def test_every_step_leaves_an_event(self, lobby, wealth):
        shift = duty.sign_in(by=lobby)
        duty.offer(shift.pk, by=lobby, to=wealth.pk)
        duty.decline(shift.pk, by=wealth)
        duty.offer(shift.pk, by=lobby, to=wealth.pk)
        duty.accept(shift.pk, by=wealth)
        steps = [(e.name, e.state_from, e.state_to) for e in shift.events.order_by("pk")]
        assert steps == [
            ("sign_in", "", "on"),
            ("offer", "on", "offered"),
            ("decline", "offered", "on"),
            ("offer", "on", "offered"),
            ("accept", "offered", "ended"),
        ]


@pytest.mark.django_db(transaction=True)
class TestRaces:
    def test_two_who_sign_in_at_once_are_one_on_duty(self, lobby, wealth, ebank):
        found = together(
            lambda: duty.sign_in(by=lobby), lambda: duty.sign_in(by=wealth), lambda: duty.sign_in(by=ebank)
        )
        assert sorted(name for name, _text in found) == ["Conflict", "Conflict", "done"]
        assert DutyShift.objects.open().count() == 1

    def test_accepting_and_taking_back_at_once_ends_in_one_of_both(self, lobby, wealth, branches):
        shift = duty.offer(duty.sign_in(by=lobby).pk, by=lobby, to=wealth.pk)
        found = together(lambda: duty.accept(shift.pk, by=wealth), lambda: duty.take_back(shift.pk, by=lobby))
        assert sorted(name for name, _text in found) in (["Conflict", "done"], ["DoesNotExist", "done"])
        assert DutyShift.objects.open().count() == 1

    def test_two_who_relieve_at_once_are_one(self, lobby, wealth, ebank):
        shift = duty.sign_in(by=lobby)
        found = together(
            lambda: duty.relieve(shift.pk, by=wealth, note="x"),
            lambda: duty.relieve(shift.pk, by=ebank, note="x"),
        )
        assert [name for name, _text in found].count("done") == 1
        assert DutyShift.objects.open().count() == 1


@pytest.mark.django_db
class TestWatch:
    def test_the_head_hears_of_a_gap_after_five_minutes_once(self, lobby, head, supervisor):
        with travel(9, 4):
            assert watch.watch(clock.now())["told"] == 0
        for minute in (5, 6, 20):
            with travel(9, minute):
                watch.watch(clock.now())
        told = Notice.objects.get(kind="gap")
        assert (told.recipient, told.urgent) == (head, True)
        assert DutyGap.objects.get(branch=lobby.branch).began_at == at(9)

    def test_a_second_gap_of_the_day_is_another(self, lobby, head):
        with travel(9, 10):
            watch.watch(clock.now())
            shift = duty.sign_in(by=lobby)
        with travel(11):
            watch.watch(clock.now())
            duty.leave(shift.pk, by=lobby, note="x")
        with travel(11, 5):
            watch.watch(clock.now())
        assert Notice.objects.filter(kind="gap").count() == 2
        assert set(DutyGap.objects.filter(branch=lobby.branch).values_list("began_at", flat=True)) == {
            at(9),
            at(11),
        }

    def test_without_a_head_the_supervisor_hears(self, lobby, supervisor):
        with travel(10):
            watch.watch(clock.now())
        assert Notice.objects.get(kind="gap").recipient == supervisor

    def test_a_closed_branch_has_no_gap(self, lobby, head, branches):
        OpeningDay.objects.create(branch=branches["first"], date=DAY, opens=False)
        OpeningRule.objects.create(branch=branches["second"], weekdays=[1, 2, 3])
        with travel(10):
            assert watch.watch(clock.now())["told"] == 0
        with travel(18, day=datetime.date(2026, 10, 12)):  # a Monday evening
            assert watch.watch(clock.now())["told"] == 0

    def test_hours_and_patience_are_the_branchs_own(self, lobby, head, branches):
        OpeningDay.objects.create(branch=branches["first"], date=DAY, open_at="10:00")
        DutyRule.objects.create(branch=branches["first"], gap_minutes=20)
        OpeningDay.objects.create(branch=branches["second"], date=DAY, opens=False)
        with travel(10, 19):
            assert watch.watch(clock.now())["told"] == 0
        with travel(10, 20):
            assert watch.watch(clock.now())["told"] == 1

    def test_a_make_up_saturday_is_watched(self, lobby, head):
        with travel(10, day=datetime.date(2026, 10, 10)):
            assert watch.watch(clock.now())["told"] == 2

    def test_a_shift_forgotten_at_night_ended_at_closing_time(self, lobby):
        with travel(8):
            shift = duty.sign_in(by=lobby)
        with travel(23):
            assert watch.watch(clock.now())["ended"] == 0
        with travel(0, 1, DAY + datetime.timedelta(days=1)):
            assert watch.watch(clock.now())["ended"] == 1
            assert watch.watch(clock.now())["ended"] == 0
        shift.refresh_from_db()
        assert (shift.ended_at, shift.ended_how) == (at(17), Ended.DAY_END)

    def test_the_number_of_questions_does_not_grow_with_the_branches(
        self, branches, head, django_assert_num_queries
    ):
        from django.db import connection
        from django.test.utils import CaptureQueriesContext

        from rmflow.staff.models import Branch

        with travel(10):
            watch.watch(clock.now())  # both gaps are told
            counts = []
            for number in (0, 12):
                for n in range(number):
                    made = Branch.objects.create(code=f"07{n:02d}", name=f"{n}", parent=branches["city"])
                    DutyGap.objects.create(branch=made, began_at=at(9))
                with CaptureQueriesContext(connection) as queries:
                    assert watch.watch(clock.now())["told"] == 0
                counts.append(len(queries))
        assert counts[0] == counts[1]


@pytest.mark.django_db(transaction=True)
def test_two_real_workers_tell_of_a_gap_once(new_worker, eventually, lobby, head, branches):
    from referrals.tasks import watch_lobbies

    now = clock.now()
    for branch in (branches["first"], branches["second"]):  # open round the clock, whenever this runs
        OpeningRule.objects.create(branch=branch, open_at="00:00", close_at="23:59:59")
        OpeningDay.objects.create(branch=branch, date=now.date(), opens=branch == branches["first"])
        DutyRule.objects.create(branch=branch, gap_minutes=1)
    new_worker()
    new_worker()
    for _n in range(4):
        watch_lobbies.delay()
    log = JobRun.objects.filter(name="watch the lobbies")
    eventually(lambda: log.exists() and not log.filter(ok=None).exists() and queue_is_empty(), seconds=60)
    expected = int(now.hour * 60 + now.minute >= 1)
    assert Notice.objects.filter(recipient=head, kind="gap").count() == expected
    assert not log.filter(ok=False).exists()


def queue_is_empty():
    """Whether the workers have taken and finished every task."""
    with contextlib.closing(redis.Redis.from_url(os.environ["REDIS_URL"])) as broker:
        return not broker.llen("celery") and not broker.hlen("unacked")
