"""A Spring Festival: Friday 2026-02-13, a complaint at the counter of the first branch."""

import datetime

import pytest
import time_machine

from clients.models import Client
from complaints.actions import complaint_take
from complaints.models import Complaint, ComplaintCode
from complaints.rules.complaint_intake import Intake
from rmflow.workdays import clock
from tests.complaints.closures import case, vip  # noqa: F401  fixtures of closures and openings

FRIDAY = datetime.datetime(2026, 2, 13, 10, 0, tzinfo=clock.SHANGHAI)
DAY = datetime.timedelta(days=1)


def at(text):
    """A moment of the bank's time."""
    return datetime.datetime.fromisoformat(text).replace(tzinfo=clock.SHANGHAI)


@pytest.fixture
def friday():
    """It is Friday 2026-02-13, 10:00; `friday(moment)` moves on."""
    with time_machine.travel(FRIDAY, tick=False) as traveller:
        yield lambda moment: traveller.move_to(at(moment) if isinstance(moment, str) else moment)


def intake(**fields):
    """What is written down of a complaint, unless `fields` say otherwise."""
    usual = {
        "way": "counter",
        "title": "理财赎回到账时间解释不清",
        "request": "说明赎回款为何晚一天到账",
        "name": "马建国",
        "phone": "13800006620",
    }
    return Intake(**{**usual, **fields})


@pytest.fixture
def taken(lobby, head):
    """A function that takes a complaint: by the lobby manager, unless said otherwise."""

    def make(by=None, **fields):
        return complaint_take.take(intake(**fields), by=by or lobby)

    return make


@pytest.fixture
def made(friday, taken, teller):
    """A complaint taken by a teller, handled by the lobby manager."""
    return taken(by=teller)


@pytest.fixture
def codes(db):
    """A leaf of each classification: {"channel_id": …, "business_id": …, "cause_id": …}."""
    return {f"{kind}_id": ComplaintCode.objects.leaves(kind).first().pk for kind in _KINDS}


_KINDS = ("channel", "business", "cause")


@pytest.fixture
def premium(branches, wealth, notice):
    """A premium client of the first branch with a phone."""
    client = Client(branch=branches["first"], owner=wealth, type="existing_premium", level="core")
    client.put_name("马建国")
    client.put_phone("13800006620")
    client.notice_version, client.notice_basis = notice.version, "consent"
    client.notice_at = datetime.datetime(2026, 1, 5, tzinfo=datetime.UTC)
    client.save()
    return client


def fresh(complaint):
    """The row as it stands now."""
    return Complaint.objects.select_related("branch", "handler").get(pk=complaint.pk)
