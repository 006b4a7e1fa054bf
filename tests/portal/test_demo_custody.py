"""The demo's archive register stands on the portfolio alone, and shows every state."""

import random

import pytest
from django.db.models import Count

from clients.models import Archive, CheckRound, Destruction, Hold, Loan, RightsRequest
from rmflow.portal.demo import archives, custody, people, portfolio
from rmflow.staff.models import bank_today

pytestmark = pytest.mark.django_db


def test_every_state_of_the_register_is_shown():
    branches, today = people.make(), bank_today()
    portfolio.make(branches, random.Random(1), today)
    archives.make(branches, today, 1)
    custody.make(branches, random.Random(2), today)
    states = dict(Archive.objects.order_by().values_list("state").annotate(n=Count("pk")))
    assert states["filed"] > 100
    assert (states["lent"], states["destroyed"]) == (2, 4)
    assert set(Loan.objects.values_list("state", flat=True)) == {"lent", "returned", "asked"}
    assert Loan.objects.overdue(today).count() == 1
    assert set(Destruction.objects.values_list("state", flat=True)) == {"done", "proposed"}
    assert Hold.objects.in_force().filter(kind="dispute").count() == 1
    assert CheckRound.objects.get().signed_at
    assert set(RightsRequest.objects.values_list("state", flat=True)) == {"answered", "received"}
