"""What the editor's form holds while it is typed: text, row by row, until it is content."""

import re
from decimal import Decimal, InvalidOperation

from django.utils.translation import gettext as _

from rmflow.workflow import Refused

from ..actions.scorecards import Content, DimensionRow, IndicatorRow
from ..rules import ClientType
from . import sources
from .rules import BandSpec
from .sources import Source

WAN = 10_000
#: Sources written in 10,000 yuan.
IN_WAN = sources.MONEY - {Source.FEES}
MOST = {"tiers": 10, "dimensions": 12, "indicators": 12, "bands": 24}
TIER = re.compile(r"^T[0-9]$")


def of_card(card):
    """The text of a stored version."""
    return {
        "tiers": [
            {
                "code": row.code,
                "name": row.name,
                "minimum": _text(row.minimum / WAN),
                "premium": row.premium,
                "core": row.core,
                "type_hint": row.type_hint,
                "downgrade_after": str(row.downgrade_after or ""),
            }
            for row in card.tiers.all()
        ],
        "dimensions": [
            {
                "name": d.name,
                "weight": str(d.weight),
                "external": d.is_external,
                "indicators": [
                    {
                        "name": i.name,
                        "source": i.source,
                        "supplement": i.supplement,
                        "bands": [_band(i.source, band) for band in i.bands.all()],
                    }
                    for i in d.indicators.all()
                ],
            }
            for d in card.dimensions.all()
        ],
    }


def _band(source, band):
    unit = WAN if source in IN_WAN else 1
    return {
        "low": "" if band.low is None else _text(band.low / unit),
        "high": "" if band.high is None else _text(band.high / unit),
        "points": str(band.points),
        "code": band.code,
    }


def _text(number):
    plain = f"{Decimal(number):f}"
    return plain.rstrip("0").rstrip(".") if "." in plain else plain


def of_post(post):
    """The text as it was sent: t0-name, d1i0b2-low, …"""
    return {
        "tiers": [
            {
                **{key: post.get(f"t{n}-{key}", "").strip() for key in ("code", "name", "minimum")},
                **{key: f"t{n}-{key}" in post for key in ("premium", "core")},
                **{key: post.get(f"t{n}-{key}", "").strip() for key in ("type_hint", "downgrade_after")},
            }
            for n in _numbers(post, "t", "code", MOST["tiers"])
        ],
        "dimensions": [
            {
                "name": post.get(f"d{n}-name", "").strip()[:30],
                "weight": post.get(f"d{n}-weight", "").strip(),
                "external": f"d{n}-external" in post,
                "indicators": [
                    {
                        "name": post.get(f"d{n}i{m}-name", "").strip()[:40],
                        "source": post.get(f"d{n}i{m}-source", ""),
                        "supplement": f"d{n}i{m}-supplement" in post,
                        "bands": [
                            {
                                key: post.get(f"d{n}i{m}b{k}-{key}", "").strip()
                                for key in ("low", "high", "points", "code")
                            }
                            for k in _numbers(post, f"d{n}i{m}b", "points", MOST["bands"])
                        ],
                    }
                    for m in _numbers(post, f"d{n}i", "name", MOST["indicators"])
                ],
            }
            for n in _numbers(post, "d", "name", MOST["dimensions"])
        ],
    }


def _numbers(post, prefix, name, most):
    """Rows that were sent: counted from 0 without a hole."""
    for number in range(most):
        if f"{prefix}{number}-{name}" not in post:
            return
        yield number


def change(draft, what):
    """Add or drop a row: `add-indicator-2-age`, `drop-band-2-0-1`, …; unknown words change nothing."""
    verb, _dash, rest = what.partition("-")
    kind, _dash, rest = rest.partition("-")
    where = rest.split("-") if rest else []
    numbers = [int(word) for word in where if word.isascii() and word.isdigit() and len(word) < 3]
    try:
        if verb == "add":
            _add(draft, kind, numbers, where[-1] if where else "")
        elif verb == "drop":
            _drop(draft, kind, numbers)
    except IndexError:
        return draft
    return draft


