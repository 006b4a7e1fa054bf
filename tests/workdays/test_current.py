"""The calendar in force is read from the table alone, kept by each process, and never stale for long."""

import subprocess
import sys
from datetime import date

import pytest
from django.core.cache import cache

from rmflow.workdays import current
from rmflow.workdays.models import CalendarDay

DRAGON_BOAT = date(2027, 6, 9)


def pass_seconds(seconds):
    """As if this process had last looked so long ago."""
    current._held.look_at -= seconds
    current._held.verified_at -= seconds


@pytest.mark.django_db
def test_it_costs_no_query_while_nothing_changes(django_assert_num_queries):
    first = current.calendar()
    pass_seconds(2)
    with django_assert_num_queries(0):
        assert current.calendar() is first


@pytest.mark.django_db
def test_another_process_sees_a_change_within_a_second():
    assert not current.calendar().is_working(DRAGON_BOAT)
    CalendarDay.objects.filter(date=DRAGON_BOAT).delete()
    cache.set(current.CHANGE_MARK, "renewed by the process that changed it", None)
    assert not current.calendar().is_working(DRAGON_BOAT)
    pass_seconds(1)
    assert current.calendar().is_working(DRAGON_BOAT)


@pytest.mark.django_db
def test_a_change_behind_every_door_is_seen_within_a_minute(django_assert_num_queries):
    current.calendar()
    CalendarDay.objects.filter(date=DRAGON_BOAT).delete()
    pass_seconds(59)
    assert not current.calendar().is_working(DRAGON_BOAT)
    pass_seconds(2)
    with django_assert_num_queries(3):
        assert current.calendar().is_working(DRAGON_BOAT)


@pytest.fixture
def _no_valkey(settings):
    address = "unix:///nonexistent/valkey.sock?db=1"
    settings.CACHES = {"default": {**settings.CACHES["default"], "LOCATION": address}}


@pytest.mark.django_db
@pytest.mark.usefixtures("_no_valkey")
def test_without_valkey_the_database_is_asked_and_a_change_seen_within_a_minute():
    first = current.calendar()
    CalendarDay.objects.filter(date=DRAGON_BOAT).delete()
    assert current.calendar() is first
    pass_seconds(current.SILENCE)
    assert current.calendar().is_working(DRAGON_BOAT)
    current.forget()
    assert current.calendar().is_working(DRAGON_BOAT)


@pytest.mark.django_db
@pytest.mark.usefixtures("_no_valkey")
def test_without_valkey_an_unchanged_calendar_is_not_built_again(django_assert_num_queries):
    first = current.calendar()
    pass_seconds(current.SILENCE)
    with django_assert_num_queries(1):
        assert current.calendar() is first


def test_no_calendar_library_is_loaded_at_run_time():
    code = (
        "import sys, django; django.setup(); import rmflow.workdays.views, rmflow.workdays.admin; "
        "print(sorted(m for m in sys.modules if m in {'chinese_calendar', 'holidays', 'lunar_python'}))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
