"""Doors of Celery: no arguments, so nothing about anybody is in the queue."""

from celery import shared_task
from django.utils import timezone

from rmflow.doors.jobs import scheduled

from . import bell, outbox
from .models import Delivery, Notice


@shared_task(name="notices.deliver", ignore_result=True)
def deliver():
    """Send what is due; kicked after a commit and by the sweep."""
    return outbox.deliver()


@shared_task(name="notices.sweep", ignore_result=True)
@scheduled("sweep notices")
def sweep():
    """Every five seconds: make up lost bells, kick what is due, close what got no answer."""
    now = timezone.now()
    due = Delivery.objects.due(now).exists()
    if due:
        deliver.apply_async(expires=15)
    return {
        "bells": bell.make_up(now),
        "unanswered": outbox.close_unanswered(now),
        "kicked": int(due),
    }


@shared_task(name="notices.tidy", ignore_result=True)
@scheduled("forget old notices")
def tidy():
    """Nightly: read notices are kept for 90 days, unread ones for twice that."""
    return {"deleted": Notice.objects.old(timezone.now()).delete()[0]}
