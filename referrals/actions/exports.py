"""Workbooks: small ones at once, large ones by a worker, with progress; each goes on record (B-14)."""

import datetime

from django.db import transaction
from django.utils import timezone

from rmflow.doors.tasks import kick
from rmflow.privacy.actions import Kind, log
from rmflow.staff import permissions
from rmflow.staff.permissions import Permission

from .. import workbook
from ..models import Export
from ..stats import behind

#: A workbook with more rows than this is made in the background.
AT_ONCE = 5000
KEPT_FOR = datetime.timedelta(days=1)
#: Progress is written after so many rows.
STEP = 2000


def start(asked, question, *, by, name, request=None):
    """Put a workbook on order: made at once when small, else by a worker. Returns the Export."""
    from ..tasks import make_export

    permissions.require(by, Permission.SEE_STATISTICS)
    count = behind.slips(question).count() + behind.deals(question).count()
    with transaction.atomic():
        export = Export.objects.create(by=by, asked=asked, name=name, rows=count)
        log(
            Kind.EXPORT,
            by=by,
            object_type="referrals.referral",
            rows=count,
            item_key=f"export:{export.pk}",
            request=request,
        )
        if count > AT_ONCE:
            kick(make_export, export.pk)
    if count <= AT_ONCE:
        make(export.pk)
        export.refresh_from_db()
    return export


def make(export_id):
    """Write one workbook; a second worker, or a second run, finds it made or held and does nothing."""
    with transaction.atomic():
        export = Export.objects.select_for_update(of=("self",), skip_locked=True).filter(pk=export_id).first()
        if export is None or export.state == Export.State.READY:
            return
        Export.objects.filter(pk=export_id).update(state=Export.State.RUNNING, done=0)
    try:
        content = workbook.write(export, progress=lambda done: _progress(export_id, done))
    except Exception:
        Export.objects.filter(pk=export_id).update(state=Export.State.FAILED)
        raise
    Export.objects.filter(pk=export_id).exclude(state=Export.State.READY).update(
        state=Export.State.READY, file=content, ready_at=timezone.now(), done=export.rows
    )


def _progress(export_id, done):
    if done % STEP == 0:
        Export.objects.filter(pk=export_id).update(done=done)


def forget_old():
    """Delete workbooks of yesterday; returns how many."""
    return Export.objects.filter(at__lt=timezone.now() - KEPT_FOR).delete()[0]
