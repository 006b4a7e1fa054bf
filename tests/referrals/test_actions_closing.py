"""The closing of a day: statements, checks, rulings, leftovers, signatures, lock, reopening (B-03)."""

import datetime

import pytest
import time_machine
from django.core.exceptions import PermissionDenied

from referrals import actions, closing
from referrals.actions import closing as slips
from referrals.actions import closing_day as days
from referrals.actions import statements
from referrals.models import Referral, Statement
from rmflow.notices.models import Notice
from rmflow.staff.models import RoleHolding
from rmflow.staff.permissions import Role
from rmflow.workdays.actions import business_day
from rmflow.workdays.models import BranchDay, DayConfirmation, DayReopening, OpeningDay, OpeningRule
from rmflow.workflow import Conflict, Refused

from .closing import at, day_of, kinds, locked, met, ready

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def afternoon():
    """Thursday 2026-10-08, 17:12."""
    with time_machine.travel(at(17, 12), tick=False) as moment:
        yield moment


@pytest.fixture
def branch(branches):
    return branches["first"]


def follow(filed, **fields):
    return filed(
        end="card",
        phone=fields.pop("phone", "13800005678"),
        basis="consent",
        agreed_on=datetime.date(2026, 10, 9),
        **fields,
    )


# Sorting both sides


def test_met_clients_and_opened_records_match_by_themselves(filed, lobby, wealth, branch):
    met(filed, wealth)
    follow(filed, name="马")
    found = closing.Closing(day_of(branch))
    assert [row.finding for row in found.rows] == ["matched", "matched"]
    assert found.totals == {
        "sent": 2,
        "referred": 1,
        "to_follow_up": 1,
        "received": 2,
        "met": 1,
        "no_record": 0,
        "gap": 0,
    }


def test_a_manager_who_says_nothing_is_missing_and_blocks(filed, lobby, wealth, branch):
    filed()
    day = day_of(branch)
    assert kinds(day) == {"manager_missing": 1, "box": 0, "unsigned": 1, "lobby": 0}
    with pytest.raises(Refused, match="尚未确认"):
        slips.check(day.pk, Referral.objects.get().pk, by=lobby, result="matched")


def test_not_received_makes_a_dispute_and_tells_both(filed, teller, lobby, wealth, branch):
    slip = filed(by=teller)
    statements.state(slip.pk, by=wealth, received=False, note="接待他人，未见到")
    assert kinds(day_of(branch))["disputed"] == 1
    assert set(Notice.objects.filter(kind="closing").values_list("recipient", flat=True)) == {
        lobby.pk,
        teller.pk,
    }


def test_what_a_manager_states_moves_the_reception(filed, wealth):
    slip = filed()
    statements.state(slip.pk, by=wealth, received=True, met=True)
    slip.refresh_from_db()
    assert (slip.reception, bool(slip.met_at)) == ("met", True)
    statements.state(slip.pk, by=wealth, received=True, met=False)
    slip.refresh_from_db()
    assert slip.reception == "left"
    assert list(slip.events.filter(name="state").values_list("state_to", flat=True)) == ["met", "left"]
    assert Statement.objects.get().history.count() == 2


def test_a_client_received_without_a_slip_is_a_difference(lobby, wealth, teller, branch):
    statement = statements.state_unfiled(by=wealth, surname="姚", salutation="madam", sender_id=teller.pk)
    assert statement.addressed_as == "姚女士"
    assert kinds(day_of(branch))["sender_missing"] == 1
    assert Notice.objects.get(recipient=teller).link == "/desk/"
    slips.settle_unfiled(day_of(branch).pk, statement.pk, by=lobby, ruling="own", note="理财经理自主获客")
    assert "sender_missing" not in kinds(day_of(branch))
    with pytest.raises(Conflict):
        slips.settle_unfiled(day_of(branch).pk, statement.pk, by=lobby, ruling="invalid", note="x")


