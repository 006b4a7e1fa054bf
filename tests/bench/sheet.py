"""The client page beside the bare page (issue 4, "Performance"): one person asks, so times are of one request.

The page is who the client is; its tab is asked for by the page at once and measured beside it.

The client has a long history: BENCH_ENTRIES (2,000) lines on the timeline, a hundred versions of the profile,
forty contracts, a year of balances. Alone: `python tests/run.py --durable tests/bench/sheet.py`.
"""

import datetime
import json
import os
import statistics
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
ENTRIES = int(os.environ.get("BENCH_ENTRIES", "2000"))
ROUNDS, SECONDS = 5, 4
HISTORY = """
    INSERT INTO clients_timelineentry (client_id, kind, at, by_id, branch_id, data, note, link)
    SELECT %(client)s, 'contact', now() - n * interval '1 day', %(by)s, %(branch)s,
        '{"channel": "phone", "result": "interested"}', '愿意了解三年期大额存单', ''
      FROM generate_series(1, %(entries)s) n
"""


def furnish(manager):
    """A client of `manager` with everything on record; gives its id."""
    from django.db import connection

    from clients.models import (
        Client,
        Consent,
        FamilyMember,
        Holding,
        ImportantDate,
        MonthlyBalance,
        Product,
        Profile,
    )

    client = Client(
        branch_id=manager.home_branch_id,
        owner=manager,
        salutation="madam",
        birth_date=datetime.date(1974, 10, 20),
        type="existing_premium",
        level="regular",
    )
    client.put_name("陈美华")
    client.save()
    profile = Profile.objects.create(
        client=client,
        job_class="leader",
        cares_most=["promptness"],
        preferences=["fund"],
        wants="女儿明年留学",
    )
    for number in range(100):
        profile.wants = f"女儿明年留学，第 {number} 次谈"
        profile.save()
    today = datetime.date.today()
    products = list(Product.objects.order_by("pk")[:10])
    Holding.objects.bulk_create(
        Holding(
            client=client,
            product=products[number % len(products)],
            contract_no=f"sheet-{number}",
            amount=50_000 + number,
            opened_on=today - datetime.timedelta(days=300),
            matures_on=today + datetime.timedelta(days=5 + number * 9),
        )
        for number in range(40)
    )
    for number in range(4):
        FamilyMember.objects.create(
            client=client, relation="other", name="王强", birth_date=datetime.date(1980, 5, 6)
        )
        ImportantDate.objects.create(
            client=client, kind="other", month=3 + number, day=4, lunar=number % 2 == 0
        )
    Consent.objects.create(client=client, purpose="service", version="1.0", basis="contract")
    for number in range(12):
        MonthlyBalance.objects.create(
            client=client, month=datetime.date(today.year - 1, number + 1, 1), amount=800_000
        )
    with connection.cursor() as cursor:
        values = {"client": client.pk, "by": manager.pk, "branch": manager.home_branch_id, "entries": ENTRIES}
        cursor.execute(HISTORY, values)
        cursor.execute("ANALYZE clients_timelineentry, clients_holding")
    return client.pk


def measure(ours, bare, facts):
    """The row of the table: our page's time ÷ the bare page's, in turn."""
    from django.db import connection

    from rmflow.staff.models import User
    from tests.bench import cases, load

    number = cases.numbers("W0", 1)[0]
    path = f"/clients/{furnish(User.objects.get(employee_no=number))}/"
    connection.close()
    tab = cases.getting(f"{path}?tab=overview", headers={"HX-Request": "true", "HX-Target": "client-tab"})
    ratios, mine, tabs, theirs = [], [], [], []
    for _n in range(ROUNDS):
        _rate, own = load.throughput([cases.member(ours, ours, number, cases.getting(path))], SECONDS)
        _rate, other = load.throughput([cases.member(bare, ours, number, cases.getting("/page"))], SECONDS)
        _rate, further = load.throughput([cases.member(ours, ours, number, tab)], SECONDS)
        ratios.append(own / other)
        mine.append(own * 1000)
        tabs.append(further * 1000)
        theirs.append(other * 1000)
    facts["client page: ours / its first tab, which follows / bare page"] = (
        f"{statistics.median(mine):.2f} / {statistics.median(tabs):.2f} / {statistics.median(theirs):.2f} ms"
    )
    ratio = statistics.median(ratios)
    return {
        "job": f"client page with {ENTRIES:,} entries ÷ bare page",
        "ratio": round(ratio, 3),
        "bound": 2.5,
        "ok": ratio <= 2.5,
        "better": "less",
        "spread": [round(min(ratios), 3), round(max(ratios), 3)],
    }


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
        print(measure(ours, bare, facts), flush=True)
    print(json.dumps(facts, ensure_ascii=False, indent=1))


if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))
    sys.path.remove(str(Path(__file__).resolve().parent))
    os.environ["RMFLOW_MODE"] = "demo"
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "rmflow.settings")
    import django

    django.setup()
    main()
