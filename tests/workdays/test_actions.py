"""Importing notices and opening business days."""

import datetime
import io
import multiprocessing
from datetime import date
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.core.exceptions import PermissionDenied

from rmflow.staff.models import Branch
from rmflow.workdays import actions, current
from rmflow.workdays.models import (
    BranchDay,
    CalendarChange,
    CalendarDay,
    CalendarYear,
    OpeningDay,
)
from rmflow.workdays.rules import NoticeRefused
from rmflow.workflow import Conflict, Refused

from .notices import text

SHANGHAI = ZoneInfo("Asia/Shanghai")
NOTICE = "国办发明电〔2026〕9号"


def at(day, hour, minute=0):
    return datetime.datetime(2026, 11, day, hour, minute, tzinfo=SHANGHAI)


# Notices


def test_an_official_notice_replaces_the_provisional_year(admin_user, django_capture_on_commit_callbacks):
    assert current.calendar().provisional(date(2027, 1, 5))
    with django_capture_on_commit_callbacks(execute=True):
        change = actions.import_notice(
            io.BytesIO(text().encode()), year=2027, notice_no=NOTICE, by=admin_user
        )
    year = CalendarYear.objects.get(pk=2027)
    assert (year.state, year.notice_no) == ("official", NOTICE)
    assert not current.calendar().provisional(date(2027, 1, 5))
    assert current.calendar().is_working(date(2027, 1, 31))
    assert (change.state_before, change.state_after, change.notice_after) == (
        "provisional",
        "official",
        NOTICE,
    )
    assert {
        "date": "2027-01-31",
        "before": "",
        "after": "work",
        "label_before": "",
        "label_after": "春节",
    } in change.days
    assert change.recomputed_at is None


def test_only_the_days_that_differ_are_written(admin_user):
    events = CalendarDay.pgh_event_model.objects.filter(date__year=2027)
    before = events.count()
    change = actions.import_notice(text(), year=2027, notice_no=NOTICE, by=admin_user)
    assert events.count() - before == len(change.days)
    assert events.order_by("-pgh_id").first().pgh_context.metadata == {
        "user": admin_user.pk,
        "action": "import_notice",
    }


def test_the_same_notice_twice_changes_nothing(admin_user):
    actions.import_notice(text(), year=2027, notice_no=NOTICE, by=admin_user)
    assert actions.import_notice(text(), year=2027, notice_no=NOTICE, by=admin_user) is None
    assert CalendarChange.objects.count() == 1


def test_a_year_never_entered_is_made(admin_user):
    content = text(year=2027).replace("2027-", "2029-").replace("work", "off")
    change = actions.import_notice(content, year=2029, notice_no="", by=admin_user, provisional=True)
    assert change.state_before == ""
    assert current.load().provisional(date(2029, 1, 5))


def test_a_faulty_notice_changes_nothing(admin_user):
    before = current.load().days
    with pytest.raises(NoticeRefused):
        actions.import_notice(text("2027-02-30,off,x"), year=2027, notice_no=NOTICE, by=admin_user)
    assert current.load().days == before
    assert not CalendarChange.objects.exists()


@pytest.mark.parametrize(
    ("year", "notice_no", "field"),
    [(2027, " ", "notice_no"), (2027, "文" * 61, "notice_no"), (1999, NOTICE, "year")],
)
def test_a_notice_needs_a_number_and_a_plausible_year(admin_user, year, notice_no, field):
    content = text().replace("2027-", f"{year}-").replace("work", "off")
    with pytest.raises(Refused) as refused:
        actions.import_notice(content, year=year, notice_no=notice_no, by=admin_user)
    assert refused.value.field == field
    assert not CalendarChange.objects.exists()


def test_an_official_year_does_not_become_provisional_again(admin_user):
    actions.import_notice(text(), year=2027, notice_no=NOTICE, by=admin_user)
    with pytest.raises(Refused):
        actions.import_notice(text(), year=2027, notice_no="", by=admin_user, provisional=True)


def test_only_those_who_keep_reference_data_import(lobby):
    with pytest.raises(PermissionDenied):
        actions.import_notice(text(), year=2027, notice_no=NOTICE, by=lobby)


def test_a_change_is_settled_once(admin_user):
    change = actions.import_notice(text(), year=2027, notice_no=NOTICE, by=admin_user)
    actions.settle_change(change, {"follow_ups": 3})
    actions.settle_change(change, {"follow_ups": 99})
    change.refresh_from_db()
    assert change.recomputed == {"follow_ups": 3}
    assert change.recomputed_at is not None


