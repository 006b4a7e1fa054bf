"""The review of who holds which role: when it is due, who confirms, what the list shows."""

import datetime

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from rmflow.portal import glance
from rmflow.staff import actions
from rmflow.staff.models import RoleHolding, bank_today
from rmflow.staff.permissions import Role
from rmflow.workflow import Conflict, Refused

PLACE = "/staff/reviews/"


@pytest.fixture
def reader(client, security_admin):
    client.force_login(security_admin)
    return client


def due(person, days):
    """Give the one role of `person` a review `days` from today; returns the holding."""
    RoleHolding.objects.filter(user=person).update(review_on=bank_today() + datetime.timedelta(days))
    return RoleHolding.objects.get(user=person)


def listed(answer):
    return [holding.user for holding in answer.context["page"]]


@pytest.mark.parametrize(
    ("role", "days"), [(Role.TELLER, 182), (Role.ADMIN, 91), (Role.SECURITY_ADMIN, 91), (Role.AUDITOR, 91)]
)
def test_the_three_administrations_are_reviewed_each_quarter_others_each_half_year(role, days):
    day = datetime.date(2026, 3, 2)
    assert actions.next_review(role, day) == day + datetime.timedelta(days)


def test_a_granted_role_comes_up_by_itself(security_admin, teller, branches):
    held = actions.grant_role(teller, Role.LOBBY_MANAGER, branches["first"], by=security_admin)
    assert held.review_on == bank_today() + datetime.timedelta(182)


def test_confirming_stamps_who_and_when_and_the_history_keeps_it(security_admin, teller):
    held = due(teller, -5)
    actions.review_role(held.pk, by=security_admin)
    held.refresh_from_db()
    assert (held.reviewed_on, held.reviewed_by) == (bank_today(), security_admin)
    assert held.review_on == bank_today() + datetime.timedelta(182)
    assert held.events.latest("pgh_id").reviewed_by_id == security_admin.pk


def test_a_second_confirmation_is_a_conflict(security_admin, teller):
    held = due(teller, 0)
    actions.review_role(held.pk, by=security_admin)
    with pytest.raises(Conflict):
        actions.review_role(held.pk, by=security_admin)


def test_an_ended_role_is_not_confirmed(security_admin, teller):
    held = due(teller, 0)
    yesterday = bank_today() - datetime.timedelta(1)
    RoleHolding.objects.filter(pk=held.pk).update(valid_from=yesterday, valid_to=yesterday)
    with pytest.raises(Conflict):
        actions.review_role(held.pk, by=security_admin)


def test_nobody_confirms_a_role_of_his_own(security_admin):
    held = due(security_admin, -1)
    with pytest.raises(Refused):
        actions.review_role(held.pk, by=security_admin)


def test_the_longest_overdue_comes_first_and_what_is_not_due_stays_out(reader, teller, lobby, wealth, head):
    due(reader_of(reader), 30)
    due(teller, -1), due(lobby, -9), due(wealth, 1)
    assert listed(reader.get(PLACE)) == [head, lobby, teller]  # the head was never reviewed
    assert wealth in listed(reader.get(PLACE, {"show": "all"}))


def reader_of(client):
    from rmflow.staff.models import User

    return User.objects.get(pk=client.session["_auth_user_id"])


def test_the_button_confirms_and_leads_back(reader, teller):
    held = due(teller, -1)
    answer = reader.post(f"{PLACE}{held.pk}/confirm/")
    assert (answer.status_code, answer["Location"]) == (303, PLACE)
    assert teller not in listed(reader.get(PLACE))
    assert reader.post(f"{PLACE}{held.pk}/confirm/").status_code == 422


def test_ones_own_line_has_no_button(reader, security_admin):
    held = due(security_admin, -1)
    page = reader.get(PLACE).content.decode()
    assert "本人角色须由其他安全管理员复核" in page and f"/{held.pk}/confirm/" not in page


@pytest.mark.parametrize("who", ["teller", "head", "admin_user", "auditor"])
def test_others_do_not_review(client, request, who):
    person = request.getfixturevalue(who)
    client.force_login(person)
    assert client.get(PLACE).status_code == 403
    assert client.post(f"{PLACE}{person.holdings[0].pk}/confirm/").status_code == 403
    assert not RoleHolding.objects.visible_to(person).exists()


def test_the_rail_counts_what_is_due(security_admin, teller, lobby):
    due(security_admin, 9), due(teller, -1), due(lobby, 5)
    assert glance.counts(security_admin, {})["reviews"] == 1


def test_it_asks_as_much_for_one_line_as_for_fifteen(reader, teller, hire):
    counts = []
    reader.get(PLACE)  # the rail's figure is kept for a while
    for n in (0, 14):
        for i in range(n):
            due(hire(f"1009{i:02}", "某某", Role.TELLER), -1)
        with CaptureQueriesContext(connection) as queries:
            reader.get(PLACE)
        counts.append(
            len([q for q in queries if "staff_roleholding" in q["sql"] and "review_on" in q["sql"]])
        )
    assert counts[0] == counts[1]
