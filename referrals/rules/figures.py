"""Rates and ranks of 推介统计表 (domain-rules §1.3): pure functions over counted rows.

A row is a dict of `COUNTS` and `AMOUNTS`; amounts are yuan. What cannot be said (no slips) is None.
"""

from decimal import Decimal

COUNTS = (
    "total",
    "referred",
    "to_follow_up",
    "verified",
    "premium",
    "potential",
    "prospective",
    "ordinary",
    "repeats",
    "invalid",
    "reached",
    "spot_deals",
    "converted",
    "follow_deals",
)
AMOUNTS = ("spot_amount", "follow_amount")
MEASURES = (*COUNTS, *AMOUNTS)

#: Fewer checked slips than this take no rank: luck would decide.
RANKED_FROM = 10
#: 95 % certainty, two-sided.
Z = 1.959964

#: Targets of domain-rules §7.2, in percent.
TARGETS = {"guided": 50, "accuracy": 60, "conversion": 15, "in_time": 95}


def empty():
    """A row of nothing."""
    return {**dict.fromkeys(COUNTS, 0), **dict.fromkeys(AMOUNTS, Decimal(0))}


def add(rows):
    """The sum of rows, measure by measure."""
    total = empty()
    for row in rows:
        for name in MEASURES:
            total[name] += row[name]
    return total


def good(row):
    """Slips whose client proved premium, potential or to be won."""
    return row["premium"] + row["potential"] + row["prospective"]


def checked_once(row):
    """已核对 − 重复: what recognition is measured by."""
    return row["verified"] + row["invalid"]


def deals(row):
    return row["spot_deals"] + row["follow_deals"]


def amount(row):
    return row["spot_amount"] + row["follow_amount"]


def percent(part, whole):
    """To one decimal place; None of nothing."""
    return round(100 * part / whole, 1) if whole else None


def rates(row):
    """识别准确率, 现场引导成功率, 跟进转化率, in percent."""
    return {
        "accuracy": percent(good(row), checked_once(row)),
        "guided": percent(row["referred"], row["total"]),
        "conversion": percent(row["converted"], row["to_follow_up"]),
    }


def wilson(part, whole, z=Z):
    """The lower end of what a rate of `part` in `whole` may really be (Wilson score interval)."""
    if not whole:
        return 0.0
    share, spread = part / whole, z * z / whole
    root = (share * (1 - share) / whole + spread / (4 * whole)) ** 0.5
    return max(0.0, (share + spread / 2 - z * root) / (1 + spread))


def ranked(rows):
    """Rows with `rank`, the best first; equal ones share a rank, those below RANKED_FROM have None.

    Ranked by the lower end of the accuracy: 9 of 10 does not outrank 180 of 200.
    """
    scored = [{**row, "score": wilson(good(row), checked_once(row))} for row in rows]
    fair = sorted((r for r in scored if checked_once(r) >= RANKED_FROM), key=lambda r: -r["score"])
    place, last = 0, None
    for number, row in enumerate(fair, 1):
        if row["score"] != last:
            place, last = number, row["score"]
        row["rank"] = place
    few = sorted((r for r in scored if checked_once(r) < RANKED_FROM), key=lambda r: -r["total"])
    return [*fair, *({**row, "rank": None} for row in few)]


def change(now, before):
    """Percent by which a figure grew; None when there was none before."""
    return round(100 * float(now - before) / float(before), 1) if before else None


def points(now, before):
    """By how many percentage points a rate changed; None when one of both is missing."""
    return None if now is None or before is None else round(now - before, 1)