def _add(draft, kind, numbers, source):
    dimensions = draft["dimensions"]
    if kind == "tier":
        draft["tiers"].append(dict.fromkeys(("code", "name", "minimum", "type_hint", "downgrade_after"), ""))
    elif kind == "dimension":
        dimensions.append({"name": "", "weight": "0", "external": False, "indicators": []})
    elif kind == "indicator" and source in Source.values:
        row = {"name": str(Source(source).label), "source": source, "supplement": False}
        dimensions[numbers[0]]["indicators"].append({**row, "bands": _first_bands(source)})
    elif kind == "band":
        bands = dimensions[numbers[0]]["indicators"][numbers[1]]["bands"]
        low = bands[-1]["low"] if bands else ""
        bands.append({"low": low, "high": "", "points": "", "code": ""})


def _first_bands(source):
    if source in sources.CODED:
        return [{"code": code.value, "low": "", "high": "", "points": "0"} for code in sources.CODES[source]]
    return [
        {"low": "", "high": "1", "points": "0", "code": ""},
        {"low": "1", "high": "", "points": "1", "code": ""},
    ]


def _drop(draft, kind, numbers):
    dimensions = draft["dimensions"]
    if kind == "tier":
        draft["tiers"].pop(numbers[0])
    elif kind == "dimension":
        dimensions.pop(numbers[0])
    elif kind == "indicator":
        dimensions[numbers[0]]["indicators"].pop(numbers[1])
    elif kind == "band":
        dimensions[numbers[0]]["indicators"][numbers[1]]["bands"].pop(numbers[2])


def content(draft, options):
    """The content of a draft; Refused names the row with the fault."""
    return Content(
        options=options,
        tiers=[_tier(row) for row in draft["tiers"]],
        dimensions=[_dimension(row) for row in draft["dimensions"]],
    )


def _tier(row):
    name = row["name"] or row["code"]
    if not TIER.match(row["code"]) or not row["name"]:
        raise Refused(_("{name}: a tier has a code T0 to T9 and a name.").format(name=name), field="tiers")
    hint = row["type_hint"]
    if hint and (hint not in ClientType.values or hint == ClientType.UNJUDGED):
        raise Refused(_("Choose the client's type."), field="tiers")
    months = _whole(row["downgrade_after"], name, most=36) if row["downgrade_after"] else None
    return {
        "code": row["code"],
        "name": row["name"][:20],
        "minimum": _number(row["minimum"], name) * WAN,
        "premium": bool(row.get("premium")),
        "core": bool(row.get("premium")) and bool(row.get("core")),
        "type_hint": hint,
        "downgrade_after": months or None,
    }


def _dimension(row):
    if not row["name"]:
        raise Refused(_("Give each dimension a name."), field="dimensions")
    return DimensionRow(
        row["name"],
        _whole(row["weight"], row["name"], most=100),
        row["external"],
        [_indicator(indicator) for indicator in row["indicators"]],
    )


def _indicator(row):
    if row["source"] not in Source.values:
        raise Refused(_("{name}: choose a source.").format(name=row["name"]), field="dimensions")
    name = row["name"] or str(Source(row["source"]).label)
    unit = WAN if row["source"] in IN_WAN else 1
    coded = row["source"] in sources.CODED
    known = {code.value for code in sources.CODES.get(row["source"], ())}
    bands = []
    for band in row["bands"]:
        points = _whole(band["points"], name, most=100)
        if coded:
            if band["code"] not in known:
                raise Refused(_("{name}: choose a value.").format(name=name), field="bands")
            bands.append(BandSpec(points=points, code=band["code"]))
        else:
            low, high = (_number(band[key], name) * unit if band[key] else None for key in ("low", "high"))
            bands.append(BandSpec(low, high, points))
    return IndicatorRow(name, row["source"], row["supplement"], bands)


def _number(text, name):
    try:
        number = Decimal(text.replace(",", ""))
    except InvalidOperation:
        number = Decimal("NaN")
    if not number.is_finite() or abs(number) >= Decimal(10) ** 10 or number != round(number, 6):
        raise Refused(_("{name}: “{text}” is no number.").format(name=name, text=text[:20]), field="bands")
    return number


def _whole(text, name, *, most):
    if not (text.isascii() and text.isdigit() and len(text) < 4 and int(text) <= most):
        message = _("{name}: give a whole number from 0 to {most}.").format(name=name, most=most)
        raise Refused(message, field="points")
    return int(text)
