"""B-13: while a complaint is open nothing of its client is destroyed.

The hold leaves a line on the client's timeline. Where somebody must keep out it does not say for what: he
may be the one who reads it.
"""

from django.utils.translation import gettext as _

from clients.actions.holds import place_hold, release_hold
from clients.custody_rules import HoldKind
from clients.models import TimelineEntry
from clients.rules import TimelineKind

from . import complaint_core as core


def place(complaint, *, by):
    """Hold the client's archive; once, however often it is asked."""
    if complaint.client_id is None:
        return
    quiet = complaint.recusals.exists()
    place_hold(
        complaint.client_id,
        kind=HoldKind.OTHER if quiet else HoldKind.COMPLAINT,
        reason=_("Matter in hand") if quiet else complaint.number,
        source_key=core.source_key(complaint),
        by=by,
    )


def release(complaint, *, by):
    """The complaint has ended: what it held may go its way."""
    release_hold(source_key=core.source_key(complaint), by=by, note=complaint.number)


def forget_lines(complaint):
    """Take from the client's timeline what tells of a complaint: the line itself and that of its hold."""
    lines = TimelineEntry.objects.filter(client=complaint.client_id)
    lines.filter(kind=TimelineKind.COMPLAINT, link=core.address(complaint)).delete()
    lines.filter(kind=TimelineKind.CUSTODY, data__kind=HoldKind.COMPLAINT).delete()
