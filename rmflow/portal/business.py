"""经营: how the branches of a head or region stand, with six periods behind it (design, head-phone.png)."""

import datetime
from dataclasses import dataclass

from django.db.models import TextChoices
from django.utils.translation import gettext as _
from django.utils.translation import pgettext, pgettext_lazy

from referrals import table
from referrals.rules import figures, periods
from referrals.rules.periods import Kind, Period
from referrals.stats import rollup
from referrals.stats.facts import Question
from rmflow.staff.permissions import Permission, scope

#: Periods a line is drawn of, the one shown included.
DRAWN = 6
#: Points of a line, in the units of its picture.
WIDE, HIGH, EDGE = 120, 28, 3


class Span(TextChoices):
    """Which period stands on the overview."""

    MONTH = "month", pgettext_lazy("overview", "This month")
    LAST = "last", pgettext_lazy("overview", "Last month")
    QUARTER = "quarter", pgettext_lazy("overview", "Quarter")
    YEAR = "year", pgettext_lazy("overview", "Year")


def span_of(text, today):
    """The span asked for; without a word last month until the tenth, when its table is signed, then this one."""
    if text in Span.values:
        return Span(text)
    return Span.LAST if today.day <= 10 else Span.MONTH


def period_of(span, today):
    if span == Span.LAST:
        return periods.month_to_report(today)
    return periods.period({Span.QUARTER: Kind.QUARTER, Span.YEAR: Kind.YEAR}.get(span, Kind.MONTH), today)


@dataclass
class Business:
    """Figures of one period and of those before it: one statement, out of the roll-up."""

    period: Period
    rows: list  # a row of sums for each period, the oldest first

    @property
    def now(self):
        return self.rows[-1]

    @property
    def before(self):
        return self.rows[-2]

    def tiles(self):
        """Referrals, accuracy, conversion, amount: figure, change, and the line of six periods."""
        yield self._tile(
            _("Referrals"), [row["total"] for row in self.rows], "total", unit=pgettext("unit", "referrals")
        )
        for name, label, measure in (
            ("accuracy", _("Recognition accuracy"), "good"),
            ("conversion", _("Follow-up conversion"), "converted"),
        ):
            yield self._tile(label, [figures.rates(row)[name] for row in self.rows], measure, unit="%")
        yield self._tile(
            _("Deals, amount"), [figures.amount(row) for row in self.rows], "deals", unit=_("10k yuan")
        )

    def _tile(self, label, values, measure, *, unit):
        now, before = values[-1], values[-2]
        if unit == "%":
            figure, change = table.rate(now), figures.points(now, before)
            words = "–" if change is None else table.signed(change, _(" points"))
        else:
            figure = table.wan(now) if measure == "deals" else f"{now:,}"
            change = figures.change(now, before)
            words = "–" if change is None else table.signed(change, "%")
        return {
            "label": label,
            "figure": figure,
            "unit": unit if now is not None else "",
            "change": words,
            "measure": measure,
            "line": line(values),
            "read": "、".join(self._read(value, measure, unit) for value in values),
        }

    @staticmethod
    def _read(value, measure, unit):
        if unit == "%":
            return table.rate(value)
        return table.wan(value) if measure == "deals" else f"{value:,}"


def line(values):
    """Points of a line through the values, as an SVG reads them; what is missing leaves a gap at zero."""
    numbers = [float(value or 0) for value in values]
    low, high = min(numbers), max(numbers)
    spread = (high - low) or 1
    step = (WIDE - 2 * EDGE) / (len(numbers) - 1)
    points = [
        (round(EDGE + n * step, 1), round(HIGH - EDGE - (HIGH - 2 * EDGE) * (number - low) / spread, 1))
        for n, number in enumerate(numbers)
    ]
    return {"points": " ".join(f"{x},{y}" for x, y in points), "x": points[-1][0], "y": points[-1][1]}


def business(user, period):
    """The period and the five before it, for every branch `user` reads the statistics of."""
    spans = [period]
    for _n in range(DRAWN - 1):
        spans.insert(0, spans[0].before())
    question = Question(scope(user, Permission.SEE_STATISTICS), spans[0].first, spans[-1].last)
    months = {row["month"]: row for row in rollup.ask(question, ("month",))}
    return Business(period, [figures.add(_within(months, span)) for span in spans])


def _within(months: dict[datetime.date, dict], span: Period) -> list[dict]:
    return [row for month, row in months.items() if span.first <= month <= span.last]
