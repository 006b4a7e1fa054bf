"""Holds: nothing of a person is destroyed while a complaint, dispute or inquiry is open (B-13).

Apps above set one in their own transaction: `place_hold(client_id, kind="complaint",
source_key="complaint:17", …)`, and lift it by the same key. It waits for a destruction that is just being
carried out, and the other way round: both lock the person first.
"""

from django.db import transaction
from django.utils.translation import gettext as _

from rmflow.staff import permissions
from rmflow.staff.permissions import Permission
from rmflow.workdays import clock
from rmflow.workflow import Conflict, Refused

from ..custody_rules import HOLDS_BY_HAND, FileState, HoldKind, ItemState, Link, Stop, check_text
from ..models import Archive, Client, DestructionItem, Hold
from ..rules import TimelineKind
from .custody import record
from .timeline import note


@transaction.atomic
def place_hold(client_id, *, kind, reason, source_key="", by=None):
    """Hold a person's data back from destruction; once per source. The caller has checked the right."""
    client = (
        Client.objects.select_for_update(of=("self",), no_key=True).select_related("branch").get(pk=client_id)
    )
    if client.erased_at:
        raise Conflict(_("The data of this client were destroyed already."), code="erased")
    if source_key:
        there = Hold.objects.in_force().filter(client=client, source_key=source_key).first()
        if there:
            return there
    hold = Hold.objects.create(
        client=client, kind=kind, source_key=source_key, reason=check_text(reason, "reason"), placed_by=by
    )
    _stop_listing(client, by)
    archive = Archive.objects.filter(client=client).first()
    if archive:
        record(archive, Link.DESTRUCTION, "held", by=by, reason=hold.reason, kind=str(kind))
    note(client, TimelineKind.CUSTODY, by=by, data={"custody": "held", "kind": str(kind)})
    return hold


def _stop_listing(client, by):
    """Take the person's file off a list that is not carried out yet."""
    listed = DestructionItem.objects.filter(archive__client=client, state=ItemState.LISTED)
    listed.update(state=ItemState.STOPPED, stop=Stop.HOLD, stopped_by=by, at=clock.now())


@transaction.atomic
def release_hold(*, source_key, by=None, note=""):
    """Lift what a source has set; nothing happens when there is none."""
    if not source_key:
        raise ValueError("a hold of the house is lifted by the key of its source")
    rows = Hold.objects.in_force().filter(source_key=source_key).select_related("client")
    for hold in rows.select_for_update(of=("self",), no_key=True):
        _release(hold, by, note)


@transaction.atomic
def hold_by_hand(archive_id, *, by, kind, reason):
    """Archivist, supervisor or head hold one archive."""
    archive = Archive.objects.visible_to(by).select_related("branch").get(pk=archive_id)
    permissions.require(by, Permission.HOLD_ARCHIVE, archive.branch)
    if kind not in HOLDS_BY_HAND:
        raise Refused(_("Choose why the archive is held."), field="kind")
    if archive.state == FileState.DESTROYED:
        raise Conflict(_("The data of this client were destroyed already."), code="erased")
    return place_hold(archive.client_id, kind=kind, reason=reason, by=by)


@transaction.atomic
def release_by_hand(hold_id, *, by, note):
    """Lift a hold that a person has set; others end with their matter."""
    archives = Archive.objects.visible_to(by)
    rows = Hold.objects.filter(client__archive__in=archives).select_related("client__archive__branch")
    hold = rows.select_for_update(of=("self",), no_key=True).get(pk=hold_id)
    permissions.require(by, Permission.HOLD_ARCHIVE, hold.client.archive.branch)
    if hold.released_at:
        raise Conflict(_("This hold is lifted already."), code="released")
    if hold.source_key:
        raise Refused(_("This hold ends with the matter that set it."), code="source")
    _release(hold, by, check_text(note, "note"))
    return hold


def _release(hold, by, text):
    hold.released_at, hold.released_by, hold.release_note = clock.now(), by, text[:300]
    hold.save(update_fields=["released_at", "released_by", "release_note"])
    archive = Archive.objects.filter(client=hold.client).first()
    kind = str(HoldKind(hold.kind))
    if archive:
        record(archive, Link.DESTRUCTION, "released", by=by, reason=hold.release_note, kind=kind)
    note(hold.client, TimelineKind.CUSTODY, by=by, data={"custody": "released", "kind": kind})
