"""Tiers month by month (domain-rules §2.2): pure functions over monthly averages.

The table and every option are data of a scorecard; `clients.scoring.sql` says the same in SQL, and a
test holds the two together.
"""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from enum import IntFlag

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from rmflow.workflow import Refused

SIX = 6  # months that "the best of the last six months" looks back
OVERRIDE_MONTHS = 6  # an override ends after six months at the latest (§2.3)
UPGRADES_AFTER_WORKING_DAYS = 3  # in a run nobody signed (§2.3)


class CardState(TextChoices):
    """The life of a scorecard's version."""

    DRAFT = "draft", _("Draft")
    SIMULATED = "simulated", _("Simulated")
    PUBLISHED = "published", _("In force")
    RETIRED = "retired", _("Retired")


class Upgrade(TextChoices):
    """When a higher tier takes effect."""

    NEXT_MONTH = "next_month_first_day", _("On the first day of the next month")
    IMMEDIATE = "immediate", _("At once")


class DowngradeTo(TextChoices):
    """Which tier a client falls to after too many months below."""

    LAST_MONTH = "tier_of_last_month", _("The tier of the last month")
    BEST_OF_SIX = "max_of_last_6_months", _("The tier of the best of the last six months")


class NewClient(TextChoices):
    """What the first tier of a client stands on."""

    FULL_MONTH = "first_full_month", _("The first full month")
    POINT_IN_TIME = "point_in_time", _("The balance at the end of the month, until a month is full")


class RunKind(TextChoices):
    MONTHLY = "monthly", _("Monthly")
    FORMAL = "formal", _("Half-yearly review")
    EVENT = "event", _("By event")


class RunState(TextChoices):
    COMPUTING = "computing", _("Computing")
    READY = "ready", _("Waiting for signature")
    DONE = "done", _("In effect")


class PartState(TextChoices):
    """One branch of a run."""

    WAITING = "waiting", _("Not computed yet")
    READY = "ready", _("Waiting for signature")
    BACK = "back", _("Sent back")
    UPGRADED = "upgraded", _("Upgrades in effect")
    SIGNED = "signed", pgettext_lazy("tiers", "Signed")


class Move(TextChoices):
    """What a run does to a client's tier."""

    UP = "up", pgettext_lazy("tier", "Up")
    DOWN = "down", pgettext_lazy("tier", "Down")
    NEW = "new", pgettext_lazy("tier", "First tier")
    WATCH = "watch", pgettext_lazy("tier", "Watched")
    STAY = "stay", pgettext_lazy("tier", "Stays")


class Reason(TextChoices):
    """Why a tier is what it is."""

    REACHED = "reached", _("Monthly average reached the threshold")
    FIRST = "first", _("First tier of a new client")
    BELOW = "below", _("Too many months below the threshold")
    OVERRIDE = "override", _("Set by hand")
    OVERRIDE_ENDED = "override_ended", _("Manual setting ended")
    WATCHED = "watched", _("Below the threshold, watched")
    HELD = "held", _("As before")
    NO_DATA = "no_data", _("No balance for the month")


class TypeReason(TextChoices):
    """Which rule decided the type."""

    TIER = "tier", _("By the tier")
    SCORE = "score", _("By the score")
    EXTERNAL = "external", _("Strong outside our bank")
    OVERRIDE = "override", _("Set by hand")


class Flag(IntFlag):
    """What a reader must know beside the result."""

    OVERDUE = 1
    CONFLICT = 2
    VERDICT = 4
    OVERRIDE = 8


FLAG_WORDS = {
    Flag.OVERDUE: _("Loan overdue"),
    Flag.CONFLICT: _("Differs from the manager's verdict"),
    Flag.VERDICT: _("The manager's verdict stands"),
    Flag.OVERRIDE: _("Set by hand"),
}


@dataclass(frozen=True)
class Tier:
    """One row of the tier table; `minimum` in yuan."""

    code: str
    minimum: Decimal
    downgrade_after: int | None = None


@dataclass(frozen=True)
class TierRules:
    """The tier table, lowest first, with the options of domain-rules §2.2."""

    tiers: tuple[Tier, ...]
    upgrade: str = Upgrade.NEXT_MONTH
    watch_after: int = 1
    downgrade_after: int = 3
    downgrade_to: str = DowngradeTo.LAST_MONTH
    new_client: str = NewClient.FULL_MONTH

    def tier(self, code: str) -> Tier:
        return next(tier for tier in self.tiers if tier.code == code)

    def rank(self, code: str) -> int:
        return next(rank for rank, tier in enumerate(self.tiers) if tier.code == code)

    def of(self, average: Decimal) -> Tier:
        """The tier an average reaches; whoever lies below the lowest is in the lowest (negative balances)."""
        return next((tier for tier in reversed(self.tiers) if average >= tier.minimum), self.tiers[0])

    def misses_allowed(self, tier: Tier) -> int:
        """The month below with which a client leaves `tier`."""
        return tier.downgrade_after or self.downgrade_after


@dataclass(frozen=True)
class Standing:
    """Where a client stands after a month's run: tier in force, months below in a row, months seen."""

    tier: str = ""
    misses: int = 0
    is_watched: bool = False
    averages: tuple[Decimal, ...] = ()
    reason: str = Reason.HELD


