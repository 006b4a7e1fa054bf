"""The import of a bank's clients against a raw COPY of the same rows into the same tables."""

import csv
import random
import tempfile
import time
from pathlib import Path

from django.core.management import call_command
from django.db import connection

from rmflow.privacy import blind

MAP = """
[client]
customer_no = { column = "no" }
name = { column = "name" }
phone = { column = "phone" }
notice_version = { constant = "1.0" }
notice_basis = { constant = "contract" }
occupation = { column = "occupation" }

[balance]
column = "balance"
month = "2026-10"
label = "bench"
"""
TABLES = ("clients_client", "clients_monthlybalance")
SURNAMES = "王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林罗"
GIVEN = "美华 志强 秀英 建国 丽萍 伟 静 磊 海燕 国强 敏 晓燕 涛 建平 雪 军 婷 明 淑芬 勇".split(" ")


def phone_of(number):
    return f"13{number % 10}{number:08d}"


def write_file(path, rows):
    """A file of `rows` invented clients with phones and balances."""
    rng = random.Random(817)
    with path.open("w", encoding="utf-8", newline="") as out:
        writer = csv.writer(out)
        writer.writerow(["no", "name", "phone", "occupation", "balance"])
        writer.writerows(
            (
                f"P{number:09d}",
                rng.choice(SURNAMES) + rng.choice(GIVEN) + rng.choice(("", "", "平", "华")),
                phone_of(number),
                "公司职员",
                f"{rng.lognormvariate(10.5, 1.4):.2f}",
            )
            for number in range(rows)
        )


def measure(rows):
    """Import `rows` clients, then COPY the very same rows raw; the ratio of the times."""
    from rmflow.staff.models import Branch

    codes = list(Branch.objects.outlets().values_list("code", flat=True))
    with tempfile.TemporaryDirectory() as folder:
        file, column_map = Path(folder, "clients.csv"), Path(folder, "map.toml")
        write_file(file, rows)
        column_map.write_text(MAP, encoding="utf-8")
        start = time.perf_counter()
        call_command("import_clients", str(file), map=str(column_map), branch=codes, no_progress=True)
        ours = time.perf_counter() - start
        raw = _raw_copy(Path(folder))
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM clients_client")
        if cursor.fetchone()[0] != rows:
            raise RuntimeError("The import did not take every row.")
    ratio = ours / raw
    return {
        "job": f"import {rows:,} clients ({ours:.0f} s) ÷ raw COPY ({raw:.0f} s)",
        "ratio": round(ratio, 2),
        "bound": 5,
        "ok": ratio <= 5,
        "better": "less",
        "spread": [round(ratio, 2), round(ratio, 2)],
    }


def _raw_copy(folder):
    """Seconds to COPY the same rows into the emptied tables, triggers, indexes and commit included."""
    with connection.cursor() as cursor:
        for table in TABLES:
            with (folder / table).open("w") as out:
                cursor.copy_expert(f"COPY {table} TO STDOUT", out)
        cursor.execute("TRUNCATE clients_client, clients_clienthistory CASCADE")
        start = time.perf_counter()
        cursor.execute("BEGIN")
        for table in TABLES:
            with (folder / table).open() as source:
                cursor.copy_expert(f"COPY {table} FROM STDIN", source)
        cursor.execute("COMMIT")
        taken = time.perf_counter() - start
        cursor.execute("VACUUM ANALYZE clients_client, clients_monthlybalance")
        return taken


def look_ups():
    """(what is typed, the raw indexed SQL, its parameters) for a phone and for a name."""
    from rmflow.staff.models import Branch

    branch = Branch.objects.get(code="B001").pk
    by_phone = "SELECT * FROM clients_client WHERE phone_hash = %s AND phone_hash <> '' ORDER BY id LIMIT 8"
    by_name = "SELECT * FROM clients_client WHERE branch_id = %s AND name LIKE %s ORDER BY pinyin, id LIMIT 8"
    return [
        (phone_of(50), by_phone, [blind.blind_index("phone", phone_of(50))]),
        ("王美华", by_name, [branch, "王美华%"]),
    ]
