"""Closing with several hands at once, each in a process of its own (B-03)."""

import pytest

from referrals import actions
from referrals.actions import closing as slips
from referrals.actions import closing_day as days
from referrals.actions import statements
from referrals.models import Referral
from rmflow.staff.models import RoleHolding
from rmflow.staff.permissions import Role
from rmflow.workdays.models import BranchDay, CustodyLine, DayConfirmation, DayReopening
from tests.race import together

from .closing import day_of, kinds, locked, met, ready

pytestmark = pytest.mark.django_db(transaction=True)
LOST = {"Conflict", "Refused", "DayOpen", "DoesNotExist"}


@pytest.fixture
def branch(branches):
    return branches["first"]


def outcomes(*calls):
    names = [name for name, _text in together(*calls)]
    assert set(names) <= LOST | {"done"}, names
    return names


def test_a_day_closed_twice_at_once_is_locked_once(filed, lobby, hire, wealth, branch):

    second = hire("100150", "蒋欣", Role.LOBBY_MANAGER)
    met(filed, wealth)
    day = day_of(branch)
    ready(day, lobby=lobby, managers=[wealth])
    names = outcomes(*[lambda by=by: days.lock(day.pk, by=by) for by in (lobby, second, lobby)])
    assert names.count("done") == 1
    assert CustodyLine.objects.filter(way="in").count() <= 1
    assert DayConfirmation.objects.filter(side="lobby", withdrawn_at__isnull=True).count() == 1


def answer_all(day, wealth):
    for slip in Referral.objects.filter(day=day, counted_on__isnull=True).exclude(reception="met"):
        if day.closed_at is None:
            statements.state(slip.pk, by=wealth, received=True, met=True)


def test_a_slip_filed_while_the_day_locks_is_never_in_a_locked_day(
    filed, lobby, teller, wealth, branch, card
):
    """It stops the lock, or belongs to the next day; it is never lost and never in a locked day unchecked."""
    for n in range(4):
        met(filed, wealth, name=f"王{'一二三四'[n]}")
        day = day_of(branch)
        answer_all(day, wealth)
        ready(day, lobby=lobby, managers=[wealth])
        before = Referral.objects.count()
        name = f"李{'一二三四'[n]}"
        names = outcomes(
            lambda day=day: days.lock(day.pk, by=lobby),
            lambda name=name: actions.file(card(name=name, manager_id=wealth.pk), by=teller),
            lambda name=name: actions.file(card(name=name[::-1], manager_id=wealth.pk), by=lobby),
        )
        assert names[1:] == ["done", "done"]
        assert Referral.objects.count() == before + 2
        day.refresh_from_db()
        inside = Referral.objects.filter(day=day, counted_on__isnull=True, carried_on__isnull=True)
        if day.closed_at:
            assert names[0] == "done" and not inside.exists()
        else:
            assert names[0] == "DayOpen" and inside.exists()
        answer_all(day, wealth)
        if not day.closed_at:
            locked(day, lobby=lobby, managers=[wealth])


def test_a_statement_and_the_lock_at_once_leave_one_story(filed, lobby, wealth, branch):
    slip = met(filed, wealth)
    day = day_of(branch)
    ready(day, lobby=lobby, managers=[wealth])
    names = outcomes(
        lambda: days.lock(day.pk, by=lobby),
        lambda: statements.state(slip.pk, by=wealth, received=False),
        lambda: slips.uncheck(day.pk, slip.pk, by=lobby, note="x"),
    )
    day.refresh_from_db()
    if day.closed_at:
        assert names == ["done", *names[1:]] and "done" not in names[2:]
        assert kinds(BranchDay.objects.select_related("branch").get(pk=day.pk)) == {}
    else:
        assert names[0] == "DayOpen"


def test_one_slip_settled_in_two_ways_at_once_is_settled_once(filed, lobby, head, wealth, branch):
    for n in range(3):
        slip = filed(name=f"王{'一二三'[n]}")
        statements.state(slip.pk, by=wealth, received=False)
        day = day_of(branch)
        names = outcomes(
            lambda day=day, slip=slip: slips.settle(day.pk, slip.pk, by=lobby, ruling="sender", note="x"),
            lambda day=day, slip=slip: slips.settle(
                day.pk, slip.pk, by=head, ruling="to_follow_up", note="y"
            ),
            lambda day=day, slip=slip: slips.check(day.pk, slip.pk, by=lobby, result="invalid", note="z"),
        )
        assert names.count("done") == 1
        assert slip.events.filter(name__in=("settle", "check")).count() == 1


def test_the_same_person_cannot_sign_both_sides_at_once(filed, hire, lobby, head, branch):

    both = hire("100120", "方圆", Role.LOBBY_MANAGER)
    RoleHolding.objects.create(user=both, role=Role.WEALTH_MANAGER, branch=branch)
    slip = filed(manager_id=both.pk)
    statements.state(slip.pk, by=both, received=True, met=True)
    day = day_of(branch)
    ready(day, lobby=lobby)
    names = outcomes(
        lambda: days.confirm_side(day.pk, by=both, side="manager"),
        lambda: days.confirm_side(day.pk, by=both, side="lobby"),
    )
    assert names.count("done") == 1


def test_a_day_reopened_twice_at_once_is_reopened_once(filed, lobby, head, wealth, branch):
    met(filed, wealth)
    day = locked(day_of(branch), lobby=lobby, managers=[wealth])
    names = outcomes(*[lambda: days.reopen(day.pk, by=head, reason="x")] * 3)
    assert names.count("done") == 1
    assert DayReopening.objects.count() == 1


def test_leaving_over_and_checking_at_once_never_deadlock(filed, lobby, head, wealth, branch):
    many = [filed(name=f"王{n}") for n in "一二三四五六"]
    for slip in many:
        statements.state(slip.pk, by=wealth, received=True, met=False)
    day = day_of(branch)
    outcomes(
        lambda: slips.check_matched(day.pk, by=lobby),
        lambda: slips.check_matched(day.pk, by=head),
        lambda: [slips.carry_over(day.pk, slip.pk, by=head, note="x") for slip in reversed(many)],
    )
    left = Referral.objects.filter(counted_on__isnull=True, carried_on__isnull=True)
    assert not left.exists()
