"""The register of archives (C-07): filing, storing, adding papers, querying; every step leaves its event."""

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from rmflow.privacy.actions import log
from rmflow.privacy.models import AccessEvent
from rmflow.staff import permissions
from rmflow.staff.permissions import Permission
from rmflow.workdays import clock
from rmflow.workdays.actions import custody
from rmflow.workflow import Refused

from ..custody_rules import FILE_TRANSITIONS, FileState, Link, check_text
from ..models import Archive, Client, CustodyEvent
from ..rules import TimelineKind
from .timeline import note

PLACE = 40  # characters
FOUND = 25  # files one query may find


def record(archive, link, name, *, by, reason="", approved_by=None, **data):
    """Write the event of one link."""
    return CustodyEvent.objects.create(
        archive=archive,
        branch_id=archive.branch_id,
        link=link,
        name=name,
        by=by,
        reason=reason,
        approved_by=approved_by,
        data=data,
    )


def locked(archive_id, *, by):
    """The archive, locked, if `by` reads the register of its branch; DoesNotExist (404) otherwise."""
    return (
        Archive.objects.visible_to(by)
        .select_for_update(of=("self",), no_key=True)
        .select_related("client", "branch")
        .get(pk=archive_id)
    )


def step(name, archive, *, by):
    """Whether `by` may take this step with the archive as it is, outside the hours of custody."""
    arrow = FILE_TRANSITIONS[name]
    permissions.require(by, arrow.permission, archive.branch)
    arrow.check(archive.state)
    custody.require_unsealed(archive.branch_id)
    archive.state = arrow.target


def _place(text):
    text = " ".join((text or "").split())
    if not text:
        raise Refused(_("Say where the archive stands."), field="place")
    if len(text) > PLACE:
        raise Refused(_("At most {most} characters.").format(most=PLACE), field="place")
    return text


@transaction.atomic
def file_archive(archive_id, *, by, place, reason=""):
    """归档: take an opened archive into the register and the cabinet."""
    archive = locked(archive_id, by=by)
    step("file", archive, by=by)
    archive.place, archive.filed_at, archive.filed_by = _place(place), clock.now(), by
    archive.save(update_fields=["state", "place", "filed_at", "filed_by"])
    record(archive, Link.FILING, "filed", by=by, reason=reason.strip()[:300], place=archive.place)
    note(archive.client, TimelineKind.CUSTODY, by=by, branch=archive.branch, data={"custody": "filed"})
    return archive


@transaction.atomic
def store(archive_id, *, by, place, reason):
    """存放: give an archive another place."""
    archive = locked(archive_id, by=by)
    step("store", archive, by=by)
    before, archive.place = archive.place, _place(place)
    if archive.place == before:
        raise Refused(_("The archive stands there already."), field="place")
    archive.save(update_fields=["place"])
    why = check_text(reason, "reason")
    record(archive, Link.STORAGE, "moved", by=by, reason=why, place=archive.place, before=before)
    return archive


@transaction.atomic
def add_papers(archive_id, *, by, what):
    """更新: papers were added to the file; what, and by whose hand."""
    archive = locked(archive_id, by=by)
    step("update", archive, by=by)
    record(archive, Link.UPDATE, "papers", by=by, reason=check_text(what, "what"))
    return archive


def updated(client, *, by, fields):
    """更新 of what the system holds: one line in the register when a client with an archive is changed."""
    archive = Archive.objects.filter(client=client).exclude(state=FileState.DESTROYED).first()
    if archive is not None:
        record(archive, Link.UPDATE, "fields", by=by, fields=sorted(fields))


@transaction.atomic
def query(*, by, text, purpose, request=None):
    """查询: archives of one's branches by file number, customer number or name, for a stated purpose.

    Each file that is found has the query in its register; who looks for whom is in the access log.
    """
    permissions.require(by, Permission.QUERY_ARCHIVE)
    text = check_text(text, "q", most=60)
    why = check_text(purpose, "purpose")
    wanted = Q(file_no__iexact=text) | Q(client__customer_no=text) | Q(client__name=text)
    if text.isascii() and text.isdigit() and len(text) >= 4:
        wanted |= Q(file_no__endswith=f"-{text}")
    rows = Archive.objects.visible_to(by).filter(wanted).select_related("client__owner", "branch")
    found = list(rows.order_by("file_no")[:FOUND])
    CustodyEvent.objects.bulk_create(
        CustodyEvent(
            archive=archive, branch_id=archive.branch_id, link=Link.QUERY, name="queried", by=by, reason=why
        )
        for archive in found
    )
    kind = Client._meta.label_lower
    log(AccessEvent.Kind.SEARCH, by=by, object_type=kind, rows=len(found), request=request)
    return found
