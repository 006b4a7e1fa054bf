"""推介统计 as a person reads it: tiles and the rows of its people — from counted rows to words.

One source for page, print and API: `Table` takes the rows of `stats.months.shown` (live, or a signed
month's frozen ones) and asks nothing itself.
"""

from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from rmflow.staff.models import User
from rmflow.staff.permissions import Role
from rmflow.workdays.rules import short_day, weekday

from .rules import figures
from .rules.periods import Kind

WAN = 10000


def wan(amount):
    """Yuan as 万元 with one decimal."""
    return f"{amount / WAN:,.1f}"


def rate(value):
    return "–" if value is None else f"{value:.1f}"


def signed(number, unit=""):
    return f"{'+' if number > 0 else '−' if number < 0 else '±'}{abs(number):g}{unit}"


def post(row):
    """岗位: the role of that moment; tellers by their counter."""
    if row["role"] == Role.TELLER and row.get("counter"):
        return {
            User.Counter.CASH: pgettext("post", "Cash teller"),
            User.Counter.NON_CASH: pgettext("post", "Non-cash teller"),
        }[row["counter"]]
    return Role(row["role"]).label


def period_name(span):
    """2026年9月, 2026年第3季度, 9月7日至9月13日."""
    first = span.first
    if span.kind == Kind.MONTH:
        return _("{year}-{month:02d}").format(year=first.year, month=first.month)
    if span.kind == Kind.QUARTER:
        return _("Q{n} {year}").format(n=(first.month + 2) // 3, year=first.year)
    if span.kind == Kind.YEAR:
        return _("Year {year}").format(year=first.year)
    if span.kind == Kind.DAY:
        return f"{first.year} · {short_day(first)} {weekday(first)}"
    return _("{first} to {last}, {year}").format(
        first=short_day(first), last=short_day(span.last), year=span.last.year
    )


def short_name(span):
    """What a comparison is called: 8月, or the period."""
    return _("month {n}").format(n=span.first.month) if span.kind == Kind.MONTH else period_name(span)


class Table:
    """One period's figures in words."""

    def __init__(self, shown, span, *, link=None):
        """`link(measure, period=None, **only)` answers the address of the rows behind a figure."""
        self.shown, self.span = shown, span
        self.link = link or (lambda measure, **only: "")
        self.total, self.before, self.year_before = shown["total"], shown["before"], shown["year_before"]

    def link_over(self, span):
        """Addresses of rows of another period."""
        return lambda measure, **only: self.link(measure, period=span, **only)

    # --- tiles ---

    def tiles(self):
        rates, before, year = (figures.rates(row) for row in (self.total, self.before, self.year_before))
        names = {
            "guided": (_("On-site guidance success"), "referred"),
            "accuracy": (_("Recognition accuracy"), "good"),
            "conversion": (_("Follow-up conversion"), "converted"),
        }
        yield self._count_tile()
        for name, (label, measure) in names.items():
            yield self._rate_tile(name, label, rates[name], before[name], year[name], measure)
        if "first_contacts" in self.shown:
            yield self._in_time_tile()
        yield self._amount_tile()

    def _count_tile(self):
        now, before = self.total["total"], self.before["total"]
        return {
            "label": _("Referrals"),
            "figure": f"{now:,}",
            "unit": pgettext("unit", "referrals"),
            "url": self.link("total"),
            **self._versus(figures.change(now, before), "%"),
            "last_year": self._last_year(
                f"{self.year_before['total']:,}" if self.year_before["total"] else "–"
            ),
        }

    def _rate_tile(self, name, label, now, before, year, measure):
        target = figures.TARGETS[name]
        met = now is not None and now >= target
        return {
            "label": label,
            "figure": rate(now),
            "unit": "%" if now is not None else "",
            "url": self.link(measure),
            "target": f"{target}%",
            "met": met,
            **self._versus(figures.points(now, before), _(" points")),
            "last_year": self._last_year("–" if year is None else f"{rate(year)}%"),
        }

    def _in_time_tile(self):
        row, before = self.shown["first_contacts"], self.shown["first_contacts_before"]
        now = figures.percent(row["in_time"], row["to_follow_up"])
        then = figures.percent(before["in_time"], before["to_follow_up"])
        return self._rate_tile("in_time", _("First contact in time"), now, then, None, "in_time")

    def _amount_tile(self):
        now, before, year = (figures.amount(row) for row in (self.total, self.before, self.year_before))
        return {
            "label": _("Deals, amount"),
            "figure": wan(now),
            "unit": _("10k yuan"),
            "url": self.link("deals"),
            **self._versus(figures.change(now, before), "%"),
            "last_year": self._last_year(wan(year) if year else "–"),
        }

    def _versus(self, number, unit):
        versus = _("vs {period}").format(period=short_name(self.span.before()))
        if number is None:
            return {"versus": versus, "change": "–", "direction": ""}
        direction = "up" if number > 0 else "down" if number < 0 else ""
        return {"versus": versus, "change": signed(number, unit), "direction": direction}

    def _last_year(self, text):
        return _("a year ago {figure}").format(figure=text)

    # --- rows ---

    def employees(self):
        """Rows in order of rank; those with few slips last, without a rank."""
        rows = figures.ranked(self.shown["employees"])
        most = max((row["total"] for row in rows), default=0) or 1
        before = {(row["employee"], row["role"]): row["total"] for row in self.shown["employees_before"]}
        return [self._employee(row, most, before) for row in rows]

    def _employee(self, row, most, before):
        then = before.get((row["employee"], row["role"]))
        only = {"employee": row["employee"], "role": row["role"]}
        return {
            **self.columns(row),
            "rank": row["rank"],
            "name": row["employee_name"],
            "number": row["employee_no"],
            "post": post(row),
            "change": _("new") if then is None else signed(row["total"] - then),
            "few": row["rank"] is None,
            "bar": round(100 * row["referred"] / most),
            "bar2": round(100 * row["to_follow_up"] / most),
            "urls": {name: self.link(name, **only) for name in LINKED},
        }

    def columns(self, row):
        """Every column of the form, as text and number."""
        return {
            **{name: row[name] for name in figures.COUNTS},
            "accuracy": rate(figures.rates(row)["accuracy"]),
            "guided": rate(figures.rates(row)["guided"]),
            "conversion": rate(figures.rates(row)["conversion"]),
            "deals": figures.deals(row),
            "amount": wan(figures.amount(row)),
            "spot_wan": wan(row["spot_amount"]),
            "follow_wan": wan(row["follow_amount"]),
        }

    def totals(self):
        row = self.columns(self.total)
        row["change"] = signed(self.total["total"] - self.before["total"])
        row["urls"] = {name: self.link(name) for name in LINKED}
        return row

    @property
    def doubled(self):
        """Whether a manager's double credit makes the rows more than the total."""
        rows = figures.add(self.shown["employees"])
        return figures.deals(rows) > figures.deals(self.total)

    def unlocked(self):
        return [day for day in self.shown["days"] if not day["closed_at"]]

    def locked_count(self):
        return sum(1 for day in self.shown["days"] if day["closed_at"])


#: Figures of a row that open the rows behind them.
LINKED = ("total", "referred", "to_follow_up", "good", "converted", "deals")
