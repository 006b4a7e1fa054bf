"""Scorecards (综合评价, deck 12): dimensions, indicators, bands and the tier table, all of it data with versions."""

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from ..rules import ClientType
from ..scoring import rules
from ..scoring.rules import CardState, DowngradeTo, NewClient, Upgrade
from ..scoring.sources import Source
from .kept import kept_history

USER = settings.AUTH_USER_MODEL


def review_days():
    """30 June and 31 December (domain-rules §2.2)."""
    return ["06-30", "12-31"]


class ScorecardQuerySet(models.QuerySet):
    """Versions of the scorecard."""

    def in_force(self):
        return self.filter(state=CardState.PUBLISHED)

    def editable(self):
        return self.filter(state__in=(CardState.DRAFT, CardState.SIMULATED))


@kept_history("ScorecardHistory")
class Scorecard(models.Model):
    """One version: published once, never changed afterwards."""

    version = models.CharField(_("Version"), max_length=12, unique=True)
    name = models.CharField(_("Scorecard name"), max_length=60)
    state = models.CharField(_("State"), max_length=10, choices=CardState, default=CardState.DRAFT)
    base = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="+")
    note = models.CharField(_("What is new"), max_length=300, blank=True)

    core_from = models.SmallIntegerField(_("Core premium from"), default=75)
    regular_from = models.SmallIntegerField(_("Regular premium from"), default=60)
    potential_from = models.SmallIntegerField(_("Existing potential from"), default=40)
    external_from = models.SmallIntegerField(_("Prospective: outside strength from"), default=14)
    prospective_below = models.DecimalField(
        _("Prospective: assets with us below"), max_digits=16, decimal_places=2, default=200000
    )
    overdue_days = models.SmallIntegerField(_("Overdue: more days than"), default=30)
    near_percent = models.SmallIntegerField(
        _("Near the threshold: percent short at most"),
        default=10,
        validators=[MinValueValidator(1), MaxValueValidator(50)],
    )

    upgrade = models.CharField(_("Upgrade"), max_length=24, choices=Upgrade, default=Upgrade.NEXT_MONTH)
    watch_after = models.SmallIntegerField(_("Watched after months below"), default=1)
    downgrade_after = models.SmallIntegerField(_("Downgrade after months below"), default=3)
    downgrade_to = models.CharField(
        _("Downgrade to"), max_length=24, choices=DowngradeTo, default=DowngradeTo.LAST_MONTH
    )
    new_client = models.CharField(
        _("New client"), max_length=24, choices=NewClient, default=NewClient.FULL_MONTH
    )
    formal_review = ArrayField(
        models.CharField(max_length=5), verbose_name=_("Formal review on"), default=review_days
    )

    created_by = models.ForeignKey(USER, models.PROTECT, null=True, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)
    changed_at = models.DateTimeField(default=timezone.now)
    published_by = models.ForeignKey(USER, models.PROTECT, null=True, related_name="+")
    published_at = models.DateTimeField(null=True)
    retired_at = models.DateTimeField(null=True)

    objects = ScorecardQuerySet.as_manager()

    class Meta:
        verbose_name = _("Scorecard")
        verbose_name_plural = _("Scorecards")
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["state"],
                condition=Q(state="published"),
                name="scorecard_one_in_force",
                violation_error_message=_("Another scorecard was published meanwhile."),
            ),
            models.CheckConstraint(
                condition=Q(core_from__gt=models.F("regular_from"))
                & Q(regular_from__gt=models.F("potential_from")),
                name="scorecard_grades_fall",
                violation_error_message=_("Core lies above regular, regular above potential."),
            ),
            models.CheckConstraint(
                condition=Q(watch_after__gte=1) & Q(downgrade_after__gte=models.F("watch_after")),
                name="scorecard_watch_comes_first",
                violation_error_message=_("A client is watched before being downgraded."),
            ),
        ]

    def __str__(self):
        return f"{self.version} {self.name}"

    @property
    def is_editable(self):
        return self.state in (CardState.DRAFT, CardState.SIMULATED)

    def tier_rules(self):
        """The tier table and its options, as the pure rules read them."""
        return rules.TierRules(
            tiers=tuple(
                rules.Tier(row.code, row.minimum, row.downgrade_after)
                for row in sorted(self.tiers.all(), key=lambda row: row.minimum)
            ),
            upgrade=self.upgrade,
            watch_after=self.watch_after,
            downgrade_after=self.downgrade_after,
            downgrade_to=self.downgrade_to,
            new_client=self.new_client,
        )


