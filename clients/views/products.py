"""The catalogue of products: everybody reads it, the administrator keeps it."""

from django import forms
from django.contrib import messages
from django.db.models import Count, Q
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.http import require_GET, require_http_methods

from rmflow.doors import htmx
from rmflow.staff import permissions
from rmflow.staff.permissions import Permission
from rmflow.workflow import Refused

from ..actions.products import save_product
from ..models import Product
from ..rules import ProductCategory


@require_GET
def index(request):
    """The list by category; `?kind` and `?old` stand in the address."""
    kind = request.GET.get("kind", "")
    kind = kind if kind in ProductCategory.values else ""
    old = request.GET.get("old") == "1"
    rows = Product.objects.prefetch_related("related").order_by("category", "code")
    counts = dict(
        Product.objects.filter(Q() if old else Q(active=True)).values_list("category").annotate(n=Count("pk"))
    )
    rows = rows if old else rows.filter(active=True)
    rows = rows.filter(category=kind) if kind else rows
    places = {kind: place for place, kind in enumerate(ProductCategory.values)}
    found = sorted(rows[:500], key=lambda row: (places[row.category], row.code))
    for row in found:
        row.minimum_text = "" if row.minimum is None else f"{row.minimum:,.0f}"
    context = {
        "rows": found,
        "kinds": _kinds(kind, old, counts),
        "old": old,
        "kind": kind,
        "may_keep": request.user.has(Permission.MANAGE_REFERENCE),
    }
    return render(request, "clients/products.html", context)


def _kinds(chosen, old, counts):
    tail = "&old=1" if old else ""
    yield {
        "label": _("All kinds"),
        "url": f"?kind={tail}",
        "current": not chosen,
        "count": sum(counts.values()),
    }
    for kind in ProductCategory:
        if counts.get(kind):
            yield {
                "label": kind.label,
                "url": f"?kind={kind}{tail}",
                "current": kind == chosen,
                "count": counts[kind],
            }


class ProductForm(forms.ModelForm):
    """One product; the code is given once."""

    class Meta:
        model = Product
        fields = (
            *("code", "name", "category", "risk", "minimum", "tenor_days", "family", "is_mortgage"),
            *("active", "related"),
        )
        widgets = {"related": forms.CheckboxSelectMultiple}

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["related"].queryset = Product.objects.on_sale().exclude(pk=self.instance.pk)
        for name in ("category", "risk"):
            words = [choice for choice in self.fields[name].choices if choice[0] != ""]
            self.fields[name].choices = [("", pgettext("empty choice", "Choose")), *words]
        if self.instance.pk:
            self.fields["code"].disabled = True


@require_http_methods(["GET", "POST"])
def edit(request, pk=None):
    """One product's form, and its saving."""
    permissions.require(request.user, Permission.MANAGE_REFERENCE)
    product = Product.objects.get(pk=pk) if pk else None
    form = ProductForm(request.POST or None, instance=product)
    if request.method == "POST" and form.is_valid():
        try:
            save_product(by=request.user, pk=pk, **form.cleaned_data)
        except Refused as refused:
            for field, texts in refused.errors.items():
                form.add_error(field if field in form.fields else None, [str(text) for text in texts])
        else:
            messages.success(request, _("Saved"), extra_tags="met")
            return htmx.redirect(request, reverse("clients:products"))
    context = {"form": form, "product": product}
    return render(request, "clients/product.html", context, status=422 if form.errors else 200)
