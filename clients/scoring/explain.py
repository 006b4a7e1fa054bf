"""Why a client has this tier and type, what changed since last time, and what would lift them (PIPL 24)."""

from dataclasses import dataclass
from decimal import Decimal

from django.db import connection
from django.utils.translation import gettext as _

from rmflow.privacy import masks

from ..rules import ClientType, Level
from . import sources, sql
from .rules import FLAG_WORDS, Flag, Reason, TypeReason
from .sources import Source
from .words import lacking, wan


@dataclass
class Line:
    """One indicator of a result."""

    name: str
    points: int | None
    most: int
    band: str
    before: int | None = None
    lift: str = ""
    gain: int = 0

    @property
    def change(self):
        if self.points is None or self.before is None or self.points == self.before:
            return ""
        return f"{self.points - self.before:+d}".replace("-", "−")

    @property
    def width(self):
        return round(100 * (self.points or 0) / self.most) if self.most else 0


def explain(result, previous=None, *, exact=True):
    """Everything the page says of one result; `previous` is the one before, of whatever version.

    Without `exact`, for who does not look after the client, money is told by its band, changes without it.
    """
    indicators = sql.indicators(result.scorecard)
    before, known = _before(previous), _figures(result)
    dimensions = {}
    for place, (dimension, indicator) in enumerate(indicators):
        points = result.points[place] if place < len(result.points) else None
        was = before.get((dimension.name, indicator.source))
        if points == 0 and indicator.source == Source.LOANS and result.flags & Flag.OVERDUE:
            line = Line(indicator.name, points, _most(indicator), _("Loan overdue: no points"), was)
        else:
            line = _line(indicator, points, was, known.get(indicator.source))
        dimensions.setdefault(dimension.pk, (dimension, []))[1].append(line)
    told = [_dimension(dimension, lines) for dimension, lines in dimensions.values()]
    _gains(told, result)
    return {
        "result": result,
        "dimensions": told,
        "total": result.total,
        "gained": sum(d["points"] or 0 for d in told),
        "scale": sum(d["weight"] for d in told if d["points"] is not None),
        "reason": Reason(result.reason).label,
        "type_reason": TypeReason(result.type_reason).label,
        "flags": [FLAG_WORDS[flag] for flag in FLAG_WORDS if result.flags & flag],
        "changes": _changes(result, previous, exact),
        "tier": _tier(result, exact),
        "score": _score(result),
        "lifts": sorted(
            (line for d in told for line in d["lines"] if line.gain > 0), key=lambda line: -line.gain
        )[:3],
        "unknown": [line.name for d in told if d["points"] is None for line in d["lines"]],
    }


def _before(previous):
    """{(dimension, source): points} of the result before."""
    if previous is None:
        return {}
    return {
        (dimension.name, indicator.source): previous.points[place]
        for place, (dimension, indicator) in enumerate(sql.indicators(previous.scorecard))
        if place < len(previous.points)
    }


def _figures(result):
    """{source: figure} of the client, read as the run read them; of today where they changed since."""
    names, query = sql.figures(result.scorecard)
    run = result.run
    values = {"client": result.client_id, "month": result.month, "cut": run.cut_at}
    with connection.cursor() as cursor:
        cursor.execute(query.sql, {**query.params, **values, "effective": run.effective_on})
        return dict(zip(names, cursor.fetchone() or (), strict=False))


def _most(indicator):
    return max((band.points for band in indicator.bands.all()), default=0)


def _line(indicator, points, before, figure):
    bands, source = list(indicator.bands.all()), indicator.source
    band = _band(source, bands, points, figure) if points is not None else ""
    line = Line(indicator.name, points, _most(indicator), band, before)
    if points is not None and source not in sources.CODED:
        higher = [
            band
            for band in bands
            if band.points > points and band.low is not None and (figure is None or band.low > figure)
        ]
        if higher:
            following = min(higher, key=lambda band: band.low)
            line.lift = amount_text(indicator.source, following.low)
            line.gain = following.points - points
    return line


def _band(source, bands, points, figure):
    """The band that gave the points: by the figure where bands give the same; all of them when it has changed."""
    same = [band for band in bands if band.points == points]
    mine = next((band for band in same if _holds(source, band, figure)), None)
    if mine is None and not same and source in sources.CODED and figure is not None:
        return code_text(source, figure)
    return " / ".join(band_text(source, band) for band in ([mine] if mine else same))


