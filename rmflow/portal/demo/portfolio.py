"""The demo's 2,000 clients with archives and one month's balances, written in bulk."""

import datetime
import random

from django.utils import timezone

from clients.models import Archive, Client, FileSerial, MonthlyBalance, Verdict
from clients.rules import ClientType, file_number
from rmflow.staff.models import User
from rmflow.staff.permissions import Role

from . import words

SHARES = {"0817": 850, "0818": 750, "0819": 100, "0820": 100, "0821": 100, "0822": 100}
TYPES = {
    ClientType.EXISTING_PREMIUM: 26,
    ClientType.EXISTING_POTENTIAL: 12,
    ClientType.PROSPECTIVE_PREMIUM: 6,
    ClientType.ORDINARY: 26,
    ClientType.UNJUDGED: 30,
}
#: type → assets in yuan: lowest, most likely, highest
ASSETS = {
    ClientType.EXISTING_PREMIUM: (200_000, 420_000, 6_000_000),
    ClientType.EXISTING_POTENTIAL: (50_000, 90_000, 260_000),
    ClientType.PROSPECTIVE_PREMIUM: (10_000, 60_000, 200_000),
    ClientType.ORDINARY: (500, 12_000, 60_000),
}


def make(branches, rng: random.Random, today: datetime.date):
    """Write the clients of every branch, their archives, verdicts and last month's balances."""
    serial = 0
    for code, count in SHARES.items():
        branch = branches[code]
        managers = list(User.objects.holding_at(branch.pk, Role.WEALTH_MANAGER).order_by("pk"))
        rows = []
        for _i in range(count):
            serial += 1
            rows.append(_client(serial, branch, managers, rng))
        Client.objects.bulk_create(rows, batch_size=500)
        _archives(branch, rows, today, rng)
        _balances(rows, today, rng)


def _client(serial, branch, managers, rng):
    name, salutation = words.person(rng)
    kind = rng.choices(list(TYPES), weights=list(TYPES.values()))[0]
    premium = kind == ClientType.EXISTING_PREMIUM
    client = Client(
        customer_no=f"{branch.code}{serial:08d}",
        salutation=salutation,
        branch=branch,
        type=kind,
        level=("core" if rng.random() < 0.15 else "regular") if premium else "",
        owner=rng.choice(managers) if premium else None,
        occupation=words.weighted(rng, words.OCCUPATIONS),
        education=words.weighted(rng, words.EDUCATION),
        marital_status=words.weighted(rng, words.MARITAL),
        birth_date=datetime.date(rng.randint(1948, 2003), rng.randint(1, 12), rng.randint(1, 28)),
        address=f"贵州省贵阳市云岩区{rng.choice(words.ROADS)}{rng.randint(1, 300)}号",
        notice_version="1.0",
        notice_basis="contract",
        notice_at=timezone.now() - datetime.timedelta(days=rng.randint(30, 250)),
        created_at=timezone.now() - datetime.timedelta(days=rng.randint(100, 900)),
    )
    client.put_name(name)
    client.put_phone(words.phone(serial))
    return client


def _archives(branch, rows, today, rng):
    premium = [row for row in rows if row.type == ClientType.EXISTING_PREMIUM]
    Archive.objects.bulk_create(
        Archive(
            client=row,
            file_no=file_number(branch.code, today.year, number),
            branch=branch,
            opened_by=row.owner,
            opened_at=row.created_at,
        )
        for number, row in enumerate(premium, 1)
    )
    FileSerial.objects.create(branch=branch, year=today.year, last=len(premium))
    Verdict.objects.bulk_create(
        Verdict(
            client=row,
            type=row.type,
            level=row.level,
            type_before=ClientType.UNJUDGED,
            branch=branch,
            by=row.owner,
            at=row.created_at,
        )
        for row in premium
    )


def _balances(rows, today, rng):
    month = (today.replace(day=1) - datetime.timedelta(days=1)).replace(day=1)
    MonthlyBalance.objects.bulk_create(
        MonthlyBalance(
            client=row,
            month=month,
            amount=round(rng.triangular(ASSETS[row.type][0], ASSETS[row.type][2], ASSETS[row.type][1]), 2),
            label="月日均",
        )
        for row in rows
        if row.type in ASSETS
    )