def test_a_slip_filed_afterwards_takes_up_the_statement(filed, lobby, wealth, branch):
    statement = statements.state_unfiled(by=wealth, surname="姚", salutation="madam")
    slip = filed(name="姚")
    day = day_of(branch)
    with pytest.raises(Refused):
        slips.settle_unfiled(day.pk, statement.pk, by=lobby, ruling="filed", note="补填")
    slips.settle_unfiled(day.pk, statement.pk, by=lobby, ruling="filed", note="补填", referral_id=slip.pk)
    assert [row.finding for row in closing.Closing(day).rows] == ["matched"]


def test_the_same_client_twice_in_a_day_looks_like_a_repeat(filed, lobby, wealth, branch):
    follow(filed)
    follow(filed, repeat_reason="客户再次来行")
    day = day_of(branch)
    assert kinds(day)["repeat"] == 1
    slips.check_matched(day.pk, by=lobby)
    again = Referral.objects.order_by("-pk").first()
    slips.settle(day.pk, again.pk, by=lobby, ruling="repeat", note="上午已推介")
    again.refresh_from_db()
    assert (again.check_result, again.counted_on_id) == ("repeat", day.pk)


def test_withdrawn_slips_have_no_part_in_it_and_checked_ones_stay(filed, lobby, wealth, branch):
    slip = filed()
    actions.withdraw(slip.pk, by=lobby, reason="误填")
    assert closing.Closing(day_of(branch)).rows == []
    checked = met(filed, wealth, name="王")
    slips.check(day_of(branch).pk, checked.pk, by=lobby, result="matched")
    with pytest.raises(Refused):
        actions.withdraw(checked.pk, by=lobby, reason="x")


# Rulings


@pytest.mark.parametrize(
    ("ruling", "status", "reception", "result"),
    [
        ("to_follow_up", "to_follow_up", "left", "corrected"),
        ("sender", "referred", "met", "matched"),
        ("manager", "referred", "left", "corrected"),
        ("invalid", "referred", "left", "invalid"),
    ],
)
def test_each_ruling_leaves_one_story(filed, lobby, wealth, branch, ruling, status, reception, result):
    slip = filed(by=lobby)
    statements.state(slip.pk, by=wealth, received=False)
    day = day_of(branch)
    with pytest.raises(Refused):
        slips.settle(day.pk, slip.pk, by=lobby, ruling=ruling, note=" ")
    slips.settle(day.pk, slip.pk, by=lobby, ruling=ruling, note="核对监控")
    slip.refresh_from_db()
    assert (slip.status, slip.reception, slip.check_result) == (status, reception, result)
    assert slip.counted_on == day
    assert bool(slip.follow_up_id) == (ruling == "to_follow_up")
    assert "核对监控" in slip.events.get(name="settle").note
    with pytest.raises(Conflict):
        slips.settle(day.pk, slip.pk, by=lobby, ruling=ruling, note="again")


def test_a_missing_record_blocks_until_it_is_opened(filed, lobby, wealth, branch):
    slip = follow(filed, manager_id=None)
    day = day_of(branch)
    assert kinds(day)["no_record"] == 1
    with pytest.raises(Refused, match="缺跟进记录"):
        slips.check(day.pk, slip.pk, by=lobby, result="matched")
    with pytest.raises(Refused, match="认领"):
        slips.open_missing_record(day.pk, slip.pk, by=lobby)
    actions.take(slip.pk, by=wealth)
    assert "no_record" not in kinds(day)


def test_the_lobby_opens_a_record_for_the_manager(filed, lobby, wealth, branch):
    slip = follow(filed)
    Referral.objects.filter(pk=slip.pk).update(follow_up=None)
    slips.open_missing_record(day_of(branch).pk, slip.pk, by=lobby)
    slip.refresh_from_db()
    assert slip.follow_up.manager == wealth


# Leaving over


