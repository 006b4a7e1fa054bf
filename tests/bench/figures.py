"""The statistics on a million slips of three years and 200 branches (issue 3, "Performance").

Sizes by the environment: BENCH_SLIPS (1,000,000), BENCH_OUTLETS (200), BENCH_YEARS (3). Alone:
`python tests/run.py --durable tests/bench/figures.py`.
"""

import datetime
import json
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
SLIPS = int(os.environ.get("BENCH_SLIPS", "1000000"))
OUTLETS = int(os.environ.get("BENCH_OUTLETS", "200"))
YEARS = int(os.environ.get("BENCH_YEARS", "3"))
ROWS = min(100_000, SLIPS)
ROUNDS, SECONDS = 3, 3
FIRST = datetime.date(2023, 1, 1)
YEAR = FIRST.year + YEARS - 1

DAYS = """
    INSERT INTO workdays_branchday (branch_id, date, opened_at, ended_at, closed_at)
    SELECT b.id, d::date, d + interval '8 hours', d + interval '18 hours', d + interval '18 hours'
      FROM staff_branch b, generate_series(%(first)s::date, %(last)s::date, interval '1 day') d
     WHERE b.code LIKE 'S%%' AND b.kind = 'branch'
"""
PEOPLE = """
    INSERT INTO clients_client (name, pinyin, initials, salutation, type, level, branch_id, created_at,
        occupation, education, marital_status, id_kind, id_number, id_hash, phone, phone_hash, phone_tail,
        address, notice_version, notice_basis, do_not_contact)
    SELECT '刘', 'liu', 'l', 'madam', 'unjudged', '', b.id, now(), '', '', '', '', '', '', '', '', '', '', '', '', false
      FROM staff_branch b, generate_series(1, %(each)s) WHERE b.code LIKE 'S%%' AND b.kind = 'branch'
"""
MADE = """
    INSERT INTO referrals_referral (day_id, counted_on_id, branch_id, referrer_id, referrer_role, home_branch_id,
        sender_branch_id, credit_share, client_id, addressed_as, cues, business, needs, assets, source_channel,
        status, reception, check_result, guidance, onward, manager_id, place, card_given, agreed_on,
        agreed_channel, repeat_reason, note, referred_at, filed_at)
    SELECT day.id, day.id, day.branch_id, sender.id, sender.role, day.branch_id, day.branch_id, 100, person.id,
        '刘女士', '{vip_card}', 'cash', '{}', '', CASE WHEN sender.role = 'teller' THEN 'counter' ELSE 'lobby' END,
        CASE WHEN n %% 5 < 3 THEN 'referred' ELSE 'to_follow_up' END, CASE WHEN n %% 5 < 3 THEN 'met' ELSE 'none' END,
        (ARRAY['matched','matched','matched','matched','matched','matched','corrected','repeat','invalid','matched'])
            [1 + n / 7 %% 10],
        'manager', '', manager.id, '', n %% 5 >= 3, CASE WHEN n %% 5 >= 3 THEN day.date END, '', '', '',
        day.opened_at + n %% 480 * interval '1 minute', day.opened_at + n %% 480 * interval '1 minute'
      FROM (SELECT generate_series(1, %(slips)s) AS n) AS numbers
      JOIN (SELECT *, row_number() OVER (ORDER BY date, branch_id) - 1 AS nr FROM workdays_branchday
             WHERE closed_at IS NOT NULL) day ON day.nr = n %% %(days)s
      JOIN (SELECT u.id, u.home_branch_id, h.role, row_number() OVER (PARTITION BY u.home_branch_id ORDER BY u.id) - 1
                AS nr FROM staff_user u JOIN staff_roleholding h ON h.user_id = u.id
             WHERE h.role IN ('teller', 'lobby_manager') AND u.employee_no LIKE 'S%%') sender
        ON sender.home_branch_id = day.branch_id AND sender.nr = n / 3 %% 8
      JOIN staff_user manager ON manager.home_branch_id = day.branch_id AND manager.employee_no LIKE 'SW%%'
      JOIN (SELECT id, branch_id, row_number() OVER (PARTITION BY branch_id ORDER BY id) - 1 AS nr
              FROM clients_client) person ON person.branch_id = day.branch_id AND person.nr = n / 11 %% %(each)s
"""
SAID = """
    INSERT INTO clients_verdict (client_id, type, level, type_before, reason, branch_id, by_id, at, source_key)
    SELECT client_id, (ARRAY['existing_premium','existing_potential','prospective_premium','ordinary'])[1 + id %% 4],
        '', 'unjudged', '', branch_id, manager_id, filed_at + interval '20 minutes', ''
      FROM referrals_referral WHERE counted_on_id IS NOT NULL AND id %% 10 < 7
"""
SOLD = """
    INSERT INTO followups_deal (client_id, product_id, amount, done_on, day_id, branch_id, manager_id, source_key,
        by_id, at)
    SELECT slip.client_id, (SELECT min(id) FROM clients_product), 10000 + slip.id %% 90 * 1000, day.date, day.id,
        slip.branch_id, slip.manager_id, 'bench:' || slip.id, slip.manager_id, slip.filed_at
      FROM referrals_referral slip JOIN workdays_branchday day ON day.id = slip.counted_on_id
     WHERE slip.id %% 10 = 3 AND slip.check_result = 'matched'
"""
CREDITED = """
    INSERT INTO referrals_dealcredit (deal_id, referral_id, referrer_id, referrer_share, manager_id, manager_share,
        is_first, at)
    SELECT deal.id, slip.id, slip.referrer_id, 100, slip.manager_id, 100, true, deal.at
      FROM followups_deal deal JOIN referrals_referral slip ON 'bench:' || slip.id = deal.source_key
"""
#: A day still open, with so many slips to close: met, waiting and to follow up in turn, a client each.
CLOSING_SLIPS = 300
OPEN_DAY = """
    INSERT INTO workdays_branchday (branch_id, date, opened_at) VALUES (%s, %s, %s) RETURNING id
"""
TO_CLOSE = """
    INSERT INTO referrals_referral (day_id, branch_id, referrer_id, referrer_role, home_branch_id, sender_branch_id,
        credit_share, client_id, addressed_as, cues, business, needs, assets, source_channel, status, reception,
        check_result, guidance, onward, manager_id, place, card_given, agreed_on, agreed_channel, repeat_reason,
        note, referred_at, filed_at, waiting_since, accepted_at, met_at)
    SELECT %(day)s, branch.id, sender.id, 'lobby_manager', branch.id, branch.id, 100, person.id, '刘女士',
        '{vip_card}', 'cash', '{}', '', 'lobby', CASE WHEN nr %% 3 < 2 THEN 'referred' ELSE 'to_follow_up' END,
        (ARRAY['met','waiting','none'])[1 + nr %% 3], 'unchecked', 'manager', '', manager.id, '', nr %% 3 = 2,
        CASE WHEN nr %% 3 = 2 THEN current_date END, '', '', '', now(), now(), CASE WHEN nr %% 3 < 2 THEN now() END,
        CASE WHEN nr %% 3 = 0 THEN now() END, CASE WHEN nr %% 3 = 0 THEN now() END
      FROM staff_branch branch
      JOIN staff_user sender ON sender.home_branch_id = branch.id AND sender.employee_no LIKE 'SL%%'
      JOIN staff_user manager ON manager.home_branch_id = branch.id AND manager.employee_no LIKE 'SW%%'
      JOIN (SELECT id, branch_id, (row_number() OVER (ORDER BY id) - 1)::int AS nr FROM clients_client
             WHERE branch_id = %(branch)s ORDER BY id LIMIT %(many)s) person ON person.branch_id = branch.id
     WHERE branch.id = %(branch)s
"""
#: The least that can be asked: counts by employee of a branch's month, on the index of counted days.
RAW = """
    SELECT slip.referrer_id, slip.referrer_role, count(*), count(*) FILTER (WHERE slip.status = 'referred'),
           count(*) FILTER (WHERE slip.status = 'to_follow_up'),
           count(*) FILTER (WHERE slip.check_result IN ('matched', 'corrected')),
           count(*) FILTER (WHERE slip.check_result = 'repeat'), count(*) FILTER (WHERE slip.check_result = 'invalid')
      FROM workdays_branchday day JOIN referrals_referral slip ON slip.counted_on_id = day.id
     WHERE day.branch_id = %s AND day.date BETWEEN %s AND %s AND day.closed_at IS NOT NULL
     GROUP BY 1, 2 ORDER BY 3 DESC
"""


