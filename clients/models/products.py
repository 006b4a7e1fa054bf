"""What the bank sells: the short list that deals and statistics name; later stages grow it (W1-12)."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from ..rules import ProductCategory
from .person import kept_history


class ProductQuerySet(models.QuerySet):
    """Products, as forms ask for them."""

    def on_sale(self):
        return self.filter(active=True)


@kept_history("ProductHistory")
class Product(models.Model):
    """One product of the bank; taken out of sale, never deleted, since deals name it."""

    code = models.CharField(_("Product code"), max_length=12, unique=True)
    name = models.CharField(_("Product"), max_length=60)
    category = models.CharField(_("Category"), max_length=12, choices=ProductCategory)
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
            )
        ]

    def __str__(self):
        return self.name
