"""What a branch and the bank have set about closures: timers, and what the nightly watch looks for (§7.4)."""

import datetime

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from ..rules.closures import CLAIM_MINUTES, NIGHT_CLAIM_AT, Trigger


def night_claim_at() -> datetime.time:
    """The bank's own hour; by call, since Django warns of a fixed time at that minute of the day."""
    return NIGHT_CLAIM_AT


class ClosureRule(models.Model):
    """A branch's timers; a branch without a row keeps to the bank's numbers."""

    branch = models.OneToOneField(
        "staff.Branch", models.CASCADE, primary_key=True, related_name="+", verbose_name=_("Branch")
    )
    claim_minutes = models.PositiveSmallIntegerField(
        _("Minutes to claim a case from the counter"), default=CLAIM_MINUTES
    )
    night_claim_at = models.TimeField(_("Hour to claim cases of the night"), default=night_claim_at)

    class Meta:
        verbose_name = _("Closures: timers of a branch")
        verbose_name_plural = _("Closures: timers of branches")
        constraints = [
            models.CheckConstraint(
                condition=Q(claim_minutes__range=(1, 480)),
                name="closure_claim_minutes_plausible",
                violation_error_message=_("Choose 1 to 480 minutes."),
            )
        ]

    def __str__(self):
        return str(self.branch)


class MovementRule(models.Model):
    """One thing the nightly watch looks for, with its thresholds; a rule switched off finds nothing."""

    trigger = models.CharField(_("Watch for"), max_length=12, choices=Trigger, primary_key=True)
    active = models.BooleanField(_("In use"), default=True)
    share = models.DecimalField(
        _("Share of the assets (%)"), max_digits=5, decimal_places=2, null=True, blank=True
    )
    amount = models.DecimalField(_("Amount (yuan)"), max_digits=16, decimal_places=2, null=True, blank=True)
    days = models.PositiveSmallIntegerField(_("Days"), null=True, blank=True)

    class Meta:
        verbose_name = _("Closures: nightly watch")
        verbose_name_plural = _("Closures: nightly watch")
        ordering = ["trigger"]
        constraints = [
            models.CheckConstraint(
                condition=Q(trigger__in=Trigger.values),
                name="movement_trigger_known",
                violation_error_message=_("Choose what to watch for."),
            ),
            models.CheckConstraint(
                condition=(Q(share__isnull=True) | Q(share__gt=0, share__lte=100))
                & (Q(amount__isnull=True) | Q(amount__gt=0)),
                name="movement_thresholds_plausible",
                violation_error_message=_("A threshold is more than 0; a share is at most 100 %."),
            ),
        ]

    def __str__(self):
        return self.get_trigger_display()