def _holds(source, band, figure):
    if figure is None:
        return False
    if source in sources.CODED:
        return band.code == figure
    return (band.low is None or band.low <= figure) and (band.high is None or figure < band.high)


def _dimension(dimension, lines):
    """Points of a dimension: at most its weight; None without data."""
    known = [line.points for line in lines if line.points is not None]
    points = min(sum(known), dimension.weight) if known else None
    return {
        "name": dimension.name,
        "weight": dimension.weight,
        "points": points,
        "width": round(100 * points / dimension.weight) if points and dimension.weight else 0,
        "lines": lines,
    }


def _gains(dimensions, result):
    """What the next band of each indicator adds to the total, on the scale of this result."""
    scale = sum(d["weight"] for d in dimensions if d["points"] is not None)
    for dimension in dimensions:
        if dimension["points"] is None or not scale:
            continue
        free = dimension["weight"] - dimension["points"]
        for line in dimension["lines"]:
            line.gain = round(100 * min(line.gain, free) / scale)


def code_text(source, code):
    """A value of a coded source in words."""
    labels = {known.value: known.label for known in sources.CODES[source]}
    return str(labels.get(code, code))


def band_text(source, band):
    """A band in words: 50–100 万."""
    if source in sources.CODED:
        return code_text(source, band.code)
    if band.low is None and band.high is None:
        return _("any")
    if band.low is None:
        return _("below {high}").format(high=amount_text(source, band.high))
    if band.high is None:
        return _("{low} and more").format(low=amount_text(source, band.low))
    return f"{amount_text(source, band.low)}–{amount_text(source, band.high)}"


def amount_text(source, number):
    """A number of a source: money in 10,000 yuan when it is that large."""
    if source in sources.MONEY and abs(number) >= 10_000:
        plain = f"{Decimal(number) / 10_000:,.2f}".rstrip("0").rstrip(".")
        return _("{n} × 10,000").format(n=plain)
    plain = f"{Decimal(number):,.2f}".rstrip("0").rstrip(".")
    return _("{n} yuan").format(n=plain) if source in sources.MONEY else plain


def _changes(result, previous, exact):
    """Sentences: what differs from the time before."""
    if previous is None:
        return []
    told = []
    if previous.scorecard_id != result.scorecard_id:
        told.append(_("Another scorecard: {version}").format(version=result.scorecard.version))
    if result.average is not None and previous.average is not None and result.average != previous.average:
        change = result.average - previous.average
        if not exact:
            told.append(_("Monthly average up") if change > 0 else _("Monthly average down"))
        elif change > 0:
            told.append(_("Monthly average up by {n} × 10,000").format(n=wan(change)))
        else:
            told.append(_("Monthly average down by {n} × 10,000").format(n=wan(-change)))
    if result.total != previous.total and None not in (result.total, previous.total):
        told.append(_("Total {before} → {after}").format(before=previous.total, after=result.total))
    return told


def _score(result):
    """The next type that the score alone would give, and how many points are missing; None at the top."""
    if result.total is None:
        return None
    card = result.scorecard
    steps = (
        (card.potential_from, ClientType.EXISTING_POTENTIAL.label),
        (card.regular_from, Level.REGULAR.label),
        (card.core_from, Level.CORE.label),
    )
    following = next((step for step in steps if result.total < step[0]), None)
    if following is None:
        return None
    least, name = following
    return {"least": least, "name": name, "short": least - result.total}


def _tier(result, exact):
    """What keeps or lifts the tier: amounts, or their bands."""
    rows = sorted(result.scorecard.tiers.all(), key=lambda row: row.minimum)
    codes = [row.code for row in rows]
    here = codes.index(result.tier) if result.tier in codes else -1
    following = rows[here + 1] if 0 <= here + 1 < len(rows) and here >= 0 else None
    present = rows[here] if here >= 0 else None
    average = result.average
    missing = following.minimum - average if following and average is not None else None
    under = present.minimum - average if present and average is not None else None
    told = _amount if exact else masks.band_amount
    months = (present.downgrade_after or result.scorecard.downgrade_after) if present else 0
    return {
        "name": present.name if present else "",
        "core": bool(present and present.core),
        "next": following.name if following else "",
        "short": told(missing) if missing is not None and missing > 0 else "",
        "keep": told(under) if under is not None and under > 0 else "",
        "left": max(months - result.misses, 0),
    }


def _amount(amount):
    return _("{n} × 10,000 yuan").format(n=lacking(amount))
