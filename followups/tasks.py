"""Scheduled reminders: doors to `actions.reminders`."""

from celery import shared_task

from rmflow.doors.jobs import scheduled
from rmflow.workdays import clock
from rmflow.workdays.current import calendar

from .actions import reminders


@shared_task(name="followups.remind_morning")
@scheduled("remind of today's follow-ups")
def remind_morning() -> dict[str, int]:
    """Each working morning before opening: the day of every manager, what is late for supervisors."""
    return reminders.remind_morning(today=clock.today(), calendar=calendar())


@shared_task(name="followups.remind_hour")
@scheduled("remind of agreed hours")
def remind_hour() -> dict[str, int]:
    """Every five minutes: what was agreed for the next quarter of an hour."""
    return reminders.remind_hour(now=clock.now())
