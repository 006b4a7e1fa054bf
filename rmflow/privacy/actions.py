"""What goes on record, and showing what is masked.

`log` is one INSERT; the row is chained within a minute (`chain`). It takes keys, never values.
"""

import ipaddress
import re
from dataclasses import dataclass

from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from rmflow.doors.together import insert
from rmflow.staff import permissions
from rmflow.staff.models import bank_now
from rmflow.staff.permissions import Permission
from rmflow.workflow import Refused

from . import normal
from .fields import EncryptedField
from .models import AccessEvent, Purpose

Kind = AccessEvent.Kind
#: Looks that showed masked data only. Their row is committed like any other, but the answer does not wait
#: for the disk: a power cut within a fifth of a second may lose it. What shows data in full always waits; the
#: head of a client's page goes to the disk with the line of its tab, which follows at once.
MASKED_LOOKS = frozenset({Kind.SEARCH, Kind.REPEAT_CHECK})
REVEAL_LOCK = 7201  # first half of an advisory lock; the second is the user's id


@dataclass(frozen=True)
class Revealed:
    """What was shown; `alert` is true once a day, when the head should be told."""

    value: str
    used: int
    left: int
    alert: bool


def log(
    kind,
    *,
    by,
    obj=None,
    object_type="",
    fields=(),
    purpose="",
    note="",
    item_key="",
    rows=None,
    branch_id=None,
    request=None,
):
    """Append one event; returns it. `by` may be None (a failed log-in, a nightly job).

    `obj` gives object_type and object_id; a list or an export has `object_type` and `rows` instead.
    `item_key` is the key of the plan item, export or print that was the occasion.
    """
    known = by if by is not None and by.pk else None
    event = AccessEvent(
        at=timezone.now(),
        user_id=known and known.pk,
        branch_id=branch_id or (known.branch_id if known else None),
        kind=kind,
        object_type=obj._meta.label_lower if obj is not None else object_type,
        object_id=obj.pk if obj is not None else None,
        fields=list(fields),
        purpose=purpose,
        note=note,
        item_key=item_key,
        rows=rows,
        ip=_ip(request),
    )
    statement, values = insert(event, "RETURNING id")
    [(event.pk,)] = statement.rows(*values, before=not_waiting() if kind in MASKED_LOOKS else "")
    event._state.adding = False
    return event


def not_waiting():
    """Before a line of MASKED_LOOKS, in its trip and its transaction: do not wait for the disk."""
    return "" if connection.in_atomic_block else "SET LOCAL synchronous_commit = off; "


class Search:
    """A search and its line in the log as one statement: neither is there without the other.

    `sql(n)` is a further WITH-query beside one called `found`; its `values` are $n and the next ones.
    """

    TYPES = "timestamptz, bigint, bigint, text, inet"

    def __init__(self, by, object_type, request=None):
        self.by, self.object_type, self.request = by, object_type, request

    @staticmethod
    def sql(first):
        at, user, branch, object_type, ip = (f"${n}" for n in range(first, first + 5))
        return (
            "INSERT INTO privacy_accessevent (at, user_id, branch_id, kind, object_type, fields, purpose, note,"
            " item_key, rows, ip, prev_hash, hash)"
            f" SELECT {at}, {user}, {branch}, '{Kind.SEARCH}', {object_type}, '{{}}', '', '', '',"
            f" count(*), {ip}, '', '' FROM found"
        )

    @property
    def values(self):
        return timezone.now(), self.by.pk, self.by.branch_id, self.object_type, _ip(self.request)

    def write(self, rows):
        """The line by itself, for a search by other means."""
        return log(Kind.SEARCH, by=self.by, object_type=self.object_type, rows=rows, request=self.request)


class View:
    """The line that somebody opened one record, for the statement that reads it (as `Search`)."""

    TYPES = "bigint, text, text[], inet"

    def __init__(self, by, object_type, fields, request=None):
        self.values = by.branch_id, object_type, list(fields), _ip(request)

    @staticmethod
    def sql(first, at, user, source):
        """The INSERT of a line for each row of `source`, which has an `id`; its `values` are $first and on."""
        branch, object_type, fields, ip = (f"${n}" for n in range(first, first + 4))
        return (
            "INSERT INTO privacy_accessevent (at, user_id, branch_id, kind, object_type, object_id, fields, purpose,"
            " note, item_key, rows, ip, prev_hash, hash)"
            f" SELECT {at}, {user}, {branch}, '{Kind.VIEW}', {object_type}, id, {fields}, '', '', '', NULL, {ip},"
            f" '', '' FROM {source}"
        )


def _ip(request):
    try:
        return str(ipaddress.ip_address(request.META["REMOTE_ADDR"])) if request else None
    except (KeyError, ValueError):
        return None  # a Unix socket has no address


def reveal(obj, field, *, by, purpose, note="", item_key="", branch=None, request=None) -> Revealed:
    """Show one masked field of `obj`, which the caller fetched by `visible_to(by)`.

    Logged with its purpose, capped per person and day; a refusal by the cap is logged too.
    """
    permissions.require(by, Permission.REVEAL_CLIENT, branch)
    note = _checked(purpose, note)
    if field not in revealable(obj):
        raise Refused(_("There is nothing to show here."), code="field")
    event = {
        "by": by, "obj": obj, "fields": [field], "purpose": purpose, "note": note,
        "item_key": item_key, "request": request,
    }  # fmt: skip
    with transaction.atomic():
        used = _reveals_today(by)
        if used < settings.PRIVACY_REVEALS_PER_DAY:
            log(Kind.REVEAL, **event)
            used += 1
            return Revealed(
                value=getattr(obj, field) or "",
                used=used,
                left=settings.PRIVACY_REVEALS_PER_DAY - used,
                alert=used == settings.PRIVACY_REVEAL_ALERT + 1,
            )
    log(Kind.REVEAL_REFUSED, **event)
    raise Refused(
        _("You have shown masked data {n} times today, which is the limit. Ask your head.").format(n=used),
        code="cap",
    )


def revealable(obj):
    """The fields that `reveal` opens: the encrypted ones, and those the model lists beside them."""
    encrypted = {f.name for f in obj._meta.concrete_fields if isinstance(f, EncryptedField)}
    return encrypted | set(getattr(obj, "REVEALABLE", ()))


def _reveals_today(by):
    """How many times `by` has shown something today; the lock makes two requests take turns."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [REVEAL_LOCK, by.pk])
    midnight = bank_now().replace(hour=0, minute=0, second=0, microsecond=0)
    return AccessEvent.objects.filter(user=by, kind=Kind.REVEAL, at__gte=midnight).count()


def _checked(purpose, note):
    """The note to store: needed for "other", short, and without numbers of clients."""
    if purpose not in Purpose.values:
        raise Refused(_("Choose what you need it for."), field="purpose", code="purpose")
    note = normal.line(note, 100, _("At most {n} characters."))
    if purpose == Purpose.OTHER and not note:
        raise Refused(_("Say in a few words what you need it for."), field="note", code="note")
    if re.search(r"\d{7,}", re.sub(r"[\s-]", "", normal.fold(note))):
        raise Refused(_("The note is kept for years; leave out phone and ID numbers."), field="note")
    return note