def next_standing(
    rules: TierRules,
    standing: Standing,
    average: Decimal | None,
    *,
    is_full: bool = True,
    point: Decimal | None = None,
) -> Standing:
    """What the run of one month makes of a client; the tier takes effect on the next month's first day.

    A month without a balance says nothing: it neither counts as a miss nor ends a series of them.
    """
    if average is None:
        return Standing(
            standing.tier, standing.misses, standing.is_watched, standing.averages, Reason.NO_DATA
        )
    seen = (*standing.averages, average)[-SIX:]
    if not standing.tier:
        return _first(rules, average, seen, is_full=is_full, point=point)
    present, reached = rules.tier(standing.tier), rules.of(average)
    if rules.rank(reached.code) > rules.rank(present.code):
        return Standing(reached.code, 0, False, seen, Reason.REACHED)
    if average >= present.minimum or rules.rank(present.code) == 0:
        return Standing(present.code, 0, False, seen, Reason.HELD)
    misses = standing.misses + 1
    if misses >= rules.misses_allowed(present):
        target = rules.of(average if rules.downgrade_to == DowngradeTo.LAST_MONTH else max(seen))
        if rules.rank(target.code) < rules.rank(present.code):
            return Standing(target.code, 0, False, seen, Reason.BELOW)
    watched = misses >= rules.watch_after
    return Standing(present.code, misses, watched, seen, Reason.WATCHED if watched else Reason.HELD)


def _first(rules, average, seen, *, is_full, point):
    """The first tier: of a full month, or (by option) of the balance at the month's end."""
    if not is_full and rules.new_client == NewClient.FULL_MONTH:
        return Standing("", 0, False, seen, Reason.HELD)
    basis = average if is_full or point is None else point
    return Standing(rules.of(basis).code, 0, False, seen, Reason.FIRST)


def walk(rules: TierRules, tier: str, averages: Sequence[Decimal | None]) -> list[Standing]:
    """The standing after each month's run, beginning in `tier` with nothing held against it."""
    standing, path = Standing(tier), []
    for average in averages:
        standing = next_standing(rules, standing, average)
        path.append(standing)
    return path


# --- what an editor may save ---


@dataclass(frozen=True)
class BandSpec:
    """A band of an indicator: from `low` (included) to `high` (not included), or one `code`."""

    low: Decimal | None = None
    high: Decimal | None = None
    points: int = 0
    code: str = ""


@dataclass
class IndicatorSpec:
    name: str
    is_coded: bool
    bands: list[BandSpec] = field(default_factory=list)
    most: int | None = None

    @property
    def best(self) -> int:
        """The most points it can give."""
        top = max((band.points for band in self.bands), default=0)
        return top if self.most is None else min(top, self.most)


def check_bands(spec: IndicatorSpec) -> None:
    """Refuse bands that are reversed, leave a gap or overlap; codes must differ."""
    if not spec.bands:
        raise Refused(_("{name}: give at least one band.").format(name=spec.name), field="bands")
    if any(band.points < 0 for band in spec.bands):
        raise Refused(_("{name}: points cannot be negative.").format(name=spec.name), field="bands")
    if spec.is_coded:
        _check_codes(spec)
        return
    for band in spec.bands:
        if band.low is not None and band.high is not None and band.low >= band.high:
            raise Refused(
                _("{name}: the band from {low} to {high} is reversed.").format(
                    name=spec.name, low=_plain(band.low), high=_plain(band.high)
                ),
                field="bands",
            )
    rows = sorted(spec.bands, key=lambda band: (band.low is not None, band.low or 0))
    if rows[0].low is not None or rows[-1].high is not None:
        raise Refused(
            _("{name}: the first band has no lower bound, the last no upper one.").format(name=spec.name),
            field="bands",
        )
    for lower, upper in itertools.pairwise(rows):
        _check_seam(spec.name, lower, upper)


def _check_seam(name, lower, upper):
    if lower.high is None or upper.low is None or upper.low < lower.high:
        raise Refused(
            _("{name}: bands overlap at {at}.").format(
                name=name, at=_plain(upper.low if upper.low is not None else lower.low)
            ),
            field="bands",
        )
    if upper.low > lower.high:
        raise Refused(
            _("{name}: there is a gap from {low} to {high}.").format(
                name=name, low=_plain(lower.high), high=_plain(upper.low)
            ),
            field="bands",
        )


def _check_codes(spec):
    codes = [band.code for band in spec.bands]
    if len(set(codes)) < len(codes):
        raise Refused(_("{name}: a value stands twice.").format(name=spec.name), field="bands")


def _plain(number):
    return "…" if number is None else f"{number:f}".rstrip("0").rstrip(".") or "0"


def check_weights(dimensions: Sequence[tuple[str, int, Sequence[IndicatorSpec]]]) -> None:
    """Weights are 100 together, and each dimension's indicators can reach its weight."""
    total = sum(weight for _name, weight, _specs in dimensions)
    if total != 100:
        raise Refused(
            _("The weights are {total} together; they must be 100.").format(total=total), field="weight"
        )
    for name, weight, specs in dimensions:
        best = sum(spec.best for spec in specs)
        if best < weight:
            raise Refused(
                _("{name}: its indicators give {best} points at most, its weight is {weight}.").format(
                    name=name, best=best, weight=weight
                ),
                field="weight",
            )


def check_tiers(tiers: Sequence[Tier]) -> None:
    """The table begins at 0 and rises."""
    minimums = [tier.minimum for tier in tiers]
    if not minimums or minimums[0] != 0 or sorted(set(minimums)) != minimums:
        raise Refused(_("Tiers begin at 0 and each threshold is above the one before."), field="tiers")
    if len({tier.code for tier in tiers}) < len(tiers):
        raise Refused(_("A tier's code stands twice."), field="tiers")
