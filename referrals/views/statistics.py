"""推介统计: the page, the rows behind each figure, the head's signature (W1-10, W1-12)."""

from django.contrib import messages
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from rmflow.doors import htmx
from rmflow.doors.kept import kept
from rmflow.staff import permissions
from rmflow.staff.models import Branch
from rmflow.staff.permissions import Permission, Role, Scope, scope
from rmflow.workdays import clock
from rmflow.workdays.current import calendar
from rmflow.workflow import Conflict

from .. import breakdown, charts, table
from ..actions import months as actions
from ..asked import TABLE, Asked
from ..models import MonthReport
from ..rules import SourceChannel, figures, months, periods
from ..rules.periods import Kind
from ..stats import figures as stats
from ..stats import months as month_stats
from ..stats import version

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


def _version(request):
    """What the page of one's own branches depends on; a whole region's is counted each time."""
    permissions.require(request.user, Permission.SEE_STATISTICS)
    reach = scope(request.user, Permission.SEE_STATISTICS)
    return None if reach.everywhere or reach.paths else version.of(reach.branch_ids)


@kept(_version)
@require_GET
def page(request):
    """The table of a period, with everything the head judges it by."""
    asked = Asked.of(request)
    if asked.branch is None and not asked.only:
        return _region(request, asked)
    report, (shown, content) = asked.report, _shown(request.user, asked)
    words = table.Table(shown, asked.period, link=asked.link)
    context = {
        **common(asked),
        "table": words,
        "tiles": list(words.tiles()),
        "employees": words.employees(),
        "totals": words.totals(),
        "funnel": charts.funnel(words),
        "heat": charts.heat(words),
        "trend": charts.trend(words, calendar()),
        "cohorts": charts.cohorts(words),
        "unlocked": words.unlocked(),
        "report": report,
        "frozen": asked.frozen is not None,
        "filtered_since": report.signed_at if asked.signed and asked.frozen is None else None,
        **_signing(request.user, asked, report, content),
    }
    return render(request, "referrals/statistics.html", context)


def common(asked):
    return {
        "asked": asked,
        "error": asked.error,
        "name": table.period_name(asked.period),
        "before": table.short_name(asked.period.before()),
        "views": views_of(asked),
        "kinds": _kinds(asked),
        "roles": [(role.value, role.label) for role in FILING],
        "channels": SourceChannel.choices,
        "earlier": asked.url(period=asked.period.before()),
        "later": asked.url(period=asked.period.after()) if asked.period.last < clock.today() else "",
        "print_url": asked.url("/statistics/print/"),
        "ranked_from": figures.RANKED_FROM,
        "by_months": asked.period.days > charts.MOST_BARS,
        "several": len(asked.branches) > 1,
    }


def views_of(asked, current=None):
    """按员工、岗位、渠道…: the tables that show every column."""
    of = breakdown.OF_A_BRANCH if asked.branch else breakdown.OF_MANY
    return [{"label": by.label, "url": asked.url(TABLE, by=by.value), "current": by == current} for by in of]


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


def _signing(user, asked, report, content):
    """What the head needs to sign: the digest of what is on the page."""
    if content is not None:
        return {"may_sign": True, "may_compile": False, "digest": months.digest(content)}
    may = may_sign(user, asked) and asked.period.last < clock.today()
    return {"may_sign": False, "may_compile": may and report is None}


def may_sign(user, asked):
    reach = scope(user, Permission.SIGN_MONTH)
    return asked.is_whole and bool(reach) and reach.covers(asked.branch)


def _shown(user, asked):
    """The figures of the page, and what the head would sign: counted once, so that both are the same."""
    if asked.frozen is not None:
        return month_stats.read(asked.frozen), None
    if asked.report is not None and may_sign(user, asked) and asked.period.last < clock.today():
        content = month_stats.content(Scope(branch_ids=frozenset({asked.branch.pk})), asked.period)
        return month_stats.read(content), content
    return month_stats.shown(asked.question, asked.period), None


def _region(request, asked):
    """A row for each branch one reaches; the figures come from the roll-up."""
    question, span = asked.question, asked.period
    found = stats.by_branch(question)
    before = {row["branch"]: row["total"] for row in stats.by_branch(question.over(span.before()))}
    total = figures.add(found)
    shown = {
        "days": stats.days(question),
        "total": total,
        "before": stats.total_of_branches(question.over(span.before())),
        "year_before": stats.total_of_branches(question.over(span.year_before())),
        "employees": [],
        "employees_before": [],
        "dates": stats.days_of_branches(question),
        "dates_before": stats.days_of_branches(question.over(span.before())),
        "heat": stats.heat_of_branches(question),
    }
    shown["total"]["in_time"] = sum(row["in_time"] for row in found)
    shown |= {"first_contacts": shown["total"], "first_contacts_before": shown["before"]}
    words = table.Table(shown, span, link=asked.link)
    ranked = figures.ranked(found)
    context = {
        **common(asked),
        "table": words,
        "tiles": list(words.tiles()),
        "lines": [_branch(row, words, asked, before, ranked) for row in ranked],
        "totals": words.totals(),
        "funnel": charts.funnel(words),
        "heat": charts.heat(words),
        "trend": charts.trend(words, calendar()),
        "unlocked": words.unlocked(),
    }
    return render(request, "referrals/statistics_branches.html", context)


def _branch(row, words, asked, before, ranked):
    then = before.get(row["branch"])
    most = max(line["total"] for line in ranked) or 1
    return {
        **words.columns(row),
        "name": row["branch_name"],
        "code": row["branch_code"],
        "rank": row["rank"],
        "change": _("new") if then is None else table.signed(row["total"] - then),
        "bar": round(100 * row["referred"] / most),
        "bar2": round(100 * row["to_follow_up"] / most),
        "url": asked.url(branch=row["branch"]),
        "urls": {name: asked.link(name, branch=row["branch"]) for name in table.LINKED},
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
