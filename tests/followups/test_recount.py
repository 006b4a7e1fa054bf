"""A changed calendar: counted days move, agreed ones stay, those concerned are told, once."""

import datetime

import pytest
import time_machine

from followups import actions, tasks
from followups.actions import recounts
from followups.models import PlanEvent, PlanItem
from rmflow.doors.models import JobRun
from rmflow.notices.models import Notice
from rmflow.workdays import current
from rmflow.workdays.actions import import_notice
from rmflow.workdays.models import CalendarChange, CalendarDay

from .conftest import TODAY

pytestmark = pytest.mark.django_db

FRIDAY = datetime.date(2026, 10, 9)
MAKE_UP = datetime.date(2026, 10, 10)  # the Saturday that works for the National Day holiday
MONDAY = datetime.date(2026, 10, 12)
TUESDAY = datetime.date(2026, 10, 13)
DAY = datetime.timedelta(days=1)


@pytest.fixture
def changed(admin_user):
    """A function that takes 2026 over again with some days different: {date: (kind or "", label)}."""

    def change(days, no="国办发明电〔2026〕1号"):
        rows = {d.date: (d.kind, d.label) for d in CalendarDay.objects.filter(year=2026)} | days
        lines = [f"{date},{kind},{label}" for date, (kind, label) in sorted(rows.items()) if kind]
        text = "\n".join(["date,kind,label", *lines])
        return import_notice(text, year=2026, notice_no=no, by=admin_user)

    return change


def recount():
    return recounts.recount(today=TODAY, calendar=current.load())


def test_a_counted_day_and_the_last_day_move_and_leave_before_and_after(
    record, changed, thursday, admin_user
):
    item = record().first
    assert (item.plan_on, item.must_by) == (FRIDAY, MONDAY)
    changed({FRIDAY: ("off", "国庆节")})
    assert recount() == {"changes": 1, "moved": 1, "off": 0}
    item.refresh_from_db()
    assert (item.plan_on, item.must_by) == (MAKE_UP, TUESDAY)
    event = PlanEvent.objects.get(item=item, name="recount")
    assert (event.on_from, event.on_to, event.by) == (FRIDAY, MAKE_UP, admin_user)
    assert event.note == "2026-10-12 → 2026-10-13"
    assert list(item.history.order_by("pgh_id").values_list("must_by", flat=True)) == [MONDAY, TUESDAY]


def test_a_day_agreed_with_the_client_stays_and_its_owner_is_told(record, changed, thursday, wealth):
    item = record(agreed_on=FRIDAY).first
    changed({FRIDAY: ("off", "国庆节")})
    assert recount() == {"changes": 1, "moved": 1, "off": 1}
    item.refresh_from_db()
    assert (item.plan_on, item.must_by) == (FRIDAY, TUESDAY)  # only the last day is counted
    told = Notice.objects.get(recipient=wealth, kind="calendar")
    assert told.params == {"year": 2026, "moved": 1, "off": 1}
    assert told.link == "/today/"


def test_a_day_that_somebody_chose_later_stays(record, changed, thursday, wealth):
    item = record().first
    actions.postpone(item.pk, by=wealth, plan_on=MONDAY)
    changed({FRIDAY: ("off", "国庆节")})
    recount()
    item.refresh_from_db()
    assert (item.plan_on, item.must_by) == (MONDAY, TUESDAY)


def test_an_own_plan_on_a_day_that_still_works_is_nobodys_business(planned, changed, thursday):
    planned(FRIDAY)
    planned(MAKE_UP)
    changed({datetime.date(2026, 10, 15): ("off", "国庆节")})
    assert recount() == {"changes": 1, "moved": 0, "off": 0}
    assert not Notice.objects.filter(link="/today/").exists()


def test_a_make_up_day_that_works_no_longer_counts_as_off(planned, changed, thursday):
    planned(MAKE_UP)
    changed({MAKE_UP: ("", "")})
    assert recount()["off"] == 1


