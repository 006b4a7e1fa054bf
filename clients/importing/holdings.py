"""Holdings: one row per product and contract."""

from django.utils.translation import gettext_lazy as _

from ..load_rules import FileKind
from . import values
from .balances import KNOWN_CLIENT
from .plain import PlainReader, remembered
from .target import Demand, Lookup, Target

TARGET = Target(
    kind=FileKind.HOLDINGS,
    table="clients_holding",
    stage={
        "customer_no": "text",
        "product": "text",
        "contract_no": "text",
        "amount": "numeric",
        "opened_on": "date",
        "matures_on": "date",
        "ended_on": "date",
        "overdue_days": "integer",
    },
    lookups=(
        KNOWN_CLIENT,
        Lookup(
            column="product_id",
            join="clients_product pr ON pr.code = s.product",
            value="pr.id",
            heading="product",
            reason=_("No product has this code."),
        ),
    ),
    key=("product_id", "contract_no"),
    fields=("amount", "opened_on", "matures_on", "ended_on", "overdue_days"),
    defaults={"overdue_days": "0"},
    fixed=("client_id",),
    clash=_("This contract is on record for another client."),
    demands=(
        Demand(
            "p.held IS NULL AND p.opened_on IS NULL",
            "opened_on",
            _("A new contract needs the day it was opened."),
        ),
        Demand(
            "COALESCE(p.ended_on, t.ended_on) < COALESCE(p.opened_on, t.opened_on)",
            "ended_on",
            _("A contract does not end before it was opened."),
        ),
        Demand(
            "COALESCE(p.matures_on, t.matures_on) < COALESCE(p.opened_on, t.opened_on)",
            "matures_on",
            _("A contract is not due before it was opened."),
        ),
    ),
)


def reader(column_map, headings, known):
    """Dates in any of the usual ways, those of a spreadsheet included; no amount below zero."""
    return PlainReader(
        column_map,
        headings,
        known,
        {
            "customer_no": values.customer_no,
            "product": remembered(values.code),
            "contract_no": values.code,
            "amount": values.needed(values.credit),
            "opened_on": remembered(values.day),
            "matures_on": remembered(values.day),
            "ended_on": remembered(values.day),
            "overdue_days": values.days,
        },
    )
