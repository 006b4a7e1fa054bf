"""The one statement every figure is a sum of: a row for each counted slip and for each credited deal.

Only locked days count (W1-10). A slip counts under `counted_on`, at the branch where it was filed, for
the person and role of that moment (B-04). A deal counts under the business day it was entered for, at
the branch of the slip it credits; 双算 shows when people are told apart, never in a total (W1-12).
"""

import datetime
from dataclasses import dataclass, field, replace

from django.db import connection

from rmflow.staff.permissions import Scope

from ..rules.figures import AMOUNTS, MEASURES

#: How a fact is told apart: name → column of `facts`.
KEYS = {
    "employee": "employee_id",
    "role": "role",
    "channel": "channel",
    "branch": "branch_id",
    "region": "(SELECT parent_id FROM staff_branch place WHERE place.id = branch_id)",
    "date": "date",
    "month": "date_trunc('month', date)::date",
    "weekday": "extract(isodow FROM date)::int",
    "hour": "hour",
    "made_month": "made_month",
}

_SLIP_COLUMNS = """
    slip.referrer_id AS employee_id, slip.referrer_role AS role, slip.source_channel AS channel,
    slip.id AS slip_id,
    extract(hour FROM slip.referred_at AT TIME ZONE 'Asia/Shanghai')::int AS hour
"""

SLIPS = f"""
    SELECT {_SLIP_COLUMNS}, day.id AS day_id, day.branch_id, day.date,
           date_trunc('month', day.date)::date AS made_month,
           1 AS total,
           (slip.status = 'referred')::int AS referred,
           (slip.status = 'to_follow_up')::int AS to_follow_up,
           (slip.check_result IN ('matched', 'corrected'))::int AS verified,
           coalesce((said.type = 'existing_premium')::int, 0) AS premium,
           coalesce((said.type = 'existing_potential')::int, 0) AS potential,
           coalesce((said.type = 'prospective_premium')::int, 0) AS prospective,
           coalesce((said.type = 'ordinary')::int, 0) AS ordinary,
           (slip.check_result = 'repeat')::int AS repeats,
           (slip.check_result = 'invalid')::int AS invalid,
           coalesce({{reached}}, 0) AS reached, {{in_time}} AS in_time,
           0 AS spot_deals, 0 AS converted, 0 AS follow_deals,
           0::numeric AS spot_amount, 0::numeric AS follow_amount
      FROM workdays_branchday day
      JOIN referrals_referral slip ON slip.counted_on_id = day.id
      LEFT JOIN LATERAL (
           SELECT type FROM clients_verdict
            WHERE client_id = slip.client_id AND at >= slip.filed_at
              AND slip.check_result IN ('matched', 'corrected')
            ORDER BY at DESC, id DESC LIMIT 1
           ) said ON true
     WHERE day.closed_at IS NOT NULL AND slip.status IN ('referred', 'to_follow_up')
"""

#: Of a client who is worth it: somebody met him or her in the lobby, or got through in the follow-up.
REACHED = """
    (said.type IN ('existing_premium', 'existing_potential', 'prospective_premium')
     AND (slip.reception = 'met' OR EXISTS (
        SELECT 1 FROM followups_contact talk WHERE talk.record_id = slip.follow_up_id
           AND talk.at >= slip.filed_at AND talk.result NOT IN ('no_answer', 'wrong_number'))))::int
"""

#: 首次联系及时: somebody got in touch by the last day the follow-up gave for it.
IN_TIME = """
    EXISTS (SELECT 1 FROM followups_planitem item
              JOIN followups_contact talk ON talk.record_id = slip.follow_up_id
             WHERE item.source_key = 'referral:' || slip.id || ':first' AND item.kind = 'follow_up'
               AND (talk.at AT TIME ZONE 'Asia/Shanghai')::date <= coalesce(item.must_by, item.plan_on)
               AND talk.at >= slip.filed_at)
"""

DEALS = """
    SELECT {person}, slip.source_channel AS channel, slip.id AS slip_id,
           extract(hour FROM slip.referred_at AT TIME ZONE 'Asia/Shanghai')::int AS hour,
           day.id AS day_id, slip.sender_branch_id AS branch_id, day.date,
           date_trunc('month', coalesce(made.date, filed.date))::date AS made_month,
           0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
           (slip.status = 'referred')::int AS spot_deals,
           (slip.status = 'to_follow_up' AND credit.is_first)::int AS converted,
           (slip.status = 'to_follow_up')::int AS follow_deals,
           CASE WHEN slip.status = 'referred' THEN deal.amount * {share} ELSE 0 END AS spot_amount,
           CASE WHEN slip.status = 'to_follow_up' THEN deal.amount * {share} ELSE 0 END AS follow_amount
      FROM workdays_branchday day
      JOIN followups_deal deal ON deal.day_id = day.id
      JOIN referrals_dealcredit credit ON credit.deal_id = deal.id
      JOIN referrals_referral slip ON slip.id = credit.referral_id
      JOIN workdays_branchday filed ON filed.id = slip.day_id
      LEFT JOIN workdays_branchday made ON made.id = slip.counted_on_id
     WHERE day.closed_at IS NOT NULL
"""
#: For whom a deal counts: columns, part of the amount, which deals.
_BY_REFERRER = "slip.referrer_id AS employee_id, slip.referrer_role AS role"
ONCE = (_BY_REFERRER, "1", "")
REFERRER = (_BY_REFERRER, "credit.referrer_share / 100", "")
MANAGER = (
    "credit.manager_id AS employee_id, 'wealth_manager' AS role",
    "credit.manager_share / 100",
    " AND credit.manager_id <> credit.referrer_id",
)

