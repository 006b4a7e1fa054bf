"""The ends of the calendar and of the number line, and the moments at which people come and go."""

import datetime

import pytest
import time_machine
from django.core.exceptions import PermissionDenied
from django.test import Client as Browser
from rest_framework.test import APIClient

from referrals import actions
from referrals.models import Referral
from rmflow.staff.models import Branch, RoleHolding, User
from rmflow.staff.permissions import Role
from rmflow.workdays import clock
from rmflow.workflow import Conflict, Refused

pytestmark = pytest.mark.django_db
DAYS = ["0001-01-01", "9999-12-31"]


def again(user):
    """The person as the next request loads him."""
    return User.objects.get(pk=user.pk)


def machine(user):
    door = APIClient()
    door.force_login(user)
    return door


@pytest.mark.parametrize("number", ["1e400", "1e30", "-1", "true", "{}", '"x"', "99999999999999999999"])
def test_a_number_beyond_all_numbers_is_refused(number, filed, wealth):
    slip = filed()
    body = f'{{"name": "decline", "to": {number}}}'
    answer = machine(wealth).generic(
        "POST", f"/api/v1/referrals/{slip.pk}/transitions/", body, content_type="application/json"
    )
    assert answer.status_code == 400


@pytest.mark.parametrize("number", ["abc", "²", "٣", "-1", "0", "9" * 19, "9" * 5000])
def test_a_row_number_that_is_none_is_not_found(number, wealth):
    for name, step in (("referrals", "take"), ("plan-items", "done"), ("clients", "")):
        address = f"/api/v1/{name}/{number}/"
        assert machine(wealth).get(address).status_code == 404
        if step:
            assert machine(wealth).post(f"{address}{step}/").status_code == 404


@pytest.mark.parametrize("day", DAYS)
def test_the_ends_of_the_calendar_break_no_filter_and_no_form(day, filed, wealth, lobby, notice, card):
    door = machine(wealth)
    for edge in ("after", "before"):
        assert door.get(f"/api/v1/referrals/?filed_{edge}={day}").status_code in (200, 400)
        assert door.get(f"/api/v1/plan-items/?plan_on_{edge}={day}").status_code in (200, 400)
    plan = {"plan_on": day, "purpose": "x"}
    assert door.post("/api/v1/plan-items/", plan, format="json").status_code == 400
    page = Browser()
    page.force_login(lobby)
    typed = {"end": "card", "card_open": "on", "cues": "vip_card", "phone": "13800005678", "basis": "on"}
    for name in ("agreed_on", "day"):
        assert page.post("/desk/file/", typed | {name: day}).status_code == 422
    assert page.get(f"/referrals/?day={day}").status_code == 200
    assert page.get(f"/workdays/count/?received={day}&days=7").status_code == 422
    for moment in (f"{day}T00:00:00+14:00", f"{day}T23:59:59-14:00"):
        late = {"end": "priority_counter", "cues": ["vip_card"], "referred_at": moment}
        assert machine(lobby).post("/api/v1/referrals/", late, format="json").status_code == 400
        assert page.get("/desk/live/", {"seen": moment, "listed": moment}).status_code == 200


def test_a_manager_who_has_left_gets_no_client_and_his_waiting_ones_are_offered_on(
    filed, wealth, colleague, lobby, card, admin_user
):
    from rmflow.staff import actions as staff

    slip = filed()
    staff.set_active(wealth, False, by=admin_user)
    with pytest.raises(Refused) as caught:
        actions.file(card(manager_id=wealth.pk), by=lobby)
    assert caught.value.field == "manager"
    with pytest.raises((PermissionDenied, Referral.DoesNotExist)):
        actions.perform("accept", slip.pk, by=again(wealth))
    actions.perform("offer", slip.pk, by=lobby, to=colleague.pk)
    assert actions.perform("accept", slip.pk, by=colleague).manager == colleague


