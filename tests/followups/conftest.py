"""Clients to follow up, plans, and a calendar day on which the tests stand still."""

import datetime

import pytest
import time_machine

from clients.models import Client
from followups import actions
from followups.models import PlanItem
from followups.rules import PlanKind
from rmflow.workdays import current, seed
from rmflow.workdays.rules import Calendar

TODAY = datetime.date(2026, 10, 8)  # Thursday, first working day after the National Day holiday


@pytest.fixture(autouse=True)
def _no_calendar_of_another_test():
    current._held = None
    yield
    current._held = None


@pytest.fixture(scope="session")
def calendar():
    """The calendar as shipped."""
    return Calendar(
        {int(row["year"]): row["state"] == "provisional" for row in seed.read("years.csv")},
        {
            datetime.date.fromisoformat(row["date"]): (row["kind"], row["label"])
            for row in seed.read("calendar.csv")
        },
    )


@pytest.fixture
def thursday():
    """It is Thursday 2026-10-08, 14:12 in Shanghai."""
    with time_machine.travel(datetime.datetime(2026, 10, 8, 6, 12, tzinfo=datetime.UTC), tick=False):
        yield TODAY


@pytest.fixture
def person(branches, notice):
    """A function that makes a client of the first branch with a phone and an owner."""

    def make(owner=None, name="陈美华", phone="13812345678", branch="first", **fields):
        client = Client(branch=branches[branch], owner=owner, salutation="madam", **fields)
        client.put_name(name)
        client.put_phone(phone)
        client.notice_version, client.notice_basis = notice.version, "consent"
        client.notice_at = datetime.datetime(2026, 9, 1, tzinfo=datetime.UTC)
        client.save()
        return client

    return make


@pytest.fixture
def record(wealth, lobby, person):
    """A function that opens a follow-up record of a wealth manager; its first contact is planned."""

    def make(manager=None, client=None, agreed_on=None, **fields):
        manager = manager or wealth
        client = client or person()
        made = actions.open_record(
            client,
            manager,
            by=lobby,
            branch=manager.home_branch,
            source_key=f"slip:{client.pk}",
            referrer=lobby,
            agreed_on=agreed_on,
            purpose="定期到期，约续作",
            **fields,
        )
        made.first = made.items.get()
        return made

    return make


@pytest.fixture
def planned(wealth, person):
    """A function that puts one item on a manager's plan, on any day."""

    def make(on, at=None, owner=None, client="new", kind=PlanKind.CONTACT, **fields):
        owner = owner or wealth
        client = person(owner) if client == "new" else client
        count = PlanItem.objects.count()
        return PlanItem.objects.create(
            owner=owner,
            branch=owner.home_branch,
            client=client,
            kind=kind,
            plan_on=on,
            at=at,
            source_key=f"test:{count}",
            **{"channel": "phone", "purpose": "定期到期，约续作", **fields},
        )

    return make


@pytest.fixture
def desk(client, wealth, thursday):
    """A browser of the wealth manager on that Thursday, in English."""
    client.force_login(wealth)
    client.cookies["django_language"] = "en"
    return client


@pytest.fixture
def swap(desk):
    """The same browser asking by htmx."""

    def ask(method, url, data=None):
        return getattr(desk, method)(url, data or {}, headers={"HX-Request": "true"})

    return ask
