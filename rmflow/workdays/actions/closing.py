"""Signing, locking and reopening a business day; what its slips need is asked of the floor above."""

from django.db import transaction
from django.utils.translation import gettext as _

from rmflow.staff.models import User
from rmflow.staff.permissions import Permission, require
from rmflow.workflow import Conflict, Refused

from .. import clock, freeze
from ..models import BranchDay, DayConfirmation, DayReopening, OpinionBoxCheck
from . import custody

REASON_LENGTH = 200


def for_signing(day_id) -> BranchDay:
    """The day, so that signatures come one after another; filing goes on meanwhile."""
    return _locked(day_id, no_key=True)


def for_locking(day_id) -> BranchDay:
    """The day alone: waits for every slip that is just being written to it."""
    return _locked(day_id, no_key=False)


def _locked(day_id, *, no_key):
    days = BranchDay.objects.select_for_update(of=("self",), no_key=no_key).select_related("branch")
    return days.get(pk=day_id)


def require_unlocked(day: BranchDay) -> None:
    if day.closed_at is not None:
        raise Conflict(_("The day is locked; ask the branch head to reopen it"), code="day_locked")


@transaction.atomic
def look_into_box(day_id, *, by, box_found=0, book_found=0, witness_id=None, note="") -> OpinionBoxCheck:
    """Record that opinion box and book were looked at, what was found, and who was present (W3-07)."""
    day = for_signing(day_id)
    require(by, Permission.CLOSE_DAY, day.branch)
    require_unlocked(day)
    if min(box_found, book_found) < 0 or max(box_found, book_found) > 999:
        raise Refused(_("Choose 0 to 999."), field="box_found")
    witness = None
    if witness_id is not None:
        witness = User.objects.active().filter(pk=witness_id, home_branch_id=day.branch_id).first()
        if witness is None or witness.pk == by.pk:
            raise Refused(_("The witness is another person of this branch."), field="witness")
    return OpinionBoxCheck.objects.create(
        day=day,
        by=by,
        at=clock.now(),
        box_found=box_found,
        book_found=book_found,
        witness=witness,
        note=note[:REASON_LENGTH],
    )


def sign(day: BranchDay, *, side, person, by, slips, reason="") -> DayConfirmation:
    """Sign one side of `day` (from `for_signing`); a signature for fewer slips gives way to the new one.

    Signing again for the same slips returns the signature there is. Rights are the caller's to check.
    """
    found = DayConfirmation.objects.filter(day=day, side=side, withdrawn_at__isnull=True)
    if side == DayConfirmation.Side.MANAGER:
        found = found.filter(person=person)
    signed = found.first()
    if signed and signed.person_id == person.pk and signed.slips == slips:
        return signed
    found.update(withdrawn_at=clock.now())
    return DayConfirmation.objects.create(
        day=day,
        side=side,
        person=person,
        by=by,
        at=clock.now(),
        reason=reason.strip()[:REASON_LENGTH],
        slips=slips,
    )


def withdraw_signatures(day: BranchDay, *, side=None, person_id=None) -> int:
    """Take signatures back because what they stood for has changed; they stay on record."""
    signed = DayConfirmation.objects.filter(day=day, withdrawn_at__isnull=True)
    if side:
        signed = signed.filter(side=side)
    if person_id:
        signed = signed.filter(person=person_id)
    return signed.update(withdrawn_at=clock.now())


def lock_day(day: BranchDay, *, by, picture, counts) -> BranchDay:
    """Lock `day` (from `for_locking`), settle its reopening, seal the branch's records.

    `picture` is what the day holds now, for the reopening's after; `counts` what goes into custody.
    """
    now = clock.now()
    DayReopening.objects.filter(day=day, settled_at__isnull=True).update(after=picture, settled_at=now)
    custody.seal(day, now=now, by=by, counts=counts)
    day.ended_at = day.ended_at or now
    day.closed_at, day.closed_by = now, by
    day.save(update_fields=["ended_at", "closed_at", "closed_by"])
    return day


def reopen_day(day: BranchDay, *, by, reason, picture) -> DayReopening:
    """Open a locked day again for corrections, with a reason and what it held; both sides sign anew.

    It stays ended: what is filed now belongs to the open day, never to this one.
    """
    if day.closed_at is None:
        raise Conflict(_("This day is not locked."), code="not_locked")
    if not reason.strip():
        raise Refused(_("Say why the day is opened again."), field="reason")
    now = clock.now()
    day.closed_at = day.closed_by = None
    with freeze.passing("reopen"):
        day.save(update_fields=["closed_at", "closed_by"])
    withdraw_signatures(day)
    return DayReopening.objects.create(
        day=day, by=by, at=now, reason=reason.strip()[:REASON_LENGTH], before=picture
    )
