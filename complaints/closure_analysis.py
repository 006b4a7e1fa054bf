"""A month's closures in figures: tiles, groups, service norms; words are put to codes here (W3-06, W3-01)."""

import datetime
from functools import cached_property

from django.utils.dateformat import format as format_date
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from .models import Opening
from .rules.closures import KEEP_AT_LEAST, Movement, Reason, keeps_enough
from .stats import closures as stats

WAN = 10_000
TREND = 12  # months of the picture


def _back(first, count):
    index = first.year * 12 + first.month - 1 - count
    return datetime.date(index // 12, index % 12 + 1, 1)


def _whole(row, name):
    """An amount in 10,000 yuan without a part: the picture's script reads it."""
    return round((row[name] or 0) / WAN) if row else 0


class Analysis:
    """Cases found from `first` to `last` among `rows`."""

    def __init__(self, rows, first, last, *, several):
        self.first, self.last, self.several = first, last, several
        self.rows = stats.of_month(rows, first, last)

    @cached_property
    def total(self):
        return stats.total(self.rows)

    def tiles(self):
        """Six figures of the month."""
        t = self.total
        held = (t["kept"] or 0) + (t["partly"] or 0)
        return [
            {"label": _("Cases"), "figure": t["cases"], "unit": pgettext("unit", "cases"), "drill": "all"},
            {
                "label": _("Leaving us"),
                "figure": t["churn"],
                "unit": pgettext("unit", "cases"),
                "drill": "churn",
            },
            {
                "label": _("Kept, wholly or in part"),
                "figure": held,
                "unit": pgettext("unit", "cases"),
                "drill": "held",
            },
            {
                "label": _("Success of keeping"),
                "figure": share(held, t["churn"]),
                "target": f"{KEEP_AT_LEAST}%",
                "met": keeps_enough(held, t["churn"]),
            },
            {
                "label": _("Stayed with us"),
                "figure": wan(t["saved_sum"]),
                "unit": _("× 10,000 yuan"),
                "drill": "saved",
            },
            {
                "label": _("Left us"),
                "figure": wan(t["lost_sum"]),
                "unit": _("× 10,000 yuan"),
                "drill": "leak",
            },
        ]

    def groups(self):
        """A table for each way to group."""
        titles = {
            "reason": _("By reason"),
            "product": _("By product"),
            "destination": _("By destination"),
            "manager": _("By manager"),
            "movement": _("By movement"),
        }
        if self.several:
            titles["branch"] = _("By branch")
        return [{"key": key, "title": title, "lines": self.lines(key)} for key, title in titles.items()]

    def lines(self, key):
        """Rows of one table, the largest loss first, each with its bar."""
        found = stats.grouped(self.rows, key)
        most = max((row["lost_sum"] or 0 for row in found), default=0)
        return [
            {
                **row,
                "name": name_of(key, row),
                "key": row[stats.DRILLS[key]] if row[stats.DRILLS[key]] not in ("", None) else "none",
                "lost_wan": wan(row["lost_sum"]),
                "saved_wan": wan(row["saved_sum"]),
                "held": (row["kept"] or 0) + (row["partly"] or 0),
                "bar": round(100 * (row["lost_sum"] or 0) / most) if most else 0,
            }
            for row in found
        ]

    def trend(self, rows):
        """Twelve months up to this one: what stayed, what left, what left in the same month a year before."""
        months = [_back(self.first, number) for number in range(2 * TREND - 1, -1, -1)]
        found = stats.by_month(rows, months[0], self.last)
        return [
            {
                "month": f"{month:%Y-%m}",
                "label": str(month.month),
                "name": format_date(month, pgettext("date format: month and year", "F Y")),
                "saved": _whole(found.get(month), "saved_sum"),
                "lost": _whole(found.get(month), "lost_sum"),
                "before": _whole(found.get(months[place]), "lost_sum"),
                "cases": found[month]["cases"] if month in found else 0,
            }
            for place, month in enumerate(months[TREND:])
        ]

    def service(self, user):
        """Accurate, fast, settled the first time: of closures and of openings."""
        openings = stats.openings_of(Opening.objects.visible_to(user), self.first, self.last)
        return [
            _norms(_("Closures and movements"), stats.service_of_closures(self.rows), _("to the claim")),
            _norms(_("Account openings"), stats.service_of_openings(openings), _("at the counter")),
        ]


def _norms(title, found, what):
    return {
        "title": title,
        "what": what,
        "marked": found["marked"],
        "accurate": share(found["accurate"], found["marked"]),
        "first_time": share(found["first_time"], found["marked"]),
        "minutes": minutes(found["speed"]),
    }


def name_of(key, row):
    """The group's name in words."""
    if key == "reason":
        return str(Reason(row["reason"]).label) if row["reason"] else _("Not said yet")
    if key == "movement":
        return str(Movement(row["movement"]).label)
    return row[stats.GROUPS[key][0]] or _("Not said")


def share(part, whole):
    return f"{100 * (part or 0) / whole:.1f}%" if whole else "–"


def wan(amount):
    return f"{(amount or 0) / WAN:,.2f}"


def minutes(delta):
    return "–" if delta is None else _("{n} min").format(n=round(delta.total_seconds() / 60))
