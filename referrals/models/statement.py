"""What a manager says was received (deck 20, B-03): the other side of the day's closing."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from clients.models import kept_history
from rmflow.workdays.models import BranchDay

from ..rules.closing import UnfiledRuling
from .slip import Referral

USER = settings.AUTH_USER_MODEL


@kept_history("StatementHistory")
class Statement(models.Model):
    """One statement of a manager: on a slip, or on a client whom nobody filed.

    Every wording it had is kept in its history. What a slip says without words (met, record opened) needs
    no statement.
    """

    day = models.ForeignKey(BranchDay, models.PROTECT, related_name="+", verbose_name=_("Business day"))
    referral = models.OneToOneField(Referral, models.PROTECT, null=True, related_name="statement")
    manager = models.ForeignKey(USER, models.PROTECT, related_name="+", verbose_name=_("Manager"))
    received = models.BooleanField(_("Received"), default=True)
    met = models.BooleanField(_("Met"), default=False)
    note = models.CharField(_("Note"), max_length=200, blank=True)
    at = models.DateTimeField(default=timezone.now)
    by = models.ForeignKey(USER, models.PROTECT, related_name="+", verbose_name=_("Stated by"))

    # A client received without a slip: who, and who seems to have sent him or her.
    addressed_as = models.CharField(_("Client"), max_length=60, blank=True)
    met_at = models.TimeField(_("Met at"), null=True, blank=True)
    sender = models.ForeignKey(
        USER, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("Sent by")
    )
    ruling = models.CharField(_("Ruling"), max_length=10, choices=UnfiledRuling, blank=True)
    ruled_by = models.ForeignKey(USER, models.PROTECT, null=True, related_name="+")
    ruled_at = models.DateTimeField(null=True)
    ruling_note = models.CharField(max_length=200, blank=True)

    class Meta:
        verbose_name = _("Statement of a manager")
        verbose_name_plural = _("Statements of managers")
        constraints = [
            models.CheckConstraint(
                condition=Q(referral__isnull=False) | ~Q(addressed_as=""),
                name="statement_is_about_somebody",
                violation_error_message=_("Say which client it was."),
            ),
            models.CheckConstraint(
                condition=Q(received=True) | Q(met=False),
                name="statement_met_is_received",
                violation_error_message=_("Who was met was received."),
            ),
            models.CheckConstraint(
                condition=Q(ruling="", ruled_by__isnull=True)
                | (~Q(ruling="") & Q(ruled_by__isnull=False, ruled_at__isnull=False)),
                name="statement_ruling_has_its_author",
                violation_error_message=_("A ruling has its author and its time."),
            ),
        ]

    def __str__(self):
        return f"{self.day_id} {self.manager_id}"