def fill():
    """Branches, eight senders, a manager and a head each; then everything by set-based statements."""
    from django.contrib.auth.hashers import make_password
    from django.db import connection

    from referrals.stats import rollup
    from rmflow.staff.models import Branch, RoleHolding, User
    from rmflow.staff.permissions import Role
    from tests.bench import data

    office = Branch.objects.create(code="S0", name="统计总行", kind=Branch.Kind.HEAD_OFFICE)
    region = Branch.objects.create(code="SR", name="统计分行", kind=Branch.Kind.REGION, parent=office)
    hashed, since = make_password(data.PASSWORD), datetime.date(2020, 1, 1)
    roles = [Role.LOBBY_MANAGER, *[Role.TELLER] * 7, Role.WEALTH_MANAGER, Role.BRANCH_HEAD]
    marks = ["SL", *(f"ST{n}" for n in range(7)), "SW", "SH"]
    people = []
    for number in range(1, OUTLETS + 1):
        branch = Branch.objects.create(code=f"S{number:03d}", name=f"统计第{number}支行", parent=region)
        for mark, role in zip(marks, roles, strict=True):
            user = User(
                employee_no=f"{mark}{number:03d}", name="周敏", home_branch=branch, must_change_password=False
            )
            user.password = hashed
            people.append((user, role))
    User.objects.bulk_create(user for user, _role in people)
    RoleHolding.objects.bulk_create(
        RoleHolding(user=user, role=role, branch_id=user.home_branch_id, valid_from=since)
        for user, role in people
    )
    last = FIRST + datetime.timedelta(days=365 * YEARS)
    values = {
        "first": FIRST, "last": last, "slips": SLIPS, "each": 500, "days": OUTLETS * ((last - FIRST).days + 1),
    }  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")  # no triggers: rows are made, not worked
        # the planner takes the numbered rows for a handful, and would pair each day with every client first
        cursor.execute("SET enable_nestloop = off; SET join_collapse_limit = 1")
        for statement in (DAYS, PEOPLE, MADE, SAID, SOLD, CREDITED):
            cursor.execute(statement, values)
            cursor.execute("ANALYZE")
        cursor.execute("RESET enable_nestloop; RESET join_collapse_limit")
        cursor.execute("SET session_replication_role = DEFAULT")
        cursor.execute("ANALYZE")
    started = time.monotonic()
    rollup.rebuild()
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE referrals_dayfigure, referrals_staleday")
    return time.monotonic() - started


