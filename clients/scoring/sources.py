"""What an indicator may be measured by: names for the editor; the SQL stands in `sql.py`.

No religion, health, politics or ethnicity (Personal Information Protection Law, art. 28).
"""

from dataclasses import dataclass

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _

from ..profile_rules import JobClass


class Source(TextChoices):
    """A value known of a client; NULL is "no data"."""

    AUM = "aum_month_avg", _("Monthly average of assets (yuan)")
    LOANS = "loan_weighted", _("Loans in good standing, mortgages once, others twice (yuan)")
    PRODUCTS = "products_held", _("Kinds of product held (number)")
    FEES = "fee_half_year", _("Fee income of half a year (yuan)")
    JOB = "job_class", _("Occupation")
    INCOME = "family_income", _("Family income (yuan a year)")
    HOUSEHOLD = "household_members", _("Members of the household with us (number)")
    SOCIAL = "social_role", _("Heads an association or committee")
    REFERRALS = "referrals_12m", _("Clients introduced in twelve months (number)")
    AGE = "age", _("Age (years)")
    TENURE = "tenure_years", _("Years as a client (years)")
    ELSEWHERE = "other_bank_assets", _("Assets at other banks (yuan)")


#: Sources whose values are codes; the others are numbers.
CODED = frozenset({Source.JOB, Source.SOCIAL})


@dataclass(frozen=True)
class Code:
    """One value of a coded source."""

    value: str
    label: object


CODES = {
    Source.JOB: tuple(Code(value, label) for value, label in JobClass.choices),
    Source.SOCIAL: (Code("yes", _("Yes")), Code("no", _("No"))),
}
#: Sources in yuan, which the editor writes in 10,000 yuan (万元).
MONEY = frozenset({Source.AUM, Source.LOANS, Source.FEES, Source.INCOME, Source.ELSEWHERE})

#: Source → its expression over the joins below. NULL is "no data".
SQL = {
    Source.AUM: "money.average",
    Source.FEES: "money.fees",
    Source.LOANS: "held.loans",
    Source.PRODUCTS: "held.products",
    Source.JOB: "NULLIF(profile.job_class, '')",
    Source.INCOME: "profile.family_income",
    Source.SOCIAL: "CASE profile.social_role WHEN true THEN 'yes' WHEN false THEN 'no' END",
    Source.ELSEWHERE: "profile.other_bank_assets",
    Source.HOUSEHOLD: "family.members",
    Source.REFERRALS: "NULLIF(introduced.clients, 0)",
    Source.AGE: "extract(year FROM age(%(effective)s::date, c.birth_date))",
    Source.TENURE: "extract(year FROM age(%(effective)s::date, held.first_on))",
}
#: Kinds of product that count (domain-rules §2.3); those kinds in a product's category.
COUNTED = (
    *("mobile_banking", "payroll", "bill_pay", "credit_card", "quick_pay", "wealth", "fund"),
    *("insurance", "bond", "metal", "custody", "forex"),
)
_KIND = " ".join(f"WHEN '{kind}' THEN {1 << place}" for place, kind in enumerate(COUNTED))
#: Held at the end of the month.
_AT = (
    "h.opened_on < %(month)s::date + interval '1 month'"
    " AND (h.ended_on IS NULL OR h.ended_on >= %(month)s::date + interval '1 month')"
)
_MONEY = """
    LEFT JOIN LATERAL (SELECT max(b.amount) FILTER (WHERE b.month = %(month)s) AS average,
            max(b.point_amount) FILTER (WHERE b.month = %(month)s) AS point, {fees} AS fees
          FROM clients_monthlybalance b WHERE b.client_id = c.id AND b.month <= %(month)s
           AND b.month {span}) money ON true"""
_HELD = f"""
    LEFT JOIN LATERAL (SELECT min(h.opened_on) AS first_on,
            CASE WHEN count(*) > 0 THEN COALESCE(sum(CASE WHEN p.category <> 'loan' THEN 0
                WHEN h.overdue_days > %(overdue_days)s THEN 0
                WHEN p.is_mortgage THEN h.amount ELSE 2 * h.amount END) FILTER (WHERE {_AT}), 0) END AS loans,
            bool_or(p.category = 'loan' AND h.overdue_days > %(overdue_days)s) FILTER (WHERE {_AT}) AS overdue,
            CASE WHEN count(*) > 0 THEN bit_count(COALESCE(bit_or(CASE p.category {_KIND} ELSE 0 END)
                FILTER (WHERE {_AT}), 0)::bit({len(COUNTED)})) END AS products
          FROM clients_holding h JOIN clients_product p ON p.id = h.product_id
         WHERE h.client_id = c.id) held ON true"""
_PROFILE = " LEFT JOIN clients_profile profile ON profile.client_id = c.id"
_FAMILY = """
    LEFT JOIN LATERAL (SELECT count(*) AS members FROM clients_client m
         WHERE c.household_id IS NOT NULL AND m.household_id = c.household_id
        HAVING count(*) > 0) family ON true"""
_INTRODUCED = """
    LEFT JOIN LATERAL (SELECT count(*) AS clients FROM clients_client i WHERE i.introducer_id = c.id
           AND i.created_at > %(effective)s::date - interval '12 months'
           AND i.created_at <= %(cut)s) introduced ON true"""


def joins(used):
    """The joins that the sources in use need; balances and holdings always, for tier and overdue."""
    fees = Source.FEES in used
    span = ">= %(month)s::date - interval '5 months'" if fees else "= %(month)s"
    parts = [_MONEY.format(fees="sum(b.fee_income)" if fees else "NULL::numeric", span=span), _HELD]
    if used & {Source.JOB, Source.INCOME, Source.SOCIAL, Source.ELSEWHERE}:
        parts.append(_PROFILE)
    if Source.HOUSEHOLD in used:
        parts.append(_FAMILY)
    if Source.REFERRALS in used:
        parts.append(_INTRODUCED)
    return "".join(parts)
