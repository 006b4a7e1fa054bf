"""The SQL that evaluates clients, made from a scorecard: one statement a branch, never a loop over clients.

`select()` gives a row per client: sources → points → dimensions → total; balances → tier; both → type.
An evaluation inserts these rows, a simulation counts them, so both read the same. Each step is a
subquery of its own behind `OFFSET 0`: the planner would else work out each expression several times.
"""

from dataclasses import dataclass

from . import ranks, sources
from .rules import DowngradeTo, Flag, NewClient
from .sources import Source

#: Columns of the answer, in the order of clients_evaluation behind (run_id, month, scorecard_id).
COLUMNS = (
    *("client_id", "branch_id", "owner_id", "points", "total", "average", "short", "tier_before", "tier"),
    *("misses", "watched", "watched_before", "move", "reason", "type_before", "type"),
    *("level_before", "level", "type_reason", "flags"),
)
#: A verdict older than this gives way to the evaluation (decision 0081).
VERDICT_MONTHS = 6


@dataclass(frozen=True)
class Query:
    """SQL with named parameters, and those of the scorecard; the caller adds those of the run."""

    sql: str
    params: dict


class _Params(dict):
    """Values handed to the driver; `add` names one."""

    def add(self, value):
        name = f"p{len(self)}"
        self[name] = value
        return f"%({name})s"


class _Card:
    """A scorecard read once: rows in the order of the stored points."""

    def __init__(self, scorecard):
        self.card = scorecard
        self.tiers = sorted(scorecard.tiers.all(), key=lambda tier: tier.minimum)
        self.dimensions = sorted(scorecard.dimensions.all(), key=lambda d: (d.position, d.pk))
        self.indicators = [
            (dimension, indicator)
            for dimension in self.dimensions
            for indicator in sorted(dimension.indicators.all(), key=lambda i: (i.position, i.pk))
        ]


def indicators(scorecard):
    """(dimension, indicator) in the order of `Evaluation.points`."""
    return _Card(scorecard).indicators


def select(scorecard, *, event=False, where="c.branch_id = %(branch)s"):
    """The statement that evaluates the clients of `where`; parameters: month, cut, effective, branch."""
    card, params = _Card(scorecard), _Params()
    used = {indicator.source for _dimension, indicator in card.indicators} | {Source.AUM}
    steps = _known(card, params, used, where)
    for step in (_points, _dimensions, _totals, _misses, _tiers, _types, _verdicts):
        steps = step(card, params, steps, event)
    return Query(f"SELECT {', '.join(COLUMNS)} FROM ({_moves(card, params, steps)}) evaluated", params)


def figures(scorecard):
    """What the sources of a scorecard say of one client, by name; parameters: month, cut, effective, client."""
    card, params = _Card(scorecard), _Params()
    used = {indicator.source for _dimension, indicator in card.indicators} | {Source.AUM}
    inner = _known(card, params, used, "c.id = %(client)s")
    names = {source: f"v_{source}" for source in sorted(used)}
    return list(names), Query(f"SELECT {', '.join(names.values())} FROM ({inner}) known", params)


def _known(card, params, used, where):
    """Each client with the value of every source that is used."""
    values = ", ".join(f"{sources.SQL[source]} AS v_{source}" for source in sorted(used))
    joins = sources.joins(used | {Source.LOANS} if card.card.overdue_days >= 0 else used)
    return f"""
        SELECT c.id AS client_id, c.branch_id, c.owner_id, c.type AS type_before, c.level AS level_before,
               c.tier AS tier_before, c.tier_since, c.watch_since IS NOT NULL AS watched_before,
               money.point, held.first_on, COALESCE(held.overdue, false) AS overdue, {values},
               hand.tier AS hand_tier, hand.type AS hand_type, hand.level AS hand_level,
               past.tier AS past_tier
          FROM clients_client c {joins}
          LEFT JOIN LATERAL (SELECT o.tier, o.type, o.level FROM clients_override o
               WHERE o.client_id = c.id AND o.state = 'approved'
                 AND %(effective)s BETWEEN o.starts_on AND o.expires_on ORDER BY o.id DESC LIMIT 1) hand ON true
          LEFT JOIN LATERAL (SELECT o.tier FROM clients_override o
               WHERE o.client_id = c.id AND o.tier = c.tier AND o.tier_set_on = c.tier_since
                 AND (o.state = 'ended' OR o.state = 'approved' AND o.expires_on < %(effective)s)
               ORDER BY o.id DESC LIMIT 1) past ON true
         WHERE {where} AND c.created_at <= %(cut)s AND c.merged_into_id IS NULL
           AND NOT c.no_profiling
        OFFSET 0""" + _note(params, overdue_days=card.card.overdue_days)


