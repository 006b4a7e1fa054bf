"""First identification by data: which rules there are, what they read, what follows. Pure (deck 22, W1-13).

Each rule is one SELECT of (client, amount) over the clients of one branch; `%(…)s` are bound values.
"""

import datetime

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from clients.rules import TO_FOLLOW_UP, ClientType
from rmflow.workflow import Refused, Transition


class RuleCode(TextChoices):
    """What in the figures makes a client worth a call; the order is that of the list."""

    UNMANAGED = "unmanaged", _("Large balance without a manager")
    INFLOW = "inflow", _("Large inflow against the month before")
    MATURING = "maturing", _("Deposit or product falls due")
    DEPOSIT_ONLY = "deposit_only", _("High deposit without a wealth product")
    PAYROLL = "payroll", _("Payroll client with savings")
    MORTGAGE = "mortgage", _("Mortgage client without investments")
    ELSEWHERE = "elsewhere", _("Larger assets at other banks")


class Suggests(TextChoices):
    """What such a client likely is, until a manager judges."""

    PREMIUM = "premium", _("Likely premium")
    POTENTIAL = "potential", _("Likely potential")


class CandidateState(TextChoices):
    OPEN = "open", pgettext_lazy("candidate", "To be worked")
    TAKEN = "taken", pgettext_lazy("candidate", "Taken")
    DISMISSED = "dismissed", pgettext_lazy("candidate", "Dismissed")
    GONE = "gone", pgettext_lazy("candidate", "No rule names it any more")


TRANSITIONS = {
    "take": Transition(_("Follow up"), (CandidateState.OPEN,), CandidateState.TAKEN, "judge_client"),
    "dismiss": Transition(
        _("Not a candidate"), (CandidateState.OPEN,), CandidateState.DISMISSED, "judge_client"
    ),
}

#: Rules that look so many days ahead.
NEEDS_DAYS = (RuleCode.MATURING,)
#: code → (threshold in yuan, days, suggests): what the house ships.
DEFAULTS = {
    RuleCode.UNMANAGED: (200_000, None, Suggests.PREMIUM),
    RuleCode.INFLOW: (100_000, None, Suggests.POTENTIAL),
    RuleCode.MATURING: (50_000, 30, Suggests.POTENTIAL),
    RuleCode.DEPOSIT_ONLY: (100_000, None, Suggests.POTENTIAL),
    RuleCode.PAYROLL: (50_000, None, Suggests.POTENTIAL),
    RuleCode.MORTGAGE: (500_000, None, Suggests.POTENTIAL),
    RuleCode.ELSEWHERE: (200_000, None, Suggests.PREMIUM),
}

#: Types that are worked already, elsewhere: nothing to identify.
KNOWN_TYPES = (ClientType.EXISTING_PREMIUM, *sorted(TO_FOLLOW_UP))
REST_DAYS = 90

_BALANCE = "JOIN clients_monthlybalance b ON b.client_id = c.id AND b.month = %(month)s"
_HELD = (
    "SELECT {what} FROM clients_holding h JOIN clients_product p ON p.id = h.product_id"
    " WHERE h.client_id = c.id AND h.opened_on <= %(today)s"
    " AND (h.ended_on IS NULL OR h.ended_on > %(today)s)"
)
_INVESTS = _HELD.format(what="1") + " AND p.category IN ('wealth', 'fund', 'insurance', 'bond', 'metal')"
#: code → FROM and WHERE after "SELECT c.id, AMOUNT": the amount and the rest.
SOURCES = {
    RuleCode.UNMANAGED: ("b.amount", f"{_BALANCE} WHERE c.owner_id IS NULL AND b.amount >= %(unmanaged)s"),
    RuleCode.INFLOW: (
        "b.amount - o.amount",
        f"{_BALANCE} JOIN clients_monthlybalance o ON o.client_id = c.id AND o.month = %(before)s"
        " WHERE b.amount - o.amount >= %(inflow)s",
    ),
    RuleCode.MATURING: (
        "due.amount",
        "JOIN LATERAL (" + _HELD.format(what="sum(h.amount) AS amount") + " AND p.category IN"
        " ('deposit', 'certificate', 'wealth', 'bond') AND h.matures_on BETWEEN %(today)s"
        " AND %(maturing_until)s) due ON due.amount >= %(maturing)s WHERE true",
    ),
    RuleCode.DEPOSIT_ONLY: (
        "COALESCE(b.deposits, b.amount)",
        f"{_BALANCE} WHERE COALESCE(b.deposits, b.amount) >= %(deposit_only)s AND NOT EXISTS ({_INVESTS})",
    ),
    RuleCode.PAYROLL: (
        "b.amount",
        f"{_BALANCE} WHERE b.amount >= %(payroll)s AND EXISTS ("
        + _HELD.format(what="1")
        + " AND p.category = 'payroll')",
    ),
    RuleCode.MORTGAGE: (
        "debt.amount",
        "JOIN LATERAL (" + _HELD.format(what="sum(h.amount) AS amount") + " AND p.is_mortgage"
        f" AND h.overdue_days = 0) debt ON debt.amount >= %(mortgage)s WHERE NOT EXISTS ({_INVESTS})",
    ),
    RuleCode.ELSEWHERE: (
        "f.other_bank_assets",
        "JOIN clients_profile f ON f.client_id = c.id"
        " LEFT JOIN clients_monthlybalance b ON b.client_id = c.id AND b.month = %(month)s"
        " WHERE f.other_bank_assets >= %(elsewhere)s AND COALESCE(b.amount, 0) < f.other_bank_assets",
    ),
}


def check_reason(reason: str) -> str:
    """A dismissal says why."""
    reason = " ".join(reason.split())
    if not reason:
        raise Refused(_("Say why this client is not followed up."), field="note")
    if len(reason) > 200:
        raise Refused(_("At most {n} characters.").format(n=200), field="note")
    return reason


def rests_until(today: datetime.date, days: int) -> datetime.date:
    """The last day a dismissed client is left in peace."""
    return today + datetime.timedelta(days=days)
