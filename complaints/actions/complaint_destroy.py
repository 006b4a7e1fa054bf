"""Complaint files whose time is over go the way of archives: list, two approvals, two people, certificate (B-13).

What is destroyed: every word of the complaint and its history, its attachments with their bytes. What stays: the
row with number, days, classification, level, result, so that the register and every count are as before.
"""

import pgtrigger
from django.conf import settings
from django.db import IntegrityError, connection, transaction
from django.db.models import Exists, OuterRef
from django.utils.translation import gettext as _

from clients import erasing
from clients.actions import destruction
from clients.custody_rules import BATCH_MOST, ItemState, Stop, check_text
from clients.models import Hold
from rmflow.notices.actions import forget
from rmflow.privacy.actions import Kind, log
from rmflow.staff import permissions
from rmflow.staff.permissions import Permission
from rmflow.workdays import clock, freeze
from rmflow.workflow import Conflict, Refused

from ..models import Attachment, Complaint, ComplaintEvent, ComplaintListing, Review


def due(user, today):
    """Files past their day in the branches whose register `user` keeps, on no list, without a hold."""
    reach = permissions.scope(user, Permission.QUERY_ARCHIVE)
    if not reach:
        return Complaint.objects.none()
    rows = Complaint.objects.filter(reach.q("branch")).without_recused(user)
    return rows.past_keeping(today).filter(
        ~Exists(
            ComplaintListing.objects.filter(complaint=OuterRef("pk"), state=ItemState.LISTED),
        ),
        ~Exists(Hold.objects.in_force().filter(client=OuterRef("client"))),
    )


@transaction.atomic
def propose(branch, *, by, complaint_ids, reason):
    """List complaint files that are due: all of them, or why not."""
    permissions.require(by, Permission.DESTROY_ARCHIVE, branch)
    why, wanted = check_text(reason, "reason"), set(complaint_ids)
    if not wanted:
        raise Refused(_("Choose the complaint files for the list."), field="complaints")
    if len(wanted) > BATCH_MOST:
        raise Refused(_("At most {n} files on one list.").format(n=BATCH_MOST), field="complaints")
    rows = due(by, clock.today()).filter(branch=branch, pk__in=wanted)
    files = list(rows.select_for_update(of=("self",), no_key=True).order_by("pk"))
    if len(files) < len(wanted):
        raise Conflict(_("Some of these files are no longer due or are on hold; reload."), code="due")
    batch = destruction.open_list(branch, by=by, reason=why, count=len(files))
    listings = [
        ComplaintListing(
            batch=batch,
            complaint=file,
            file_no=file.archive_no or f"{branch.code}-{file.number}",
            received_on=file.received_at.astimezone(clock.SHANGHAI).date(),
            keep_until=file.keep_until,
        )
        for file in files
    ]
    try:
        with transaction.atomic():
            ComplaintListing.objects.bulk_create(listings)
    except IntegrityError as error:
        if "complaint_listing_on_one_list" not in str(error):
            raise
        raise Conflict(_("One of these files is on another list already."), code="listed") from None
    _events([file.pk for file in files], "list", by=by, batch=batch)
    return batch


def _events(ids, name, *, by, batch):
    rows = Complaint.objects.filter(pk__in=ids).values_list("pk", "status")
    ComplaintEvent.objects.bulk_create(
        ComplaintEvent(
            complaint_id=pk,
            name=name,
            status_from=status,
            status_to=status,
            by=by,
            data={"list": batch.number},
        )
        for pk, status in rows
    )


def end(batch, *, by):
    """The list was refused or withdrawn: its files are free for another."""
    rows = ComplaintListing.objects.filter(batch=batch, state=ItemState.LISTED)
    _events(list(rows.values_list("complaint", flat=True)), "unlist", by=by, batch=batch)
    rows.update(state=ItemState.STOPPED, stop=Stop.BATCH, stopped_by=by, at=clock.now())


def carry_out(batch, *, by, today):
    """Before the witness: what is still due is destroyed, what must stay is taken off with the reason."""
    listings = list(
        ComplaintListing.objects.filter(batch=batch, state=ItemState.LISTED).order_by("complaint")
    )
    ids = [row.complaint_id for row in listings]
    files = Complaint.objects.filter(pk__in=ids).select_for_update(of=("self",)).in_bulk()
    held = set(Hold.objects.in_force().filter(client__complaints__in=ids).values_list("client", flat=True))
    open_reviews = Review.objects.filter(complaint__in=ids, decided_at__isnull=True)
    reviewed = set(open_reviews.values_list("complaint", flat=True))
    going, now = [], clock.now()
    for row in listings:
        file = files[row.complaint_id]
        stop = ""
        if file.client_id in held:
            stop = Stop.HOLD
        elif file.is_open or file.pk in reviewed:
            stop = Stop.OPEN_WORK
        elif file.keep_until is None or file.keep_until >= today:
            stop = Stop.NOT_DUE
        row.state, row.stop = (ItemState.STOPPED, stop) if stop else (ItemState.DESTROYED, "")
        row.stopped_by, row.at = (by if stop else None), now
        if not stop:
            going.append(file)
    ComplaintListing.objects.bulk_update(listings, ["state", "stop", "stopped_by", "at"])
    _events([row.complaint_id for row in listings if row.stop], "unlist", by=by, batch=batch)
    if going:
        _events([file.pk for file in going], "destroy", by=batch.carried_by, batch=batch)
        _erase(going, by=batch.carried_by, now=now)


def _erase(files, *, by, now):
    ids = [file.pk for file in files]
    forget([f"complaint:{pk}:" for pk in ids])
    attachments = Attachment.objects.filter(complaint__in=ids)
    paths = [
        settings.COMPLAINT_FILES / name[:2] / name for name in attachments.values_list("stored_as", flat=True)
    ]
    attachments.delete()
    own = erasing.Traces(Complaint, ((Complaint._meta.pk,),), *erasing.words(Complaint))
    with freeze.passing("anonymise"), pgtrigger.ignore(), connection.cursor() as cursor:
        for traces in (own, *erasing.tables(Complaint)):
            cursor.execute(*erasing.blank(traces, ids))
        cursor.execute(
            "UPDATE complaints_complaint SET destroyed_at = %s, phone_hash = '' WHERE id = ANY(%s)",
            [now, ids],
        )
    for file in files:
        log(Kind.ERASE, by=by, obj=file, fields=["all"], note="destruction", branch_id=file.branch_id)
    transaction.on_commit(lambda: [path.unlink(missing_ok=True) for path in paths])


def forget_bytes():
    """Bytes no record names any more, a day old: left by a worker killed between commit and unlink; {"files": n}."""
    if not settings.COMPLAINT_FILES.exists():
        return {"files": 0}
    border = clock.now().timestamp() - 24 * 3600
    old = {p.name: p for p in settings.COMPLAINT_FILES.glob("??/*") if p.stat().st_mtime < border}
    known = set(Attachment.objects.filter(stored_as__in=list(old)).values_list("stored_as", flat=True))
    for name in old.keys() - known:
        old[name].unlink(missing_ok=True)
    return {"files": len(old.keys() - known)}
