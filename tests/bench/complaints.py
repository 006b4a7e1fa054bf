"""Complaints at a bank's size (issue 5, "Performance"): the watch, the recount, the desk, the month.

BENCH_COMPLAINTS (500,000) complaints, of which BENCH_OPEN (20,000) run. Alone:
`python tests/run.py --durable tests/bench/complaints.py`.
"""

import datetime
import json
import os
import statistics
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
ALL = int(os.environ.get("BENCH_COMPLAINTS", "500000"))
OPEN = int(os.environ.get("BENCH_OPEN", "20000"))
ROUNDS, SECONDS = 5, 4
OFFICE = "COMPLAINT"

#: Closed ones over three years, then the running ones of the last days; texts are one token each.
ROWS = """
    INSERT INTO complaints_complaint (number, branch_id, status, way, received_at, taken_by_id, taken_role,
        taken_at, is_premium, name, phone, phone_hash, id_number, proxy, proxy_authorised, people, title,
        request, facts, basis, against, channel_id, business_id, cause_id, level, sensitivity, key_point,
        plan, handler_id, upper, counted_at, extended, law_days, normal_on, extended_on, law_on, due_on,
        due_at, ruling, findings, finding, replied_at, replied_by_id, reply_way, reply, reply_basis,
        satisfaction, root_cause, responsibility, over_at, archive_no)
    SELECT 'TS-' || n, lobby.home_branch_id, CASE WHEN runs THEN 'working' ELSE 'closed' END, 'counter', at,
        lobby.id, 'lobby_manager', at, n %% 9 = 0, %(token)s, '', '', '', '', false, 1, '排队超过一小时',
        %(request)s, '', '', '', codes.channel[1 + n %% 10], codes.business[1 + n %% 14],
        codes.cause[1 + (n::bigint * n) %% 13],
        'normal', '{}', '', '', lobby.id, false, at, false, 15, day + 5, day + 11,
        day + 15, day + 5, (day + 5)::timestamp + interval '9 hours 30 minutes', 'normal', '',
        CASE WHEN runs THEN '' ELSE 'upheld' END, CASE WHEN runs THEN NULL ELSE at + interval '2 days' END,
        CASE WHEN runs THEN NULL ELSE lobby.id END, CASE WHEN runs THEN '' ELSE 'phone' END, '', '',
        CASE WHEN runs THEN '' ELSE 'satisfied' END, '', '',
        CASE WHEN runs THEN NULL ELSE at + interval '3 days' END, ''
    FROM generate_series(1, %(all)s) n
    CROSS JOIN LATERAL (SELECT n <= %(open)s AS runs) state
    CROSS JOIN LATERAL (SELECT CASE WHEN runs THEN now() - (n %% 4) * interval '1 day'
        ELSE now() - interval '20 days' - (n %% 1075) * interval '1 day' END - (n %% 500) * interval '1 minute'
        AS at) moment
    CROSS JOIN LATERAL (SELECT (at AT TIME ZONE 'Asia/Shanghai')::date AS day) days
    JOIN (SELECT id, home_branch_id, row_number() OVER (ORDER BY id) - 1 AS nr FROM staff_user
        WHERE employee_no LIKE 'LB%%') lobby ON lobby.nr = n %% %(lobbies)s
    CROSS JOIN (SELECT array_agg(id) FILTER (WHERE kind = 'channel' AND parent_id IS NOT NULL) AS channel,
        array_agg(id) FILTER (WHERE kind = 'business') AS business,
        array_agg(id) FILTER (WHERE kind = 'cause') AS cause FROM complaints_complaintcode) codes
"""
STEPS = """
    INSERT INTO complaints_ladderstep (complaint_id, step, at, told)
    SELECT id, step, due_at + interval '30 days', '[]' FROM complaints_complaint
    CROSS JOIN unnest(ARRAY['half', 'most', 'day', 'due']) AS step WHERE status = 'working'
"""
#: The same figures by hand; each day is converted once a row, and a name looked up once a group.
RAW_MONTH = """
    SELECT cause_id, code.name, total, past_law, owed_3, owed_7, answered, on_spot, within_3, within_7, repeats, said,
           content, still_open, premium
      FROM (SELECT cause_id, count(*) AS total,
                   count(*) FILTER (WHERE replied_on > law_on OR status IN ('taken', 'working')
                                      AND law_on < %s) AS past_law,
                   count(*) FILTER (WHERE replied_on IS NOT NULL OR status IN ('taken', 'working')
                                      AND normal_on < %s) AS owed_3,
                   count(*) FILTER (WHERE replied_on IS NOT NULL OR status IN ('taken', 'working')
                                      AND extended_on < %s) AS owed_7,
                   count(replied_on) AS answered,
                   count(*) FILTER (WHERE replied_on = received_on) AS on_spot,
                   count(*) FILTER (WHERE replied_on <= normal_on) AS within_3,
                   count(*) FILTER (WHERE replied_on <= extended_on) AS within_7,
                   count(*) FILTER (WHERE status = 'merged') AS repeats,
                   count(*) FILTER (WHERE satisfaction IN ('very', 'satisfied', 'not')) AS said,
                   count(*) FILTER (WHERE satisfaction IN ('very', 'satisfied')) AS content,
                   count(*) FILTER (WHERE status IN ('taken', 'working', 'suspended', 'replied')) AS still_open,
                   count(*) FILTER (WHERE is_premium) AS premium
              FROM (SELECT cause_id, status, satisfaction, is_premium, normal_on, extended_on, law_on,
                           (received_at AT TIME ZONE 'Asia/Shanghai')::date AS received_on,
                           (replied_at AT TIME ZONE 'Asia/Shanghai')::date AS replied_on
                      FROM complaints_complaint WHERE received_at >= %s AND received_at < %s OFFSET 0) day
             GROUP BY cause_id) counted
      LEFT JOIN complaints_complaintcode code ON code.id = cause_id
     ORDER BY total DESC, name, cause_id
"""


