"""Scheduled jobs of closures: doors to their actions."""

from celery import shared_task

from rmflow.doors.jobs import scheduled
from rmflow.workdays import clock
from rmflow.workdays.current import calendar

from .actions import closure_months, closures, movements


@shared_task(name="complaints.find_movements")
@scheduled("find movements")
def find_movements() -> dict[str, int]:
    """Each night: movements in balances and contracts become cases, branch by branch."""
    return movements.watch(night=clock.today(), now=clock.now(), calendar=calendar())


@shared_task(name="complaints.climb_closures")
@scheduled("call heads into closures")
def climb() -> dict[str, int]:
    """Each minute: cases nobody claimed in time go to the head."""
    return closures.climb(now=clock.now())


@shared_task(name="complaints.hand_in_closures")
@scheduled("hand in the month's closures")
def hand_in() -> dict[str, int]:
    """Each morning: from the first working day on, last month's set of every branch, once."""
    return closure_months.hand_in_due(today=clock.today(), calendar=calendar())