def measure(ours, bare, facts):
    """The rows of the table, in the order of the issue."""
    facts["statistics: roll-up of all days made anew"] = f"{fill():,.0f} s for {SLIPS:,} slips"
    yield month_page(ours, bare, facts)
    yield region_year(facts)
    yield region_heat()
    yield closing_screen(facts)
    yield workbook(facts)


def month_page(ours, bare, facts):
    """Page of a branch's month against 1.5 × the raw GROUP BY plus the bare page; one person."""
    from django.db import connection

    from rmflow.staff.models import Branch
    from tests.bench import cases, load

    branch = Branch.objects.get(code="S001")
    raw = cases.timed_sql(RAW, [branch.pk, datetime.date(YEAR, 9, 1), datetime.date(YEAR, 9, 30)])
    connection.close()
    page = f"/statistics/?kind=month&day={YEAR}-09-01"
    ratios, times = [], []
    for _n in range(ROUNDS):
        _rate, mine = load.throughput([cases.member(ours, ours, "SL001", cases.getting(page))], SECONDS)
        _rate, theirs = load.throughput([cases.member(bare, ours, "SL001", cases.getting("/page"))], SECONDS)
        ratios.append(mine / (1.5 * raw + theirs))
        times.append((mine, theirs))
    mine, theirs = statistics.median(times)
    facts["month by employee: page / raw GROUP BY / bare page"] = (
        f"{mine * 1000:.1f} / {raw * 1000:.2f} / {theirs * 1000:.1f} ms"
    )
    return cases.less(
        f"month by employee among {SLIPS:,} slips: page ÷ (1.5 × raw GROUP BY + bare page)", ratios, 1
    )


def region_year(facts):
    """A year by branch for the whole region, from the roll-up; equal to the raw count."""
    from referrals.stats import facts as raw
    from referrals.stats import rollup
    from rmflow.staff.models import Branch
    from rmflow.staff.permissions import Scope
    from tests.bench import cases

    scope = Scope(paths=(Branch.objects.get(code="SR").path,))
    question = raw.Question(scope, datetime.date(YEAR, 1, 1), datetime.date(YEAR, 12, 31))
    times = []
    for _n in range(7):
        started = time.perf_counter()
        kept = rollup.ask(question, ("branch",))
        times.append(1000 * (time.perf_counter() - started))
    started = time.perf_counter()
    counted = raw.ask(question, ("branch",), reached=True, in_time=True)
    facts["year by branch: raw count"] = f"{1000 * (time.perf_counter() - started):,.0f} ms"
    if kept != counted or len(kept) != OUTLETS:
        raise RuntimeError("The roll-up differs from the raw count.")
    return cases.less(f"year by branch, region of {OUTLETS} branches, database ms", sorted(times)[:5], 100)


def region_heat():
    """The same year by weekday and hour, what the region's heat map asks."""
    from referrals.stats import facts as raw
    from referrals.stats import rollup
    from rmflow.staff.models import Branch
    from rmflow.staff.permissions import Scope
    from tests.bench import cases

    scope = Scope(paths=(Branch.objects.get(code="SR").path,))
    question = raw.Question(scope, datetime.date(YEAR, 1, 1), datetime.date(YEAR, 12, 31))
    times = []
    for _n in range(7):
        started = time.perf_counter()
        cells = rollup.heat(question)
        times.append(1000 * (time.perf_counter() - started))
    if sum(cell["total"] for cell in cells) != sum(row["total"] for row in rollup.ask(question, ())):
        raise RuntimeError("The heat map does not add up to the year.")
    return cases.less(f"year by weekday and hour, region of {OUTLETS} branches, ms", sorted(times)[:5], 100)