def furnish():
    """Complaints, their steps ahead, somebody of the complaint office, and a head for each branch."""
    from django.contrib.auth.hashers import make_password
    from django.db import connection

    from rmflow.privacy import crypto
    from rmflow.staff.models import Branch, RoleHolding, User
    from rmflow.staff.permissions import Role
    from tests.bench import data

    office = Branch.objects.get(code="B0")
    user = User(employee_no=OFFICE, name="金雅琴", home_branch=office, must_change_password=False)
    user.password = make_password(data.PASSWORD)
    user.save()
    since = datetime.date(2020, 1, 1)
    RoleHolding.objects.create(user=user, role=Role.COMPLAINT_OFFICE, branch=office, valid_from=since)
    heads = User.objects.bulk_create(
        User(employee_no=f"H{branch.code}", name="罗涛", home_branch=branch, password=user.password)
        for branch in Branch.objects.outlets()
    )
    RoleHolding.objects.bulk_create(
        RoleHolding(user=head, role=Role.BRANCH_HEAD, branch=head.home_branch, valid_from=since)
        for head in heads
    )
    lobbies = User.objects.filter(employee_no__startswith="LB").count()
    values = {
        "token": crypto.encrypt("马建国", "complaint.name"),
        "request": crypto.encrypt("增开窗口", "complaint.request"),
        "all": ALL,
        "open": OPEN,
        "lobbies": lobbies,
    }
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE complaints_complaint DISABLE TRIGGER USER")
        cursor.execute(ROWS, values)
        cursor.execute("ALTER TABLE complaints_complaint ENABLE TRIGGER USER")
        cursor.execute(STEPS)
        cursor.execute("ANALYZE complaints_complaint, complaints_ladderstep")


