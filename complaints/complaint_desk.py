"""What the complaint desk shows of a period: tiles, rows of a dimension, Pareto, trend (W3-12, §3.3)."""

import datetime
from dataclasses import dataclass, field

from django.utils.dateformat import format as format_date
from django.utils.functional import cached_property
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext, pgettext_lazy

from rmflow.staff import permissions
from rmflow.staff.permissions import Permission, scope
from rmflow.workdays import clock

from .models import Complaint
from .rules.complaint import TARGET_WITHIN_3, Way
from .stats import complaint as stats

DIMENSIONS = {
    "branch": gettext_lazy("Branch"),
    "cause": pgettext_lazy("complaint", "Cause"),
    "business": pgettext_lazy("complaint", "Business"),
    "channel": pgettext_lazy("complaint", "Channel"),
    "product": gettext_lazy("Product"),
    "handler": gettext_lazy("Handler"),
    "named": gettext_lazy("Complained of"),
    "way": gettext_lazy("Way in"),
}
#: Columns of the table: figure → (head, the figure it is a share of).
COLUMNS = {
    "total": (pgettext_lazy("complaints", "Number"), ""),
    "still_open": (pgettext_lazy("complaint", "Open"), ""),
    "on_spot": (gettext_lazy("On the spot"), "answered"),
    "within_3": (gettext_lazy("Within 3 working days"), "owed_3"),
    "within_7": (gettext_lazy("Within 7 working days"), "owed_7"),
    "past_law": (gettext_lazy("Past the law"), ""),
    "repeats": (pgettext_lazy("complaints", "Repeats"), "total"),
    "content": (gettext_lazy("Content"), "said"),
}
TREND_MONTHS = 12
#: Periods an address may name; one at a time.
PERIODS = frozenset({"month", "quarter", "year"})


def quarter_code(first):
    """2026-Q1 for the quarter that begins on `first`."""
    return f"{first:%Y}-Q{(first.month + 2) // 3}"


