"""Logging in by the form, with a clock that can be moved."""

import pytest
from django.test import Client

from tests.conftest import PASSWORD


@pytest.fixture
def log_in():
    """A function: log `user` in by the form; returns (client, answer)."""

    def run(user, *, client=None, password=PASSWORD, agent="Mozilla/5.0 (X11)", query="", **fields):
        client = client or Client(headers={"user-agent": agent})
        data = {"username": user.employee_no, "password": password, **fields}
        return client, client.post(f"/login/{query}", data)

    return run


@pytest.fixture
def logged_in(log_in):
    """A function: a client logged in as `user`."""

    def run(user, **options):
        client, answer = log_in(user, **options)
        assert answer.status_code == 302, answer.content.decode()
        return client

    return run
