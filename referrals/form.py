"""优质客户推介表 as a form: its columns in the order of domain-rules §1.1, each with what the slip says."""

from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from clients.rules import ClientType
from rmflow.staff.models import BANK_TIME

from .models import Referral
from .rules import CheckResult

#: 核对结果 in the form's four words.
CHECKED = {
    CheckResult.MATCHED: lambda: _("Found true"),
    CheckResult.CORRECTED: lambda: _("Corrected"),
    CheckResult.REPEAT: lambda: _("Repeat"),
    CheckResult.INVALID: lambda: _("Invalid"),
}


def lines(slip, *, name, sees_client):
    """(column, what stands there) of one slip."""
    return [
        (_("Date and time of referral"), _at(slip.referred_at)),
        (_("Referrer: name, number, post"), _referrer(slip)),
        (_("Client (or form of address)"), name),
        (pgettext("form", "Salutation"), slip.client.get_salutation_display()),
        (pgettext("form", "Phone"), slip.client.masked_phone if slip.client.phone_hash else ""),
        (_("Customer number, client of ours"), _customer(slip) if sees_client else ""),
        (_("Clues"), _(", ").join(str(cue) for cue in slip.cue_labels)),
        (_("Business at hand"), slip.get_business_display() if slip.business else ""),
        (pgettext("form", "Estimated assets"), slip.get_assets_display()),
        (_("Needs, products"), _(", ").join(str(need) for need in slip.need_labels)),
        (_("State of the referral"), slip.get_status_display()),
        (_("Manager's card handed out"), _("yes") if slip.card_given else _("no")),
        (_("Agreed time and way of contact"), _agreed(slip)),
        (_("Receiving wealth manager"), slip.manager.name if slip.manager else ""),
        (pgettext("form", "Check"), CHECKED[slip.check_result]() if slip.check_result in CHECKED else ""),
        (pgettext("form", "Type decided"), ClientType(slip.outcome).label if slip.outcome else ""),
        (_("Marketing result (product, amount)"), _(", ").join(_deals(slip))),
        (_("Confirmed by the wealth manager, checked in the lobby"), _signatures(slip)),
        (pgettext("form", "Custody"), _custody(slip)),
        (_("Note"), slip.note),
    ]


def _at(moment):
    return f"{moment.astimezone(BANK_TIME):%Y-%m-%d %H:%M}"


def _referrer(slip: Referral):
    return f"{slip.referrer.name} {slip.referrer.employee_no} {slip.get_referrer_role_display()}"


def _customer(slip):
    return slip.client.customer_no or _("not a client yet")


def _agreed(slip):
    if not slip.agreed_on:
        return ""
    parts = [f"{slip.agreed_on:%Y-%m-%d}", f"{slip.agreed_at:%H:%M}" if slip.agreed_at else ""]
    return " ".join([*filter(None, parts), str(slip.get_agreed_channel_display())]).strip()


def _deals(slip):
    deals = slip.client.deals.filter(credit__referral=slip).select_related("product").order_by("done_on")
    return [f"{deal.product.name} {deal.amount:,.2f}" for deal in deals]


def _signatures(slip):
    """Who signed the closing under which the slip counts; empty until then."""
    if slip.counted_on is None:
        return ""
    signed = slip.counted_on.confirmations.filter(withdrawn_at__isnull=True).select_related("person")
    return _(", ").join(
        f"{sign.person.name} {_at(sign.at)}"
        for sign in signed.order_by("side", "at")
        if sign.side == "lobby" or sign.person_id == slip.manager_id
    )


def _custody(slip):
    """保管状态 (deck 21): with the teller, handed in, locked up at the close, released in the morning."""
    day = slip.counted_on or slip.day
    if day.closed_at is None:
        return _("handed to the lobby manager") if slip.counted_on_id else _("with the referrer")
    return _("released to the referrer") if day.released_at else _("locked up")