class TierRule(models.Model):
    """A service tier: T0 to T5 in the default table, by the monthly average alone."""

    scorecard = models.ForeignKey(Scorecard, models.CASCADE, related_name="tiers")
    code = models.CharField(_("Tier code"), max_length=2)
    name = models.CharField(_("Tier"), max_length=20)
    minimum = models.DecimalField(_("Monthly average from"), max_digits=16, decimal_places=2)
    premium = models.BooleanField(_("Premium"), default=False)
    core = models.BooleanField(_("Core"), default=False)
    type_hint = models.CharField(_("Type"), max_length=20, choices=ClientType, blank=True)
    downgrade_after = models.SmallIntegerField(_("Downgrade after months below"), null=True, blank=True)

    class Meta:
        ordering = ["scorecard", "minimum"]
        constraints = [
            models.UniqueConstraint(
                fields=["scorecard", "code"],
                name="tier_code_once",
                violation_error_message=_("A tier's code stands twice."),
            ),
            models.UniqueConstraint(
                fields=["scorecard", "minimum"],
                name="tier_minimum_once",
                violation_error_message=_("Two tiers begin at the same amount."),
            ),
            models.CheckConstraint(
                condition=Q(minimum__gte=0),
                name="tier_minimum_not_negative",
                violation_error_message=_("A threshold is 0 or more."),
            ),
        ]

    def __str__(self):
        return self.name


class Dimension(models.Model):
    """One side a client is judged by; `is_external` ones tell of strength outside our bank."""

    scorecard = models.ForeignKey(Scorecard, models.CASCADE, related_name="dimensions")
    position = models.SmallIntegerField(default=0)
    name = models.CharField(_("Dimension"), max_length=30)
    weight = models.SmallIntegerField(_("Weight"), validators=[MinValueValidator(0), MaxValueValidator(100)])
    is_external = models.BooleanField(_("Counts as strength outside our bank"), default=False)

    class Meta:
        ordering = ["scorecard", "position", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["scorecard", "name"],
                name="dimension_once",
                violation_error_message=_("This dimension stands there already."),
            ),
            models.CheckConstraint(
                condition=Q(weight__gte=0, weight__lte=100),
                name="dimension_weight_is_a_percentage",
                violation_error_message=_("A weight lies between 0 and 100."),
            ),
        ]

    def __str__(self):
        return self.name


class Indicator(models.Model):
    """What is measured, from a source, and scored by bands.

    A supplement counts only beside data of its dimension's other indicators; it alone is no data.
    """

    dimension = models.ForeignKey(Dimension, models.CASCADE, related_name="indicators")
    position = models.SmallIntegerField(default=0)
    name = models.CharField(_("Indicator"), max_length=40)
    source = models.CharField(_("Source"), max_length=24, choices=Source)
    supplement = models.BooleanField(_("Counts only beside other data"), default=False)

    class Meta:
        ordering = ["dimension", "position", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["dimension", "source"],
                name="indicator_source_once",
                violation_error_message=_("This source is scored in the dimension already."),
            ),
        ]

    def __str__(self):
        return self.name


class Band(models.Model):
    """Points for values from `low` (included) to `high` (not included), or for one code."""

    indicator = models.ForeignKey(Indicator, models.CASCADE, related_name="bands")
    low = models.DecimalField(_("From"), max_digits=18, decimal_places=2, null=True, blank=True)
    high = models.DecimalField(_("To below"), max_digits=18, decimal_places=2, null=True, blank=True)
    code = models.CharField(_("Value"), max_length=20, blank=True)
    points = models.SmallIntegerField(_("Points"))

    class Meta:
        ordering = ["indicator", models.F("low").asc(nulls_first=True), "pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(low__isnull=True) | Q(high__isnull=True) | Q(low__lt=models.F("high")),
                name="band_not_reversed",
                violation_error_message=_("A band's lower bound lies below its upper one."),
            ),
            models.CheckConstraint(
                condition=Q(points__gte=0, points__lte=100),
                name="band_points_plausible",
                violation_error_message=_("Points lie between 0 and 100."),
            ),
        ]
