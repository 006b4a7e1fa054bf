"""Versions of the scorecard (C-03): copied, edited, simulated, published; one is in force."""

from dataclasses import dataclass, field

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from rmflow.staff import permissions
from rmflow.staff.permissions import Permission
from rmflow.workdays import clock
from rmflow.workflow import Conflict, Refused

from ..models import Band, Dimension, Indicator, Scorecard, TierRule
from ..scoring import names, rules, sources
from ..scoring.rules import BandSpec, CardState, IndicatorSpec
from .evaluation import whole

OPTIONS = (
    *("core_from", "regular_from", "potential_from", "external_from", "prospective_below", "overdue_days"),
    *("near_percent", "upgrade", "watch_after", "downgrade_after", "downgrade_to", "new_client"),
    *("formal_review", "name", "note"),
)
COPIED = ("name", "minimum", "premium", "core", "type_hint", "downgrade_after", "code")


@dataclass
class IndicatorRow:
    """One indicator as the editor sends it."""

    name: str
    source: str
    supplement: bool = False
    bands: list[BandSpec] = field(default_factory=list)

    @property
    def spec(self):
        return IndicatorSpec(self.name, self.source in sources.CODED, self.bands)


@dataclass
class DimensionRow:
    name: str
    weight: int
    is_external: bool = False
    indicators: list[IndicatorRow] = field(default_factory=list)


@dataclass
class Content:
    """Everything a version says."""

    options: dict
    tiers: list[dict]
    dimensions: list[DimensionRow]

    def check(self):
        """Refuse what cannot be scored, in words; the first fault found."""
        rules.check_tiers(
            [rules.Tier(row["code"], row["minimum"], row.get("downgrade_after")) for row in self.tiers]
        )
        names_given = [dimension.name for dimension in self.dimensions]
        if len(set(names_given)) < len(names_given):
            raise Refused(_("This dimension stands there already."), field="dimensions")
        for dimension in self.dimensions:
            used = [indicator.source for indicator in dimension.indicators]
            if len(set(used)) < len(used):
                raise Refused(_("This source is scored in the dimension already."), field="dimensions")
            for indicator in dimension.indicators:
                rules.check_bands(indicator.spec)
        rules.check_weights(
            [(d.name, d.weight, [indicator.spec for indicator in d.indicators]) for d in self.dimensions]
        )


def content_of(card):
    """The stored version as `Content`."""
    return Content(
        options={name: getattr(card, name) for name in OPTIONS},
        tiers=[{name: getattr(row, name) for name in COPIED} for row in card.tiers.all()],
        dimensions=[
            DimensionRow(
                d.name,
                d.weight,
                d.is_external,
                [
                    IndicatorRow(
                        i.name,
                        i.source,
                        i.supplement,
                        [BandSpec(b.low, b.high, b.points, b.code) for b in i.bands.all()],
                    )
                    for i in d.indicators.all()
                ],
            )
            for d in card.dimensions.all()
        ],
    )


@transaction.atomic
def copy(card_id, *, by):
    """A draft made from a version; its number is the next of the year."""
    permissions.require(by, Permission.KEEP_SCORECARDS)
    base = whole(Scorecard.objects.all()).get(pk=card_id)
    year = clock.today().year
    list(Scorecard.objects.select_for_update().values_list("pk", flat=True))  # numbers are given in turn
    taken = Scorecard.objects.filter(version__startswith=f"{year}-").values_list("version", flat=True)
    number = max((int(v.split("-")[1]) for v in taken if v.split("-")[1].isdigit()), default=0) + 1
    card = Scorecard.objects.create(version=f"{year}-{number}", name=base.name, base=base, created_by=by)
    _write(card, content_of(base))
    card.note = ""
    card.save(update_fields=["note"])
    return card


def _locked(card_id, *, by):
    permissions.require(by, Permission.KEEP_SCORECARDS)
    return Scorecard.objects.select_for_update(of=("self",)).get(pk=card_id)


@transaction.atomic
def save(card_id, content, *, by):
    """Write what the editor sends; a simulated version is a draft again."""
    card = _locked(card_id, by=by)
    if not card.is_editable:
        raise Conflict(_("A published scorecard is not changed; make a copy."), code="state")
    content.check()
    card.state, card.changed_at = CardState.DRAFT, clock.now()
    _write(card, content)
    return card


def _write(card, content):
    """Replace the rows of a version by those of `content`."""
    for name, value in content.options.items():
        setattr(card, name, value)
    if not card.core_from > card.regular_from > card.potential_from:
        raise Refused(_("Core lies above regular, regular above potential."), field="core_from")
    if not 1 <= card.watch_after <= card.downgrade_after:
        raise Refused(_("A client is watched before being downgraded."), field="watch_after")
    card.save()
    card.tiers.all().delete()
    card.dimensions.all().delete()
    TierRule.objects.bulk_create(TierRule(scorecard=card, **row) for row in content.tiers)
    for position, row in enumerate(content.dimensions):
        dimension = Dimension.objects.create(
            scorecard=card, position=position, name=row.name, weight=row.weight, is_external=row.is_external
        )
        for place, indicator in enumerate(row.indicators):
            made = Indicator.objects.create(
                dimension=dimension,
                position=place,
                name=indicator.name,
                source=indicator.source,
                supplement=indicator.supplement,
            )
            Band.objects.bulk_create(
                Band(indicator=made, low=b.low, high=b.high, points=b.points, code=b.code)
                for b in indicator.bands
            )


@transaction.atomic
def simulated(card_id, *, of, by):
    """Note that a draft, as last changed at `of`, was simulated over the base; only such a one is published."""
    card = _locked(card_id, by=by)
    if card.state == CardState.DRAFT and card.changed_at == of:
        content_of(whole(Scorecard.objects.filter(pk=card.pk)).get()).check()
        card.state = CardState.SIMULATED
        card.save(update_fields=["state"])
    return card


@transaction.atomic
def publish(card_id, *, by):
    """Put a simulated version in force and retire the one before. Two at once: the first wins."""
    permissions.require(by, Permission.KEEP_SCORECARDS)
    seen = Scorecard.objects.get(pk=card_id).base_id
    before = Scorecard.objects.in_force().select_for_update(of=("self",)).first()
    card = _locked(card_id, by=by)
    if card.state == CardState.DRAFT:
        raise Refused(_("Simulate the draft over the whole base first."), code="state")
    if card.state != CardState.SIMULATED:
        raise Conflict(_("This step is no longer possible; the record has moved on."), code="state")
    if before is not None and before.pk != seen:
        raise Conflict(_("Another scorecard was published meanwhile; copy that one."), code="published")
    content_of(whole(Scorecard.objects.filter(pk=card.pk)).get()).check()
    now = clock.now()
    if before is not None:
        before.state, before.retired_at = CardState.RETIRED, now
        before.save(update_fields=["state", "retired_at"])
    card.state, card.published_by, card.published_at = CardState.PUBLISHED, by, now
    try:
        with transaction.atomic():
            card.save(update_fields=["state", "published_by", "published_at"])
    except IntegrityError as error:
        raise Conflict(_("Another scorecard was published meanwhile."), code="published") from error
    transaction.on_commit(names.forget)
    return card


@transaction.atomic
def discard(card_id, *, by):
    """Throw a draft away."""
    card = _locked(card_id, by=by)
    if not card.is_editable:
        raise Conflict(_("A published scorecard is not changed; make a copy."), code="state")
    card.delete()
