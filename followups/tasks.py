"""Scheduled jobs: doors to `actions`."""

from celery import group, shared_task

from rmflow.doors.jobs import scheduled
from rmflow.workdays import clock
from rmflow.workdays.current import calendar, load

from .actions import candidates, recounts, reminders


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


@shared_task(name="followups.find_candidates")
@scheduled("identify clients by data")
def find_candidates() -> dict[str, int]:
    """Each night: rules over balances and holdings, the branches as a group."""
    places = candidates.branches()
    group(find_candidates_at.s(pk) for pk in places).delay()
    return {"branches": len(places)}


@shared_task(name="followups.find_candidates_at", acks_late=True)
def find_candidates_at(branch_id: int) -> None:
    """One branch; a second run finds the same."""
    candidates.find(branch_id, today=clock.today())
