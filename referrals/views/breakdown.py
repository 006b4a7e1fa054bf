"""分类统计: every column of the form, told apart by employee, post, channel, hour, day, month, branch or region."""

from django.shortcuts import render
from django.views.decorators.http import require_GET

from .. import breakdown, table
from ..asked import PAGE, Asked
from ..breakdown import By
from ..charts import by_months
from ..rules import figures
from ..stats import figures as stats
from ..stats import months as month_stats
from .statistics import common, views_of

#: What a signed month keeps for each view.
KEPT = {By.EMPLOYEE: "employees", By.ROLE: "roles", By.CHANNEL: "channels", By.HOUR: "hours", By.DAY: "dates"}
LIVE = {
    By.EMPLOYEE: stats.by_employee,
    By.ROLE: stats.by_role,
    By.CHANNEL: stats.by_channel,
    By.HOUR: stats.by_hour,
    By.DAY: stats.by_day,
    By.MONTH: stats.by_month,
    By.BRANCH: stats.by_branch,
    By.REGION: stats.by_region,
}


@require_GET
def page(request):
    """One view of the period, with its total."""
    asked = Asked.of(request)
    of = breakdown.OF_A_BRANCH if asked.branch else breakdown.OF_MANY
    by = asked.chosen["by"] if asked.chosen["by"] in of else of[0]
    rows, total, unlocked = _counted(asked, by)
    others = _others(asked, by)
    none = figures.empty()
    words = table.Table({"total": total, "before": none, "year_before": none}, asked.period, link=asked.link)
    context = {
        **common(asked),
        "by": by,
        "heading": breakdown.heading(by),
        "views": views_of(asked, by),
        "columns": [label for _name, label, _measure in breakdown.COLUMNS],
        "lines": breakdown.lines(by, rows, words, others),
        "versus": bool(others),
        "totals": breakdown.cells(total, words.link),
        "overview_url": asked.url(PAGE),
        "has_rank": by in (By.EMPLOYEE, By.BRANCH),
        "doubled": by == By.EMPLOYEE and figures.deals(figures.add(rows)) > figures.deals(total),
        "unlocked": unlocked,
    }
    return render(request, "referrals/statistics_table.html", context)


def _counted(asked, by):
    """Rows of the view, the whole, and the days left out: as signed, else as they stand now."""
    if asked.frozen is not None:
        shown = month_stats.read(asked.frozen)
        rows = _months(shown["dates"]) if by == By.MONTH else shown[KEPT[by]]
        total, days = shown["total"], shown["days"]
    else:
        rows, total = LIVE[by](asked.question), _total(asked)
        days = stats.days(asked.question)
    if by in (By.EMPLOYEE, By.BRANCH):
        rows = figures.ranked(rows)
    return rows, total, [day for day in days if not day["closed_at"]]


def _others(asked, by):
    """The same rows of the period before and of a year ago; a signed month has those that were signed with it."""
    if by not in breakdown.SAME:
        return ()
    if asked.frozen is None:
        spans = (asked.period.before(), asked.period.year_before())
        return tuple(LIVE[by](asked.question.over(span)) for span in spans)
    names = [f"{KEPT[by]}_before", f"{KEPT[by]}_year_before"]
    if not set(names) <= asked.frozen.keys():
        return ()  # signed before posts and channels were compared
    shown = month_stats.read(asked.frozen)
    return tuple(shown[name] for name in names)


def _total(asked):
    return stats.total(asked.question) if asked.branch else stats.total_of_branches(asked.question)


def _months(dates):
    return [{"month": month, **row} for month, row in by_months(dates).items()]
