"""Slips that waited on a device without a network: its clock, ours, and what was thrown away (B-02)."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from .duty import InReach
from .slip import Referral

USER = settings.AUTH_USER_MODEL


class OfflineArrival(models.Model):
    """What the device's clock said of a slip, and when it reached us; the slip holds the true time."""

    referral = models.OneToOneField(Referral, models.CASCADE, primary_key=True, related_name="offline")
    device_at = models.DateTimeField(_("Device's time of filing"))
    device_sent_at = models.DateTimeField(_("Device's time of sending"))
    arrived_at = models.DateTimeField(_("Arrived at"), default=timezone.now)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(device_sent_at__gte=models.F("device_at")),
                name="offline_sent_after_filed",
                violation_error_message=_("A slip is sent after it was filed."),
            )
        ]


class OfflineDiscard(models.Model):
    """Unsent slips a person threw away to log out: how many, since when; of whom nobody can say."""

    branch = models.ForeignKey("staff.Branch", models.PROTECT, null=True, related_name="+")
    by = models.ForeignKey(USER, models.PROTECT, related_name="+", verbose_name=_("Discarded by"))
    at = models.DateTimeField(_("Discarded at"), default=timezone.now)
    count = models.PositiveSmallIntegerField(_("Slips"))
    oldest_at = models.DateTimeField(_("Filed since"), null=True)

    objects = InReach.as_manager()

    class Meta:
        verbose_name = _("Unsent slips discarded")
        verbose_name_plural = _("Unsent slips discarded")
        constraints = [
            models.CheckConstraint(
                condition=Q(count__gte=1),
                name="offline_discard_of_something",
                violation_error_message=_("Nothing was discarded."),
            )
        ]
