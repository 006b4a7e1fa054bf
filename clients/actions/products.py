"""Keeping the catalogue of products (W1-12)."""

import pghistory
from django.core.exceptions import ValidationError
from django.db import transaction

from rmflow.staff import permissions
from rmflow.staff.permissions import Permission
from rmflow.workflow import Refused

from ..models import Product


@transaction.atomic
def save_product(*, by, pk=None, related=(), **facts):
    """Add a product, or change one; its code stays, since deals and holdings are known by it."""
    permissions.require(by, Permission.MANAGE_REFERENCE)
    row = Product.objects.select_for_update().get(pk=pk) if pk else Product(code=facts["code"])
    for name, value in facts.items():
        if name != "code":
            setattr(row, name, value)
    try:
        row.full_clean()
    except ValidationError as error:
        errors = {("detail" if k == "__all__" else k): texts[0] for k, texts in error.message_dict.items()}
        raise Refused.many(errors) from None
    with pghistory.context(user=by.pk):
        row.save()
    row.related.set([other for other in related if other.pk != row.pk])
    return row
