"""What is typed about a deal: parsing only, no rules."""

from decimal import Decimal

from django import forms
from django.utils.translation import gettext_lazy as _

from clients.models import Product

from .forms import Answering


class DealForm(Answering, forms.Form):
    """A product sold: what, for how much, when (deck 48)."""

    product = forms.ModelChoiceField(
        label=_("Product"),
        queryset=Product.objects.on_sale(),
        empty_label=_("Choose a product"),
        error_messages={
            "required": _("Choose a product on sale."),
            "invalid_choice": _("Choose a product on sale."),
        },
    )
    amount = forms.DecimalField(
        label=_("Amount"),
        max_digits=12,
        decimal_places=2,
        min_value=Decimal("0.01"),
        widget=forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"}),
        error_messages={
            "min_value": _("The amount must be more than 0."),
            "required": _("Enter the amount."),
        },
    )
    done_on = forms.DateField(
        label=_("Day of the deal"),
        required=False,
        widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}),
    )
