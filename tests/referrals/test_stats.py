"""Figures of the desk from hand-countable data; another branch's row is always there."""

import datetime

import pytest

from clients.rules import ClientType
from referrals import actions, stats
from referrals.models import Referral
from referrals.rules import End
from rmflow.staff.models import User
from rmflow.workdays import clock
from rmflow.workdays.models import BranchDay

pytestmark = pytest.mark.django_db


@pytest.fixture
def neighbour(filed, other_lobby, other_wealth):
    """The other branch's slip and tap."""
    actions.divert(by=other_lobby, destination="self_service")
    return filed(by=other_lobby, manager_id=other_wealth.pk)


def the_day(branches):
    return stats.branch_day(branches["first"], now=clock.now())


def test_the_day_is_counted(neighbour, filed, lobby, teller, wealth, branches):
    filed()
    filed(by=teller, name="王")
    filed(name="李", end=End.CARD, phone="13812345678", basis="consent", agreed_on=clock.today())
    judged = filed(name="赵")
    actions.judge(judged.pk, by=wealth, type=ClientType.EXISTING_PREMIUM)
    actions.withdraw(filed(name="钱").pk, by=lobby, reason="误点")
    slips = stats.slips_of_the_day(lobby, day=the_day(branches), sees_branch=True, now=clock.now())
    figures = stats.tallies(slips, lobby)
    longest = figures.pop("longest")
    assert figures == {
        "total": 4,
        "referred": 3,
        "to_follow_up": 1,
        "met": 1,
        "rows": 5,
        "mine": 4,
        "open": 3,
    }
    assert datetime.timedelta(0) <= longest < datetime.timedelta(minutes=1)


def test_taps_are_counted_by_destination_without_undone_ones(neighbour, lobby, branches):
    for destination in ("self_service", "mobile_bank", "mobile_bank"):
        last = actions.divert(by=lobby, destination=destination)
    actions.undo_diversion(last.pk, by=lobby)
    counts = stats.diverted(lobby, day=the_day(branches), sees_branch=True, now=clock.now())
    assert counts == {"self_service": 1, "mobile_bank": 1}


def test_managers_are_sorted_free_first_and_fewest_today(neighbour, filed, wealth, colleague, hire, branches):
    out = hire("100110", "杨帆", "wealth_manager")
    User.objects.filter(pk=out.pk).update(availability="out")
    actions.perform("accept", filed().pk, by=wealth)
    people = stats.managers(branches["first"].pk, now=clock.now())
    assert [(p.name, p.received_today, p.client_now) for p in people] == [
        ("陈志远", 0, None),
        ("林晓燕", 1, "刘女士"),
        ("杨帆", 0, None),
    ]


def test_the_longest_waiting_comes_first(neighbour, filed, lobby, branches):
    first, second = filed(), filed(name="王")
    Referral.objects.filter(pk=second.pk).update(waiting_since=clock.now() - datetime.timedelta(minutes=9))
    assert [slip.pk for slip in stats.waiting(lobby, branches["first"].pk)] == [second.pk, first.pk]


def test_the_duty_queue_is_the_branchs_own(neighbour, filed, wealth, branches):
    filed(
        end=End.CARD,
        manager_id=None,
        branch_id=branches["second"].pk,
        phone="13812345678",
        basis="consent",
        agreed_on=clock.today(),
    )
    here = filed(
        end=End.CARD,
        manager_id=None,
        name="王",
        phone="13812345679",
        basis="consent",
        agreed_on=clock.today(),
    )
    assert list(stats.unclaimed(wealth, branches["first"].pk)) == [here]


def test_before_five_yesterdays_day_goes_on(branches, lobby):
    night = clock.now().replace(hour=4, minute=30)
    yesterday = night.date() - datetime.timedelta(days=1)
    day = BranchDay.objects.create(branch=branches["first"], date=yesterday, opened_at=night, opened_by=lobby)
    assert stats.branch_day(branches["first"], now=night) == day
    assert stats.branch_day(branches["first"], now=night.replace(hour=5)) is None
