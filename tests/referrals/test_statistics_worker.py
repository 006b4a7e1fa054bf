"""Compiling, rolling up and exporting through a real worker."""

import datetime

import pytest

from referrals import tasks
from referrals.actions import exports
from referrals.asked import Asked
from referrals.models import StaleDay
from rmflow.doors.models import JobRun
from rmflow.privacy import exports as machine
from rmflow.privacy.models import Export
from rmflow.staff.permissions import Role
from tests.referrals.counted import a_day, lock, slip

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def september(branches, lobby, wealth, head):
    day = a_day(branches["first"], datetime.date(2026, 9, 1))
    for _n in range(8):
        slip(day, lobby, Role.LOBBY_MANAGER, wealth)
    return lock(day)


def test_a_worker_makes_a_large_workbook(september, head, new_worker, eventually, monkeypatch):
    monkeypatch.setattr(machine, "AT_ONCE", 3)
    new_worker()
    asked = Asked(head, {"kind": "month", "day": "2026-09-01"})
    export = exports.start(asked.kept(), asked.question, by=head, name="x.xlsx")
    assert export.state == "waiting"
    eventually(lambda: Export.objects.get().state == "ready")
    assert bytes(Export.objects.get().file)[:2] == b"PK"


def test_a_workbook_of_a_killed_worker_is_made_by_the_next(
    september, head, new_worker, eventually, monkeypatch
):
    monkeypatch.setattr(machine, "AT_ONCE", 3)
    asked = Asked(head, {"kind": "month", "day": "2026-09-01"})
    export = exports.start(asked.kept(), asked.question, by=head, name="x.xlsx")
    Export.objects.filter(pk=export.pk).update(state="running", done=2)  # where a killed worker left it
    new_worker()
    eventually(lambda: Export.objects.get().state == "ready")
    assert Export.objects.get().done == 8


def test_the_clock_compiles_and_rolls_up_and_shows_its_last_run(september, new_worker, eventually):
    new_worker()
    tasks.refresh_figures.delay()
    tasks.compile_months.delay()
    names = {"fold in changed days", "compile the month's statistics"}
    eventually(lambda: set(JobRun.objects.filter(ok=True).values_list("name", flat=True)) == names)
    assert not StaleDay.objects.exists()
