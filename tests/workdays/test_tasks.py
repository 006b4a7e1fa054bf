"""The daily look at the calendar leaves its finding in the jobs list."""

import datetime

import pytest
import time_machine

from rmflow.doors.models import JobRun
from rmflow.schedule import SCHEDULE
from rmflow.workdays import actions, tasks

from .notices import text


@pytest.mark.django_db
def test_from_november_it_names_the_year_that_waits_for_its_notice():
    with time_machine.travel(datetime.datetime(2026, 11, 23, 1, tzinfo=datetime.UTC), tick=False):
        tasks.check_calendar()
    run = JobRun.objects.get(name="check the calendar")
    assert run.ok
    assert (run.did["unannounced"], run.did["first_unannounced_year"]) == (1, 2027)


@pytest.mark.django_db
def test_before_november_nothing_waits_and_unread_changes_are_counted(admin_user):
    actions.import_notice(text(), year=2027, notice_no="国办发明电〔2026〕9号", by=admin_user)
    with time_machine.travel(datetime.datetime(2026, 10, 8, 1, tzinfo=datetime.UTC), tick=False):
        assert tasks.check_calendar() == {
            "unannounced": 0,
            "first_unannounced_year": 0,
            "changes_to_recompute": 1,
        }


def test_it_is_scheduled():
    assert "workdays.check_calendar" in {entry["task"] for entry in SCHEDULE.values()}
