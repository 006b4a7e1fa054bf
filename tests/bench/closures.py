"""Closures in the bench: 100,000 cases, the list, a month's analysis, a tick of the clock with nothing due."""

import datetime
import os
import statistics

from django.db import connection
from django.utils import timezone

from . import cases

CLOSURES = int(os.environ.get("BENCH_CLOSURES", "100000"))
ROUNDS = 5

#: Two years of cases, one in twenty open; a client has one open case at the most.
CASES = """
    INSERT INTO complaints_closure (client_id, branch_id, manager_id, tier, level, movement, suspicion, found,
        found_at, found_on, trigger, source_key, state, claim_due_at, claimed_at, claimed_by_id, assessment,
        called, called_at, account, amount, aum_before, reason, reason_note, destination_id, saved, lost, note,
        accurate, first_time, result, ended_at, ended_by_id)
    SELECT c.id, c.branch_id, m.id, 'T3', '', (ARRAY['closure','outflow','matured'])[1 + n %% 3], 'churn',
        'counter', at, (at AT TIME ZONE 'Asia/Shanghai')::date, '', '',
        CASE WHEN open THEN 'retaining' ELSE 'ended' END, at, at, m.id, 'churn',
        CASE WHEN open THEN '' ELSE 'cannot_hold' END, CASE WHEN open THEN NULL ELSE at END, '6789', 500000, 800000,
        (ARRAY['rates','rival','funds','fees'])[1 + n %% 4], '', d.id, CASE WHEN n %% 2 = 0 THEN 200000 ELSE 0 END,
        300000, '', true, n %% 7 > 0, CASE WHEN open THEN '' WHEN n %% 2 = 0 THEN 'partly' ELSE 'lost' END,
        CASE WHEN open THEN NULL ELSE at END, CASE WHEN open THEN NULL ELSE m.id END
    FROM (SELECT id, branch_id, row_number() OVER (ORDER BY id) AS nr
            FROM clients_client) c
    JOIN generate_series(1, %(closures)s) AS n ON (n - 1) %% %(clients)s + 1 = c.nr
    CROSS JOIN LATERAL (SELECT now() - (n %% 730) * interval '1 day' - (n %% 400) * interval '1 minute' AS at,
        n %% 20 = 0 AND n <= %(clients)s AS open) t
    JOIN LATERAL (SELECT id FROM staff_user u WHERE u.home_branch_id = c.branch_id AND u.employee_no LIKE 'W%%'
        ORDER BY id OFFSET n %% 4 LIMIT 1) m ON true
    JOIN LATERAL (SELECT id FROM complaints_destination ORDER BY id OFFSET n %% 8 LIMIT 1) d ON true
"""
#: The same figures by hand.
RAW = """
    SELECT reason, count(*) AS cases, count(*) FILTER (WHERE result IN ('kept', 'partly', 'lost')) AS churn,
           count(*) FILTER (WHERE result = 'kept') AS kept, count(*) FILTER (WHERE result = 'partly') AS partly,
           count(*) FILTER (WHERE result = 'lost') AS left, count(*) FILTER (WHERE result = 'served') AS served,
           count(*) FILTER (WHERE state = ANY (%s)) AS unended, sum(saved) AS saved_sum, sum(lost) AS lost_sum
      FROM complaints_closure WHERE found_on BETWEEN %s AND %s
     GROUP BY reason ORDER BY lost_sum DESC NULLS LAST, cases DESC, reason
"""


def fill():
    """The cases, in one statement; how many."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM clients_client")
        cursor.execute(CASES, {"closures": CLOSURES, "clients": cursor.fetchone()[0]})
        written = cursor.rowcount
        cursor.execute("ANALYZE complaints_closure")
    return written


def measure(ours, bare, facts):
    """Rows of the benchmark: list, analysis, tick, night."""
    facts["closures written"] = f"{fill():,}"
    yield _analysis(facts)
    yield _tick(facts)
    connection.close()
    mine = [cases.member(ours, ours, n, cases.getting("/closures/")) for n in cases.numbers("W0")]
    theirs = [cases.member(bare, ours, n, cases.getting("/rows")) for n in cases.numbers("W0")]
    ratios, a, b = cases.alternate(mine, theirs)
    facts["closures, the list: ours / bare"] = f"{a:,.0f} / {b:,.0f} requests/s"
    yield {
        "job": "closures: the list, 25 cases of 100,000",
        "ratio": round(statistics.median(ratios), 3),
        "bound": 0.33,
        "ok": statistics.median(ratios) >= 0.33,
        "better": "more",
        "spread": [round(min(ratios), 3), round(max(ratios), 3)],
    }


def _analysis(facts):
    """A month by reason, in turn with the statement by hand that gives the same."""
    from complaints.models import Closure
    from complaints.rules.closures import OPEN
    from complaints.stats import closures as stats

    last = timezone.localdate().replace(day=1) - datetime.timedelta(days=1)
    first = last.replace(day=1)

    def ours():
        rows = stats.grouped(stats.of_month(Closure.objects.all(), first, last), "reason")
        return [(row["reason"], *(row[name] for name in stats.MEASURES)) for row in rows]

    def raw():
        with connection.cursor() as cursor:
            cursor.execute(RAW, [[str(state) for state in OPEN], first, last])
            return cursor.fetchall()

    if ours() != raw():
        raise RuntimeError("The month's figures are not those of the statement by hand.")
    taken = [(cases.timed(ours)[0] * 1000, cases.timed(raw)[0] * 1000) for _n in range(ROUNDS * 5)]
    mine, bare = (statistics.median(times) for times in zip(*taken, strict=True))
    facts["closures, a month by reason: ours / raw"] = f"{mine:.2f} / {bare:.2f} ms"
    return cases.less("closures: a month's analysis ÷ raw GROUP BY", [a / b for a, b in taken], 1.5)


def _tick(facts):
    """The job of each minute with nothing due: milliseconds of the whole action."""
    from complaints.actions import closures

    closures.climb(now=timezone.now())
    taken = [cases.timed(lambda: closures.climb(now=timezone.now()))[0] * 1000 for _n in range(ROUNDS)]
    return cases.less("closures: a tick with nothing due (ms)", taken, 5)
