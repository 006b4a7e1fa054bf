"""Calendars without a database, and a branch with two people."""

import datetime

import pytest

from rmflow.workdays import current, seed
from rmflow.workdays.rules import Calendar


@pytest.fixture(autouse=True)
def _no_calendar_of_another_test():
    """Each process keeps its calendar a second; a test must not see that of the test before."""
    current._held = None
    yield
    current._held = None


@pytest.fixture(scope="session")
def calendar():
    """The calendar as shipped, built from the baked tables."""
    return Calendar(
        {int(row["year"]): row["state"] == "provisional" for row in seed.read("years.csv")},
        {
            datetime.date.fromisoformat(row["date"]): (row["kind"], row["label"])
            for row in seed.read("calendar.csv")
        },
    )


@pytest.fixture
def branch(db):
    from rmflow.staff.models import Branch

    return Branch.objects.create(code="W001", name="中山路支行")


def _person(branch, number, name, role):
    from rmflow.staff.models import RoleHolding, User

    user = User.objects.create_user(
        number, "a-Password-7", name=name, home_branch=branch, must_change_password=False
    )
    RoleHolding.objects.create(
        user=user, role=role, branch=branch, valid_from=datetime.date(2020, 1, 1)
    )
    return user


@pytest.fixture
def lobby_manager(branch):
    return _person(branch, "900101", "周敏", "lobby_manager")


@pytest.fixture
def teller(branch):
    return _person(branch, "900102", "吴婷", "teller")


@pytest.fixture
def admin_user(branch):
    return _person(branch, "900103", "何工", "admin")
