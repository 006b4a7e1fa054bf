"""Scheduled jobs of business handling: doors to its actions."""

from celery import shared_task

from rmflow.doors.jobs import scheduled
from rmflow.workdays import clock
from rmflow.workdays.current import load

from . import closure_tasks  # noqa: F401  Celery looks for tasks here
from .actions import complaint_destroy, complaint_hand, complaint_recount, complaint_review, complaint_watch


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
    """Each morning: complaints whose handler has left the bank; who stands under a person complained of now;
    reviews whose time runs out."""
    return (
        complaint_hand.refresh_lines()
        | complaint_hand.reassign_left()
        | complaint_review.remind(today=clock.today())
    )


@shared_task(name="complaints.forget_bytes")
@scheduled("forget files of destroyed complaints")
def forget_bytes() -> dict[str, int]:
    """Each night: bytes of attachments that no record names any more."""
    return complaint_destroy.forget_bytes()
