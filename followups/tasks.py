"""Scheduled jobs: doors to `actions.reminders` and `actions.recounts`."""

from celery import shared_task

from rmflow.doors.jobs import scheduled
from rmflow.workdays import clock
from rmflow.workdays.current import calendar, load

from .actions import recounts, reminders


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


@shared_task(name="followups.recount")
@scheduled("recompute counted days")
def recount() -> dict[str, int]:
    """Every five minutes: what rests on a calendar that has changed since."""
    return recounts.recount(today=clock.today(), calendar=load())
