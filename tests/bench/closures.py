"""Closures in the bench: 100,000 cases, the list, a month's analysis, a tick of the clock with nothing due."""

import datetime
import os
import statistics
import time

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
RAW = """
    SELECT reason, count(*), count(*) FILTER (WHERE result IN ('kept', 'partly', 'lost')), sum(saved), sum(lost)
      FROM complaints_closure WHERE found_on BETWEEN %s AND %s GROUP BY reason ORDER BY 5 DESC NULLS LAST
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
    yield _row("closures: the list, 25 cases of 100,000", ratios, 0.33, better="more")


def _analysis(facts):
    """A month by reason, against the raw GROUP BY."""
    from complaints.models import Closure
    from complaints.stats import closures as stats

    last = timezone.localdate().replace(day=1) - datetime.timedelta(days=1)
    first = last.replace(day=1)

    def ours():
        return stats.grouped(stats.of_month(Closure.objects.all(), first, last), "reason")

    def raw():
        with connection.cursor() as cursor:
            cursor.execute(RAW, [first, last])
            return cursor.fetchall()

    mine, bare = _taken(ours), _taken(raw)
    facts["closures, a month by reason: ours / raw"] = f"{min(mine) * 1000:.2f} / {min(bare) * 1000:.2f} ms"
    ratios = [a / b for a, b in zip(mine, bare, strict=True)]
    return _row("closures: a month's analysis ÷ raw GROUP BY", ratios, 1.5, better="less")


def _tick(facts):
    """The job of each minute with nothing due: milliseconds of the whole action."""
    from complaints.actions import closures

    taken = _taken(lambda: closures.climb(now=timezone.now()))
    return _row("closures: a tick with nothing due (ms)", [one * 1000 for one in taken], 5, better="less")


def _taken(act):
    act()
    found = []
    for _n in range(ROUNDS):
        begun = time.perf_counter()
        act()
        found.append(time.perf_counter() - begun)
    return found


def _row(job, values, bound, *, better):
    middle = statistics.median(values)
    return {
        "job": job,
        "ratio": round(middle, 3),
        "bound": bound,
        "ok": middle >= bound if better == "more" else middle <= bound,
        "better": better,
        "spread": [round(min(values), 3), round(max(values), 3)],
    }
