"""What belongs to one case: reports from the counter, measures, days to win back, its steps (§1.7)."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from ..rules.closures import NOTE_LENGTH, Measure, Movement, Suspicion

USER = settings.AUTH_USER_MODEL


class ClosureFlag(models.Model):
    """What a counter reported, and when it went on with the client's wish: it never waits (W3-04)."""

    closure = models.ForeignKey("complaints.Closure", models.CASCADE, related_name="flags")
    branch = models.ForeignKey("staff.Branch", models.PROTECT, related_name="+", db_index=False)
    by = models.ForeignKey(USER, models.PROTECT, related_name="+", db_index=False)
    at = models.DateTimeField(default=timezone.now)
    movement = models.CharField(max_length=10, choices=Movement)
    suspicion = models.CharField(max_length=8, choices=Suspicion)
    went_on_at = models.DateTimeField(_("The counter went on at"), null=True, blank=True)
    went_on_by = models.ForeignKey(USER, models.PROTECT, null=True, related_name="+", db_index=False)

    class Meta:
        verbose_name = _("Report from the counter")
        verbose_name_plural = _("Reports from the counter")
        indexes = [
            models.Index(fields=["branch", "-at"], name="closure_flag_branch"),
            models.Index(fields=["by", "-at"], name="closure_flag_by"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(went_on_at__isnull=True, went_on_by__isnull=True)
                | Q(went_on_at__isnull=False, went_on_at__gte=F("at"), went_on_by__isnull=False),
                name="closure_went_on_has_a_name",
                violation_error_message=_("Going on has a name and a time after the report."),
            )
        ]


class ClosureMeasure(models.Model):
    """挽留人、措施、时间: one thing done to keep the client."""

    closure = models.ForeignKey("complaints.Closure", models.CASCADE, related_name="measures")
    kind = models.CharField(pgettext_lazy("closure", "Measure"), max_length=10, choices=Measure)
    text = models.CharField(pgettext_lazy("measure", "In words"), max_length=NOTE_LENGTH, blank=True)
    by = models.ForeignKey(USER, models.PROTECT, related_name="+")
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = _("Measure to keep the client")
        verbose_name_plural = _("Measures to keep the client")
        ordering = ["at", "pk"]


class WinBack(models.Model):
    """回访计划: a day on which the client is to be won back; it stands on somebody's plan."""

    closure = models.ForeignKey("complaints.Closure", models.CASCADE, related_name="win_backs")
    on = models.DateField(_("Win back on"))
    by = models.ForeignKey(USER, models.PROTECT, related_name="+")

    class Meta:
        ordering = ["on"]
        constraints = [
            models.UniqueConstraint(
                fields=["closure", "on"],
                name="win_back_once_a_day",
                violation_error_message=_("This day stands there already."),
            )
        ]


class ClosureEvent(models.Model):
    """One step of a case: from, to, by whom (nobody: the clock), when, why."""

    closure = models.ForeignKey("complaints.Closure", models.CASCADE, related_name="events")
    name = models.CharField(max_length=12)
    state_from = models.CharField(max_length=10, blank=True)
    state_to = models.CharField(max_length=10)
    by = models.ForeignKey(USER, models.PROTECT, null=True, related_name="+")
    at = models.DateTimeField(default=timezone.now)
    note = models.CharField(max_length=NOTE_LENGTH, blank=True)

    class Meta:
        indexes = [models.Index(fields=["closure", "at"], name="closure_event_at")]
