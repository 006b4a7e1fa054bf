"""入柜、出柜: what the close seals, what stays possible, and the morning's release (W2-07)."""

import datetime

import pytest
import time_machine
from django.core.exceptions import PermissionDenied
from django.test import Client as Browser

from clients import actions as clients
from followups import actions as followups
from followups.models import DayEntry, PlanItem
from rmflow.workdays.actions import custody
from rmflow.workdays.models import BranchDay, ClosingRule, CustodyLine, OpeningDay
from rmflow.workflow import Conflict, Refused
from tests.referrals.closing import at, day_of, locked, met

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def evening():
    with time_machine.travel(at(17, 42), tick=False) as moment:
        yield moment


@pytest.fixture
def branch(branches):
    return branches["first"]


@pytest.fixture
def plan(filed, wealth, notice):
    """A client of one's own with a follow-up record and a plan for tomorrow."""
    filed(end="card", phone="13800005678", basis="consent", agreed_on=datetime.date(2026, 10, 9))
    item = PlanItem.objects.select_related("record", "client").get()
    clients.set_owner(item.client, owner=wealth, by=wealth)
    return item


@pytest.fixture
def sealed(plan, lobby, wealth, branch):
    return locked(day_of(branch), lobby=lobby, managers=[wealth])


def test_the_lock_seals_until_the_next_opening_morning_and_writes_the_register(sealed, lobby, branch):
    seal = custody.seal_of(branch.pk)
    assert (seal.since, seal.until, seal.full) == (at(17, 42), at(8, 20, day=9), False)
    line = CustodyLine.objects.get()
    assert (line.way, line.by, line.slips, line.records) == ("in", lobby, 1, 1)


def test_records_and_archives_are_read_only(sealed, plan, wealth):
    for call in (
        lambda: followups.change_analysis(plan.record_id, by=wealth, strength="x", character="", needs=""),
        lambda: followups.abandon(plan.record_id, by=wealth, reason="x"),
        lambda: clients.change(plan.client_id, by=wealth, occupation="x"),
        lambda: clients.change_contact(plan.client_id, by=wealth, phone="13900001111", basis="consent"),
    ):
        with pytest.raises(Refused, match=r"17:42.*08:20"):
            call()


def test_a_contact_after_the_close_goes_to_the_next_day(sealed, plan, wealth):
    followups.record_contact(plan.pk, by=wealth, result="met")
    assert DayEntry.objects.get(kind="contact").on == datetime.date(2026, 10, 9)


def test_due_items_and_sheets_stay_readable_by_default(sealed, plan, wealth):
    page = Browser()
    page.force_login(wealth)
    for path in (
        "/today/",
        f"/today/{plan.pk}/",
        f"/followups/{plan.record_id}/",
        f"/clients/{plan.client_id}/",
    ):
        assert page.get(path).status_code == 200, path


def test_full_sealing_hides_sheets_and_takes_no_contact(sealed, plan, wealth, branch):
    ClosingRule.objects.create(branch=branch, full_sealing=True)
    page = Browser()
    page.force_login(wealth)
    assert page.get("/today/").status_code == 200
    for path in (f"/followups/{plan.record_id}/", f"/clients/{plan.client_id}/"):
        answer = page.get(path)
        assert answer.status_code == 422 and "08:20" in answer.content.decode(), path
    with pytest.raises(Refused):
        followups.record_contact(plan.pk, by=wealth, result="met")
    with pytest.raises(Refused):
        clients.reveal(plan.client_id, "phone", by=wealth, purpose="contact")


def test_the_morning_releases_once(sealed, plan, wealth, branch, evening):
    assert custody.release_due(now=at(8, 15, day=9)) == 0
    evening.move_to(at(8, 20, day=9))
    assert custody.seal_of(branch.pk) is None  # the hour itself releases, the job writes it down
    assert custody.release_due(now=at(8, 20, day=9)) == 1
    assert custody.release_due(now=at(8, 25, day=9)) == 0
    assert list(CustodyLine.objects.order_by("at").values_list("way", "by")) == [
        ("in", sealed.closed_by_id),
        ("out", None),
    ]
    followups.abandon(plan.record_id, by=wealth, reason="多次未果")


def test_the_archivist_or_head_releases_early(sealed, archivist, head, wealth, branch):
    with pytest.raises(PermissionDenied):
        custody.release(sealed.pk, by=wealth)
    custody.release(sealed.pk, by=archivist)
    assert custody.seal_of(branch.pk) is None
    with pytest.raises(Conflict):
        custody.release(sealed.pk, by=head)


def test_a_late_slip_of_the_evening_does_not_break_the_seal(sealed, filed, branch):
    filed(name="王")
    assert custody.seal_of(branch.pk)


def test_another_branch_is_not_sealed(sealed, branches):
    assert custody.seal_of(branches["second"].pk) is None


def test_the_release_waits_for_the_branch_to_open_again(plan, lobby, wealth, branch):
    OpeningDay.objects.create(branch=branch, date=datetime.date(2026, 10, 9), opens=False, reason="装修")
    locked(day_of(branch), lobby=lobby, managers=[wealth])
    assert custody.seal_of(branch.pk).until == at(8, 20, day=10)


def test_a_day_nobody_locks_is_sealed_by_its_hour(plan, wealth, lobby, branch):
    counts = {"slips": 1, "records": 1, "archives": 0}
    assert custody.seal_due(now=at(21, 59), counts_of=lambda day: counts) == 0
    assert custody.seal_due(now=at(22), counts_of=lambda day: counts) == 1
    assert custody.seal_due(now=at(22, 5), counts_of=lambda day: counts) == 0
    line = CustodyLine.objects.get()
    assert (line.by, line.slips) == (None, 1)
    locked(day_of(branch), lobby=lobby, managers=[wealth])  # the closing itself goes on
    assert CustodyLine.objects.count() == 1


def test_a_day_locked_the_next_morning_seals_nothing(filed, lobby, wealth, branch, evening):
    met(filed, wealth)
    evening.move_to(at(9, 30, day=9))
    filed(name="王")
    old = BranchDay.objects.select_related("branch").get(date=datetime.date(2026, 10, 8))
    locked(old, lobby=lobby, managers=[wealth])
    assert custody.seal_of(branch.pk) is None and not CustodyLine.objects.exists()