def test_a_manager_who_lost_the_role_can_neither_accept_nor_judge(filed, wealth, colleague, lobby):
    waiting, taken = filed(), filed(name="王")
    actions.perform("accept", taken.pk, by=wealth)
    RoleHolding.objects.filter(user=wealth).update(role=Role.TELLER)
    for call in (
        lambda: actions.perform("accept", waiting.pk, by=again(wealth)),
        lambda: actions.judge(taken.pk, by=again(wealth), type="existing_potential"),
    ):
        with pytest.raises(PermissionDenied):
            call()
    taken.refresh_from_db()
    assert taken.reception == "accepted"
    actions.perform("leave", taken.pk, by=lobby)  # the lobby can still let the client go


def test_a_branch_out_of_business_files_and_receives_nothing(
    card, lobby, wealth, other_lobby, branches, notice
):
    Branch.objects.filter(pk=branches["first"].pk).update(is_active=False)
    with pytest.raises(Refused):
        actions.file(card(manager_id=wealth.pk), by=again(lobby))
    far = card(
        end="card",
        phone="13800005678",
        basis="consent",
        agreed_on=clock.today() + datetime.timedelta(days=1),
        branch_id=branches["first"].pk,
    )
    with pytest.raises(Refused) as caught:
        actions.file(far, by=other_lobby)
    assert caught.value.field == "branch"


def test_who_goes_on_duty_elsewhere_takes_no_client_of_the_home_branch_along(filed, wealth, branches, lobby):
    """At midday the manager goes to the other branch; who waits for him is still his to answer."""
    slip = filed()
    User.objects.filter(pk=wealth.pk).update(duty_branch=branches["second"], duty_on=clock.today())
    assert wealth not in User.objects.holding_at(branches["second"].pk, Role.LOBBY_MANAGER)
    declined = actions.perform("decline", slip.pk, by=again(wealth), note="in branch two")
    assert declined.reception == "declined"


def test_duty_ends_at_midnight_by_itself(wealth, branches):
    with time_machine.travel("2026-03-04 23:59:30 +0800", tick=False):
        User.objects.filter(pk=wealth.pk).update(duty_branch=branches["second"], duty_on=clock.today())
        assert again(wealth).branch == branches["second"]
    with time_machine.travel("2026-03-05 00:00:00 +0800", tick=False):
        assert again(wealth).branch == branches["first"]


def test_a_withdrawn_card_leaves_no_plan_to_call(filed, lobby, wealth, notice):
    """The client was told nobody will call; the manager's list must know."""
    from followups.models import PlanItem

    tomorrow = clock.today() + datetime.timedelta(days=1)
    slip = filed(end="card", phone="13800005678", basis="consent", agreed_on=tomorrow)
    assert PlanItem.objects.open().filter(owner=wealth).count() == 1
    actions.withdraw(slip.pk, by=lobby, reason="x")
    assert not PlanItem.objects.open().filter(owner=wealth).exists()
    slip.follow_up.refresh_from_db()
    assert not slip.follow_up.is_live


def test_a_withdrawn_card_leaves_the_follow_up_that_stands_on_more_than_it(filed, teller, wealth, notice):
    from followups.models import PlanItem

    card = {"end": "card", "phone": "13800005678", "basis": "consent"}
    days = [clock.today() + datetime.timedelta(days=n) for n in (1, 2)]
    first = filed(agreed_on=days[0], **card)
    second = filed(by=teller, agreed_on=days[1], repeat_reason="x", **card)
    assert first.follow_up == second.follow_up
    actions.withdraw(first.pk, by=first.referrer, reason="x")
    assert PlanItem.objects.open().get(owner=wealth).plan_on == days[1]
    first.follow_up.refresh_from_db()
    assert first.follow_up.is_live


def test_a_step_after_the_withdrawal_is_a_conflict(filed, lobby, wealth):
    slip = filed()
    actions.withdraw(slip.pk, by=lobby, reason="x")
    for step in ("accept", "meet", "decline"):
        with pytest.raises(Conflict):
            actions.perform(step, slip.pk, by=wealth)
