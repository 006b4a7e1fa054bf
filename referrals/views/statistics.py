"""推介统计: the page, the rows behind each figure, the head's signature (W1-10, W1-12)."""

from django.contrib import messages
from django.core.paginator import Paginator
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.http import require_GET, require_POST

from rmflow.doors import htmx
from rmflow.staff import permissions
from rmflow.staff.models import Branch
from rmflow.staff.permissions import Permission, Role, Scope, scope
from rmflow.workdays import clock
from rmflow.workdays.current import calendar
from rmflow.workflow import Conflict

from .. import rows as slip_rows
from .. import table
from ..actions import months as actions
from ..asked import Asked
from ..models import MonthReport
from ..rules import SourceChannel, figures, months, periods
from ..rules.periods import Kind
from ..stats import figures as stats
from ..stats import months as month_stats

PAGE = 25
#: Roles that file slips, in the order of the filter.
FILING = (
    Role.LOBBY_MANAGER,
    Role.TELLER,
    Role.WEALTH_MANAGER,
    Role.MARKETING_MANAGER,
    Role.EBANK_MANAGER,
    Role.PHONE_AGENT,
)


@require_GET
def page(request):
    """The table of a period, with everything the head judges it by."""
    asked = Asked.of(request)
    report = report_of(asked)
    if asked.branch is None and not asked.only:
        return _region(request, asked)
    frozen = report is not None and report.is_signed and asked.is_whole
    shown = month_stats.read(report.content) if frozen else month_stats.shown(asked.question, asked.period)
    words = table.Table(shown, asked.period, link=asked.link)
    context = {
        **_common(asked),
        "table": words,
        "tiles": list(words.tiles()),
        "employees": words.employees(),
        "totals": words.totals(),
        "funnel": words.funnel(),
        "heat": words.heat(),
        "trend": words.trend(calendar()),
        "cohorts": words.cohorts(),
        "unlocked": words.unlocked(),
        "report": report,
        "frozen": frozen,
        **_signing(request.user, asked, report),
    }
    return render(request, "referrals/statistics.html", context)


def _common(asked):
    return {
        "asked": asked,
        "error": asked.error,
        "name": table.period_name(asked.period),
        "before": table.short_name(asked.period.before()),
        "kinds": _kinds(asked),
        "roles": [(role.value, role.label) for role in FILING],
        "channels": SourceChannel.choices,
        "earlier": asked.url(period=asked.period.before()),
        "later": asked.url(period=asked.period.after()) if asked.period.last < clock.today() else "",
        "print_url": asked.url("/statistics/print/"),
        "ranked_from": figures.RANKED_FROM,
        "several": len(asked.branches) > 1,
    }


def _kinds(asked):
    """日 周 月 季 年 自选, each about the last day of the present period."""
    day = min(asked.period.last, clock.today())
    return [
        {
            "label": Kind(kind).label,
            "url": asked.url(period=periods.period(kind, day))
            if kind != Kind.RANGE
            else asked.url(period=periods.Period(Kind.RANGE, asked.period.first, asked.period.last)),
            "current": asked.period.kind == kind,
        }
        for kind in Kind.values
    ]


def report_of(asked):
    """The month's draft or signed table, when the period is a month of one branch."""
    if asked.period.kind != Kind.MONTH or asked.branch is None:
        return None
    found = MonthReport.objects.visible_to(asked.user).select_related("branch", "signed_by")
    return found.filter(branch=asked.branch, month=asked.period.first).first()


def _signing(user, asked, report):
    """What the head needs to sign: the digest of what is on the page."""
    reach = scope(user, Permission.SIGN_MONTH)
    may = asked.is_whole and bool(reach) and reach.covers(asked.branch) and asked.period.last < clock.today()
    if not may or (report is not None and report.is_signed):
        return {"may_sign": False, "may_compile": False}
    if report is None:
        return {"may_sign": False, "may_compile": True}
    content = month_stats.content(Scope(branch_ids=frozenset({asked.branch.pk})), asked.period)
    return {"may_sign": True, "may_compile": False, "digest": months.digest(content)}


def _region(request, asked):
    """A row for each branch one reaches; the figures come from the roll-up."""
    found = stats.by_branch(asked.question)
    total = figures.add(found)
    words = table.Table(_nothing() | {"total": total}, asked.period, link=asked.link)
    lines = [
        {
            **words.columns(row),
            "name": row["branch_name"],
            "code": row["branch_code"],
            "rank": row["rank"],
            "url": asked.url(branch=row["branch"]),
        }
        for row in figures.ranked(found)
    ]
    days = [day for day in stats.days(asked.question) if not day["closed_at"]]
    context = {**_common(asked), "lines": lines, "totals": words.columns(total), "unlocked": days}
    return render(request, "referrals/statistics_branches.html", context)


def _nothing():
    none = figures.empty()
    return {"before": none, "year_before": none, "employees": [], "employees_before": []}


@require_GET
def rows(request):
    """The slips or deals behind one figure."""
    asked = Asked.of(request)
    measure = asked.query.get("measure", "total")
    is_deals = measure in stats.DEALS_OF
    if not is_deals and measure not in stats.SLIPS_OF:
        measure = "total"
    found = (stats.deals if is_deals else stats.slips)(asked.question, measure)
    pages = Paginator(found, PAGE).get_page(request.GET.get("page"))
    user = request.user
    context = {
        **_common(asked),
        "page": pages,
        "back": asked.url(employee=None, date=None, weekday=None, hour=None),
        "what": WORDS[measure](),
        "deals": pages if is_deals else None,
        "slips": None
        if is_deals
        else [
            {"slip": slip, "name": slip_rows.name(slip, user), "outcome": slip_rows.outcome(slip)}
            for slip in pages
        ],
        "unit": pgettext("unit", "deals") if is_deals else pgettext("unit", "referrals"),
    }
    return render(request, "referrals/statistics_rows.html", context)


WORDS = {
    "total": lambda: _("Referrals"),
    "referred": lambda: _("Referred"),
    "to_follow_up": lambda: _("To follow up"),
    "verified": lambda: _("Found true"),
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
}


@require_POST
def sign(request, pk):
    """The head signs what was on the page; figures that moved meanwhile are shown first."""
    report = MonthReport.objects.visible_to(request.user).select_related("branch").get(pk=pk)
    url = f"/statistics/?kind=month&day={report.month:%Y-%m-%d}&branch={report.branch_id}"
    try:
        actions.sign(pk, by=request.user, digest=request.POST.get("digest", ""))
    except Conflict as conflict:
        messages.error(request, conflict.message, extra_tags="past")
    else:
        messages.success(request, _("Signed; the figures are frozen"), extra_tags="met")
    return htmx.redirect(request, url)


@require_POST
def compile_month(request):
    """The head has the draft made that the night has not made yet."""
    asked = Asked.of(request)
    permissions.require(request.user, Permission.SIGN_MONTH, asked.branch)
    if asked.branch is None:
        raise Branch.DoesNotExist
    actions.compile_month(asked.branch, asked.period.first, by=request.user)
    messages.success(request, _("The month is compiled and waits for your signature"), extra_tags="met")
    return htmx.redirect(request, asked.url())
