"""`make bench`: fill a bank, measure, write bench.json and docs/benchmarks.md. Bounds: the issues' tables.

`make bench ARGS="filing search"` fills the same bank, measures these jobs and prints them; the files are
written by a whole run only. BENCH_CLIENTS=20000 fills a smaller one.
"""

import json
import os
import platform
import statistics
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT))
os.environ["RMFLOW_MODE"] = "demo"  # persistent connections, hashed static files: as it is served
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "rmflow.settings")

import django  # noqa: E402

django.setup()

from django.core.management import call_command  # noqa: E402
from django.db import connection  # noqa: E402

from tests.bench import (  # noqa: E402
    cases,
    closures,
    complaints,
    data,
    evaluation,
    figures,
    imports,
    load,
    segments,
    sheet,
    site,
)

CLIENTS = int(os.environ.get("BENCH_CLIENTS", "1000000"))


def main(wanted):
    jobs = {
        "filing": filing,
        "today": today,
        "poll": poll,
        "search": search,
        "sheet": sheet.measure,
        "statistics": figures.measure,
        "closures": closures.measure,
        "complaints": complaints.measure,
        "segments": lambda _ours, _bare, facts: segments.measure(facts),
        "evaluation": evaluation.measure,  # last: it brings a base of its own
    }
    if unknown := set(wanted) - {"import", *jobs}:
        sys.exit(f"No such job: {' '.join(sorted(unknown))}. There are: import {' '.join(jobs)}.")
    call_command("collectstatic", interactive=False, verbosity=0)
    rows, facts = [], {}
    _fill(rows, facts)
    if {*wanted} != {"import"}:
        with site.serving() as ours, site.serving("tests.bench.bare_settings") as bare:
            for name, job in jobs.items():
                if not wanted or name in wanted:
                    _measure(job, ours, bare, facts, rows)
    if wanted:
        print(*(f"{name}: {value}" for name, value in facts.items()), sep="\n")
    else:
        _write(rows, facts)
    return 0 if all(row["ok"] for row in rows) else 1


def _fill(rows, facts):
    """The bank: its people and clients (whose import is a job), days, slips and plans."""
    data.people()
    rows.append(imports.measure(CLIENTS))
    _say(rows[-1])
    data.days()
    print(f"{data.referrals()} referrals written.", flush=True)
    from rmflow.staff.models import User

    for number in cases.numbers("W0"):
        data.plans(User.objects.get(employee_no=number), 25)
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")  # else the server does it by itself, beside the first job
    facts["raw INSERT and commit, one connection"] = f"{cases.raw_insert_rate():,.0f}/s"
    connection.close()


def _measure(job, ours, bare, facts, rows):
    """One job: a row, or several."""
    found = job(ours, bare, facts)
    for row in [found] if isinstance(found, dict) else found:
        rows.append(row)
        _say(row)


def _ratio_row(job, ratios, bound, mine, theirs, facts, unit="requests/s"):
    ratio = statistics.median(ratios)
    facts[f"{job}: ours / bare"] = f"{mine:,.0f} / {theirs:,.0f} {unit}"
    return {
        "job": job,
        "ratio": round(ratio, 3),
        "bound": bound,
        "ok": ratio >= bound,
        "better": "more",
        "spread": [round(min(ratios), 3), round(max(ratios), 3)],
    }


def filing(ours, bare, facts):
    mine = [cases.member(ours, ours, n, cases.filing_as(n)) for n in cases.numbers("L")]
    theirs = [cases.member(bare, ours, n, cases.posting("/create")) for n in cases.numbers("L")]
    ratios, a, b = cases.alternate(mine, theirs)
    return _ratio_row("log a referral over HTTP", ratios, 0.35, a, b, facts)


def today(ours, bare, facts):
    mine = [cases.member(ours, ours, n, cases.getting("/today/")) for n in cases.numbers("W0")]
    theirs = [cases.member(bare, ours, n, cases.getting("/rows")) for n in cases.numbers("W0")]
    ratios, a, b = cases.alternate(mine, theirs)
    return _ratio_row("today's list, 25 items", ratios, 0.40, a, b, facts)


def poll(ours, bare, facts):
    mine = [cases.member(ours, ours, n, cases.polling) for n in cases.numbers("W0")]
    theirs = [cases.member(bare, ours, n, cases.getting("/page")) for n in cases.numbers("W0")]
    ratios, a, b = cases.alternate(mine, theirs)
    return _ratio_row("notice poll with nothing new", ratios, 0.80, a, b, facts)


def search(ours, bare, facts):
    """By phone and by name, the worse of the two; one person, so that times are of one request."""
    results = []
    for word, sql, params in imports.look_ups():
        number = cases.numbers("W0", 1)[0]
        connection.ensure_connection()
        raw = cases.timed_sql(sql, params)
        connection.close()
        ratios = []
        for _i in range(cases.ROUNDS):
            _n, mine = load.throughput([cases.member(ours, ours, number, cases.searching(word))], 3)
            _n, bare_time = load.throughput([cases.member(bare, ours, number, cases.posting("/page"))], 3)
            ratios.append(mine / (3 * raw + bare_time))
        results.append((statistics.median(ratios), ratios, raw, mine, bare_time))
    ratio, ratios, raw, mine, bare_time = max(results)
    facts["search: ours / raw SQL / bare page"] = (
        f"{mine * 1000:.2f} / {raw * 1000:.3f} / {bare_time * 1000:.2f} ms"
    )
    return {
        "job": f"client search among {CLIENTS:,}: time ÷ (3 × raw SQL + bare page)",
        "ratio": round(ratio, 3),
        "bound": 1,
        "ok": ratio <= 1,
        "better": "less",
        "spread": [round(min(ratios), 3), round(max(ratios), 3)],
    }


def _say(row):
    sign = "≥" if row["better"] == "more" else "≤"
    mark = "ok" if row["ok"] else "MISSED"
    print(
        f"{row['job']:<70} {row['ratio']:>7} {sign} {row['bound']:<5} {mark}  spread {row['spread']}",
        flush=True,
    )


def _write(rows, facts):
    (ROOT / "bench.json").write_text(json.dumps(rows, ensure_ascii=False, indent=1) + "\n")
    lines = [
        "# Benchmarks",
        "",
        "Ratios measured by `make bench` in one run: our page and the smallest honest Django page",
        "(tests/bench/bare.py) in turn on the same servers, gunicorn settings and people; the import against a",
        "raw COPY into the same tables.",
        "",
        f"Machine: {os.cpu_count()} cores, {_memory()} GiB memory, {platform.system()}, "
        f"Python {platform.python_version()}, PostgreSQL {_postgres()}; {time.strftime('%Y-%m-%d')}. "
        "The load comes from the same cores.",
        "",
        "| job | measured | bound | spread of the runs | |",
        "|---|---|---|---|---|",
    ]
    for row in rows:
        sign = "≥" if row["better"] == "more" else "≤"
        mark = "met" if row["ok"] else "**missed**"
        low, high = row["spread"]
        lines.append(f"| {row['job']} | {row['ratio']} | {sign} {row['bound']} | {low}–{high} | {mark} |")
    lines += [
        "",
        "| absolute figure | |",
        "|---|---|",
        *(f"| {name} | {value} |" for name, value in facts.items()),
    ]
    (ROOT / "docs/benchmarks.md").write_text("\n".join(lines) + "\n")


def _memory():
    return round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30)


def _postgres():
    with connection.cursor() as cursor:
        cursor.execute("SHOW server_version")
        return cursor.fetchone()[0]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