#: Names beside ids: columns, join, order.
NAMES = {
    "employee": (
        "person.name AS employee_name, person.employee_no, person.counter",
        "JOIN staff_user person ON person.id = grouped.employee",
        "grouped.total DESC, person.employee_no, 2",
    ),
    "branch": (
        "place.name AS branch_name, place.code AS branch_code, place.path AS branch_path",
        "JOIN staff_branch place ON place.id = grouped.branch",
        "place.path",
    ),
    "region": (
        "unit.name AS region_name, unit.code AS region_code, unit.path AS region_path",
        "JOIN staff_branch unit ON unit.id = grouped.region",
        "unit.path",
    ),
}


@dataclass(frozen=True)
class Question:
    """Which facts: where one may look, which days, and what was chosen in the filters."""

    scope: Scope
    first: datetime.date
    last: datetime.date
    only: dict = field(default_factory=dict)

    def narrowed(self, **only):
        return replace(self, only={**self.only, **only})

    def over(self, period):
        """The same question of another period."""
        return replace(self, first=period.first, last=period.last)


def facts(*, reached=False, in_time=False, people=False, cohort=False, where=""):
    """The statement of all facts; parameters: `parameters(question)`.

    `people`: managers of 双算 have rows of their own. `cohort`: deals by the month their slip counts in.
    """
    days = " AND {date} BETWEEN %(first)s AND %(last)s "
    parts = [
        SLIPS.format(
            reached=REACHED if reached else "0",
            in_time=f"(slip.status = 'to_follow_up' AND {IN_TIME})::int" if in_time else "0",
        )
        + days.format(date="day.date")
        + reach("day.branch_id")
        + where
    ]
    of_deal = "coalesce(made.date, filed.date)" if cohort else "day.date"
    for person, share, which in [REFERRER, MANAGER] if people else [ONCE]:
        deals = DEALS.format(person=person, share=share)
        parts.append(deals + days.format(date=of_deal) + reach("slip.sender_branch_id") + which + where)
    return "\n UNION ALL \n".join(parts)


def reach(column):
    """Branches one may look into; what is everywhere or nowhere folds away before it runs."""
    return (
        f" AND (%(everywhere)s OR {column} = ANY(%(branches)s) OR (cardinality(%(paths)s::text[]) > 0"
        f" AND {column} IN (SELECT id FROM staff_branch WHERE path LIKE ANY(%(paths)s::text[]))))"
    )


def parameters(question):
    return {
        "first": question.first,
        "last": question.last,
        "everywhere": question.scope.everywhere,
        "branches": sorted(question.scope.branch_ids),
        "paths": [f"{path}%" for path in question.scope.paths],
        **{f"only_{name}": value for name, value in question.only.items()},
    }


def sums(measures=MEASURES):
    return ", ".join(
        f"coalesce(sum({name}), 0){'' if name in AMOUNTS else '::int'} AS {name}" for name in measures
    )


def grouped(source, by, *, only=(), measures=MEASURES):
    """`source` summed up by some keys, with the names people read: one statement."""
    keys = ", ".join(f"{KEYS[name]} AS {name}" for name in by)
    where = " AND ".join(f"{KEYS[name]} = %(only_{name})s" for name in only)
    sql = f"SELECT {keys}{', ' if by else ''}{sums(measures)} FROM ({source}) facts"
    if where:
        sql += f" WHERE {where}"
    if by:
        sql += " GROUP BY " + ", ".join(str(n) for n in range(1, len(by) + 1))
    if not NAMES.keys() & set(by):
        return sql + (" ORDER BY " + ", ".join(str(n) for n in range(1, len(by) + 1)) if by else "")
    joins = " ".join(NAMES[name][1] for name in by if name in NAMES)
    columns = ", ".join(NAMES[name][0] for name in by if name in NAMES)
    return f"SELECT grouped.*, {columns} FROM ({sql}) grouped {joins} ORDER BY {NAMES[by[0]][2]}"


def ask(question, by=(), **how):
    """Rows of summed facts, told apart by `by` (names of KEYS): one statement."""
    measures = (*MEASURES, "in_time") if how.get("in_time") else MEASURES
    return rows(grouped(facts(**how), by, only=question.only, measures=measures), parameters(question))


def rows(sql, values):
    """What a statement answers, as dicts."""
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        names = [column[0] for column in cursor.description]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