def _note(params, **named):
    """Parameters the joins name themselves."""
    params.update(named)
    return ""


def _points(card, params, inner, _event):
    """p0, p1, …: what each value scores; supplements only beside other data of their dimension."""
    columns = []
    for place, (dimension, indicator) in enumerate(card.indicators):
        scored = _bands(indicator, params)
        if indicator.source == Source.LOANS:
            scored = f"CASE WHEN overdue THEN 0 ELSE {scored} END"
        if indicator.supplement:
            others = [
                f"v_{other.source}"
                for owner, other in card.indicators
                if owner.pk == dimension.pk and not other.supplement
            ]
            data = " OR ".join(f"{name} IS NOT NULL" for name in others) or "false"
            scored = f"CASE WHEN {data} THEN {scored} END"
        columns.append(f"({scored})::smallint AS p{place}")
    return f"SELECT known.*, {', '.join(columns) or 'NULL AS p_none'} FROM ({inner}) known OFFSET 0"


def _bands(indicator, params):
    value = f"v_{indicator.source}"
    bands = list(indicator.bands.all())
    if indicator.source in sources.CODED:
        arms = " ".join(f"WHEN {params.add(band.code)} THEN {int(band.points)}" for band in bands)
        return f"CASE WHEN {value} IS NULL THEN NULL ELSE CASE {value} {arms} ELSE 0 END END"
    bands.sort(key=lambda band: (band.low is not None, band.low or 0))
    *lower, last = bands
    arms = " ".join(f"WHEN {value} < {band.high} THEN {int(band.points)}" for band in lower)
    return f"CASE WHEN {value} IS NULL THEN NULL {arms} ELSE {int(last.points)} END"


def _dimensions(card, _params, inner, _event):
    """d0, d1, …: points of a dimension, at most its weight; NULL when none of its indicators has data."""
    columns = []
    for number, dimension in enumerate(card.dimensions):
        own = [f"p{i}" for i, (owner, _indicator) in enumerate(card.indicators) if owner.pk == dimension.pk]
        data = " OR ".join(f"{name} IS NOT NULL" for name in own) or "false"
        points = " + ".join(f"COALESCE({name}, 0)" for name in own) or "0"
        columns.append(f"CASE WHEN {data} THEN LEAST({points}, {int(dimension.weight)}) END AS d{number}")
    return f"SELECT scored.*, {', '.join(columns)} FROM ({inner}) scored OFFSET 0"


def _totals(card, _params, inner, _event):
    """The total, scaled to the dimensions with data, rounded half up; strength outside; ranks of tiers."""
    numbers = range(len(card.dimensions))
    gained = " + ".join(f"COALESCE(d{n}, 0)" for n in numbers)
    weights = " + ".join(
        f"CASE WHEN d{n} IS NULL THEN 0 ELSE {int(card.dimensions[n].weight)} END" for n in numbers
    )
    outside = [f"COALESCE(d{n}, 0)" for n in numbers if card.dimensions[n].is_external]
    average = f"v_{Source.AUM}"
    reached = " ".join(
        f"WHEN {average} >= {tier.minimum} THEN {rank}"
        for rank, tier in reversed(list(enumerate(card.tiers)))
    )
    return f"""
        SELECT weighed.*, (200 * gained + weight) / NULLIF(2 * weight, 0) AS total
          FROM (SELECT summed.*, ({gained})::integer AS gained, ({weights})::integer AS weight,
                       ({" + ".join(outside) or "0"})::integer AS outside,
                       {average} AS average, {_rank(card, "tier_before")} AS present,
                       CASE WHEN {average} IS NULL THEN NULL {reached} ELSE 0 END AS reached
                  FROM ({inner}) summed OFFSET 0) weighed
        OFFSET 0"""


def _rank(card, column):
    """The rank of a tier's code; -1 for none or one that the table does not know."""
    arms = " ".join(f"WHEN '{tier.code}' THEN {rank}" for rank, tier in enumerate(card.tiers))
    return f"(CASE {column} {arms} ELSE -1 END)"


