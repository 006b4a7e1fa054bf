"""Monthly balances: one row per client and month."""

from django.utils.translation import gettext_lazy as _

from ..load_rules import FileKind
from . import values
from .plain import PlainReader, remembered
from .target import Lookup, Target

KNOWN_CLIENT = Lookup(
    column="client_id",
    join="clients_client c ON c.customer_no = s.customer_no",
    value="c.id",
    heading="customer_no",
    reason=_("No client has this customer number."),
)
TARGET = Target(
    kind=FileKind.BALANCES,
    table="clients_monthlybalance",
    stage={
        "customer_no": "text",
        "month": "date",
        "amount": "numeric",
        "point_amount": "numeric",
        "fee_income": "numeric",
        "deposits": "numeric",
        "label": "text",
    },
    lookups=(KNOWN_CLIENT,),
    key=("client_id", "month"),
    fields=("amount", "point_amount", "fee_income", "deposits", "label"),
    defaults={"label": "''"},
)


def reader(column_map, headings, known):
    """Negative averages are taken: an overdraft is a fact. A missing one is no zero and is refused."""
    return PlainReader(
        column_map,
        headings,
        known,
        {
            "customer_no": values.customer_no,
            "month": remembered(values.month),
            "amount": values.needed(values.money),
            "point_amount": values.money,
            "fee_income": values.money,
            "deposits": values.money,
            "label": remembered(values.label),
        },
    )