def test_a_dispute_left_over_comes_back_the_next_day_and_counts_there(
    filed, lobby, wealth, branch, afternoon
):
    slip = filed()
    statements.state(slip.pk, by=wealth, received=False)
    day = day_of(branch)
    slips.carry_over(day.pk, slip.pk, by=lobby, note="待调阅监控")
    assert slips.carry_over(day.pk, slip.pk, by=lobby, note="again").pk == slip.pk
    locked(day, lobby=lobby, managers=[wealth])
    slip.refresh_from_db()
    assert (slip.check_result, slip.counted_on, slip.carried_on) == ("unchecked", None, day)
    afternoon.move_to(at(17, 40, day=9))
    tomorrow = business_day(branch)
    assert [row.slip for row in closing.Closing(tomorrow).rows] == [slip]
    slips.settle(tomorrow.pk, slip.pk, by=lobby, ruling="sender", note="监控已核")
    locked(tomorrow, lobby=lobby, managers=[wealth])
    slip.refresh_from_db()
    assert slip.counted_on == tomorrow
    afternoon.move_to(at(10, day=10))
    assert closing.Closing(business_day(branch)).rows == []


def test_left_over_twice_it_comes_back_twice(filed, lobby, wealth, branch, afternoon):
    slip = filed()
    for number in (8, 9, 10):
        afternoon.move_to(at(17, 30, day=number))
        day = business_day(branch)
        assert [row.slip for row in closing.Closing(day).rows] == [slip]
        slips.carry_over(day.pk, slip.pk, by=lobby, note="客户未到")
        ready(day, lobby=lobby)
        slips.check_matched(day.pk, by=lobby)
        days.confirm_side(day.pk, by=wealth, side="manager")
        days.lock(day.pk, by=lobby)


def test_what_both_sides_agree_on_is_not_left_over(filed, lobby, wealth, branch):
    slip = met(filed, wealth)
    with pytest.raises(Refused, match="直接核对"):
        slips.carry_over(day_of(branch).pk, slip.pk, by=lobby, note="x")


# Signatures


def test_the_whole_day_is_locked_and_counts(filed, lobby, wealth, branch):
    slip = met(filed, wealth)
    day = locked(day_of(branch), lobby=lobby, managers=[wealth])
    assert day.closed_at == day.ended_at and day.closed_by == lobby
    slip.refresh_from_db()
    assert slip.counted_on == day
    with pytest.raises(Conflict, match="已锁定本日"):
        days.lock(day.pk, by=lobby)


def test_the_refusal_lists_everything_that_is_open(filed, lobby, wealth, branch):
    filed()
    met(filed, wealth, name="王")
    with pytest.raises(days.DayOpen) as refused:
        days.lock(day_of(branch).pk, by=lobby)
    assert [str(kind) for kind, _keys in refused.value.matters] == [
        "manager_missing",
        "unchecked",
        "box",
        "unsigned",
        "lobby",
    ]
    assert len(refused.value.errors["detail"]) == 6
    assert BranchDay.objects.get().closed_at is None


def test_a_manager_signs_only_when_he_has_answered(filed, lobby, wealth, branch):
    slip = filed()
    day = day_of(branch)
    with pytest.raises(days.DayOpen):
        days.confirm_side(day.pk, by=wealth, side="manager")
    statements.state(slip.pk, by=wealth, received=True, met=True)
    first = days.confirm_side(day.pk, by=wealth, side="manager")
    assert days.confirm_side(day.pk, by=wealth, side="manager") == first
    statements.state(slip.pk, by=wealth, received=True, met=False)
    assert "unsigned" in kinds(day)  # another word takes the signature back
    assert DayConfirmation.objects.filter(withdrawn_at__isnull=False).count() == 1


def test_a_slip_that_comes_after_the_signature_asks_for_a_new_one(filed, lobby, wealth, branch):
    met(filed, wealth)
    day = day_of(branch)
    ready(day, lobby=lobby, managers=[wealth])
    met(filed, wealth, name="王")
    slips.check_matched(day.pk, by=lobby)
    assert set(kinds(day)) == {"unsigned", "lobby"}
    days.confirm_side(day.pk, by=wealth, side="manager")
    days.lock(day.pk, by=lobby)