def _code(card, rank):
    arms = " ".join(f"WHEN {number} THEN '{tier.code}'" for number, tier in enumerate(card.tiers))
    return f"(CASE {rank} {arms} ELSE tier_before END)"


def _minimum(card, rank):
    arms = " ".join(f"WHEN {number} THEN {tier.minimum}" for number, tier in enumerate(card.tiers))
    return f"(CASE {rank} {arms} END)"


def _misses(card, _params, inner, event):
    """Months below in a row, counted only for whoever is below this month, since the tier began."""
    best = card.card.downgrade_to == DowngradeTo.BEST_OF_SIX
    basis = """(SELECT max(six.amount) FROM (SELECT b.amount FROM clients_monthlybalance b
                WHERE below AND b.client_id = placed.client_id AND b.month <= %(month)s
                ORDER BY b.month DESC LIMIT 6) six)""" if best else "average"  # fmt: skip
    months = """(SELECT count(*) FROM clients_monthlybalance b
                WHERE below AND b.client_id = placed.client_id AND b.month <= %(month)s
                  AND b.month >= since AND b.month > COALESCE(
                    (SELECT max(k.month) FROM clients_monthlybalance k
                      WHERE k.client_id = placed.client_id AND k.month <= %(month)s AND k.month >= since
                        AND k.amount >= minimum), '-infinity'))"""
    return f"""
        SELECT placed.*, {"0" if event else months} AS misses, {basis} AS basis
          FROM (SELECT below.*, COALESCE(date_trunc('month', tier_since)::date, '-infinity'::date) AS since,
                       {_minimum(card, "present")} AS minimum,
                       present > 0 AND average < {_minimum(card, "present")} AS below
                  FROM ({inner}) below OFFSET 0) placed
        OFFSET 0"""


def _tiers(card, _params, inner, event):
    """The tier after this run, its reason, whether watched (domain-rules §2.2)."""
    rules = card.card
    allowed = " ".join(
        f"WHEN {rank} THEN {tier.downgrade_after}"
        for rank, tier in enumerate(card.tiers)
        if tier.downgrade_after
    )
    allowed = (
        f"(CASE present {allowed} ELSE {rules.downgrade_after} END)" if allowed else rules.downgrade_after
    )
    target = " ".join(
        f"WHEN basis >= {tier.minimum} THEN {rank}" for rank, tier in reversed(list(enumerate(card.tiers)))
    )
    point = " ".join(
        f"WHEN COALESCE(point, average) >= {tier.minimum} THEN {rank}"
        for rank, tier in reversed(list(enumerate(card.tiers)))
    )
    partial = "first_on IS NOT NULL AND first_on > %(month)s"
    waits = rules.new_client == NewClient.FULL_MONTH
    falls = "false" if event else f"misses >= {allowed} AND target < present"
    return f"""
        SELECT ranked.*, CASE verdict WHEN 'override' THEN {_rank(card, "hand_tier")}
                 WHEN 'override_ended' THEN reached WHEN 'first' THEN first WHEN 'reached' THEN reached
                 WHEN 'below' THEN target ELSE present END AS after
          FROM (SELECT aimed.*, CASE
                   WHEN COALESCE(hand_tier, '') <> '' THEN 'override'
                   WHEN past_tier IS NOT NULL AND reached IS NOT NULL THEN 'override_ended'
                   WHEN average IS NULL THEN 'no_data'
                   WHEN present < 0 THEN CASE WHEN first IS NULL THEN 'held' ELSE 'first' END
                   WHEN reached > present THEN 'reached'
                   WHEN NOT below THEN 'held'
                   WHEN {falls} THEN 'below'
                   WHEN {"watched_before" if event else f"misses >= {rules.watch_after}"} THEN 'watched'
                   ELSE 'held' END AS verdict
                  FROM (SELECT counted.*, CASE {target} ELSE 0 END AS target,
                               CASE WHEN {partial} THEN {"NULL" if waits else f"CASE {point} ELSE 0 END"}
                                    ELSE reached END AS first
                          FROM ({inner}) counted OFFSET 0) aimed
                OFFSET 0) ranked
        OFFSET 0"""


