"""What tests of closures and openings share: a premium client, a case at some state, a whole record."""

import datetime

import pytest

from clients.models import Client, MonthlyBalance
from complaints.actions import closure_record, closures
from complaints.models import Destination
from rmflow.workdays import clock

NOON = datetime.datetime(2026, 10, 8, 12, 0, tzinfo=clock.SHANGHAI)
TODAY = NOON.date()
#: A record with which a case may end as lost.
LOST = {
    "account": "活期 尾号 6789",
    "amount": 500_000,
    "reason": "rates",
    "saved": 0,
    "lost": 500_000,
    "accurate": True,
    "first_time": True,
}


@pytest.fixture
def vip(branches, wealth, colleague):
    """A function that makes a premium client of the wealth manager, with a backup and a balance."""

    def make(name="陈美华", branch="first", assets=800_000, **fields):
        people = {"owner": wealth, "backup": colleague} if branch == "first" else {}
        client = Client(
            branch=branches[branch],
            salutation="madam",
            **{"type": "existing_premium", "level": "core", "tier": "T3", **people, **fields},
        )
        client.put_name(name)
        client.save()
        month = datetime.date(2026, 9, 1)
        MonthlyBalance.objects.create(client=client, month=month, amount=assets, point_amount=assets)
        return client

    return make


@pytest.fixture
def case(vip, teller, wealth, head):
    """A function that brings a case to a state through the actions."""

    def make(state="flagged", client=None, **fields):
        words = {"movement": "closure", "suspicion": "churn", **fields}
        made, _seen, _new = closures.flag((client or vip()).pk, by=teller, **words)
        for name in {
            "flagged": (),
            "claimed": ("claim",),
            "serving": ("claim", "normal"),
            "retaining": ("claim", "churn"),
            "called": ("claim", "churn", "call_head"),
            "head": ("claim", "churn", "call_head", "step_in"),
        }[state]:
            closures.step(name, made.pk, by=head if name == "step_in" else wealth)
        made.refresh_from_db()
        return made

    return make


def whole(**changes):
    """Facts of a whole record; `changes` over it."""
    return {**LOST, "destination": Destination.objects.first(), **changes}


def end(case, *, by, result="lost", measure=True, **changes):
    """End a case with a whole record."""
    if measure:
        closure_record.add_measure(case.pk, by=by, kind="talk", text="面谈，给出定存利率方案")
    return closure_record.end(case.pk, by=by, result=result, **whole(**changes))
