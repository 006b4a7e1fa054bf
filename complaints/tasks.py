"""Scheduled jobs of business handling: doors to its actions."""

from celery import shared_task

from rmflow.doors.jobs import scheduled
from rmflow.workdays import clock
from rmflow.workdays.current import load

from . import closure_tasks  # noqa: F401  Celery looks for tasks here
from .actions import complaint_hand, complaint_recount, complaint_watch


@shared_task(name="complaints.watch")
@scheduled("watch the complaints' deadlines")
def watch() -> dict[str, int]:
    """Every five minutes: warnings and escalation of complaints that are due."""
    return complaint_watch.tick(now=clock.now())


@shared_task(name="complaints.recount")
@scheduled("recompute complaints' deadlines")
def recount() -> dict[str, int]:
    """Every five minutes: open deadlines, where the calendar has changed since."""
    return complaint_recount.recount(calendar=load())


@shared_task(name="complaints.reassign")
@scheduled("reassign complaints of who has left")
def reassign() -> dict[str, int]:
    """Each morning: complaints whose handler has left the bank."""
    return complaint_hand.reassign_left()
