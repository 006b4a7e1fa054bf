"""Where the money that lifts a client may come from: what falls due, what stands elsewhere, a salary (B-11)."""

import datetime

from django.db.models import Q
from django.utils.translation import gettext as _

from rmflow.privacy import masks
from rmflow.workdays.rules import short_day

from ..models import Holding, Profile
from ..rules import ProductCategory

#: Days ahead in which a contract that falls due is a chance.
AHEAD = 60


def leads(clients, staff, *, today):
    """{client id: sentence} for some clients; two queries. Amounts are bands but for the manager."""
    ids = [client.pk for client in clients]
    own = {client.pk: client.is_looked_after_by(staff) for client in clients}
    told = {pk: [] for pk in ids}
    until = today + datetime.timedelta(days=AHEAD)
    rows = Holding.objects.held(today).filter(client__in=ids).select_related("product")
    rows = rows.filter(Q(matures_on__range=(today, until)) | Q(product__category=ProductCategory.PAYROLL))
    paid = set()
    for row in rows.order_by("matures_on", "pk"):
        if row.product.category == ProductCategory.PAYROLL:
            paid.add(row.client_id)
        elif not told[row.client_id]:  # the first to fall due is enough
            kind = ProductCategory(row.product.category).label
            told[row.client_id].append(_("{what} due {day}").format(what=kind, day=short_day(row.matures_on)))
    elsewhere = Profile.objects.filter(client__in=ids, other_bank_assets__gt=0)
    for pk, amount in elsewhere.values_list("client", "other_bank_assets"):
        shown = (
            masks.band_amount(amount) if not own[pk] else _("{amount} yuan").format(amount=f"{amount:,.0f}")
        )
        told[pk].append(_("{amount} elsewhere").format(amount=shown))
    for pk in sorted(paid):
        told[pk].append(_("payroll with us"))
    return {pk: " · ".join(words) for pk, words in told.items()}
