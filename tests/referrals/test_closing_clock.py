"""The clock of the closing: reminder, escalation, sealing, release; once, and through real workers (W1-10)."""

import datetime

import pytest
import time_machine

from referrals import tasks
from referrals.actions import closing_clock, statements
from rmflow.doors.models import JobRun
from rmflow.notices.models import Notice
from rmflow.workdays import clock
from rmflow.workdays.models import BranchDay, ClosingRule, CustodyLine

from .closing import at, day_of, locked, met

pytestmark = pytest.mark.django_db


@pytest.fixture
def afternoon():
    with time_machine.travel(at(17), tick=False) as moment:
        yield moment


def told():
    return set(Notice.objects.filter(kind="closing").values_list("recipient__name", "link"))


def test_at_the_hour_each_person_with_something_open_is_told_once(
    afternoon, filed, teller, lobby, wealth, colleague, other_wealth, branches
):
    met(filed, wealth)
    statements.state_unfiled(by=wealth, surname="姚", salutation="madam", sender_id=teller.pk)
    Notice.objects.all().delete()
    assert closing_clock.remind(now=at(17, 29)) == 0
    assert closing_clock.remind(now=at(17, 30)) == 3
    assert told() == {
        (wealth.name, "/closing/mine/"),
        (lobby.name, "/closing/?day=2026-10-08"),
        (teller.name, "/desk/"),
    }
    assert closing_clock.remind(now=at(17, 35)) == 0


def test_a_branch_keeps_its_own_hour(afternoon, filed, lobby, wealth, branches):
    met(filed, wealth)
    ClosingRule.objects.create(branch=branches["first"], remind_at=datetime.time(18), escalate_minutes=15)
    assert closing_clock.remind(now=at(17, 59)) == 0
    assert closing_clock.remind(now=at(18)) == 2
    assert closing_clock.escalate(now=at(18, 14)) == 0
    assert closing_clock.escalate(now=at(18, 15)) == 1


def test_half_an_hour_later_the_head_is_told_once(afternoon, filed, lobby, wealth, head, branches):
    met(filed, wealth)
    Notice.objects.all().delete()
    assert closing_clock.escalate(now=at(17, 59)) == 0
    assert closing_clock.escalate(now=at(18)) == 1
    assert closing_clock.escalate(now=at(18, 5)) == 0
    notice = Notice.objects.get(recipient=head)
    assert notice.params["n"] == 4 and notice.urgent


def test_of_a_locked_day_nobody_is_told(afternoon, filed, lobby, wealth, head, branches):
    met(filed, wealth)
    locked(day_of(branches["first"]), lobby=lobby, managers=[wealth])
    assert closing_clock.remind(now=at(18)) == 0
    assert closing_clock.escalate(now=at(18, 30)) == 0


@pytest.mark.django_db(transaction=True)
def test_two_real_workers_tell_seal_and_release_once(
    new_worker, eventually, filed, lobby, wealth, head, branches
):
    """Two days ago nobody locked the day: told once, sealed once; its release is due as well."""
    met(filed, wealth)
    past = clock.now() - datetime.timedelta(days=2)
    BranchDay.objects.update(date=past.date(), opened_at=past)
    day = BranchDay.objects.get()
    BranchDay.objects.filter(pk=day.pk).update(
        sealed_at=past, sealed_until=past + datetime.timedelta(hours=12)
    )
    new_worker()
    new_worker()
    for _n in range(3):
        tasks.remind_closing.delay()
        tasks.escalate_closing.delay()
        tasks.keep_custody.delay()
    eventually(lambda: sum(run.runs for run in JobRun.objects.filter(ok=True)) >= 9, seconds=90)
    assert not JobRun.objects.filter(ok=False).exists()
    assert Notice.objects.filter(recipient=head, kind="closing").count() == 1
    assert Notice.objects.filter(recipient=lobby, kind="closing").count() == 1
    assert Notice.objects.filter(recipient=wealth, kind="closing").count() == 1
    assert list(CustodyLine.objects.values_list("way", flat=True)) == ["out"]
    names = set(JobRun.objects.values_list("name", flat=True))
    assert {"remind of the closing", "tell heads of open days", "seal and release records"} <= names
