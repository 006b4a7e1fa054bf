"""A sales chance (销售机会): seen in a contact, a review, an event or a closed complaint; one list for all."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from clients.models import Client, Product, kept_history
from rmflow.staff.permissions import Permission, scope
from rmflow.workflow import Transition

USER = settings.AUTH_USER_MODEL


class ChanceState(models.TextChoices):
    OPEN = "open", pgettext_lazy("sales chance", "Open")
    WON = "won", pgettext_lazy("sales chance", "Won")
    LOST = "lost", pgettext_lazy("sales chance", "Dropped")


#: "take" leaves the chance open, with its first contact on the plan.
CHANCE_TRANSITIONS = {
    "take": Transition(
        pgettext_lazy("sales chance", "Take on"),
        (ChanceState.OPEN,),
        ChanceState.OPEN,
        Permission.WORK_FOLLOW_UP,
    ),
    "win": Transition(
        pgettext_lazy("sales chance", "Won"), (ChanceState.OPEN,), ChanceState.WON, Permission.WORK_FOLLOW_UP
    ),
    "drop": Transition(
        pgettext_lazy("sales chance", "Drop"),
        (ChanceState.OPEN,),
        ChanceState.LOST,
        Permission.WORK_FOLLOW_UP,
    ),
}


class SalesChanceQuerySet(models.QuerySet):
    """Chances, as staff ask for them."""

    def visible_to(self, user):
        """One's own, and those of branches one inspects."""
        return self.filter(Q(owner=user) | scope(user, Permission.SEE_FOLLOW_UPS).q("branch"))

    def open(self):
        return self.filter(state=ChanceState.OPEN)

    def with_names(self):
        """What the list shows beside the row."""
        return self.select_related("client", "product", "owner", "branch")


@kept_history("SalesChanceHistory")
class SalesChance(models.Model):
    """One chance: client, product, amount, likelihood, expected day, and where it was seen."""

    client = models.ForeignKey(Client, models.PROTECT, related_name="chances", db_index=False)
    product = models.ForeignKey(Product, models.PROTECT, related_name="+", verbose_name=_("Product"))
    amount = models.DecimalField(_("Amount"), max_digits=16, decimal_places=2, null=True, blank=True)
    likelihood = models.PositiveSmallIntegerField(_("Likelihood in %"), null=True, blank=True)
    expected_on = models.DateField(_("Expected on"), null=True, blank=True)
    note = models.CharField(_("Note"), max_length=200, blank=True)
    KEPT_WHEN_ERASED = ("origin",)
    owner = models.ForeignKey(USER, models.PROTECT, related_name="+", db_index=False)
    branch = models.ForeignKey("staff.Branch", models.PROTECT, related_name="+", db_index=False)
    state = models.CharField(max_length=4, choices=ChanceState, default=ChanceState.OPEN)
    settled_at = models.DateTimeField(null=True, blank=True)
    settled_by = models.ForeignKey(USER, models.PROTECT, null=True, related_name="+", db_index=False)
    reason = models.CharField(_("Reason"), max_length=200, blank=True)
    #: Its manager has put the first contact on the plan.
    taken_at = models.DateTimeField(null=True, blank=True)
    source_key = models.CharField(max_length=60)
    #: The number of what it was seen in, where whoever reads the chance may know it.
    origin = models.CharField(max_length=30, blank=True)
    by = models.ForeignKey(USER, models.PROTECT, related_name="+", db_index=False)
    at = models.DateTimeField(default=timezone.now)

    objects = SalesChanceQuerySet.as_manager()

    class Meta:
        verbose_name = _("Sales chance")
        verbose_name_plural = _("Sales chances")
        indexes = [
            models.Index(fields=["client", "-at"], name="chance_client_at"),
            models.Index(fields=["owner", "expected_on"], name="chance_open", condition=Q(state="open")),
            models.Index(fields=["branch", "expected_on"], name="chance_branch", condition=Q(state="open")),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["source_key", "client", "product"],
                name="chance_once",
                violation_error_message=_("This chance is noted already."),
            ),
            models.CheckConstraint(
                condition=Q(amount__isnull=True) | Q(amount__gt=0),
                name="chance_amount_is_positive",
                violation_error_message=_("The amount must be more than 0."),
            ),
            models.CheckConstraint(
                condition=Q(likelihood__isnull=True) | Q(likelihood__lte=100),
                name="chance_likelihood_is_a_share",
                violation_error_message=_("A likelihood is 0 to 100 %."),
            ),
            models.CheckConstraint(
                condition=Q(state="open", settled_at__isnull=True)
                | (~Q(state="open") & Q(settled_at__isnull=False)),
                name="chance_settled_has_a_time",
                violation_error_message=_("A settled chance carries its time."),
            ),
            models.CheckConstraint(
                condition=~Q(state="lost") | ~Q(reason=""),
                name="chance_dropped_says_why",
                violation_error_message=_("Say why the chance is dropped."),
            ),
        ]

    def __str__(self):
        return str(self.product)
