"""The rows behind one figure of the statistics: slips or deals, live or as they were signed (W1-12)."""

import datetime

from django.core.paginator import Paginator
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.http import require_GET

from clients.rules import ClientType

from .. import rows as slip_rows
from ..asked import Asked
from ..rules import CheckResult, Status, frozen
from ..stats import behind
from .statistics import common

PAGE = 25


@require_GET
def rows(request):
    """The slips or deals behind one figure."""
    asked = Asked.of(request)
    measure = asked.query.get("measure", "total")
    is_deals = measure in behind.DEALS_OF
    if not is_deals and measure not in behind.SLIPS_OF:
        measure = "total"
    signed = asked.signed if request.GET.get("signed") and measure not in behind.COHORT else None
    found = _signed(asked, measure, signed) if signed else _live(asked, measure)
    pages = Paginator(found, PAGE).get_page(request.GET.get("page"))
    context = {
        **common(asked),
        "page": pages,
        "back": asked.url(employee=None, date=None, weekday=None, hour=None),
        "what": WORDS[measure](),
        "deals": pages if is_deals else None,
        "slips": None if is_deals else _lines(pages, request.user, signed, measure, asked),
        "unit": pgettext("unit", "deals") if is_deals else pgettext("unit", "referrals"),
        "signed_at": asked.report.signed_at if signed else None,
    }
    return render(request, "referrals/statistics_rows.html", context)


def _live(asked, measure):
    return (behind.deals if measure in behind.DEALS_OF else behind.slips)(asked.question, measure)


def _signed(asked, measure, content):
    """The rows that were signed, whatever became of them since."""
    is_deals = measure in behind.DEALS_OF
    chosen = (frozen.deals if is_deals else frozen.slips)(content, measure, asked.only)
    return behind.by_number([row["pk"] for row in chosen], asked.question.scope, deals=is_deals)


def _lines(page, user, signed, measure, asked):
    """Each slip in words: as it stands, or as it was signed."""
    then = {row["pk"]: row for row in frozen.slips(signed, measure, asked.only)} if signed else {}
    return [_line(slip, then.get(slip.pk), user) for slip in page]


def _line(slip, then, user):
    if then is None:
        state, check, outcome = slip.status, slip.check_result, slip_rows.outcome(slip)
    else:
        state, check = then["status"], then["check"]
        outcome = ClientType(then["outcome"]).label if then["outcome"] else ""
    return {
        "slip": slip,
        "name": slip_rows.name(slip, user),
        "date": datetime.date.fromisoformat(then["date"]) if then else slip.counted_on.date,
        "state": Status(state).label,
        "check": CheckResult(check).label,
        "outcome": outcome,
    }


WORDS = {
    "total": lambda: _("Referrals"),
    "referred": lambda: _("Referred"),
    "to_follow_up": lambda: _("To follow up"),
    "verified": lambda: _("Found true"),
    "checked": lambda: _("Checked, without repeats"),
    "reached": lambda: _("Met or reached"),
    "in_time": lambda: _("First contact in time"),
    "repeats": lambda: _("Repeats"),
    "invalid": lambda: _("Invalid"),
    "good": lambda: _("Premium, potential, prospective"),
    "premium": lambda: _("Existing premium"),
    "potential": lambda: _("Existing potential"),
    "prospective": lambda: _("Prospective premium"),
    "ordinary": lambda: _("Ordinary"),
    "deals": lambda: _("Deals"),
    "spot_deals": lambda: _("Deals on the spot"),
    "follow_deals": lambda: _("Deals after follow-up"),
    "converted": lambda: _("Converted after follow-up"),
    "cohort_deals": lambda: _("Deals of this month's referrals until now"),
    "cohort_converted": lambda: _("Converted of this month's referrals until now"),
}
