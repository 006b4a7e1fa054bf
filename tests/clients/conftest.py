"""Persons for the client tests; sentences are compared in the language they are written in."""

import pytest
from django.test import Client as Browser
from django.utils import translation

from clients.models import Client
from tests.privacy.canary import CANARY


@pytest.fixture(autouse=True)
def english():
    with translation.override("en"):
        yield


@pytest.fixture
def person(branches, notice):
    """A function that puts a person on record; by default at the first branch, with a phone."""

    def make(name="陈美华", branch="first", *, phone="13812345678", id_number="", owner=None, **fields):
        client = Client(branch=branches[branch], owner=owner, **fields)
        client.put_name(name)
        if phone:
            client.put_phone(phone)
            client.notice_version, client.notice_basis = notice.version, "consent"
            client.notice_at = client.created_at
        if id_number:
            client.put_id_number("resident", id_number)
        client.save()
        return client

    return make


@pytest.fixture
def canary(person, wealth):
    """The person whose numbers must turn up nowhere, looked after by `wealth`."""
    return person(
        CANARY.name,
        phone=CANARY.phone,
        id_number=CANARY.id_number,
        address=CANARY.address,
        owner=wealth,
        salutation="madam",
    )


@pytest.fixture
def door():
    """A function that logs somebody in and gives the browser, in English."""

    def open_for(user):
        browser = Browser()
        browser.force_login(user)
        browser.cookies["django_language"] = "en"
        return browser

    return open_for
