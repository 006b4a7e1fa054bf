"""Scheduled jobs leave a trace: when they ran, how long, what they did."""

import functools

import pghistory
from django.db import transaction
from django.db.models import F
from django.utils import timezone

from .models import JobRun


def scheduled(name):
    """Decorate the function of a beat task; it returns its counts, e.g. {"sent": 3}.

    Put it under `@shared_task`. A failure is recorded and raised again, so that Celery
    retries as the task says. Error texts hold the type only: a message may quote a row.
    """

    def decorate(function):
        @functools.wraps(function)
        def run(*args, **kwargs):
            row = JobRun.objects.create(name=name, started_at=timezone.now())
            try:
                with pghistory.context(job=name):
                    did = function(*args, **kwargs) or {}
            except Exception as error:
                _finish(row, ok=False, error=type(error).__name__)
                raise
            _finish(row, ok=True, did=did)
            return did

        run.job_name = name
        return run

    return decorate


def _finish(row, *, ok, did=None, error=""):
    row.finished_at, row.ok, row.did, row.error = timezone.now(), ok, did or {}, error
    row.save(update_fields=["finished_at", "ok", "did", "error"])
    if row.idle:
        _fold(row)


@transaction.atomic
def _fold(row):
    """Let an idle run swallow the idle run just before it: a job of every five seconds
    would else write 17,000 rows a day that say nothing. Later rows are locked first, so that of two
    workers who fold side by side none swallows a run whose own count is then lost."""
    if not JobRun.objects.select_for_update().filter(pk=row.pk).exists():
        return  # a later run has this one already, as it stood
    earlier = JobRun.objects.filter(name=row.name, pk__lt=row.pk)
    before = earlier.select_for_update().order_by("-pk").first()
    if before is not None and before.idle:
        before.delete()
        JobRun.objects.filter(pk=row.pk).update(runs=F("runs") + before.runs)
