"""The calendar without a database; people and branches are the cast of tests/conftest.py."""

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
def branch(branches):
    return branches["first"]
