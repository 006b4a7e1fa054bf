"""Segments and loads of balances beside raw SQL (issue 4, "Performance").

    segment count, three conditions        ≤ 2 × the raw SQL
    load of 1,000,000 monthly balances     ≤ 4 × raw COPY

Sizes by BENCH_CLIENTS (1,000,000) and BENCH_BALANCES (1,000,000). Alone:
`python tests/run.py --durable tests/bench/segments.py`.
"""

import datetime
import os
import statistics
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
CLIENTS = int(os.environ.get("BENCH_CLIENTS", "1000000"))
BALANCES = int(os.environ.get("BENCH_BALANCES", "1000000"))
BRANCHES = int(os.environ.get("BENCH_CLIENT_BRANCHES", "200"))
ROUNDS = 5
ASKED = {
    "match": "all",
    "groups": [
        {
            "match": "all",
            "conditions": [
                {"field": "tier", "op": "any_of", "values": ["T2", "T3", "T4"]},
                {"field": "balance", "op": "at_least", "values": ["50"]},
                {"field": "held", "op": "none_of", "values": ["wealth"]},
            ],
        }
    ],
}
#: The same question as somebody would write it by hand.
RAW = """
    SELECT count(*) FROM clients_client c
      JOIN clients_monthlybalance b ON b.client_id = c.id AND b.month = %(month)s AND b.amount >= 500000
     WHERE c.merged_into_id IS NULL AND c.tier IN ('T2', 'T3', 'T4')
       AND c.branch_id IN (SELECT id FROM staff_branch WHERE path LIKE %(path)s)
       AND NOT EXISTS (SELECT FROM clients_holding h JOIN clients_product p ON p.id = h.product_id
            WHERE h.client_id = c.id AND p.category = 'wealth' AND h.opened_on <= %(today)s
              AND (h.ended_on IS NULL OR h.ended_on > %(today)s))
"""
MAP = '[balances]\ncustomer_no = { column = "no" }\nmonth = { column = "month" }\namount = { column = "amount" }\n'


def counting():
    """Over a whole region: the widest scope anybody can be given."""
    from django.db import connection

    from clients.segments import matching
    from rmflow.staff.models import Branch, RoleHolding, User
    from rmflow.staff.permissions import Role
    from tests.bench import cases, evaluation

    evaluation.fill("Q", CLIENTS, BRANCHES)
    office = Branch.objects.get(code="Q0")
    reader = User.objects.create(employee_no="QR1", name="郑", home_branch=office)
    since = datetime.date(2020, 1, 1)
    RoleHolding.objects.create(user=reader, role=Role.REGION_HEAD, branch=office, valid_from=since)
    reader = User.objects.get(pk=reader.pk)
    today = datetime.date(2026, 1, 8)
    values = {"month": evaluation.LAST, "path": f"{office.path}%", "today": today}
    ratios, ours, theirs = [], [], []
    for _n in range(ROUNDS):
        started = time.perf_counter()
        mine = matching(ASKED, reader, today=today).count()
        ours.append(time.perf_counter() - started)
        with connection.cursor() as cursor:
            started = time.perf_counter()
            cursor.execute(RAW, values)
            (raw,) = cursor.fetchone()
            theirs.append(time.perf_counter() - started)
        if mine != raw:
            raise RuntimeError(f"{mine} is not {raw}.")
        ratios.append(ours[-1] / theirs[-1])
    return cases.less(f"segment of three conditions over {CLIENTS:,} ÷ raw SQL", ratios, 2), {
        "segment count: ours / raw SQL": f"{statistics.median(ours):.3f} / {statistics.median(theirs):.3f} s"
    }


def loading():
    """A month of balances of clients on record, then the very same rows by raw COPY into the same table."""
    from django.core.management import call_command
    from django.db import connection

    from clients.models import Client, MonthlyBalance
    from tests.bench import cases

    month = datetime.date(2026, 1, 1)
    with tempfile.TemporaryDirectory() as folder:
        file, column_map, raw = (Path(folder, name) for name in ("balances.csv", "map.toml", "raw"))
        column_map.write_text(MAP)
        with connection.cursor() as cursor:
            cursor.execute(
                "UPDATE clients_client SET customer_no = 'N' || lpad(id::text, 9, '0') WHERE customer_no IS NULL"
            )
        numbers = Client.objects.order_by("pk").values_list("customer_no", flat=True)[:BALANCES]
        with file.open("w") as out:
            out.write("no,month,amount\n")
            out.writelines(
                f"{number},2026-01,{n * 7 % 999_999}.50\n" for n, number in enumerate(numbers.iterator())
            )
        started = time.perf_counter()
        call_command("import_balances", str(file), map=str(column_map), no_progress=True)
        ours = time.perf_counter() - started
        rows = MonthlyBalance.objects.filter(month=month)
        written = rows.count()
        with connection.cursor() as cursor, raw.open("w") as out:
            cursor.copy_expert(
                f"COPY (SELECT * FROM clients_monthlybalance WHERE month = '{month}') TO STDOUT", out
            )
            rows.delete()
            started = time.perf_counter()
            cursor.execute("BEGIN")
            with raw.open() as source:
                cursor.copy_expert("COPY clients_monthlybalance FROM STDIN", source)
            cursor.execute("COMMIT")
            theirs = time.perf_counter() - started
    if written != min(BALANCES, CLIENTS):
        raise RuntimeError(f"The load took {written:,} rows.")
    facts = {f"load of {written:,} balances: ours / raw COPY": f"{ours:.1f} / {theirs:.1f} s"}
    return cases.less(f"load of {written:,} monthly balances ÷ raw COPY", [ours / theirs], 4), facts


def measure(facts):
    """Both rows of the table; the base of a million clients is made on the way."""
    for work in (counting, loading):
        row, more = work()
        facts |= more
        yield row


def main():
    facts = {}
    for row in measure(facts):
        print(row, flush=True)
    print(facts)


if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))
    sys.path.remove(str(Path(__file__).resolve().parent))
    os.environ["RMFLOW_MODE"] = "demo"
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "rmflow.settings")
    import django

    django.setup()
    main()
