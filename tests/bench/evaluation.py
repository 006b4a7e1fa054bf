"""The evaluation of a whole base beside hand-written SQL that does the same work (issue 4, "Performance").

Sizes by the environment: BENCH_CLIENTS (1,000,000), BENCH_CLIENT_BRANCHES (200). Alone:
`python tests/run.py --durable tests/bench/evaluation.py`.
"""

import datetime
import json
import os
import statistics
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
CLIENTS = int(os.environ.get("BENCH_CLIENTS", "1000000"))
BRANCHES = int(os.environ.get("BENCH_CLIENT_BRANCHES", "200"))
SMALL = CLIENTS // 10
MONTHS, ROUNDS = 12, 3
LAST = datetime.date(2025, 12, 1)

PEOPLE = """
    INSERT INTO clients_client (name, pinyin, initials, salutation, type, level, tier, branch_id, created_at,
        occupation, education, marital_status, id_kind, id_number, id_hash, phone, phone_hash, phone_tail,
        address, notice_version, notice_basis, do_not_contact)
    SELECT '刘', 'liu', 'l', 'madam', 'unjudged', '', (ARRAY['T0','T0','T1','T2','T3','T4'])[1 + n %% 6], b.id,
        '2020-01-01', '', '', '', '', '', '', '', '', '', '', '', '', false
      FROM staff_branch b, generate_series(1, %(each)s) n WHERE b.code LIKE %(code)s AND b.kind = 'branch'
     ORDER BY b.id
"""
#: Averages about the middle of the tier one has: few move, as in a bank.
BALANCES = """
    INSERT INTO clients_monthlybalance (client_id, month, amount, label{fee})
    SELECT c.id, m, (CASE c.tier WHEN 'T0' THEN 20000 WHEN 'T1' THEN 110000 WHEN 'T2' THEN 320000
             WHEN 'T3' THEN 900000 ELSE 3200000 END) * (0.62 + (c.id * 7919 + extract(month FROM m)::int * 104729)
             %% 900 / 1000.0), ''{value}
      FROM generate_series(%(first)s::date, %(last)s::date, interval '1 month') m,
           (SELECT c.* FROM clients_client c JOIN staff_branch b ON b.id = c.branch_id WHERE b.code LIKE %(code)s) c
     ORDER BY m, c.id
"""
HOLDINGS = """
    INSERT INTO clients_holding (client_id, product_id, contract_no, amount, opened_on, overdue_days)
    SELECT c.id, p.ids[1 + (c.id + n) %% array_length(p.ids, 1)], c.id || '-' || n, 50000 + c.id %% 90 * 1000,
        '2024-01-01', CASE WHEN (c.id + n) %% 97 = 0 THEN 45 ELSE 0 END
      FROM (SELECT c.* FROM clients_client c JOIN staff_branch b ON b.id = c.branch_id WHERE b.code LIKE %(code)s) c,
           generate_series(1, 3) n, (SELECT array_agg(id ORDER BY id) AS ids FROM clients_product) p
"""
PROFILES = """
    INSERT INTO clients_profile (client_id, job_class, family_income)
    SELECT c.id, (ARRAY['leader','public','stable','retired','other',''])[1 + c.id %% 6],
        CASE WHEN c.id %% 3 > 0 THEN 50000 + c.id %% 60 * 10000 END
      FROM clients_client c JOIN staff_branch b ON b.id = c.branch_id WHERE b.code LIKE %(code)s
"""

