"""What an indicator may be measured by: names for the editor; the SQL stands in `sql.py`.

No religion, health, politics or ethnicity (Personal Information Protection Law, art. 28).
"""

from dataclasses import dataclass

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


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
    Source.JOB: (
        Code("leader", _("Owner, executive or professional")),
        Code("public", _("Civil servant, teacher or state-owned management")),
        Code("stable", _("Employee or self-employed")),
        Code("retired", _("Retired with a pension")),
        Code("other", _("Other occupation")),
    ),
    Source.SOCIAL: (Code("yes", _("Yes")), Code("no", _("No"))),
}
#: Sources in yuan, which the editor writes in 10,000 yuan (万元).
MONEY = frozenset({Source.AUM, Source.LOANS, Source.FEES, Source.INCOME, Source.ELSEWHERE})
