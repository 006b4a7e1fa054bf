"""Funnel, heat map, days and cohorts of a `Table` in words: each chart is a table that also draws."""

from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from rmflow.workdays.rules import YearMissing, short_day, weekday

from .rules import figures
from .rules.periods import Kind, period

#: Shades of the heat map, lightest first.
SHADES = 5
#: A longer period is drawn by months.
MOST_BARS = 62


def funnel(table):
    """From referral to deal; the width is of the largest step, the share of the step before."""
    total = table.total
    steps = [
        (_("Referrals"), total["total"], "total"),
        (_("Found true"), total["verified"], "verified"),
        (_("Premium, potential, prospective"), figures.good(total), "good"),
        (_("Met or reached"), total["reached"], "reached"),
        (_("Deals"), figures.deals(total), "deals"),
    ]
    most = max(count for _label, count, _measure in steps) or 1
    answer, before = [], None
    for number, (label, count, measure) in enumerate(steps, 1):
        share = figures.percent(count, before) if before is not None else None
        answer.append(
            {
                "label": label,
                "count": count,
                "width": round(100 * count / most),
                "share": "" if share is None else f"{share:.0f}%",
                "url": table.link(measure),
                "step": number,
            }
        )
        before = count
    return answer


def heat(table):
    """Weekdays × hours; hours that no slip was made in are left out at both ends."""
    cells = {(row["weekday"], row["hour"]): row["total"] for row in table.shown["heat"]}
    hours = [hour for _day, hour in cells]
    span = range(min([9, *hours]), max([17, *hours]) + 1)
    most = max(cells.values(), default=0) or 1
    names = [_("Mon"), _("Tue"), _("Wed"), _("Thu"), _("Fri"), _("Sat"), _("Sun")]

    def cell(day, hour):
        count = cells.get((day, hour), 0)
        url = table.link("total", weekday=day, hour=hour) if count else ""
        return {"count": count, "shade": -(-SHADES * count // most), "url": url}

    def whole(count, **only):
        return {"count": count, "url": table.link("total", **only) if count else ""}

    lines = [
        {
            "name": names[day - 1],
            "cells": [cell(day, hour) for hour in span],
            "total": whole(sum(cells.get((day, hour), 0) for hour in span), weekday=day),
        }
        for day in range(1, 8)
    ]
    foot = [whole(sum(cells.get((day, hour), 0) for day in range(1, 8)), hour=hour) for hour in span]
    return {"hours": list(span), "lines": lines, "foot": foot, "total": whole(sum(cells.values()))}


def trend(table, calendar):
    """Days (months in a longer period) with both series, the period before, and what kind of day it is."""
    if table.span.days > MOST_BARS:
        return _months(table)
    now = {row["date"]: row for row in table.shown["dates"]}
    before = {row["date"]: row["total"] for row in table.shown["dates_before"]}
    then = table.span.before().dates()
    open_days = {day["date"] for day in table.unlocked()}
    return [
        {
            "label": str(day.day),
            "name": short_day(day),
            "mark": _mark(day, calendar),
            "off": _is_off(day, calendar),
            "unlocked": day in open_days,
            **_both(now.get(day), table.link, date=day.isoformat()),
            "before": before.get(then[number]) if number < len(then) else None,
        }
        for number, day in enumerate(table.span.dates())
    ]


def _both(row, link, **only):
    """The two series of a bar, each with the rows behind it."""
    if row is None:
        return {"referred": 0, "to_follow_up": 0, "url": "", "urls": {}}
    return {
        "referred": row["referred"],
        "to_follow_up": row["to_follow_up"],
        "url": link("total", **only),
        "urls": {name: link(name, **only) for name in ("referred", "to_follow_up")},
    }


def _months(table):
    sums = by_months(table.shown["dates"])
    before = list(by_months(table.shown["dates_before"]).values())
    return [
        {
            "label": f"{month:%Y-%m}",
            "name": f"{month:%Y-%m}",
            "mark": "",
            "off": False,
            "unlocked": False,
            "before": before[number]["total"] if number < len(before) else None,
            **_both(row, table.link_over(period(Kind.MONTH, month))),
        }
        for number, (month, row) in enumerate(sums.items())
    ]


def by_months(dates):
    """Rows of days, summed up by month, in order."""
    sums = {}
    for row in dates:
        sums.setdefault(row["date"].replace(day=1), []).append(row)
    return {month: figures.add(rows) for month, rows in sorted(sums.items())}


def cohorts(table):
    """By the month the slips count in: what became of them until now."""
    return [
        {
            "month": f"{row['made_month']:%Y-%m}",
            **table.columns(row),
            "urls": _cohort_urls(table.link_over(period(Kind.MONTH, row["made_month"]))),
        }
        for row in reversed(table.shown["cohorts"])
    ]


def _cohort_urls(link):
    return {
        "total": link("total"),
        "to_follow_up": link("to_follow_up"),
        "converted": link("cohort_converted"),
        "deals": link("cohort_deals"),
    }


def _is_off(day, calendar):
    try:
        return not calendar.is_working(day)
    except YearMissing:  # no shading rather than no page
        return False


def _mark(day, calendar):
    """班 on a made-up day, 休 on a holiday, else the weekday's short name."""
    kind = calendar.reason(day)[0]
    if kind == "make_up":
        return pgettext("calendar", "make-up")
    if kind == "holiday":
        return pgettext("calendar", "off")
    return weekday(day).removeprefix("周")[:2]