def test_the_backup_or_the_head_signs_for_an_absent_manager_after_half_an_hour(
    filed, lobby, wealth, colleague, head, supervisor, branch, afternoon
):
    met(filed, wealth)
    day = day_of(branch)
    ready(day, lobby=lobby)
    absent = {"side": "manager", "person_id": wealth.pk}
    with pytest.raises(Refused, match="18:00"):
        days.stand_in(day.pk, by=head, reason="外出培训", **absent)
    afternoon.move_to(at(18))
    with pytest.raises(Refused, match="代签原因"):
        days.stand_in(day.pk, by=head, reason=" ", **absent)
    for stranger in (lobby, supervisor):
        with pytest.raises(PermissionDenied):
            days.stand_in(day.pk, by=stranger, reason="x", **absent)
    signed = days.stand_in(day.pk, by=colleague, reason="外出培训", **absent)
    assert (signed.person, signed.by, signed.reason) == (wealth, colleague, "外出培训")
    days.lock(day.pk, by=lobby)


def test_the_head_signs_for_an_absent_lobby_manager_and_locks(filed, lobby, wealth, head, branch, afternoon):
    met(filed, wealth)
    day = day_of(branch)
    days.confirm_side(day.pk, by=wealth, side="manager")
    slips.check_matched(day.pk, by=head)
    days.look_into_box(day.pk, by=head)
    with pytest.raises(days.DayOpen):
        days.lock(day.pk, by=head)  # the head's own hand is not the lobby's
    afternoon.move_to(at(18, 1))
    days.stand_in(day.pk, by=head, side="lobby", person_id=lobby.pk, reason="病假")
    assert days.lock(day.pk, by=head).closed_by == head


def test_one_person_on_both_sides_needs_another_for_one_of_them(filed, hire, lobby, head, branch):
    both = hire("100120", "方圆", Role.LOBBY_MANAGER)
    RoleHolding.objects.create(user=both, role=Role.WEALTH_MANAGER, branch=branch)
    slip = filed(manager_id=both.pk)
    statements.state(slip.pk, by=both, received=True, met=True)
    day = day_of(branch)
    slips.check_matched(day.pk, by=both)
    days.look_into_box(day.pk, by=both)
    days.confirm_side(day.pk, by=both, side="manager")
    with pytest.raises(Refused, match="另一方"):
        days.lock(day.pk, by=both)
    days.stand_in(day.pk, by=head, side="lobby", person_id=both.pk, reason="一人两岗")  # at once, 17:12
    assert days.lock(day.pk, by=both).closed_at


def test_nobody_stands_in_on_both_sides(filed, lobby, wealth, head, branch, afternoon):
    met(filed, wealth)
    day = day_of(branch)
    ready(day, lobby=lobby)
    afternoon.move_to(at(18, 30))
    days.stand_in(day.pk, by=head, side="manager", person_id=wealth.pk, reason="外出")
    with pytest.raises(Refused, match="另一方"):
        days.stand_in(day.pk, by=head, side="lobby", person_id=lobby.pk, reason="外出")


# Reopening


def test_the_head_reopens_with_a_reason_and_before_and_after_stay(filed, lobby, wealth, head, branch):
    slip = met(filed, wealth)
    day = locked(day_of(branch), lobby=lobby, managers=[wealth])
    for who in (lobby, wealth):
        with pytest.raises(PermissionDenied):
            days.reopen(day.pk, by=who, reason="x")
    with pytest.raises(Refused):
        days.reopen(day.pk, by=head, reason="  ")
    days.reopen(day.pk, by=head, reason="重复未剔除")
    with pytest.raises(Conflict):
        days.reopen(day.pk, by=head, reason="x")
    assert set(kinds(day_again(day))) == {"unsigned", "lobby"}
    slips.uncheck(day.pk, slip.pk, by=lobby, note="应为重复")
    slips.check(day.pk, slip.pk, by=lobby, result="repeat", note="上月已推介")
    days.confirm_side(day.pk, by=wealth, side="manager")
    days.lock(day.pk, by=lobby)
    reopening = DayReopening.objects.get()
    key = str(slip.pk)
    assert reopening.before["slips"][key]["check_result"] == "matched"
    assert reopening.after["slips"][key]["check_result"] == "repeat"
    assert reopening.settled_at and reopening.reason == "重复未剔除"
    days.reopen(day.pk, by=head, reason="再次核对")
    assert DayReopening.objects.count() == 2


