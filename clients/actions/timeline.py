"""The person's timeline: one line for each thing that happened, and the day of the last contact."""

from django.db.models import Q
from django.utils import timezone

from rmflow.doors.rows import joined
from rmflow.doors.together import put

from ..models import Client, TimelineEntry
from ..rules import NOT_REACHED, TimelineKind


def note(client, kind, *, by, branch=None, text="", data=None, link="", at=None):
    """Write one line of a person's timeline. `data` holds codes and numbers, never personal data."""
    entry = TimelineEntry(
        client_id=client.pk,
        kind=kind,
        at=at or timezone.now(),
        by_id=by and by.pk,
        branch_id=branch.pk if branch else (by.branch_id if by else None),
        data=data or {},
        note=text,
        link=link,
    )
    put(joined(entry, client=client, by=by))
    if kind == TimelineKind.MET or (kind == TimelineKind.CONTACT and _reached(entry)):
        earlier = Q(last_contact_at__isnull=True) | Q(last_contact_at__lt=entry.at)
        Client.objects.filter(earlier, pk=client.pk).update(last_contact_at=entry.at)
    return entry


def _reached(entry):
    return entry.data.get("result") not in NOT_REACHED
