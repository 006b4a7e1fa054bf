"""Kicking tasks after a commit, and the doors' own clean-up."""

import logging
from datetime import timedelta

from celery import shared_task
from django.db import transaction
from django.utils import timezone

from . import idempotency
from .jobs import scheduled
from .models import JobRun

log = logging.getLogger(__name__)
JOB_RUNS_KEPT_FOR = timedelta(days=30)


def kick(task, *args, **kwargs):
    """Send `task` once the transaction commits; never raise when the broker is away.

    The row in the outbox is the promise, the kick only saves waiting for the sweep.
    """

    def send():
        _send(task, args, kwargs)

    transaction.on_commit(send, robust=True)


def _send(task, args, kwargs):
    try:
        task.apply_async(args, kwargs, retry=False, ignore_result=True)
    except Exception as error:  # the broker's errors are of many kinds; none may reach the user
        log.warning("Could not kick %s (%s); the sweep will find it.", task.name, type(error).__name__)


@shared_task(name="doors.clean_up")
@scheduled("clean up the doors")
def clean_up():
    """Daily: forget idempotency keys after 7 days and job runs after 30."""
    before = timezone.now() - JOB_RUNS_KEPT_FOR
    return {
        "keys": idempotency.forget_old(),
        "runs": JobRun.objects.filter(started_at__lt=before).delete()[0],
    }
