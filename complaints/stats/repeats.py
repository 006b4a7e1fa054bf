"""Is it a repeat? Earlier complaints of the same person at the same branch that are still open."""

import datetime

from django.db.models import Q

from ..models import Complaint
from ..rules.complaint import OPEN, REPEAT_DAYS

MOST = 3


def likely_repeats(complaint, user):
    """Those it may be merged into, the latest first: by the phone or the client, none `user` keeps out of.
    One query on the index of either."""
    same = Q()
    if complaint.phone_hash:
        same |= Q(phone_hash=complaint.phone_hash)
    if complaint.client_id:
        same |= Q(client=complaint.client_id)
    if not same:
        return []
    since = complaint.received_at - datetime.timedelta(days=REPEAT_DAYS)
    rows = Complaint.objects.visible_to(user).filter(same, branch=complaint.branch_id, status__in=OPEN)
    rows = rows.filter(received_at__range=(since, complaint.received_at)).exclude(pk=complaint.pk)
    rows = rows.exclude(received_at=complaint.received_at, pk__gt=complaint.pk)
    return list(rows.order_by("-received_at", "-pk")[:MOST])
