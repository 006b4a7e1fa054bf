"""A token of the API is worth no more than a login of its owner."""

import datetime

import pytest
from django.test import Client, override_settings
from rest_framework.authtoken.models import Token
from rest_framework.test import APIClient

from rmflow.staff import actions, limits, sittings
from rmflow.staff.models import User
from rmflow.staff.permissions import Role
from tests.race import together

pytestmark = pytest.mark.django_db


@pytest.fixture
def machine(wealth):
    """A machine that calls with the token of a wealth manager."""
    door = APIClient(HTTP_AUTHORIZATION=f"Token {sittings.new_token(wealth)}")
    assert door.get("/api/v1/referrals/").status_code == 200
    return door


def is_shut(door):
    return door.get("/api/v1/referrals/").status_code == 401


def test_a_reset_password_ends_the_token(machine, wealth, security_admin):
    actions.reset_password(wealth, by=security_admin)
    assert is_shut(machine)
    assert not Token.objects.exists()


def test_a_changed_password_ends_the_token(machine, wealth):
    actions.change_password("New-2026-words", by=wealth)
    assert is_shut(machine)


def test_a_token_does_not_go_round_a_due_change_of_password(machine, wealth):
    User.objects.filter(pk=wealth.pk).update(must_change_password=True)
    assert is_shut(machine)
    old = wealth.password_changed_at - limits.PASSWORD_AGE - datetime.timedelta(days=1)
    User.objects.filter(pk=wealth.pk).update(must_change_password=False, password_changed_at=old)
    assert is_shut(machine)


def test_a_token_does_not_come_back_with_its_owner(machine, wealth, admin_user):
    actions.set_active(wealth, False, by=admin_user)
    assert is_shut(machine)
    actions.set_active(wealth, True, by=admin_user)
    assert is_shut(machine)


def test_leaving_by_the_admin_page_ends_the_token_too(machine, wealth, admin_user):
    page = Client()
    page.force_login(admin_user)
    form = {"name": wealth.name, "home_branch": wealth.home_branch_id, "counter": "", "email": ""}
    answer = page.post(f"/admin/staff/user/{wealth.pk}/change/", form)
    assert answer.status_code == 302
    assert not User.objects.get(pk=wealth.pk).is_active
    assert not Token.objects.exists()


def test_nobody_leaves_by_himself_on_the_admin_page(admin_user):
    page = Client()
    page.force_login(admin_user)
    form = {"name": admin_user.name, "home_branch": admin_user.home_branch_id, "counter": "", "email": ""}
    answer = page.post(f"/admin/staff/user/{admin_user.pk}/change/", form)
    assert answer.status_code == 422
    assert User.objects.get(pk=admin_user.pk).is_active


def test_a_role_that_needs_a_phone_shuts_the_token_until_there_is_one(
    machine, wealth, security_admin, branches
):
    tomorrow = datetime.date.today() + datetime.timedelta(days=1)
    actions.grant_role(wealth, Role.BRANCH_HEAD, branches["first"], by=security_admin, valid_from=tomorrow)
    assert is_shut(machine)
    later = sittings.new_token(wealth)
    wealth.role_holdings.update(valid_from=datetime.date(2020, 1, 1))
    door = APIClient(HTTP_AUTHORIZATION=f"Token {later}")
    assert is_shut(door)
    with override_settings(SECOND_FACTOR_REQUIRED=False):
        assert not is_shut(door)


@pytest.mark.django_db(transaction=True)
def test_two_new_tokens_at_once_leave_one(wealth):
    assert [name for name, _text in together(*[lambda: sittings.new_token(wealth)] * 4)] == ["done"] * 4
    assert Token.objects.count() == 1


def test_strangers_do_not_read_how_the_api_is_made():
    for address in ("/api/schema/", "/api/docs/"):
        assert Client().get(address).status_code in (302, 401)


def test_what_the_table_keeps_opens_nothing(machine, wealth):
    kept = Token.objects.get(user=wealth).key
    assert is_shut(APIClient(HTTP_AUTHORIZATION=f"Token {kept}"))
    assert not is_shut(machine)
