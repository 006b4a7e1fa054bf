"""The evaluation once more in plain Python, from the domain rules' tables written out by hand.

Shares no code with clients.scoring: dictionaries in, a dictionary out.
"""

from decimal import ROUND_HALF_UP, Decimal

WAN = 10_000
TIERS = [("T0", 0), ("T1", 5), ("T2", 20), ("T3", 50), ("T4", 200), ("T5", 600)]
MONTHS_ALLOWED = {"T5": 6}
COUNTED = {
    *("mobile_banking", "payroll", "bill_pay", "credit_card", "quick_pay", "wealth", "fund"),
    *("insurance", "bond", "metal", "custody", "forex"),
}
JOBS = {"leader": 10, "public": 8, "stable": 6, "retired": 6, "other": 3}


def steps(value, table):
    points = table[0][1]
    for threshold, worth in table:
        if value >= threshold:
            points = worth
    return points


AUM = [(-(10**12), 0), (5, 8), (10, 12), (20, 18), (50, 26), (100, 31), (200, 35), (600, 40)]
LOANS = [(-(10**12), 0), (10, 4), (30, 7), (50, 9), (100, 12), (300, 15)]
FEES = [(-(10**12), 0), (200, 2), (1000, 4), (5000, 6)]
INCOME = [(-(10**12), 1), (10, 3), (20, 5), (50, 8), (100, 10)]


def points_of(client, month_index):
    """[nine points or None] in the order of the shipped card."""
    average = client["months"][month_index]
    held = [h for h in client["holdings"] if h["open"]]
    any_holding = bool(client["holdings"])
    loans = [h for h in held if h["kind"] == "loan"]
    overdue = any(h["overdue"] > 30 for h in loans)
    good = sum(h["amount"] * (1 if h["mortgage"] else 2) for h in loans if h["overdue"] <= 30)
    kinds = {h["kind"] for h in held} & COUNTED
    fees = [fee for fee in client["fees"] if fee is not None]
    income, job, role = client["income"], client["job"], client["role"]
    return [
        None if average is None else steps(average / WAN, AUM),
        None if not any_holding else 0 if overdue else steps(Decimal(good) / WAN, LOANS),
        None if not any_holding else min(len(kinds), 9),
        steps(sum(fees), FEES) if fees else None,
        JOBS[job] if job else None,
        None if income is None else steps(income / WAN, INCOME),
        None if income is None or client["family"] is None else 1 if client["family"] >= 2 else 0,
        None if role is None else 4 if role else 0,
        None if not client["introduced"] else min(2 * client["introduced"], 6),
    ], overdue


DIMENSIONS = [(40, [0], False), (15, [1], False), (15, [2, 3], False), (10, [4], True), (10, [5, 6], True),
              (10, [7, 8], False)]  # fmt: skip


def evaluate(client, month_index=-1):
    points, overdue = points_of(client, month_index)
    got, scale, outside = 0, 0, 0
    for weight, places, external in DIMENSIONS:
        known = [points[place] for place in places if points[place] is not None]
        if known:
            scored = min(sum(known), weight)
            got, scale, outside = got + scored, scale + weight, outside + (scored if external else 0)
    total = None
    if scale:
        total = int((Decimal(100 * got) / scale).quantize(Decimal(1), ROUND_HALF_UP))
    tier, move, watched = tier_of(client, month_index)
    kind = kind_of(tier, total, outside, client["months"][month_index])
    return {"points": points, "total": total, "tier": tier, "move": move, "watched": watched, **kind,
            "overdue": overdue}  # fmt: skip


def reached(average):
    return [code for code, minimum in TIERS if average >= minimum * WAN][-1:] or ["T0"]


def tier_of(client, month_index):
    tier, months = client["tier"], client["months"]
    average = months[month_index]
    if average is None:
        return tier, "stay", False
    aim = reached(average)[0]
    if not tier:
        return aim, "new", False
    if aim > tier:
        return aim, "up", False
    minimum = dict(TIERS)[tier] * WAN
    if aim == tier or tier == "T0":
        return tier, "stay", False
    below = 0
    for amount in reversed([a for a in months if a is not None]):
        if amount >= minimum:
            break
        below += 1
    if below >= MONTHS_ALLOWED.get(tier, 3):
        return aim, "down", False
    return tier, "watch", True


def kind_of(tier, total, outside, average):
    ranks = [0]
    if tier:
        ranks.append({"T0": 1, "T1": 2, "T2": 4, "T3": 4, "T4": 5, "T5": 5}[tier])
    if total is not None:
        ranks.append(5 if total >= 75 else 4 if total >= 60 else 2 if total >= 40 else 1)
    if outside >= 14 and (average is None or average < 20 * WAN):
        ranks.append(3)
    names = {5: "existing_premium", 4: "existing_premium", 3: "prospective_premium",
             2: "existing_potential", 1: "ordinary", 0: "unjudged"}  # fmt: skip
    rank = max(ranks)
    return {"type": names[rank], "level": {5: "core", 4: "regular"}.get(rank, "")}
