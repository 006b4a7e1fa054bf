"""Scheduled looks at the lobbies: doors to `actions`."""

from celery import shared_task

from rmflow.doors.jobs import scheduled
from rmflow.workdays import clock

from .actions import watch


@shared_task(name="referrals.watch_lobbies")
@scheduled("watch the lobbies")
def watch_lobbies() -> dict[str, int]:
    """Each minute: tell heads of lobbies without a name, close forgotten shifts and calls."""
    return watch.watch(clock.now())
