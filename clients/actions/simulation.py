"""Simulating a scorecard over the whole base (B-11): reads only; the figures are kept for a day in the cache."""

from django.core.cache import cache

from rmflow.staff import permissions
from rmflow.staff.models import Branch
from rmflow.staff.permissions import Permission, scope
from rmflow.workdays import clock

from ..models import MonthlyBalance, Scorecard
from ..scoring import stats
from ..scoring.months import first_of, next_first
from . import scorecards
from .evaluation import whole

AT_ONCE = 50_000  # clients that a page may wait for
KEPT = 24 * 3600  # seconds


def month():
    """The month that balances are there for: what the coming run would stand on."""
    newest = MonthlyBalance.objects.filter(month__lte=clock.today()).order_by("-month")
    return newest.values_list("month", flat=True).first() or first_of(clock.today(), back=1)


def _key(card):
    return f"tiers:simulation:{card.pk}:{card.changed_at.timestamp()}:{month()}"


def begin(card_id, *, by):
    """Check that it may be simulated, and note that it is asked for."""
    permissions.require(by, Permission.KEEP_SCORECARDS)
    card = whole(Scorecard.objects.filter(pk=card_id)).get()
    scorecards.content_of(card).check()
    cache.delete(_key(card))
    cache.set(f"{_key(card)}:running", 1, 600)
    return _key(card)


def run(card_id, *, by):
    """Count the groups; a draft becomes a simulated one, unless it was edited meanwhile."""
    card = whole(Scorecard.objects.filter(pk=card_id)).get()
    basis = month()
    groups = stats.simulate(card, month=basis, cut=clock.now(), effective=next_first(basis))
    cache.set(_key(card), groups, KEPT)
    cache.delete(f"{_key(card)}:running")
    if card.is_editable:
        scorecards.simulated(card_id, of=card.changed_at, by=by)
    return groups


def found(card):
    return cache.get(_key(card))


def is_running(card):
    return bool(cache.get(f"{_key(card)}:running"))


def open_branches(groups, user):
    """Branches whose managers `user` may look at one by one: all for who keeps scorecards, else one's own."""
    rows = Branch.objects.filter(pk__in={group.branch for group in groups}).order_by("code")
    if user.has(Permission.KEEP_SCORECARDS):
        return list(rows)
    return list(rows.filter(scope(user, Permission.SEE_TIERS).q("")))