def test_days_move_back_when_a_day_off_works_again(record, changed, thursday):
    item = record().first
    changed({FRIDAY: ("off", "国庆节")})
    recount()
    changed({FRIDAY: ("", "")})
    assert recount()["moved"] == 1
    item.refresh_from_db()
    assert (item.plan_on, item.must_by) == (FRIDAY, MONDAY)


def test_nobody_is_late_by_decree(record, changed, thursday):
    """What moves ahead stops at today; what was late already stays as late as it was."""
    item = record().first
    changed({FRIDAY: ("off", "国庆节")})
    recount()
    changed({FRIDAY: ("", "")})
    done = recounts.recount(today=MAKE_UP, calendar=current.load())
    assert done["moved"] == 1
    item.refresh_from_db()
    assert (item.plan_on, item.must_by) == (MAKE_UP, MONDAY)


def test_settled_items_keep_their_days(record, changed, thursday, wealth):
    item = record().first
    actions.drop(item.pk, by=wealth, note="重复")
    changed({FRIDAY: ("off", "国庆节")})
    assert recount()["moved"] == 0


def test_a_taken_day_is_left_alone(record, changed, thursday):
    """The same source already plans on the new day: one of the two stays where it is."""
    item = record().first
    PlanItem.objects.filter(pk=item.pk).update(source_key="slip:x:first")
    PlanItem.objects.create(
        owner=item.owner, branch=item.branch, kind=item.kind, plan_on=MAKE_UP, source_key="slip:x:first"
    )
    changed({FRIDAY: ("off", "国庆节")})
    assert recount()["moved"] == 0


def test_who_changed_the_calendar_hears_what_came_of_it_and_the_change_is_settled(
    record, changed, thursday, admin_user
):
    record()
    changed({FRIDAY: ("off", "国庆节")})
    recount()
    change = CalendarChange.objects.get()
    assert change.recomputed == {"moved": 1, "off": 0}
    assert change.recomputed_at is not None
    assert Notice.objects.get(recipient=admin_user).params == {"year": 2026, "moved": 1, "off": 0}


def test_a_second_run_changes_nothing(record, changed, thursday):
    record()
    changed({FRIDAY: ("off", "国庆节")})
    recount()
    before = (Notice.objects.count(), PlanEvent.objects.count())
    assert recount() == {"changes": 0, "moved": 0, "off": 0}
    assert (Notice.objects.count(), PlanEvent.objects.count()) == before


def test_a_year_without_rows_leaves_its_days_alone(record, changed, thursday):
    item = record().first
    PlanItem.objects.filter(pk=item.pk).update(counted_from=datetime.date(2031, 1, 6))
    changed({FRIDAY: ("off", "国庆节")})
    assert recount() == {"changes": 1, "moved": 0, "off": 1}


def test_the_number_of_statements_does_not_grow(
    record, person, changed, thursday, django_assert_max_num_queries
):
    for number in range(15):
        record(client=person(phone=f"139{number:08d}"))
    changed({FRIDAY: ("off", "国庆节")})
    with django_assert_max_num_queries(25):
        assert recount()["moved"] == 15


@pytest.mark.django_db(transaction=True)
def test_two_real_workers_recount_once(record, changed, new_worker, eventually, wealth):
    with time_machine.travel(datetime.datetime(2026, 10, 8, 6, 12, tzinfo=datetime.UTC), tick=False):
        item = record().first
        PlanItem.objects.filter(pk=item.pk).update(plan_on=FRIDAY + 364 * DAY, must_by=MONDAY + 364 * DAY)
        changed({FRIDAY: ("off", "国庆节")})
    new_worker()
    new_worker()
    for _n in range(6):
        tasks.recount.delay()
    eventually(lambda: sum(run.runs for run in JobRun.objects.filter(ok=True)) >= 6, seconds=90)
    assert PlanEvent.objects.filter(item=item, name="recount").count() == 1
    assert Notice.objects.filter(recipient=wealth, kind="calendar").count() == 1
    assert CalendarChange.objects.get().recomputed == {"moved": 1, "off": 0}
