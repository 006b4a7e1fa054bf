"""Column maps saved in the browser: which column of a file is which field (B-15)."""

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from rmflow.staff import permissions
from rmflow.staff.permissions import Permission
from rmflow.workflow import Refused

from ..importing import parse_map
from ..models import ColumnMap

NAME, PATTERN = 60, 80


@transaction.atomic
def save_map(*, by, name, body, pk=None) -> ColumnMap:
    """Keep a column map; FileFault when it cannot be followed."""
    permissions.require(by, Permission.LOAD_FILES)
    name = " ".join(name.split())
    if not name or len(name) > NAME:
        raise Refused(_("A name has 1 to {n} characters.").format(n=NAME), field="name")
    column_map = parse_map(name, body)
    row = ColumnMap.objects.select_for_update().get(pk=pk) if pk else ColumnMap()
    row.name, row.kind, row.body, row.pattern = name, column_map.kind, body, column_map.pattern[:PATTERN]
    row.saved_by, row.saved_at = by, timezone.now()
    others = ColumnMap.objects.exclude(pk=row.pk)
    if others.filter(name=name).exists():
        raise Refused(_("Another map has this name."), field="name")
    if row.pattern and others.filter(pattern=row.pattern).exists():
        raise Refused(_("Another map has this file name pattern."), field="pattern")
    row.save()
    return row


@transaction.atomic
def delete_map(pk, *, by) -> None:
    """Forget a map; loads done by it keep what it said."""
    permissions.require(by, Permission.LOAD_FILES)
    ColumnMap.objects.get(pk=pk).delete()