def _types(card, _params, inner, _event):
    """Type ranks by tier, score and outside strength; the best of the three counts."""
    rules = card.card
    by_tier = " ".join(f"WHEN {rank} THEN {ranks.of_tier(tier)}" for rank, tier in enumerate(card.tiers))
    return f"""
        SELECT sorted.*, GREATEST(by_tier, by_score, by_outside) AS kind
          FROM (SELECT settled.*, (CASE after {by_tier} ELSE {ranks.NONE} END) AS by_tier,
                   (CASE WHEN total IS NULL THEN {ranks.NONE} WHEN total >= {rules.core_from} THEN {ranks.CORE}
                         WHEN total >= {rules.regular_from} THEN {ranks.REGULAR}
                         WHEN total >= {rules.potential_from} THEN {ranks.POTENTIAL}
                         ELSE {ranks.ORDINARY} END) AS by_score,
                   (CASE WHEN outside >= {rules.external_from}
                          AND COALESCE(average, 0) < {rules.prospective_below} THEN {ranks.PROSPECTIVE}
                         ELSE {ranks.NONE} END) AS by_outside
                  FROM ({inner}) settled OFFSET 0) sorted
        OFFSET 0"""


def _verdicts(_card, _params, inner, _event):
    """The manager's last verdict: stands until a full month has passed, then a difference is a conflict."""
    return f"""
        SELECT typed.*, said.type AS said_type,
               said.type IS NOT NULL AND (average IS NULL OR said.month >= %(month)s) AS stands,
               said.type IS NOT NULL AND average IS NOT NULL AND said.month < %(month)s
                 AND (said.type <> {ranks.type_sql("kind")}
                      OR said.level <> '' AND said.level <> {ranks.level_sql("kind")}) AS differs
          FROM ({inner}) typed
          LEFT JOIN LATERAL (SELECT v.type, v.level,
                       date_trunc('month', v.at AT TIME ZONE 'Asia/Shanghai')::date AS month
                  FROM clients_verdict v WHERE typed.type_before <> 'unjudged' AND v.client_id = typed.client_id
                   AND v.at >= %(month)s::date - interval '{VERDICT_MONTHS} months'
                 ORDER BY v.at DESC LIMIT 1) said ON true
        OFFSET 0"""


def _moves(card, params, inner):
    """The row as it is stored."""
    rules = card.card
    minimum = _minimum(card, "after + 1")
    kept = "COALESCE(hand_type, '') <> ''"
    points = ", ".join(f"p{place}" for place in range(len(card.indicators)))
    return f"""
        SELECT client_id, branch_id, owner_id, ARRAY[{points}]::smallint[] AS points, total::smallint AS total,
               average, tier_before, {_code(card, "after")} AS tier,
               CASE WHEN verdict IN ('watched', 'held') THEN LEAST(misses, 99) ELSE 0 END::smallint AS misses,
               (verdict = 'watched' OR verdict = 'no_data' AND watched_before) AS watched, watched_before,
               CASE WHEN after >= 0 AND {minimum} - average BETWEEN 0.01 AND {minimum} * {rules.near_percent} / 100
                    THEN {minimum} - average END AS short,
               CASE WHEN after >= 0 AND present < 0 THEN 'new' WHEN after > present THEN 'up'
                    WHEN after < present THEN 'down' WHEN verdict = 'watched' THEN 'watch' ELSE 'stay' END AS move,
               CASE WHEN verdict = 'override_ended' AND after > present THEN 'reached'
                    WHEN verdict = 'override_ended' AND after = present THEN 'held' ELSE verdict END AS reason,
               type_before, level_before,
               CASE WHEN {kept} THEN hand_type WHEN stands THEN type_before
                    ELSE {ranks.type_sql("kind")} END AS type,
               CASE WHEN {kept} THEN hand_level WHEN stands THEN level_before WHEN kind = {ranks.NONE} THEN level_before
                    ELSE {ranks.level_sql("kind")} END AS level,
               CASE WHEN {kept} THEN 'override' WHEN kind = by_tier THEN 'tier' WHEN kind = by_score THEN 'score'
                    ELSE 'external' END AS type_reason,
               (CASE WHEN overdue THEN {Flag.OVERDUE:d} ELSE 0 END
                | CASE WHEN differs AND NOT {kept} THEN {Flag.CONFLICT:d} ELSE 0 END
                | CASE WHEN stands AND NOT {kept} THEN {Flag.VERDICT:d} ELSE 0 END
                | CASE WHEN {kept} OR verdict = 'override' THEN {Flag.OVERRIDE:d} ELSE 0 END)::smallint AS flags
          FROM ({inner}) told"""
