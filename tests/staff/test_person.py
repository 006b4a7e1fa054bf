"""Loading a person in one statement says the same as the ORM."""

import datetime

import pytest

from rmflow.staff import person
from rmflow.staff.models import RoleHolding, User, bank_today
from rmflow.staff.permissions import Role


def told(user):
    held = [(h.role, h.branch.name, h.branch.path) for h in user.holdings]
    return user.name, user.home_branch, user.duty_branch, held, user.has("see_clients")


def test_it_loads_person_branches_and_roles_by_one_query(wealth, django_assert_num_queries):
    meant = told(User.objects.get(pk=wealth.pk))
    with django_assert_num_queries(1):
        assert told(person.load(wealth.pk)) == meant


def test_a_role_that_ended_or_begins_tomorrow_is_not_held(wealth):
    tomorrow = bank_today() + datetime.timedelta(days=1)
    wealth.role_holdings.update(valid_from=tomorrow)
    assert person.load(wealth.pk).holdings == []
    wealth.role_holdings.update(valid_from=bank_today() - datetime.timedelta(days=9), valid_to=bank_today())
    assert len(person.load(wealth.pk).holdings) == 1


def test_somebody_who_left_holds_nothing_and_somebody_unknown_is_none(wealth):
    User.objects.filter(pk=wealth.pk).update(is_active=False)
    assert person.load(wealth.pk).holdings == []
    assert person.load(0) is None


@pytest.mark.parametrize("move", ["", "today", "yesterday", "left"])
def test_works_at_is_holding_at_for_one_person(wealth, lobby, teller, other_wealth, move):
    there = other_wealth.home_branch
    day = bank_today() - datetime.timedelta(days=move == "yesterday")
    if move in ("today", "yesterday"):
        User.objects.filter(pk=wealth.pk).update(duty_branch=there, duty_on=day)
    if move == "left":
        User.objects.filter(pk=wealth.pk).update(is_active=False)
    for place in (there, wealth.home_branch):
        for roles in ([Role.WEALTH_MANAGER], [Role.LOBBY_MANAGER, Role.TELLER]):
            found = set(User.objects.holding_at(place.pk, *roles).values_list("pk", flat=True))
            for user in (wealth, lobby, teller, other_wealth):
                assert person.load(user.pk).works_at(place.pk, *roles) == (user.pk in found)


def test_two_roles_of_one_person_are_both_held(wealth):
    RoleHolding.objects.create(user=wealth, role=Role.LOBBY_MANAGER, branch=wealth.home_branch)
    assert person.load(wealth.pk).roles == {Role.WEALTH_MANAGER, Role.LOBBY_MANAGER}
