"""What the bank sells, and what a client holds of it (W1-12, C-05)."""

from django.contrib.postgres.indexes import BrinIndex
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now, Right
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from ..profile_rules import ProductRisk
from ..rules import ProductCategory
from .kept import kept_history
from .person import Client


class ProductQuerySet(models.QuerySet):
    """Products, as forms ask for them."""

    def on_sale(self):
        return self.filter(active=True)


@kept_history("ProductHistory")
class Product(models.Model):
    """One product of the bank; taken out of sale, never deleted, since deals and holdings name it."""

    code = models.CharField(_("Product code"), max_length=12, unique=True)
    name = models.CharField(_("Product"), max_length=60)
    category = models.CharField(_("Category"), max_length=20, choices=ProductCategory)
    risk = models.CharField(_("Risk"), max_length=2, choices=ProductRisk, blank=True, db_default="")
    minimum = models.DecimalField(_("Starts at"), max_digits=16, decimal_places=2, null=True, blank=True)
    tenor_days = models.PositiveIntegerField(_("Term in days"), null=True, blank=True)
    #: Products of one family follow each other when a client moves up (up-selling).
    family = models.CharField(pgettext_lazy("product", "Family"), max_length=30, blank=True, db_default="")
    is_mortgage = models.BooleanField(_("Mortgage"), default=False, db_default=False)
    related = models.ManyToManyField("self", blank=True, verbose_name=_("Often held together with"))
    active = models.BooleanField(_("On sale"), default=True)

    objects = ProductQuerySet.as_manager()

    class Meta:
        verbose_name = _("Product")
        verbose_name_plural = _("Products")
        ordering = ["category", "code"]
        constraints = [
            models.CheckConstraint(
                condition=Q(category__in=ProductCategory.values),
                name="product_category_known",
                violation_error_message=_("Choose the product's category."),
            ),
            models.CheckConstraint(
                condition=Q(risk__in=["", *ProductRisk.values]),
                name="product_risk_known",
                violation_error_message=_("Choose a risk class from R1 to R5."),
            ),
            models.CheckConstraint(
                condition=Q(minimum__isnull=True) | Q(minimum__gte=0),
                name="product_minimum_not_negative",
                violation_error_message=_("A smallest amount is not negative."),
            ),
            models.CheckConstraint(
                condition=Q(is_mortgage=False) | Q(category="loan"),
                name="product_mortgage_is_a_loan",
                violation_error_message=_("Only a loan is a mortgage."),
            ),
        ]

    def __str__(self):
        return self.name


class HoldingQuerySet(models.QuerySet):
    """Contracts, as pages ask for them."""

    def held(self, day):
        """Those in force on `day`."""
        return self.filter(Q(ended_on__isnull=True) | Q(ended_on__gt=day), opened_on__lte=day)


class Holding(models.Model):
    """One contract of a client. Written by files of the core system, whose loads keep what they replaced
    (`Replaced`); so, like balances, it has no history table."""

    client = models.ForeignKey(
        Client,
        models.CASCADE,
        related_name="holdings",
        db_index=False,  # holding_of_client
    )
    product = models.ForeignKey(
        Product,
        models.PROTECT,
        related_name="holdings",
        db_index=False,  # contract_once
    )
    contract_no = models.CharField(_("Contract number"), max_length=40)
    amount = models.DecimalField(_("Amount"), max_digits=16, decimal_places=2)
    opened_on = models.DateField(_("Opened on"))
    matures_on = models.DateField(_("Due on"), null=True, blank=True)
    ended_on = models.DateField(_("Ended on"), null=True, blank=True)
    overdue_days = models.IntegerField(_("Days overdue"), default=0, db_default=0)
    #: When we heard of the contract first; none for those that were here before we kept it.
    recorded_at = models.DateTimeField(null=True, default=timezone.now, db_default=Now(), editable=False)
    #: The last four characters, as the client's card or passbook shows them; the desk looks them up.
    tail = models.GeneratedField(
        expression=Right("contract_no", 4), output_field=models.CharField(max_length=4), db_persist=True
    )
    #: The load that wrote the row last; loads are never deleted, so nothing has to be checked.
    load = models.ForeignKey(
        "clients.FileLoad",
        models.DO_NOTHING,
        null=True,
        related_name="+",
        db_constraint=False,
        db_index=False,
    )

    objects = HoldingQuerySet.as_manager()

    class Meta:
        verbose_name = _("Holding")
        verbose_name_plural = _("Holdings")
        indexes = [
            models.Index(fields=["client", "opened_on"], name="holding_of_client"),
            models.Index(
                fields=["matures_on", "client"],
                name="holding_due",
                condition=Q(matures_on__isnull=False, ended_on__isnull=True),
            ),
            BrinIndex(fields=["recorded_at"], name="holding_recorded"),
            models.Index(fields=["tail", "client"], name="holding_tail", condition=Q(ended_on__isnull=True)),
            models.Index(
                fields=["ended_on", "client"], name="holding_ended", condition=Q(ended_on__isnull=False)
            ),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["product", "contract_no"],
                name="contract_once",
                violation_error_message=_("This contract of this product is already on record."),
            ),
            models.CheckConstraint(
                condition=Q(ended_on__isnull=True) | Q(ended_on__gte=F("opened_on")),
                name="contract_ends_after_it_opens",
                violation_error_message=_("A contract does not end before it was opened."),
            ),
            models.CheckConstraint(
                condition=Q(matures_on__isnull=True) | Q(matures_on__gte=F("opened_on")),
                name="contract_matures_after_it_opens",
                violation_error_message=_("A contract is not due before it was opened."),
            ),
            models.CheckConstraint(
                condition=Q(overdue_days__gte=0),
                name="contract_overdue_not_negative",
                violation_error_message=_("Days overdue are not negative."),
            ),
        ]

    def __str__(self):
        return f"{self.product_id}:{self.contract_no[-4:]}"