# Business days


def test_business_opens_todays_day_when_none_is_open(branch, teller):
    with time_machine.travel(at(23, 9), tick=False):
        day = actions.business_day(branch, by=teller)
        assert (day.date, day.opened_by, day.is_open) == (date(2026, 11, 23), teller, True)
        assert actions.business_day(branch) == day


def test_an_open_day_costs_one_query(branch, django_assert_num_queries):
    actions.business_day(branch)
    with django_assert_num_queries(1):
        actions.business_day(branch)


def test_work_after_midnight_belongs_to_yesterdays_open_day(branch):
    first = actions.business_day(branch, now=at(23, 16))
    assert actions.business_day(branch, now=at(24, 0, 30)) == first
    assert actions.business_day(branch, now=at(24, 4, 59)) == first


def test_an_unclosed_day_never_blocks_the_next(branch):
    first = actions.business_day(branch, now=at(23, 16))
    second = actions.business_day(branch, now=at(24, 5))
    first.refresh_from_db()
    assert second.date == date(2026, 11, 24)
    assert (first.is_open, first.closed_at) == (False, None)
    assert list(BranchDay.objects.unlocked()) == [second, first]
    assert list(BranchDay.objects.open()) == [second]


def test_a_day_left_open_for_long_does_not_swallow_the_night(branch):
    actions.business_day(branch, now=at(20, 16))
    assert actions.business_day(branch, now=at(23, 1)).date == date(2026, 11, 23)


def _lock(day, moment):
    BranchDay.objects.filter(pk=day.pk).update(ended_at=moment, closed_at=moment)


def test_work_after_the_lock_belongs_to_the_next_opening_day(branch):
    _lock(actions.business_day(branch, now=at(23, 9)), at(23, 17))
    OpeningDay.objects.create(branch=branch, date=date(2026, 11, 24), opens=False)
    evening = actions.business_day(branch, now=at(23, 18))
    assert evening.date == date(2026, 11, 25)
    assert actions.business_day(branch, now=at(25, 9)) == evening


def test_the_lobby_opens_the_day_and_opening_twice_is_one_day(branch, lobby):
    with time_machine.travel(at(23, 8, 30), tick=False):
        day = actions.open_day(branch, by=lobby)
        assert day.date == date(2026, 11, 23)
        assert actions.open_day(branch, by=lobby) == day


def test_a_teller_does_not_open_the_day_nor_anyone_elsewhere(branches, branch, teller, lobby):
    with pytest.raises(PermissionDenied):
        actions.open_day(branch, by=teller)
    with pytest.raises(PermissionDenied):
        actions.open_day(branches["second"], by=lobby)


def test_days_open_in_order_and_never_ahead(branch, lobby):
    with time_machine.travel(at(23, 9), tick=False):
        actions.open_day(branch, by=lobby, on=date(2026, 11, 20))
        actions.open_day(branch, by=lobby)
        with pytest.raises(Conflict):
            actions.open_day(branch, by=lobby, on=date(2026, 11, 21))
        with pytest.raises(Refused):
            actions.open_day(branch, by=lobby, on=date(2026, 11, 24))


def test_a_locked_day_is_not_opened_again(branch, lobby):
    with time_machine.travel(at(23, 9), tick=False):
        _lock(actions.open_day(branch, by=lobby), at(23, 17))
        with pytest.raises(Conflict):
            actions.open_day(branch, by=lobby)


def _open_at_once(branch_id, barrier, answers):
    """In a process of its own: meet the other, open the day, tell which it got."""
    barrier.wait(timeout=20)
    answers.put(actions.business_day(Branch.objects.get(pk=branch_id)).pk)


@pytest.mark.django_db(transaction=True)
def test_two_processes_that_open_a_day_at_once_get_the_same_day():
    from django.db import connections

    branch = Branch.objects.create(code="W009", name="抢先支行")
    processes = multiprocessing.get_context("fork")
    barrier, answers = processes.Barrier(2), processes.Queue()
    connections.close_all()
    workers = [processes.Process(target=_open_at_once, args=(branch.pk, barrier, answers)) for _i in range(2)]
    for worker in workers:
        worker.start()
    got = [answers.get(timeout=30) for _worker in workers]
    for worker in workers:
        worker.join(timeout=10)
    assert got[0] == got[1]
    assert BranchDay.objects.filter(branch=branch).count() == 1
