"""Who may do what to a slip: one table, both doors — the action, and the API on top of it."""

import pytest
from django.core.exceptions import ObjectDoesNotExist, PermissionDenied
from rest_framework.test import APIClient

from referrals import actions
from referrals.models import Referral
from referrals.rules import STATUS_TRANSITIONS, TRANSITIONS, End
from rmflow.workdays import clock
from rmflow.workflow import Conflict

pytestmark = pytest.mark.django_db

PEOPLE = [
    *("teller", "lobby", "wealth", "colleague", "marketing", "head", "supervisor", "archivist", "ebank"),
    *("region_head", "phone_agent", "complaint_office", "admin_user", "security_admin", "auditor"),
    *("other_lobby", "other_wealth"),
]
# 2 = done, 3 = forbidden (403), 9 = taken (409), 4 = not there (404)
# sender (teller), lobby, named manager, colleague, marketing, head, supervisor, archivist, e-banking,
# region, phone bank, complaints, three administrators, the other branch's lobby and wealth manager
ACCESS = {
    #            t l w c m h s a e r p c a s u o o
    "accept":   "3 3 2 2 4 3 3 4 4 3 4 4 4 4 4 4 4",
    "decline":  "3 3 2 9 4 3 3 4 4 3 4 4 4 4 4 4 4",
    "offer":    "3 2 2 3 4 2 3 4 4 3 4 4 4 4 4 4 4",
    "meet":     "3 3 2 9 4 3 3 4 4 3 4 4 4 4 4 4 4",
    "leave":    "3 2 2 3 4 2 3 4 4 3 4 4 4 4 4 4 4",
    "judge":    "3 3 2 2 4 3 3 4 4 3 4 4 4 4 4 4 4",
    "guide_on": "3 3 2 9 4 3 3 4 4 3 4 4 4 4 4 4 4",
    "take":     "3 3 2 2 4 3 3 4 4 3 4 4 4 4 4 4 4",
    "withdraw": "2 4 4 4 4 4 4 4 4 4 4 4 4 4 4 4 4",
    "read":     "2 2 2 2 4 2 2 4 4 2 4 4 4 4 4 4 4",
    "file":     "2 2 2 2 2 3 3 3 2 3 2 3 3 3 3 2 2",
}  # fmt: skip
CODES = {"2": 200, "3": 403, "4": 404, "9": 409}
SQUARES = [
    (name, person, CODES[code])
    for name, row in ACCESS.items()
    for person, code in zip(PEOPLE, row.split(), strict=True)
]
RAISED = {403: PermissionDenied, 404: ObjectDoesNotExist, 409: Conflict}


@pytest.fixture
def slip_for(filed, notice, wealth):
    """A function that files a slip on which only the person decides whether a step is possible."""

    def make(name, teller):
        if name == "take":
            return filed(
                by=teller,
                end=End.CARD,
                manager_id=None,
                phone="13800005678",
                basis="consent",
                agreed_on=clock.today(),
            )
        slip = filed(by=teller)
        if name == "guide_on":
            actions.perform("meet", slip.pk, by=wealth)
        return slip

    return make


def act(name, slip, *, by, to, branch):
    if name in TRANSITIONS:
        return actions.perform(name, slip.pk, by=by, to=to.pk if name == "offer" else None)
    if name == "judge":
        return actions.judge(slip.pk, by=by, type="ordinary")
    if name == "guide_on":
        return actions.guide_on(slip.pk, by=by, onward="e_channel")
    if name == "take":
        return actions.take(slip.pk, by=by)
    if name == "withdraw":
        return actions.withdraw(slip.pk, by=by, reason="x")
    if name == "file":
        from referrals.rules import Card

        return actions.file(Card(end=End.PRIORITY, cues=["forex"], branch_id=branch.pk), by=by)
    return Referral.objects.visible_to(by).get(pk=slip.pk)


@pytest.mark.parametrize("name, person, status", SQUARES)
def test_the_action_asks_who_it_is(request, slip_for, teller, colleague, branches, name, person, status):
    slip, by = slip_for(name, teller), request.getfixturevalue(person)
    if status == 200:
        assert act(name, slip, by=by, to=colleague, branch=branches["first"])
    else:
        with pytest.raises(RAISED[status]):
            act(name, slip, by=by, to=colleague, branch=branches["first"])


def call(door, name, slip, *, to, branch):
    address = f"/api/v1/referrals/{slip.pk}/"
    if name == "read":
        return door.get(address)
    if name == "file":
        card = {"end": "priority_counter", "cues": ["forex"], "branch_id": branch.pk}
        return door.post("/api/v1/referrals/", card, format="json")
    if name in TRANSITIONS:
        step = {"name": name, "to": to.pk if name == "offer" else None}
        return door.post(f"{address}transitions/", step, format="json")
    body = {
        "judge": {"type": "ordinary"},
        "withdraw": {"reason": "x"},
        "take": {},
        "guide_on": {"onward": "e_channel"},
    }[name]
    place = {"judge": "verdict", "guide_on": "guide-on"}.get(name, name)
    return door.post(f"{address}{place}/", body, format="json")


@pytest.mark.parametrize("name, person, status", SQUARES)
def test_the_api_asks_the_same(request, slip_for, teller, colleague, branches, name, person, status):
    slip, door = slip_for(name, teller), APIClient()
    before = slip.events.count()
    door.force_login(request.getfixturevalue(person))
    answer = call(door, name, slip, to=colleague, branch=branches["first"])
    assert answer.status_code == (201 if (name, status) == ("file", 200) else status)
    if status != 200:
        slip.refresh_from_db()
        assert slip.events.count() == before


def test_nobody_gets_in_without_a_login(slip_for, teller, colleague, branches):
    for name in ACCESS:
        answer = call(APIClient(), name, slip_for("read", teller), to=colleague, branch=branches["first"])
        assert answer.status_code == 401


def test_the_table_knows_every_step():
    assert set(TRANSITIONS) | set(STATUS_TRANSITIONS) <= set(actions.STEPS) <= set(ACCESS)


def test_the_sender_sees_a_slip_wherever_it_went(teller, other_wealth, card, branches, notice, lobby, head):
    slip = actions.file(
        card(
            end=End.CARD,
            branch_id=branches["second"].pk,
            phone="13800005678",
            basis="consent",
            agreed_on=clock.today(),
        ),
        by=teller,
    )
    for person in (teller, other_wealth, lobby, head):  # head and lobby: of the branch it was filed in
        assert Referral.objects.visible_to(person).get() == slip


def test_a_manager_keeps_the_slips_of_a_former_branch(filed, wealth, branches):
    from rmflow.staff.models import RoleHolding, User

    slip = filed()
    RoleHolding.objects.filter(user=wealth).update(branch=branches["second"])
    assert Referral.objects.visible_to(User.objects.get(pk=wealth.pk)).get() == slip
