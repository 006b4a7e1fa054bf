"""Sales chances: noted by whichever sub-process saw them, worked by the client's manager."""

from django.utils.translation import gettext as _

from clients.models import Product
from rmflow.workdays import clock
from rmflow.workflow import Conflict, Refused

from ..models import SalesChance

NOTE_LENGTH = 200


def open_chance(
    *, client, by, source_key, product_id, note="", amount=None, expected_on=None, likelihood=None
):
    """Note a chance for the client's manager (else for oneself), once per source, client and product.

    Called inside the source's transaction, which has asked for its permission.
    """
    product = Product.objects.on_sale().filter(pk=product_id).first()
    errors = {}
    if product is None:
        errors["product"] = _("Choose a product on sale.")
    if amount is not None and amount <= 0:
        errors["amount"] = _("The amount must be more than 0.")
    if expected_on is not None and expected_on < clock.today():
        errors["expected_on"] = _("The day lies in the past.")
    if len(note.strip()) > NOTE_LENGTH:
        errors["note"] = _("At most {n} characters.").format(n=NOTE_LENGTH)
    if errors:
        raise Refused.many(errors)
    chance, made = SalesChance.objects.get_or_create(
        source_key=source_key,
        client=client,
        product=product,
        defaults={
            "amount": amount,
            "likelihood": likelihood,
            "expected_on": expected_on,
            "note": note.strip(),
            "owner": client.owner or by,
            "branch": client.branch,
            "by": by,
        },
    )
    if not made:
        raise Conflict(_("This chance is noted already."), field="product")
    return chance