def recount(facts):
    """All open deadlines after a change of the calendar, in seconds."""
    from complaints.actions import complaint_recount
    from rmflow.workdays import current
    from rmflow.workdays.models import CalendarDay
    from tests.bench import cases

    today = datetime.date.today()
    day = next(
        day
        for n in range(1, 9)
        if current.load().is_working(day := today + datetime.timedelta(days=n)) and day.weekday() < 5
    )
    CalendarDay.objects.update_or_create(
        date=day, defaults={"kind": "off", "label": "x", "year_id": day.year}
    )
    calendar = current.load()
    took, (_rows, moved) = cases.timed(lambda: complaint_recount.recompute(calendar=calendar))
    facts[f"recount of {OPEN:,}"] = f"{sum(moved.values()):,} deadlines moved in {took:.2f} s"
    return cases.less(f"recompute {OPEN:,} open deadlines, s", [took], 10)


def month(facts):
    """A month by cause with every figure, beside a plain GROUP BY of the same."""
    from django.db import connection

    from complaints.models import Complaint
    from complaints.stats import complaint as stats
    from rmflow.workdays import clock
    from tests.bench import cases

    first = stats.month_of(f"{datetime.date.today() - datetime.timedelta(days=90):%Y-%m}")
    last, today, mine, raw = stats.last_day(first), clock.today(), [], []
    start = datetime.datetime.combine(first, datetime.time(), tzinfo=clock.SHANGHAI)
    end = datetime.datetime.combine(last, datetime.time(), tzinfo=clock.SHANGHAI) + datetime.timedelta(days=1)
    names = ("key", "heading", "total", "past_law", *stats.OWED, *stats.FACTS)
    with connection.cursor() as cursor:

        def by_hand():
            cursor.execute(RAW_MONTH, [today, today, today, start, end])
            return cursor.fetchall()

        for _n in range(ROUNDS * 3):
            rows = stats.between(Complaint.objects.all(), first, last)
            took, ours = cases.timed(lambda rows=rows: stats.by(rows, "cause", today=today))
            mine.append(took * 1000)
            took, theirs = cases.timed(by_hand)
            raw.append(took * 1000)
            if [tuple(row[name] for name in names) for row in ours] != theirs:
                raise RuntimeError("The month's figures are not those of the statement by hand.")
    middle = f"{statistics.median(mine):.1f} / {statistics.median(raw):.1f} ms"
    facts["month by cause: ours / raw GROUP BY"] = middle
    ratios = [own / other for own, other in zip(mine, raw, strict=True)]
    return cases.less("monthly analysis of complaints ÷ raw GROUP BY", ratios, 1.5)


def desk(ours, bare, facts):
    """The complaint desk beside the bare page of 25 rows."""
    from tests.bench import cases, load

    ratios, mine, theirs = [], [], []
    for _n in range(ROUNDS):
        path = cases.getting("/complaints/desk/")
        _rate, own = load.throughput([cases.member(ours, ours, OFFICE, path)], SECONDS)
        _rate, other = load.throughput([cases.member(bare, ours, OFFICE, cases.getting("/rows"))], SECONDS)
        ratios.append(own / other)
        mine.append(own * 1000)
        theirs.append(other * 1000)
    facts["complaint desk: ours / bare page"] = (
        f"{statistics.median(mine):.1f} / {statistics.median(theirs):.2f} ms"
    )
    return cases.less("complaint desk ÷ bare page of 25 rows", ratios, 3)


def measure(ours, bare, facts):
    """The rows of the table; the site is up meanwhile."""
    from django.db import connection

    from tests.bench import watch

    furnish()
    rows = [*watch.watch(facts, OPEN), recount(facts), month(facts)]
    connection.close()
    return [*rows, desk(ours, bare, facts)]


def main():
    from django.core.management import call_command
    from django.db import connection

    from rmflow.staff.models import User
    from tests.bench import cases, data, site

    call_command("collectstatic", interactive=False, verbosity=0)
    data.people()
    data.days()
    for number in cases.numbers("W0"):
        data.plans(User.objects.get(employee_no=number), 25)
    connection.close()
    facts = {}
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
    main()
