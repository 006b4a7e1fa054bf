"""A product sold to a client (成交, deck 48): product, amount, day; who is credited stands above."""

from django.conf import settings
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from clients.models import Client, Product, kept_history
from rmflow.staff.permissions import Permission, scope
from rmflow.workdays.models import BranchDay

from .records import FollowUp

USER = settings.AUTH_USER_MODEL


class DealQuerySet(models.QuerySet):
    """Deals, as staff ask for them."""

    def visible_to(self, user):
        """One's own, and those of branches whose figures one reads."""
        return self.filter(Q(manager=user) | scope(user, Permission.SEE_STATISTICS).q("branch"))


@kept_history("DealHistory")
class Deal(models.Model):
    """One product sold to one client.

    `done_on` is the true day; `day` is the business day it is counted under: that of `done_on`, or
    the open one when that day was locked already (a late entry never changes a locked day).
    """

    client = models.ForeignKey(Client, models.PROTECT, related_name="deals", db_index=False)
    product = models.ForeignKey(Product, models.PROTECT, related_name="+", verbose_name=_("Product"))
    amount = models.DecimalField(
        _("Amount"), max_digits=16, decimal_places=2, validators=[MinValueValidator(1)]
    )
    done_on = models.DateField(_("Day of the deal"))
    day = models.ForeignKey(BranchDay, models.PROTECT, related_name="+", verbose_name=_("Business day"))
    branch = models.ForeignKey("staff.Branch", models.PROTECT, related_name="+", db_index=False)
    manager = models.ForeignKey(USER, models.PROTECT, related_name="+", db_index=False)
    record = models.ForeignKey(FollowUp, models.PROTECT, null=True, related_name="deals")
    source_key = models.CharField(max_length=80, unique=True)
    by = models.ForeignKey(USER, models.PROTECT, related_name="+", db_index=False)
    at = models.DateTimeField(default=timezone.now)

    objects = DealQuerySet.as_manager()

    class Meta:
        verbose_name = _("Deal")
        verbose_name_plural = _("Deals")
        indexes = [
            models.Index(fields=["client", "-done_on"], name="deal_client_on"),
            models.Index(fields=["branch", "-done_on"], name="deal_branch_on"),
            models.Index(fields=["manager", "-done_on"], name="deal_manager_on"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(amount__gt=0),
                name="deal_amount_is_positive",
                violation_error_message=_("The amount must be more than 0."),
            ),
        ]

    def __str__(self):
        return f"{self.product} {self.amount}"
