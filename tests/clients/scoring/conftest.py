"""A small base to evaluate: clients with months of balances, and runs over them."""

import datetime
from decimal import Decimal

import pytest
import time_machine

from clients.actions import evaluation
from clients.models import Client, MonthlyBalance

WAN = 10_000
OCTOBER = datetime.date(2026, 10, 1)
#: Noon of 1 November 2026, the day after the month that the tests evaluate.
NOW = datetime.datetime(2026, 11, 1, 4, tzinfo=datetime.UTC)


@pytest.fixture
def november():
    with time_machine.travel(NOW, tick=False) as clock:
        yield clock


def months(last, count):
    """`count` months up to `last`, oldest first."""
    number = last.year * 12 + last.month - 1
    return [datetime.date(n // 12, n % 12 + 1, 1) for n in range(number - count + 1, number + 1)]


@pytest.fixture
def person(branches, november):
    """A function that makes a client with monthly averages in 10,000 yuan, ending with October."""

    def make(*averages, branch="first", tier="", last=OCTOBER, **fields):
        place = branches[branch]
        client = Client.objects.create(
            name="刘建华",
            branch=place,
            tier=tier,
            created_at=NOW - datetime.timedelta(days=400),
            **fields,
        )
        MonthlyBalance.objects.bulk_create(
            MonthlyBalance(client=client, month=month, amount=Decimal(str(average)) * WAN)
            for month, average in zip(months(last, len(averages)), averages, strict=True)
            if average is not None
        )
        return client

    return make


@pytest.fixture
def october(person):
    """A function that runs October over the base made so far and gives the run."""

    def run():
        found = evaluation.start(OCTOBER)
        evaluation.run_now(found)
        found.refresh_from_db()
        return found

    return run
