"""The calendar's own watch."""

from celery import shared_task

from rmflow.doors.jobs import scheduled

from . import clock, current
from .models import CalendarChange


@shared_task(name="workdays.check_calendar")
@scheduled("check the calendar")
def check_calendar() -> dict[str, int]:
    """Daily: name the first year that should be official by now, and changes not yet recomputed."""
    waiting = current.calendar().unannounced(clock.today())
    return {
        "unannounced": len(waiting),
        "first_unannounced_year": waiting[0] if waiting else 0,
        "changes_to_recompute": CalendarChange.objects.filter(recomputed_at__isnull=True).count(),
    }
