"""Two branches and the people whose looks are logged."""

import base64
import datetime

import pytest

from rmflow.staff.models import Branch, RoleHolding, User

NEW_AES = "k2:" + base64.b64encode(b"n" * 32).decode()
NEW_SM4 = "gm1:" + base64.b64encode(b"g" * 16).decode()


@pytest.fixture
def branch(db):
    return Branch.objects.create(code="0101", name="中山路支行")


@pytest.fixture
def other_branch(db):
    return Branch.objects.create(code="0102", name="延安路支行")


def person(number, branch, role):
    user = User.objects.create_user(number, "not-a-secret-9A", name=number, home_branch=branch)
    RoleHolding.objects.create(user=user, role=role, branch=branch, valid_from=datetime.date(2020, 1, 1))
    return user


@pytest.fixture
def manager(branch):
    return person("100231", branch, "wealth_manager")


@pytest.fixture
def colleague(other_branch):
    return person("100777", other_branch, "wealth_manager")


@pytest.fixture
def teller(branch):
    return person("100300", branch, "teller")


@pytest.fixture
def auditor(branch):
    return person("900001", branch, "auditor")