#: What somebody would write by hand for this one scorecard and base: joins of grouped tables, one statement.
BY_HAND = """
    INSERT INTO clients_evaluation (client_id, run_id, month, scorecard_id, branch_id, owner_id, points, total,
        average, tier_before, tier, misses, watched, watched_before, move, reason, type_before, type, level_before,
        level, type_reason, flags)
    SELECT id, %(run)s, %(month)s, 1, branch_id, owner_id, ARRAY[p1, p2, p3, p4, p5, p6, NULL, NULL, p9]::smallint[],
        total, average, tier, after, misses, misses > 0 AND after = tier, false,
        CASE WHEN after > tier THEN 'up' WHEN after < tier THEN 'down' WHEN misses > 0 THEN 'watch' ELSE 'stay' END,
        CASE WHEN after > tier THEN 'reached' WHEN after < tier THEN 'below' WHEN misses > 0 THEN 'watched'
             ELSE 'held' END, type,
        CASE WHEN after >= 'T2' OR total >= 60 THEN 'existing_premium' WHEN after = 'T1' OR total >= 40
             THEN 'existing_potential' ELSE 'ordinary' END, level,
        CASE WHEN after >= 'T4' OR total >= 75 THEN 'core' WHEN after >= 'T2' OR total >= 60 THEN 'regular'
             ELSE '' END, 'tier', CASE WHEN overdue THEN 1 ELSE 0 END
      FROM (
        SELECT scored.*, (200 * (COALESCE(p1, 0) + COALESCE(p2, 0) + LEAST(COALESCE(p3, 0) + COALESCE(p4, 0), 15)
                 + COALESCE(p5, 0) + COALESCE(p6, 0) + COALESCE(p9, 0)) + weight) / NULLIF(2 * weight, 0) AS total,
            CASE WHEN average IS NULL OR reached = tier THEN tier WHEN reached > tier THEN reached
                 WHEN misses >= 3 THEN reached ELSE tier END AS after
          FROM (
            SELECT base.*, (CASE WHEN p1 IS NULL THEN 0 ELSE 40 END + CASE WHEN p2 IS NULL THEN 0 ELSE 15 END
                + CASE WHEN p3 IS NULL AND p4 IS NULL THEN 0 ELSE 15 END + CASE WHEN p5 IS NULL THEN 0 ELSE 10 END
                + CASE WHEN p6 IS NULL THEN 0 ELSE 10 END + CASE WHEN p9 IS NULL THEN 0 ELSE 10 END) AS weight
              FROM (
                SELECT c.id, c.branch_id, c.owner_id, c.tier, c.type, c.level, money.average, held.overdue,
                    COALESCE(below.misses, 0) AS misses,
                    CASE WHEN average IS NULL THEN NULL WHEN average < 50000 THEN 0 WHEN average < 100000 THEN 8
                         WHEN average < 200000 THEN 12 WHEN average < 500000 THEN 18 WHEN average < 1000000 THEN 26
                         WHEN average < 2000000 THEN 31 WHEN average < 6000000 THEN 35 ELSE 40 END AS p1,
                    CASE WHEN held.client_id IS NULL THEN NULL WHEN overdue THEN 0 WHEN loans < 100000 THEN 0
                         WHEN loans < 300000 THEN 4 WHEN loans < 500000 THEN 7 WHEN loans < 1000000 THEN 9
                         WHEN loans < 3000000 THEN 12 ELSE 15 END AS p2,
                    CASE WHEN held.client_id IS NULL THEN NULL ELSE LEAST(kinds, 9) END AS p3,
                    CASE WHEN fees IS NULL THEN NULL WHEN fees < 200 THEN 0 WHEN fees < 1000 THEN 2
                         WHEN fees < 5000 THEN 4 ELSE 6 END AS p4,
                    CASE f.job_class WHEN 'leader' THEN 10 WHEN 'public' THEN 8 WHEN 'stable' THEN 6
                         WHEN 'retired' THEN 6 WHEN 'other' THEN 3 END AS p5,
                    CASE WHEN f.family_income IS NULL THEN NULL WHEN f.family_income < 100000 THEN 1
                         WHEN f.family_income < 200000 THEN 3 WHEN f.family_income < 500000 THEN 5
                         WHEN f.family_income < 1000000 THEN 8 ELSE 10 END AS p6,
                    CASE WHEN i.n IS NULL THEN NULL ELSE LEAST(2 * i.n, 6) END AS p9,
                    CASE WHEN average >= 6000000 THEN 'T5' WHEN average >= 2000000 THEN 'T4'
                         WHEN average >= 500000 THEN 'T3' WHEN average >= 200000 THEN 'T2'
                         WHEN average >= 50000 THEN 'T1' ELSE 'T0' END AS reached
                  FROM clients_client c JOIN staff_branch b ON b.id = c.branch_id AND b.code LIKE %(code)s
                  LEFT JOIN (SELECT client_id, max(amount) FILTER (WHERE month = %(month)s) AS average,
                                {fees} AS fees FROM clients_monthlybalance
                              WHERE month BETWEEN %(month)s::date - interval '5 months' AND %(month)s
                              GROUP BY client_id) money ON money.client_id = c.id
                  LEFT JOIN (SELECT h.client_id, bool_or(p.category = 'loan' AND h.overdue_days > 30) AS overdue,
                                sum(CASE WHEN p.category <> 'loan' OR h.overdue_days > 30 THEN 0
                                    WHEN p.is_mortgage THEN h.amount ELSE 2 * h.amount END) AS loans,
                                count(DISTINCT p.category) FILTER (WHERE p.category IN ('wealth', 'fund',
                                    'insurance', 'bond', 'metal', 'credit_card', 'mobile_banking', 'payroll',
                                    'bill_pay', 'quick_pay', 'custody', 'forex')) AS kinds
                               FROM clients_holding h JOIN clients_product p ON p.id = h.product_id
                              GROUP BY h.client_id) held ON held.client_id = c.id
                  LEFT JOIN clients_profile f ON f.client_id = c.id
                  LEFT JOIN (SELECT introducer_id, count(*) AS n FROM clients_client
                              WHERE introducer_id IS NOT NULL GROUP BY 1) i ON i.introducer_id = c.id
                  LEFT JOIN LATERAL (SELECT count(*) AS misses FROM clients_monthlybalance x
                      WHERE x.client_id = c.id AND x.month > COALESCE((SELECT max(k.month)
                          FROM clients_monthlybalance k WHERE k.client_id = c.id AND k.amount >= CASE c.tier
                            WHEN 'T1' THEN 50000 WHEN 'T2' THEN 200000 WHEN 'T3' THEN 500000 WHEN 'T4' THEN 2000000
                            ELSE -1e12 END), '-infinity')) below
                    ON money.average < CASE c.tier WHEN 'T1' THEN 50000 WHEN 'T2' THEN 200000 WHEN 'T3' THEN 500000
                       WHEN 'T4' THEN 2000000 ELSE -1e12 END
              ) base) scored) done
"""
HAND_EFFECT = """
    WITH changed AS (UPDATE clients_client c SET tier = e.tier, tier_since = %(month)s, type = e.type, level = e.level
        FROM clients_evaluation e WHERE e.client_id = c.id AND e.run_id = %(run)s AND e.month = %(month)s
         AND (e.tier, e.type, e.level) IS DISTINCT FROM (c.tier, c.type, c.level) RETURNING c.id, c.branch_id)
    INSERT INTO clients_timelineentry (client_id, kind, at, branch_id, data, note, link)
    SELECT id, 'tier', now(), branch_id, '{}', '', '' FROM changed
"""


