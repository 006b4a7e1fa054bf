"""Files of complaints on the lists of 销毁: the same lists, approvals and certificate as for archives (B-13)."""

import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from clients.custody_rules import ItemState, Stop
from clients.models import Destruction

from .complaint import Complaint


class ComplaintListing(models.Model):
    """One complaint's file on a list: destroyed, or taken off with the reason. Numbers and days, no words."""

    batch = models.ForeignKey(Destruction, models.PROTECT, related_name="+", db_index=False)
    complaint = models.ForeignKey(Complaint, models.PROTECT, related_name="listings", db_index=False)
    file_no = models.CharField(_("File number"), max_length=24)
    received_on = models.DateField(_("Received on"))
    keep_until = models.DateField(_("Kept until"))
    state = models.CharField(_("State"), max_length=10, choices=ItemState, default="listed")
    stop = models.CharField(_("Taken off because"), max_length=10, choices=Stop, blank=True)
    stopped_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", db_index=False
    )
    at = models.DateTimeField(null=True)

    KEPT_WHEN_ERASED = ("file_no",)

    class Meta:
        verbose_name = _("Complaint file on a list")
        verbose_name_plural = _("Complaint files on a list")
        ordering = ["file_no", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["batch", "complaint"],
                name="complaint_listing_once",
                violation_error_message=_("This complaint is on the list already."),
            ),
            models.UniqueConstraint(
                fields=["complaint"],
                condition=Q(state__in=("listed", "destroyed")),
                name="complaint_listing_on_one_list",
                violation_error_message=_("This complaint is on another list already."),
            ),
            models.CheckConstraint(
                condition=Q(state="stopped", stop__in=Stop.values)
                | (Q(state__in=("listed", "destroyed")) & Q(stop="")),
                name="complaint_listing_stopped_says_why",
                violation_error_message=_("Say why the file was taken off the list."),
            ),
        ]
        triggers = [pgtrigger.Protect(name="complaint_listing_kept", operation=pgtrigger.Delete)]

    def __str__(self):
        return self.file_no

    @property
    def first_day(self):
        """The day the certificate names."""
        return self.received_on
