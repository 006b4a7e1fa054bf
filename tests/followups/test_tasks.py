"""Reminders: set-based, once per person and day, through a real worker."""

import datetime

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext

from followups import tasks
from followups.actions import reminders
from rmflow.doors.models import JobRun
from rmflow.notices.models import Delivery, Notice
from rmflow.staff.permissions import Role
from rmflow.workdays import clock

from .conftest import TODAY

DAY = datetime.timedelta(days=1)
pytestmark = pytest.mark.django_db


def morning(calendar, today=TODAY):
    return reminders.remind_morning(today=today, calendar=calendar)


def test_each_manager_hears_his_own_numbers(calendar, planned, wealth, colleague, thursday):
    planned(TODAY, datetime.time(10))
    planned(TODAY)
    planned(TODAY - 9 * DAY)
    planned(TODAY, owner=colleague)
    planned(TODAY + DAY, owner=colleague)
    assert morning(calendar)["managers"] == 2
    mine = Notice.objects.get(recipient=wealth)
    assert mine.params == {"today": 2, "agreed": 1, "overdue": 1, "hours": "10:00"}
    assert "10:00" in mine.sentence
    assert mine.link == "/today/"
    assert Notice.objects.get(recipient=colleague).params == {"today": 1, "agreed": 0, "overdue": 0}


def test_the_morning_tells_the_agreed_hours_the_first_six_of_them(calendar, planned, wealth, thursday):
    wealth.email = "lin@bank.example"
    wealth.save()
    for hour in (14, 9, 10, 11, 15, 16):
        planned(TODAY, datetime.time(hour, 30))
    planned(TODAY, datetime.time(9, 30), client=None)
    planned(TODAY + DAY, datetime.time(8))
    morning(calendar)
    told = Notice.objects.get(recipient=wealth)
    assert told.params["hours"] == "09:30、10:30、11:30、14:30、15:30、16:30"
    assert "{hours}" in told.outside_text
    Notice.objects.all().delete()
    planned(TODAY, datetime.time(8, 15))
    morning(calendar)
    told = Notice.objects.get(recipient=wealth)
    assert told.params["hours"] == "08:15、09:30、10:30、11:30、14:30、15:30…"
    assert told.params["agreed"] == 8


def test_the_e_mail_of_the_morning_leaves_before_opening(calendar, planned, wealth, supervisor):
    """It stood in the outbox until nine, when the doors had long been open."""
    for user in (wealth, supervisor):
        user.email = f"{user.employee_no}@bank.example"
        user.save()
    with time_machine.travel(datetime.datetime(2026, 10, 8, 0, 0, tzinfo=datetime.UTC), tick=False):
        planned(TODAY - 20 * DAY)
        morning(calendar)
        assert set(Delivery.objects.due(clock.now()).values_list("notice__kind", flat=True)) == {
            "reminder",
            "late",
        }


def test_a_second_run_tells_nobody_again(calendar, planned, supervisor, thursday):
    planned(TODAY - 20 * DAY)
    assert morning(calendar) == {"managers": 1, "supervisors": 1}
    assert morning(calendar) == {"managers": 0, "supervisors": 0}
    assert Notice.objects.count() == 2


def test_on_a_day_off_nobody_is_told(calendar, planned):
    planned(datetime.date(2026, 10, 1))
    assert morning(calendar, datetime.date(2026, 10, 4)) == {"managers": 0, "supervisors": 0}
    assert morning(calendar, datetime.date(2026, 10, 10))["managers"] == 1  # a Saturday that works


def test_the_supervisor_hears_of_what_is_late_by_more_than_three_working_days(
    calendar, planned, wealth, colleague, other_wealth, supervisor, thursday
):
    limit = datetime.date(2026, 9, 28)
    planned(limit)  # exactly three
    planned(limit - DAY)
    planned(limit - 2 * DAY)
    planned(limit - DAY, owner=colleague)
    planned(limit - DAY, owner=other_wealth)  # another branch
    assert morning(calendar)["supervisors"] == 1
    told = Notice.objects.get(recipient=supervisor)
    assert told.params == {"total": 3, "managers": "林晓燕 2 · 陈志远 1"}
    assert told.link == "/followups/?show=overdue"


def test_the_e_mail_says_numbers_only(calendar, planned, wealth, supervisor, thursday):
    for user in (wealth, supervisor):
        user.email = f"{user.employee_no}@bank.example"
        user.save()
    planned(TODAY - 20 * DAY)
    morning(calendar)
    assert Delivery.objects.filter(channel="email").count() == 2
    for delivery in Delivery.objects.select_related("notice"):
        assert "{managers}" not in delivery.notice.outside_text
        assert "{client}" not in delivery.notice.outside_text


def test_the_number_of_queries_does_not_grow_with_the_managers(calendar, planned, hire, supervisor, thursday):
    counts = []
    for more in (2, 12):
        for number in range(more):
            owner = hire(f"55{more:02d}{number:02d}", "经理", Role.WEALTH_MANAGER)
            planned(TODAY, owner=owner, client=None)
            planned(TODAY - 20 * DAY, owner=owner, client=None)
        Notice.objects.all().delete()
        with CaptureQueriesContext(connection) as queries:
            assert morning(calendar)["managers"] >= more
        counts.append(len(queries))
    assert counts[0] == counts[1]


def test_shortly_before_an_agreed_hour_the_owner_is_told_once(planned, wealth, thursday):
    planned(TODAY, datetime.time(14, 27))
    planned(TODAY, datetime.time(14, 28))  # sixteen minutes away
    planned(TODAY, datetime.time(14, 12))  # now, so no longer ahead
    planned(TODAY + DAY, datetime.time(14, 20))
    assert reminders.remind_hour(now=clock.now()) == {"items": 1}
    told = Notice.objects.get(recipient=wealth)
    assert told.params["time"] == "14:27"
    assert "陈美华" not in str(told.params)
    assert reminders.remind_hour(now=clock.now()) == {"items": 0}
    with time_machine.travel(datetime.datetime(2026, 10, 8, 6, 15, tzinfo=datetime.UTC)):
        assert reminders.remind_hour(now=clock.now()) == {"items": 1}
    assert Notice.objects.count() == 2


def test_no_hour_is_looked_for_past_midnight(planned):
    with time_machine.travel(datetime.datetime(2026, 10, 8, 15, 55, tzinfo=datetime.UTC), tick=False):
        planned(TODAY, datetime.time(23, 58))
        planned(TODAY, datetime.time(0, 5))
        planned(TODAY + DAY, datetime.time(0, 5))
        assert reminders.remind_hour(now=clock.now()) == {"items": 1}


@pytest.mark.django_db(transaction=True)
def test_two_real_workers_tell_once_and_leave_their_trace(
    new_worker, eventually, planned, wealth, supervisor
):
    today = clock.today()
    planned(today)
    planned(today - 30 * DAY)
    new_worker()
    new_worker()
    for _n in range(4):
        tasks.remind_morning.delay()
        tasks.remind_hour.delay()
    eventually(lambda: sum(run.runs for run in JobRun.objects.filter(ok=True)) >= 8, seconds=90)
    working = tasks.calendar().is_working(today)
    assert Notice.objects.filter(recipient=wealth, kind="reminder").count() == working
    assert Notice.objects.filter(recipient=supervisor, kind="late").count() == working
    assert not JobRun.objects.filter(ok=False).exists()
