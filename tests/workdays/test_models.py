"""Constraints make impossible calendars and business days impossible; the seed is the shipped table."""

import datetime
from datetime import date

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone

from rmflow.workdays import current, seed
from rmflow.workdays.models import (
    BranchDay,
    CalendarDay,
    CalendarStamp,
    CalendarYear,
    OpeningDay,
    OpeningRule,
)

pytestmark = pytest.mark.django_db
MORNING = datetime.datetime(2026, 11, 23, 1, tzinfo=datetime.UTC)


def refused(row):
    """The database says no, and the model's own check says it in words."""
    with pytest.raises(ValidationError) as invalid:
        row.full_clean()
    with pytest.raises(IntegrityError), transaction.atomic():
        row.save(force_insert=True)
    return " ".join(invalid.value.messages)


def test_the_migration_planted_the_shipped_calendar(calendar):
    planted = current.load()
    assert planted.years == calendar.years
    assert planted.days == calendar.days
    assert list(CalendarYear.objects.filter(state="provisional").values_list("year", flat=True)) == [
        2028,
        2027,
    ]
    assert CalendarYear.objects.get(pk=2026).notice_no == "国办发明电〔2025〕7号"


def test_planting_twice_adds_nothing_and_keeps_what_was_imported():
    CalendarDay.objects.filter(date=date(2027, 6, 9)).delete()
    assert seed.plant(CalendarYear, CalendarDay) == 0
    assert not CalendarDay.objects.filter(date=date(2027, 6, 9)).exists()
    CalendarYear.objects.filter(pk=2028).delete()
    assert seed.plant(CalendarYear, CalendarDay) == 1
    assert CalendarDay.objects.filter(year_id=2028).exists()


def test_a_day_lies_in_its_year():
    assert refused(CalendarDay(date=date(2027, 8, 1), year_id=2028, kind="off"))


def test_a_weekday_is_not_made_up():
    assert refused(CalendarDay(date=date(2027, 8, 10), year_id=2027, kind="work"))


def test_an_official_year_has_a_notice():
    assert refused(CalendarYear(year=2030, state="official", notice_no=""))


def test_a_year_is_plausible():
    assert refused(CalendarYear(year=1200, state="provisional"))


def test_a_branch_opens_before_it_closes(branch):
    assert refused(OpeningRule(branch=branch, open_at=datetime.time(17), close_at=datetime.time(9)))
    day = OpeningDay(
        branch=branch, date=date(2026, 11, 24), open_at=datetime.time(12), close_at=datetime.time(12)
    )
    assert refused(day)


def test_weekdays_are_one_to_seven(branch):
    assert refused(OpeningRule(branch=branch, weekdays=[0, 8]))


def test_a_day_differs_once_a_branch(branch):
    OpeningDay.objects.create(branch=branch, date=date(2026, 11, 24), opens=False)
    assert refused(OpeningDay(branch=branch, date=date(2026, 11, 24)))


def test_a_branch_has_one_open_day(branch, lobby):
    BranchDay.objects.create(branch=branch, date=date(2026, 11, 23), opened_at=MORNING, opened_by=lobby)
    other = BranchDay(branch=branch, date=date(2026, 11, 24), opened_at=MORNING, opened_by=lobby)
    with pytest.raises(IntegrityError), transaction.atomic():
        other.save()
    with pytest.raises(ValidationError, match=r"business day|营业日"):
        other.validate_constraints()


def test_a_business_day_exists_once_and_ends_after_it_opened(branch):
    BranchDay.objects.create(branch=branch, date=date(2026, 11, 23), opened_at=MORNING, ended_at=MORNING)
    with pytest.raises(IntegrityError), transaction.atomic():
        BranchDay.objects.create(branch=branch, date=date(2026, 11, 23), opened_at=MORNING, ended_at=MORNING)
    early = MORNING - datetime.timedelta(hours=1)
    with pytest.raises(IntegrityError), transaction.atomic():
        BranchDay.objects.create(branch=branch, date=date(2026, 11, 24), opened_at=MORNING, ended_at=early)


def test_a_locked_day_has_ended(branch):
    with pytest.raises(IntegrityError), transaction.atomic():
        BranchDay.objects.create(
            branch=branch, date=date(2026, 11, 23), opened_at=MORNING, closed_at=timezone.now()
        )


def test_every_change_of_the_calendar_renews_its_version_by_whatever_door():
    from django.db import connection

    seen = {CalendarStamp.objects.get().version}
    CalendarDay.objects.filter(date=date(2027, 6, 9)).update(label="x")
    seen.add(CalendarStamp.objects.get().version)
    CalendarDay.objects.filter(date=date(2027, 6, 9)).delete()
    seen.add(CalendarStamp.objects.get().version)
    with connection.cursor() as cursor:
        cursor.execute("UPDATE workdays_calendaryear SET notice_no = notice_no || ' ' WHERE year = 2026")
    seen.add(CalendarStamp.objects.get().version)
    assert len(seen) == 4


def test_calendar_rows_keep_their_history():
    day = CalendarDay.objects.get(pk=date(2027, 6, 9))
    day.kind, day.label = "off", "改"
    day.save()
    day.delete()
    events = CalendarDay.pgh_event_model.objects.filter(date=date(2027, 6, 9)).order_by("pgh_id")
    assert [event.pgh_label for event in events] == ["insert", "update", "delete"]
    assert events[1].label == "改"


def test_a_branch_without_rules_opens_by_default(branch):
    opening = current.opening(branch)
    assert opening.is_open(date(2026, 11, 21))
    assert not opening.is_open(date(2026, 10, 3))


def test_rules_and_exceptions_of_a_branch_are_read(branch, django_assert_num_queries):
    OpeningRule.objects.create(branch=branch, weekdays=[1, 2, 3, 4, 5], close_at=datetime.time(16, 30))
    OpeningDay.objects.create(branch=branch, date=date(2026, 11, 21), opens=True, open_at=datetime.time(10))
    current.calendar()
    with django_assert_num_queries(2):
        opening = current.opening(branch)
    assert opening.hours(date(2026, 11, 21)) == (datetime.time(10), datetime.time(16, 30))
    assert not opening.is_open(date(2026, 11, 22))
