"""Counts of the client list: one query for all its chips."""

from django.core.cache import cache
from django.db.models import Count, Q

from .models import Client

KEPT_FROM = 5000  # clients; below, counting costs nothing and the figures are always right
KEPT = 60  # seconds
#: Whose clients a list shows: one's own, the branch's, those nobody looks after, premium ones without a manager.
WHOSE = ("mine", "all", "none", "unmanaged")


def by_type(user, whose):
    """Clients of a list per type: {type: n}. `whose` is one of `WHOSE`."""
    key = f"clients:types:{user.pk}:{whose}"
    counts = cache.get(key)
    if counts is None:
        rows = of(user, whose).values_list("type").annotate(n=Count("pk")).order_by()
        counts = dict(rows)
        if sum(counts.values()) >= KEPT_FROM:
            cache.set(key, counts, KEPT)
    return counts


def of(user, whose):
    """The rows of a list, all inside what `user` may see."""
    known = Client.objects.filter(erased_at__isnull=True)
    if whose == "mine":
        return known.filter(Q(owner=user) | Q(backup=user))
    rows = known.of_branches(user)
    if whose == "unmanaged":
        return rows.unmanaged()
    return rows.filter(owner__isnull=True) if whose == "none" else rows
