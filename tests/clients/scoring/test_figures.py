"""Figures of the SQL against the same rules in plain Python, on clients of every kind; the real file too."""

import csv
import datetime
import random
from collections import Counter
from decimal import Decimal
from pathlib import Path

import pytest
import time_machine
from django.conf import settings
from django.core.management import call_command

from clients.actions import evaluation
from clients.models import Client, Evaluation, Product
from clients.scoring import sources
from clients.scoring.rules import Flag

from . import archive, plain
from .conftest import NOW, OCTOBER, months

pytestmark = pytest.mark.django_db
COUNT = 400
KINDS = [*sources.COUNTED, "loan", "deposit", "certificate"]
AMOUNTS = [
    *(0, 4.999999, 5, 9.99, 10, 20, 49.999999, 50, 100, 199.999999, 200, 599.99, 600, 601),
    *(-3, -1000, 99_999_999, None, None),
]
MARKETING = Path(settings.BASE_DIR) / "clients/maps/bank-marketing.toml"
#: The whole file lies beside a checkout, never in it.
WHOLE = next(
    (p for p in (up / "shared/data/bank-marketing.csv" for up in settings.BASE_DIR.parents) if p.exists()),
    None,
)


def invented(rng):
    """One client as plain data: every value may be missing, lie on a threshold, be negative or huge."""
    level = rng.choice([a for a in AMOUNTS if a is not None])
    series = [
        rng.choice([rng.choice(AMOUNTS), level, round(level * rng.uniform(0.8, 1.2), 2)]) for _n in range(8)
    ]
    holdings = [
        {
            "kind": (kind := rng.choice(KINDS)),
            "amount": rng.choice([0, 99_999, 100_000, 300_000, 500_000, 1_000_000, 3_000_000]),
            "mortgage": kind == "loan" and rng.random() < 0.5,
            "overdue": rng.choice([0, 0, 0, 30, 31]) if kind == "loan" else 0,
            "open": rng.random() < 0.85,
        }
        for _n in range(rng.choice([0, 1, 3, 9]))
    ]
    return {
        "tier": rng.choice(["", "T0", "T1", "T2", "T3", "T4", "T5"]),
        "months": [None if a is None else round(Decimal(str(a)) * plain.WAN, 2) for a in series],
        "fees": [rng.choice([None, 0, 50, 200, 1000, -5]) for _n in range(6)],
        "holdings": holdings,
        "job": rng.choice(["", *plain.JOBS]),
        "income": rng.choice([None, 0, 99_999, 100_000, 200_000, 500_000, 1_000_000]),
        "role": rng.choice([None, True, False]),
        "family": rng.choice([None, 1, 2]),
        "introduced": rng.choice([0, 0, 1, 2, 5]),
    }


@pytest.fixture
def base(branches, november):
    """Four hundred such clients in the tables."""
    rng = random.Random(20261101)
    people = [invented(rng) for _n in range(COUNT)]
    made = NOW - datetime.timedelta(days=500)
    clients = Client.objects.bulk_create(
        Client(name="刘", branch=branches["first"], tier=p["tier"], created_at=made) for p in people
    )
    Client.objects.bulk_create(  # those introduced, and one too long ago
        Client(
            name="李",
            branch=branches["second"],
            introducer=client,
            created_at=NOW - datetime.timedelta(days=days),
        )
        for client, p in zip(clients, people, strict=True)
        for days in [*[30] * p["introduced"], 400]
    )
    write(clients, people)
    return list(zip(clients, people, strict=True))


def write(clients, people):
    products = {
        (kind, mortgage): Product.objects.create(
            code=f"X{n}{mortgage:d}", name=kind, category=kind, is_mortgage=mortgage
        ).pk
        for n, kind in enumerate(KINDS)
        for mortgage in ((False, True) if kind == "loan" else (False,))
    }
    balances, holdings, profiles = [], [], []
    for client, p in zip(clients, people, strict=True):
        for n, month in enumerate(months(OCTOBER, 8)):
            fee = p["fees"][n - 2] if n >= 2 and p["months"][n] is not None else None
            if p["months"][n] is not None:
                balances.append(
                    {
                        "client_id": client.pk,
                        "month": month,
                        "amount": p["months"][n],
                        "label": "",
                        "fee_income": fee,
                    }
                )
            elif n >= 2:
                p["fees"][n - 2] = None
        for n, h in enumerate(p["holdings"]):
            holdings.append(
                {
                    "client_id": client.pk,
                    "product_id": products[h["kind"], h["mortgage"]],
                    "contract_no": f"{client.pk}-{n}",
                    "amount": h["amount"],
                    "opened_on": datetime.date(2024, 1, 1),
                    "ended_on": None if h["open"] else datetime.date(2026, 10, 31),
                    "overdue_days": h["overdue"],
                }
            )
        profiles.append(
            {
                "client_id": client.pk,
                "job_class": p["job"],
                "family_income": p["income"],
                "social_role": p["role"],
            }
        )
        if p["family"]:
            archive.household(client, p["family"])
    archive.insert("clients_monthlybalance", balances)
    archive.insert("clients_holding", holdings)
    archive.insert("clients_profile", profiles)


def test_every_figure_equals_the_plain_computation(base):
    run = evaluation.start(OCTOBER)
    evaluation.run_now(run)
    rows = {row.client_id: row for row in Evaluation.objects.filter(run=run)}
    wrong, seen = [], Counter()
    for client, person in base:
        row, expected = rows[client.pk], plain.evaluate(person)
        got = {
            "points": row.points,
            "total": row.total,
            "tier": row.tier,
            "move": row.move,
            "watched": row.watched,
            "type": row.type,
            "level": row.level,
            "overdue": bool(row.flags & Flag.OVERDUE),
        }
        seen[row.move, row.type] += 1
        if got != expected:
            wrong.append(
                (person, {key: (got[key], expected[key]) for key in got if got[key] != expected[key]})
            )
    assert not wrong, f"{len(wrong)} differ, the first: {wrong[0]}"
    assert {move for move, _type in seen} == {"up", "down", "new", "watch", "stay"}
    assert {kind for _move, kind in seen} >= {"existing_premium", "prospective_premium", "existing_potential"}


if WHOLE is not None:

    def test_the_real_file_is_evaluated_as_a_sum_by_hand_says(branches):
        with time_machine.travel(NOW, tick=True):
            call_command(
                "import_clients", str(WHOLE), map=str(MARKETING), branch=["0817", "0818"], no_progress=True
            )
            Client.objects.update(created_at=NOW - datetime.timedelta(days=1))
            run = evaluation.start(OCTOBER)
            evaluation.run_now(run)
        with WHOLE.open(encoding="utf-8-sig") as file:
            amounts = [Decimal(row["balance"]) for row in csv.DictReader(file)]
        assert Evaluation.objects.filter(run=run).count() == len(amounts) == 45_211
        expected = Counter(plain.reached(amount)[0] for amount in amounts)
        rows = Evaluation.objects.filter(run=run).values_list("tier", "total", "average")
        assert Counter(tier for tier, _total, _average in rows) == expected
        scores = Counter(round(2.5 * plain.steps(amount / plain.WAN, plain.AUM) + 0.01) for amount in amounts)
        assert Counter(total for _tier, total, _average in rows) == scores
        assert sum(average for _tier, _total, average in rows) == sum(amounts)
