"""Segments: kept, copied and deleted by their owner, read by whom they are shared with (C-06)."""

import pghistory
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from django.db.models import ProtectedError
from django.utils import timezone
from django.utils.translation import gettext as _

from rmflow.staff import permissions
from rmflow.staff.permissions import Permission
from rmflow.workflow import Conflict, Refused

from ..models import Segment
from ..segments import fields, rules

MOST_OF_ONE = 100
NAME, NOTE = 40, 200


@transaction.atomic
def save_segment(*, by, name, conditions, note="", shared=False, pk=None, changed_at=None) -> Segment:
    """Keep a segment, new or changed; `changed_at`: as it stood when the form was opened."""
    permissions.require(by, Permission.USE_SEGMENTS)
    row = owned(pk, by=by) if pk else Segment(owner=by)
    if pk and changed_at and changed_at != row.changed_at.isoformat():
        raise Conflict(_("The segment was changed meanwhile; reload it first."))
    if not pk and Segment.objects.filter(owner=by).count() >= MOST_OF_ONE:
        raise Refused(_("You have {n} segments; delete one first.").format(n=MOST_OF_ONE))
    name, note = " ".join(name.split()), note.strip()
    if not name or len(name) > NAME:
        raise Refused(_("A name has 1 to {n} characters.").format(n=NAME), field="name")
    if len(note) > NOTE:
        raise Refused(_("At most {n} characters.").format(n=NOTE), field="note")
    if shared and by.home_branch is None:
        raise Refused(_("You have no branch today; ask the administrator."), field="shared")
    row.name, row.note, row.shared = name, note, shared
    row.branch = by.home_branch if shared else None
    row.conditions = rules.check(conditions, fields.shapes(by))
    row.changed_at = timezone.now()
    return _write(row, by)


def _write(row, by):
    try:
        with transaction.atomic(), pghistory.context(user=by.pk):
            row.save()
    except IntegrityError as error:
        raise Refused(_("You already have a segment of this name."), field="name") from error
    return row


def owned(pk, *, by, lock=True) -> Segment:
    """One's own segment; DoesNotExist outside the scope, PermissionDenied for another's shared one."""
    rows = Segment.objects.visible_to(by)
    row = (rows.select_for_update(of=("self",), no_key=True) if lock else rows).get(pk=pk)
    if row.owner_id != by.pk:
        raise PermissionDenied(_("Only its owner changes a segment; make a copy."))
    return row


@transaction.atomic
def copy_segment(pk, *, by) -> Segment:
    """An own copy of a segment one may read, under a name that is free."""
    permissions.require(by, Permission.USE_SEGMENTS)
    row = Segment.objects.visible_to(by).get(pk=pk)
    taken = set(Segment.objects.filter(owner=by).values_list("name", flat=True))
    base = _("Copy of {name}").format(name=row.name)[: NAME - 4]
    name = next(n for n in (base, *(f"{base} {k}" for k in range(2, MOST_OF_ONE + 3))) if n not in taken)
    return save_segment(by=by, name=name, note=row.note, conditions=row.conditions)


@transaction.atomic
def delete_segment(pk, *, by) -> None:
    """Delete one's own segment; what uses it keeps it."""
    permissions.require(by, Permission.USE_SEGMENTS)
    row = owned(pk, by=by)
    try:
        with pghistory.context(user=by.pk):
            row.delete()
    except ProtectedError as error:
        raise Refused(_("This segment is in use; it cannot be deleted.")) from error