def quarter_name(first):
    """The quarter in words; "" for none."""
    return _("{year}, quarter {n}").format(year=first.year, n=(first.month + 2) // 3) if first else ""


@dataclass
class Asked:
    """Which period, branch and dimension the desk is asked for, with the reader's rights."""

    user: object
    month: datetime.date | None
    year: int
    dimension: str
    branch: object = None
    today: datetime.date = field(default_factory=clock.today)
    quarter: datetime.date | None = None

    @classmethod
    def of(cls, request):
        permissions.require(request.user, Permission.ANALYSE_COMPLAINTS)
        query, today = request.GET, clock.today()
        month = stats.month_of(query.get("month", ""))
        year = stats.year_of(query.get("year", ""))
        quarter = None if year else stats.quarter_of(query.get("quarter", ""))
        dimension = query.get("by", "cause")
        branch = query.get("branch", "")
        reach = scope(request.user, Permission.ANALYSE_COMPLAINTS)
        chosen = stats.outlets(reach).filter(pk=int(branch)).first() if stats.is_key(branch) else None
        return cls(
            user=request.user,
            month=None if year or quarter else (month or today.replace(day=1)),
            quarter=quarter,
            year=year or (quarter or month or today).year,
            dimension=dimension if dimension in DIMENSIONS else "cause",
            branch=chosen,
            today=today,
        )

    @property
    def reach(self):
        return scope(self.user, Permission.ANALYSE_COMPLAINTS)

    @property
    def first(self):
        return self.month or self.quarter or datetime.date(self.year, 1, 1)

    @property
    def last(self):
        if self.quarter:
            return stats.last_of_quarter(self.quarter)
        return stats.last_day(self.month) if self.month else datetime.date(self.year, 12, 31)

    @property
    def code(self):
        """The period as an address and a file's name have it: 2026-02, 2026-Q1, 2026."""
        return next(iter(self.spanned.values()))

    @property
    def spanned(self):
        """The period as its part of an address."""
        if self.month:
            return {"month": f"{self.month:%Y-%m}"}
        return {"quarter": quarter_code(self.quarter)} if self.quarter else {"year": self.year}

    def moved(self, step):
        """The period before (-1) or after (1) as its part of an address."""
        if self.month:
            return {"month": f"{_months_before(self.month, -step):%Y-%m}"}
        if self.quarter:
            return {"quarter": quarter_code(_months_before(self.quarter, -3 * step))}
        return {"year": self.year + step}

    def spans(self):
        """Month, quarter, year: the same end of time seen narrower or wider."""
        end = min(self.last, max(self.first, self.today))
        begin = end.replace(month=end.month - (end.month - 1) % 3, day=1)
        return [
            (pgettext("period", "Month"), {"month": f"{end:%Y-%m}"}, bool(self.month)),
            (pgettext("period", "Quarter"), {"quarter": quarter_code(begin)}, bool(self.quarter)),
            (_("Whole year"), {"year": end.year}, not self.month and not self.quarter),
        ]

    @property
    def name(self):
        if self.month:
            return format_date(self.month, pgettext("date format: month and year", "F Y"))
        return quarter_name(self.quarter) or _("{year}").format(year=self.year)

    @cached_property
    def clients(self):
        """Clients of each branch in reach, for the rates by 1,000."""
        return stats.clients_by_branch(self.reach)

    def clients_of(self, dimension, row):
        """Whose complaints a row counts: clients of its branch, of the branch asked for, or of all in reach."""
        if dimension == "branch" and row["key"] is not None:
            return self.clients.get(row["key"], 0)
        return self.clients.get(self.branch.pk, 0) if self.branch else sum(self.clients.values())

    @cached_property
    def rows(self):
        """Complaints the reader may count: of the branches analysed, never those he keeps out of."""
        rows = Complaint.objects.visible_to(self.user).filter(self.reach.q("branch"))
        return rows.filter(branch=self.branch) if self.branch else rows

    def period(self):
        return stats.between(self.rows, self.first, self.last)

    def query(self, **changes):
        """The address of the same question with `changes`."""
        now = {"by": self.dimension} | ({} if changes.keys() & PERIODS else self.spanned)
        now |= {"branch": self.branch.pk} if self.branch else {}
        return "?" + urlencode({name: value for name, value in {**now, **changes}.items() if value})

    def drill(self, **filters):
        """The address of the rows behind a figure."""
        kept = {"show": "all"} | self.spanned
        kept |= {"branch": self.branch.pk} if self.branch else {}
        return "/complaints/?" + urlencode({**kept, **filters})


def tiles(asked, total):
    """The six figures at the head."""
    rate = stats.rates(total, clients=asked.clients_of("", total))
    return [
        _tile(_("Complaints"), total["total"], _("pieces"), asked.drill()),
        _tile(_("On the spot"), _percent(rate["on_spot"]), "", asked.drill(fact="on_spot")),
        _tile(
            _("Within 3 working days"),
            _percent(rate["within_3"]),
            "",
            asked.drill(fact="within_3"),
            target=f"{TARGET_WITHIN_3:.0%}",
            met=(rate["within_3"] or 0) >= TARGET_WITHIN_3,
        ),
        _tile(
            _("Past the law"),
            total["past_law"],
            _("pieces"),
            asked.drill(fact="past_law"),
            target="0",
            met=total["past_law"] == 0,
        ),
        _tile(_("Repeats"), _percent(rate["repeats"]), "", asked.drill(fact="repeats")),
        _tile(_("Content"), _percent(rate["content"]), "", asked.drill(fact="content")),
        *(
            [_tile(_("Of 1,000 clients"), per_1000(rate), _("pieces"), asked.drill())]
            if rate["per_1000"] is not None
            else []
        ),
    ]


def _tile(label, figure, unit, url, target="", met=False):
    return {"label": label, "figure": figure, "unit": unit, "url": url, "target": target, "met": met}


def _percent(share):
    return "–" if share is None else f"{share * 100:.1f}%"


def table(asked, rows):
    """Rows of the chosen dimension as the table prints them."""
    return [
        {
            "name": heading(asked.dimension, row),
            "cells": [
                {
                    "count": row[column],
                    "share": _percent(row[column] / row[of]) if of and row[of] else "",
                    "url": asked.drill(**_key(asked.dimension, row), **_fact(column)),
                    "bad": column == "past_law" and row[column] > 0,
                }
                for column, (_head, of) in COLUMNS.items()
            ],
            "per_1000": per_1000(stats.rates(row, clients=asked.clients_of(asked.dimension, row))),
        }
        for row in rows
    ]


def per_1000(rate):
    """Complaints of 1,000 clients as the desk prints it."""
    return "–" if rate["per_1000"] is None else f"{rate['per_1000']:.2f}"


def _fact(column):
    return {} if column == "total" else {"fact": column}


def _key(dimension, row):
    return {dimension: row["key"] if row["key"] is not None else "none"}


def heading(dimension, row):
    """The name of one row; what nobody has classified says so."""
    if dimension == "way" and row["heading"] in Way.values:
        return str(Way(row["heading"]).label)
    return row["heading"] or _("Not classified")


def pareto(asked, rows):
    """Causes in falling order with their running share: few of them make most of the complaints."""
    return [
        {
            "name": heading("cause", row),
            "count": row["total"],
            "width": round(row["total"] * 100 / rows[0]["total"]),
            "running": f"{row['running'] * 100:.0f}%",
            "vital": row["running"] - row["share"] < 0.8,
            "url": asked.drill(**_key("cause", row)),
        }
        for row in stats.pareto(rows)
    ]


def trend(asked):
    """Twelve months up to the one asked for, beside the same months of the year before."""
    end = asked.last.replace(day=1)
    months = [_months_before(end, back) for back in range(TREND_MONTHS * 2 - 1, -1, -1)]
    found = stats.by_month(stats.between(asked.rows, months[0], stats.last_day(end)), today=asked.today)
    known = {row["month"].date(): row for row in found}
    shown = []
    for place, month in enumerate(months[TREND_MONTHS:]):
        row, before = known.get(month), known.get(months[place])
        total, fast = (row["total"], row["within_3"]) if row else (0, 0)
        shown.append(
            {
                "label": f"{month.month}",
                "name": format_date(month, pgettext("date format: month and year", "F Y")),
                "fast": fast,
                "rest": total - fast,
                "before": before["total"] if before else 0,
                "url": asked.query(month=f"{month:%Y-%m}"),
            }
        )
    return shown


def _months_before(first, count):
    index = first.year * 12 + first.month - 1 - count
    return datetime.date(index // 12, index % 12 + 1, 1)