def day_again(day):
    return BranchDay.objects.select_related("branch").get(pk=day.pk)


def test_what_is_filed_while_a_day_is_reopened_belongs_to_the_open_day(
    filed, lobby, wealth, head, branch, afternoon
):
    day = locked(day_of(branch), lobby=lobby)
    afternoon.move_to(at(9, 30, day=9))
    days.reopen(day.pk, by=head, reason="补核")
    slip = filed()
    assert slip.day != day
    days.lock(day.pk, by=lobby)


# Days


def test_closing_at_half_past_midnight_closes_yesterday(filed, lobby, wealth, branch, afternoon):
    slip = met(filed, wealth)
    afternoon.move_to(at(0, 30, day=9))
    late = met(filed, wealth, name="王")
    day = closing.day_for(branch)
    assert (day.date, late.day) == (datetime.date(2026, 10, 8), slip.day)
    locked(day, lobby=lobby, managers=[wealth])
    with time_machine.travel(at(9, 5, day=9)):
        assert business_day(branch).date == datetime.date(2026, 10, 9)


def test_a_day_locked_at_its_date_sends_the_evening_to_the_next_opening_day(
    filed, lobby, wealth, branch, afternoon
):
    """Friday's evening slip goes to Saturday the tenth, a make-up working day on which the branch opens."""
    OpeningRule.objects.create(branch=branch, weekdays=[1, 2, 3, 4, 5])
    OpeningDay.objects.create(branch=branch, date=datetime.date(2026, 10, 10), opens=True, reason="调休上班")
    afternoon.move_to(at(17, 35, day=9))
    locked(day_of(branch), lobby=lobby)
    slip = filed()
    assert slip.day.date == datetime.date(2026, 10, 10)
    afternoon.move_to(at(17, 40, day=10))
    statements.state(slip.pk, by=wealth, received=True, met=True)
    assert locked(slip.day, lobby=lobby, managers=[wealth]).date == datetime.date(2026, 10, 10)


def test_an_unclosed_day_never_blocks_the_next(filed, lobby, wealth, branch, afternoon):
    old = met(filed, wealth)
    afternoon.move_to(at(9, day=9))
    new = met(filed, wealth, name="王")
    assert new.day != old.day
    locked(new.day, lobby=lobby, managers=[wealth])
    assert [day.date for day in closing.unlocked_before(new.day)] == [datetime.date(2026, 10, 8)]
    locked(day_again(old.day), lobby=lobby, managers=[wealth])
    old.refresh_from_db()
    assert old.counted_on == old.day


def test_no_step_reaches_another_branch(filed, lobby, wealth, other_lobby, other_wealth, branch):
    slip = filed()
    day = day_of(branch)
    for call in (
        lambda: slips.check(day.pk, slip.pk, by=other_lobby, result="invalid", note="x"),
        lambda: slips.settle(day.pk, slip.pk, by=other_lobby, ruling="invalid", note="x"),
        lambda: slips.carry_over(day.pk, slip.pk, by=other_lobby, note="x"),
        lambda: slips.check_matched(day.pk, by=other_lobby),
        lambda: days.lock(day.pk, by=other_lobby),
        lambda: days.look_into_box(day.pk, by=other_lobby),
        lambda: days.confirm_side(day.pk, by=other_wealth, side="manager"),
        lambda: statements.state(slip.pk, by=other_wealth, received=False),
    ):
        with pytest.raises((BranchDay.DoesNotExist, Referral.DoesNotExist)):
            call()