def fill(code, clients, branches):
    """A base of its own: branches, clients, twelve months, three holdings and a profile each."""
    from django.db import connection

    from rmflow.staff.models import Branch

    office = Branch.objects.create(code=f"{code}0", name="评价总行", kind=Branch.Kind.HEAD_OFFICE)
    for number in range(branches):
        Branch.objects.create(code=f"{code}{number:03d}", name=f"评价第{number}支行", parent=office)
    values = {
        "code": f"{code}%",
        "each": clients // branches,
        "first": LAST.replace(month=1),
        "last": LAST,
    }
    balances = BALANCES.format(fee=", fee_income", value=", c.id % 40 * 25".replace("%", "%%"))
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")  # no triggers: rows are made, not worked
        for statement in (PEOPLE, balances, HOLDINGS, PROFILES):
            cursor.execute(statement, values)
        cursor.execute("SET session_replication_role = DEFAULT")
        for table in ("clients_client", "clients_monthlybalance", "clients_holding", "clients_profile"):
            cursor.execute(f"VACUUM ANALYZE {table}")


def measure(ours, bare, facts):
    """The rows of the table: evaluation ÷ hand-written, growth, simulation ÷ reading."""
    from tests.bench import cases

    fill("ES", SMALL, max(BRANCHES // 10, 1))
    small, _hand, _read, _simulated = times("ES", facts)
    fill("EB", CLIENTS, BRANCHES)
    large, hand, read, simulated = times("EB", facts)
    grown = [statistics.median(large) / statistics.median(small)]
    facts["evaluation: ours / by hand / read / simulated"] = " / ".join(
        f"{statistics.median(each):,.1f} s" for each in (large, hand, read, simulated)
    )
    return [
        cases.less(
            f"evaluation of {CLIENTS:,} clients ÷ hand-written SQL",
            [mine / theirs for mine, theirs in zip(large, hand, strict=True)],
            1.5,
        ),
        cases.less(f"evaluation: {CLIENTS:,} clients ÷ {SMALL:,} clients", grown, 11),
        cases.less(
            "simulation with matrix ÷ the evaluation's reading part",
            [mine / theirs for mine, theirs in zip(simulated, read, strict=True)],
            1.2,
        ),
    ]


def times(code, facts):
    """Seconds of each way, in turn: (ours, by hand, reading, simulation)."""
    from django.db import connection, transaction

    from clients.models import Client, Evaluation, EvaluationRun
    from clients.scoring import stats
    from rmflow.staff.models import Branch

    branches = list(Branch.objects.filter(code__startswith=code).order_by("pk").values_list("pk", flat=True))
    found = {"ours": [], "hand": [], "read": [], "simulated": []}
    for _n in range(ROUNDS):
        for name, work in (("ours", _ours), ("hand", _by_hand)):
            with transaction.atomic():  # undone, so that each round finds the same base
                found[name].append(_timed(lambda work=work: work(code, branches)))
                transaction.set_rollback(True)
        found["read"].append(_timed(lambda: _read(branches)))
        before = (Evaluation.objects.count(), EvaluationRun.objects.count())
        found["simulated"].append(_timed(lambda: stats.simulate(_card(), **_asked(), branches=branches)))
        if (Evaluation.objects.count(), EvaluationRun.objects.count()) != before:
            raise RuntimeError("A simulation wrote something.")
        with connection.cursor() as cursor:
            cursor.execute("VACUUM clients_client, clients_timelineentry, clients_clienthistory")
    facts[f"evaluation of {Client.objects.filter(branch__in=branches).count():,}"] = (
        f"{statistics.median(found['ours']):,.1f} s on one connection"
    )
    return found.values()


def _timed(work):
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def _card():
    from clients.actions.evaluation import card_in_force

    return card_in_force()


def _asked():
    return {
        "month": LAST,
        "cut": datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC),
        "effective": datetime.date(2026, 1, 1),
    }


def _ours(code, branches):
    """Branch by branch as the workers do, then everything put into effect."""
    from clients.actions import evaluation
    from clients.models import RunPart
    from clients.scoring import effect

    run = evaluation.start(LAST)
    run.parts.exclude(branch__in=branches).delete()
    for pk in run.parts.values_list("pk", flat=True):
        evaluation.compute(pk)
    for part in RunPart.objects.filter(run=run).select_related("run"):
        effect.apply(part, downgrades=True)


def _by_hand(code, _branches):
    from django.db import connection

    from clients.actions import evaluation

    evaluation.make_partition(LAST)
    values = {"run": 1, "month": LAST, "code": f"{code}%"}
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL work_mem = '256MB'")
        cursor.execute(BY_HAND.replace("{fees}", "sum(fee_income)"), values)
        cursor.execute(HAND_EFFECT, values)


def _read(branches):
    """The SELECT of the evaluation alone, its rows thrown away."""
    from django.db import connection, transaction

    from clients.scoring import sql

    query = sql.select(_card())
    for branch in branches:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET LOCAL jit = off")
            text = f"EXPLAIN (ANALYZE, TIMING OFF, SUMMARY OFF) {query.sql}"
            cursor.execute(text, {**query.params, **_asked(), "branch": branch})


def main():
    facts = {}
    for row in measure(None, None, facts):
        print(row, flush=True)
    print(json.dumps(facts, ensure_ascii=False, indent=1))


if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))
    sys.path.remove(str(Path(__file__).resolve().parent))
    os.environ["RMFLOW_MODE"] = "demo"
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "rmflow.settings")
    import django

    django.setup()
    main()
