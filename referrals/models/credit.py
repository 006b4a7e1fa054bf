"""Which referral a deal is credited to (W1-12), frozen with the shares of that moment (B-04, 双算)."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from clients.models import kept_history
from followups.models import Deal

from .slip import Referral

USER = settings.AUTH_USER_MODEL


@kept_history("DealCreditHistory")
class DealCredit(models.Model):
    """A deal credits one referral, once. The referrer's snapshot is the slip's own.

    双算: referrer and manager both get 100 %; a total counts the deal once, by its row here.
    """

    deal = models.OneToOneField(Deal, models.PROTECT, related_name="credit")
    referral = models.ForeignKey(Referral, models.PROTECT, related_name="deal_credits")
    referrer = models.ForeignKey(USER, models.PROTECT, related_name="+", db_index=False)
    referrer_share = models.DecimalField(max_digits=5, decimal_places=2, default=100)
    manager = models.ForeignKey(USER, models.PROTECT, related_name="+", db_index=False)
    manager_share = models.DecimalField(max_digits=5, decimal_places=2, default=100)
    #: The slip's first deal: that one converts a slip that was to be followed up.
    is_first = models.BooleanField(default=True)
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = _("Credit of a deal")
        verbose_name_plural = _("Credits of deals")
        constraints = [
            models.CheckConstraint(
                condition=Q(referrer_share__gte=0, referrer_share__lte=100)
                & Q(manager_share__gte=0, manager_share__lte=100),
                name="credit_shares_are_percentages",
                violation_error_message=_("A share lies between 0 and 100 percent."),
            ),
            models.CheckConstraint(
                condition=~Q(referrer=F("manager")) | Q(manager_share=F("referrer_share")),
                name="credit_of_one_person_is_one_share",
                violation_error_message=_("Who refers and sells has one share."),
            ),
            models.UniqueConstraint(
                fields=["referral"],
                condition=Q(is_first=True),
                name="credit_converts_once",
                violation_error_message=_("This referral has its first deal already."),
            ),
        ]

    def __str__(self):
        return f"{self.deal_id} → {self.referral_id}"
