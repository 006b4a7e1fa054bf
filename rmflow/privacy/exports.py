"""Workbooks: small ones at once, large ones by a worker, with progress; each goes on record (B-14).

What is in a workbook is the app's own: it brings the function that writes it and the task that calls it.
"""

import datetime

from celery import current_app
from django.db import transaction
from django.utils import timezone

from rmflow.doors.tasks import kick

from .actions import Kind, log
from .models import Export

#: A workbook with more rows than this is made in the background.
AT_ONCE = 5000
KEPT_FOR = datetime.timedelta(days=1)
#: Progress is written after so many rows.
STEP = 2000
#: A workbook that waits longer was never sent to a worker: the broker was away.
LOST_AFTER = datetime.timedelta(minutes=2)


def order(task, write, *, by, asked, name, rows, object_type, item_key="", request=None):
    """Put a workbook on order and on record: made at once when small, else by `task`. Returns the Export.

    `write(export, progress=…)` gives the bytes; the rights were checked by who calls.
    """
    with transaction.atomic():
        export = Export.objects.create(by=by, task=task.name, asked=asked, name=name[:120], rows=rows)
        log(
            Kind.EXPORT,
            by=by,
            object_type=object_type,
            rows=rows,
            item_key=item_key or f"export:{export.pk}",
            request=request,
        )
        if rows > AT_ONCE:
            kick(task, export.pk)
    if rows <= AT_ONCE:
        make(export.pk, write)
        export.refresh_from_db()
    return export


def make(export_id, write):
    """Write one workbook; a second worker, or a second run, finds it made or held and does nothing."""
    with transaction.atomic():
        export = Export.objects.select_for_update(of=("self",), skip_locked=True).filter(pk=export_id).first()
        if export is None or export.state == Export.State.READY:
            return
        Export.objects.filter(pk=export_id).update(state=Export.State.RUNNING, done=0)
    try:
        content = write(export, progress=lambda done: _progress(export_id, done))
    except Exception:
        Export.objects.filter(pk=export_id).update(state=Export.State.FAILED)
        raise
    Export.objects.filter(pk=export_id).exclude(state=Export.State.READY).update(
        state=Export.State.READY, file=content, ready_at=timezone.now(), done=export.rows
    )


def _progress(export_id, done):
    if done % STEP == 0:
        Export.objects.filter(pk=export_id).update(done=done)


def send_again():
    """Send those that still wait, since the broker was away when they were asked for; returns how many."""
    waiting = Export.objects.filter(state=Export.State.WAITING, at__lt=timezone.now() - LOST_AFTER)
    rows = list(waiting.values_list("task", "pk"))
    for task, pk in rows:
        current_app.send_task(task, [pk])
    return len(rows)


def forget_old():
    """Delete workbooks of yesterday; returns how many."""
    return Export.objects.filter(at__lt=timezone.now() - KEPT_FOR).delete()[0]