def closing_screen(facts):
    """Queries of the lobby manager's screen with 300 slips to close, the session's and the shell's included."""
    from django.db import connection
    from django.test import Client as Browser
    from django.test.utils import CaptureQueriesContext

    from rmflow.staff.models import Branch, User
    from rmflow.workdays import clock
    from tests.bench import cases

    branch = Branch.objects.get(code="S002")
    with connection.cursor() as cursor:
        cursor.execute(OPEN_DAY, [branch.pk, clock.today(), clock.now()])
        values = {"day": cursor.fetchone()[0], "branch": branch.pk, "many": CLOSING_SLIPS}
        cursor.execute(TO_CLOSE, values)
        if cursor.rowcount != CLOSING_SLIPS:
            raise RuntimeError(f"{cursor.rowcount} slips to close instead of {CLOSING_SLIPS}.")
    browser = Browser(headers={"host": "localhost"})
    browser.force_login(User.objects.get(employee_no="SL002"))
    browser.get("/closing/")  # whatever is loaded once for ever
    counts, times = [], []
    for _n in range(ROUNDS):
        started = time.perf_counter()
        with CaptureQueriesContext(connection) as queries:
            answer = browser.get("/closing/")
        times.append(1000 * (time.perf_counter() - started))
        counts.append(len(queries))
        if answer.status_code != 200:
            raise RuntimeError(f"The closing screen answered {answer.status_code}.")
    facts[f"closing screen with {CLOSING_SLIPS} slips, in one process"] = f"{statistics.median(times):.0f} ms"
    return cases.less(f"closing screen with {CLOSING_SLIPS} slips, queries", counts, 12)


def workbook(facts):
    """Peak memory of a process of its own that writes the workbook of 100,000 rows."""
    from tests.bench import cases

    answer = subprocess.run(
        [sys.executable, str(Path(__file__)), "--workbook"],
        capture_output=True,
        text=True,
        check=True,
        cwd=ROOT,
    )
    said = json.loads(answer.stdout.splitlines()[-1])
    facts["Excel"] = (
        f"{said['rows']:,} rows in {said['seconds']:.0f} s, {said['size'] / 2**20:.1f} MB, a whole process"
    )
    return cases.less(f"Excel of {said['rows']:,} rows, peak memory in MB", [said["memory"]], 200)


def write_workbook():
    """In its own process: one export of about ROWS slips and their deals."""
    from referrals import workbook
    from referrals.asked import Asked
    from referrals.stats import behind
    from rmflow.privacy.models import Export
    from rmflow.staff.models import Branch, RoleHolding, User
    from rmflow.staff.permissions import Role

    region = Branch.objects.get(code="SR")
    user, made = User.objects.get_or_create(
        employee_no="SREGION", defaults={"name": "郑海涛", "home_branch": region}
    )
    if made:
        RoleHolding.objects.create(user=user, role=Role.REGION_HEAD, branch=region, valid_from=FIRST)
    span = round(365 * YEARS * ROWS / SLIPS)
    asked = {
        "kind": "range",
        "first": FIRST.isoformat(),
        "last": (FIRST + datetime.timedelta(span)).isoformat(),
    }
    question = Asked(user, asked).question
    rows = behind.slips(question).count() + behind.deals(question).count()
    started = time.monotonic()
    content = workbook.write(Export(by=user, asked=asked, name="x"))
    peak = _peak() / 1024
    seconds = time.monotonic() - started
    print(json.dumps({"rows": rows, "seconds": seconds, "size": len(content), "memory": round(peak)}))


def _peak():
    """This process's own highest memory in kB; getrusage would count the parent's, from before the exec."""
    said = Path("/proc/self/status").read_text()
    return next(int(line.split()[1]) for line in said.splitlines() if line.startswith("VmHWM"))


def main():
    from django.core.management import call_command
    from django.db import connection

    from tests.bench import site

    call_command("collectstatic", interactive=False, verbosity=0)
    facts = {}
    connection.close()
    with site.serving() as ours, site.serving("tests.bench.bare_settings") as bare:
        for row in measure(ours, bare, facts):
            print(row, flush=True)
    print(json.dumps(facts, ensure_ascii=False, indent=1))


if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))
    sys.path.remove(str(Path(__file__).resolve().parent))
    os.environ["RMFLOW_MODE"] = "demo"
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "rmflow.settings")
    import django

    django.setup()
    write_workbook() if "--workbook" in sys.argv else main()
