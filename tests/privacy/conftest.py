"""A client with everything that is encrypted, and a log with a few links."""

import pytest
from django.db import connection
from django.utils import timezone, translation

from rmflow.privacy import actions, chain

from .canary import CANARY


@pytest.fixture(autouse=True)
def english():
    """The sentences are compared in the language they are written in."""
    with translation.override("en"):
        yield


@pytest.fixture
def client_of(branches, notice):
    """A function that keeps a person at a branch; by default the canary at the first."""
    from clients.models import Client

    def make(branch="first", owner=None, phone=CANARY.phone, id_number=CANARY.id_number):
        row = Client(branch=branches[branch], owner=owner, address=CANARY.address)
        row.put_name(CANARY.name)
        row.put_phone(phone)
        row.put_id_number("resident", id_number)
        row.notice_version, row.notice_basis = notice.version, "consent"
        row.notice_at = timezone.now()
        row.save()
        return row

    return make


@pytest.fixture
def chained(wealth, other_wealth, auditor):
    """Two links in the first branch's chain, one in the second's; all sealed."""
    for person in (wealth, other_wealth, wealth):
        actions.log("view", by=person, object_type="clients.client", fields=["phone"])
    chain.chain_all()
    with connection.cursor() as cursor:  # as if committed: TRUNCATE wants no check left open
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
