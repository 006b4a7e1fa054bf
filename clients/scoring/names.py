"""Names of tiers as the scorecard in force says them: asked on every list, so kept in the cache."""

from django.core.cache import cache

from ..models import TierRule
from .rules import CardState

KEY, KEPT = "clients:tiers", 300  # seconds; publishing forgets them


def tier_names() -> dict[str, str]:
    """{code: name}, lowest tier first."""
    names = cache.get(KEY)
    if names is None:
        rows = TierRule.objects.filter(scorecard__state=CardState.PUBLISHED).order_by("minimum")
        names = dict(rows.values_list("code", "name"))
        cache.set(KEY, names, KEPT)
    return names


def forget() -> None:
    cache.delete(KEY)
