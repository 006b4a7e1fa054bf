"""Nobody finds out who banks here, nor reads what is masked, by asking cleverly."""

import datetime
import re

import pytest
from django.test import Client as Browser
from rest_framework.test import APIClient

from clients.models import Client
from followups.models import PlanItem
from referrals.models import Referral, RepeatCheck
from referrals.rules import REPEAT_CHECKS_A_DAY
from rmflow.privacy.models import AccessEvent
from rmflow.workdays import clock

pytestmark = pytest.mark.django_db
PHONE, STRANGER = "13800005678", "13900001234"
CARD = {"end": "priority_counter", "cues": ["vip_card"], "name": "王"}


@pytest.fixture
def owned(other_wealth, branches, notice):
    """A client of another branch's manager."""
    from clients import actions as clients

    person = clients.register(
        by=other_wealth, branch=branches["second"], name="刘建华", phone=PHONE, basis="consent"
    )
    clients.set_owner(person, owner=other_wealth, by=other_wealth)
    return person


def pages(user):
    browser = Browser()
    browser.force_login(user)
    return browser


def machine(user):
    door = APIClient()
    door.force_login(user)
    return door


def words_of(page):
    """What a person reads, without clocks and numbers."""
    return re.sub(r"<[^>]*>|\s+|\d+", "", page.content.decode())


@pytest.mark.parametrize("name", ["王", "刘"])
def test_a_card_without_a_basis_answers_the_same_for_any_phone(name, owned, teller):
    """Else a phone could be asked for with no trace: known → warning, unknown → "say on what basis"."""
    for extra in ({}, {"repeat_reason": "x"}):
        card = CARD | {"name": name} | extra
        known = pages(teller).post("/desk/file/", card | {"phone": PHONE})
        unknown = pages(teller).post("/desk/file/", card | {"phone": STRANGER})
        assert (known.status_code, unknown.status_code) == (422, 422)
        assert words_of(known) == words_of(unknown)
        known = machine(teller).post("/api/v1/referrals/", card | {"phone": PHONE}, format="json")
        unknown = machine(teller).post("/api/v1/referrals/", card | {"phone": STRANGER}, format="json")
        assert (known.status_code, known.json()) == (unknown.status_code, unknown.json())
    assert not Referral.objects.exists()


def test_a_warning_that_refuses_a_card_is_counted_and_on_record(owned, teller):
    card = CARD | {"phone": PHONE, "basis": "on"}
    assert pages(teller).post("/desk/file/", card).status_code == 422
    card["basis"] = "consent"
    assert machine(teller).post("/api/v1/referrals/", card, format="json").status_code == 400
    assert RepeatCheck.objects.filter(by=teller, warned=True).count() == 2
    assert AccessEvent.objects.filter(user=teller, kind="repeat_check").count() == 2


def test_past_the_days_look_ups_every_phone_is_warned_of(owned, teller):
    RepeatCheck.objects.bulk_create(RepeatCheck(by=teller, warned=False) for _n in range(REPEAT_CHECKS_A_DAY))
    card = CARD | {"basis": "consent"}
    known = machine(teller).post("/api/v1/referrals/", card | {"phone": PHONE}, format="json")
    unknown = machine(teller).post("/api/v1/referrals/", card | {"phone": STRANGER}, format="json")
    assert (known.status_code, known.json()) == (unknown.status_code, unknown.json())
    assert machine(teller).post("/api/v1/referrals/", card, format="json").status_code == 201  # no phone


@pytest.fixture
def of_a_colleague(colleague, branches, notice):
    """A client of the same branch, looked after by the colleague."""
    from clients import actions as clients

    person = clients.register(
        by=colleague, branch=branches["first"], name="刘建华", phone=PHONE, basis="consent"
    )
    clients.set_owner(person, owner=colleague, by=colleague)
    return person


def test_a_plan_for_a_colleagues_client_is_no_way_to_the_phone(of_a_colleague, wealth):
    plan = {"plan_on": str(clock.today()), "purpose": "x", "client": of_a_colleague.pk}
    assert machine(wealth).post("/api/v1/plan-items/", plan, format="json").status_code == 404
    assert pages(wealth).post("/today/new/", plan).status_code == 404
    assert not PlanItem.objects.exists()


def test_a_plan_made_before_the_client_changed_hands_shows_no_phone(of_a_colleague, colleague, wealth):
    from clients import actions as clients
    from followups import actions

    item = actions.add_plan(by=colleague, client=of_a_colleague, plan_on=clock.today(), purpose="x")
    assert "5678" in pages(colleague).get(f"/today/{item.pk}/").content.decode()
    clients.set_owner(Client.objects.get(pk=of_a_colleague.pk), owner=wealth, by=wealth)
    page = pages(colleague).get(f"/today/{item.pk}/").content.decode()
    assert "建华" not in page
    assert PHONE not in page.replace(" ", "")
    assert pages(colleague).post(f"/today/{item.pk}/phone/").status_code == 422


def test_the_api_ticks_off_no_more_than_the_page(of_a_colleague, colleague):
    from followups import actions

    item = actions.add_plan(by=colleague, client=of_a_colleague, plan_on=clock.today(), purpose="x")
    assert machine(colleague).post(f"/api/v1/plan-items/{item.pk}/done/").status_code == 400
    assert pages(colleague).post(f"/today/{item.pk}/done/").status_code == 422
    own = actions.add_plan(by=colleague, client=None, plan_on=clock.today(), purpose="x")
    assert machine(colleague).post(f"/api/v1/plan-items/{own.pk}/done/").json()["state"] == "done"


def test_one_key_for_two_items_records_no_contact_silently(of_a_colleague, colleague):
    from followups import actions

    first, second = (
        actions.add_plan(by=colleague, client=of_a_colleague, plan_on=clock.today(), purpose="x")
        for _n in "ab"
    )
    body = {"result": "met"}
    for item, status in ((first, 200), (first, 200), (second, 409)):
        answer = machine(colleague).post(
            f"/api/v1/plan-items/{item.pk}/contact/", body, format="json", HTTP_IDEMPOTENCY_KEY="k"
        )
        assert answer.status_code == status
    second.refresh_from_db()
    assert second.state == "open"


def test_on_duty_elsewhere_one_decides_the_type_of_whom_one_received(
    wealth, other_lobby, card, branches, notice
):
    """Accepting led to a page that the same person might not open."""
    from referrals import actions
    from rmflow.staff.models import User

    User.objects.filter(pk=wealth.pk).update(duty_branch=branches["second"], duty_on=clock.today())
    slip = actions.file(card(manager_id=wealth.pk), by=other_lobby)
    browser = pages(wealth)
    answer = browser.post(f"/referrals/{slip.pk}/accept/", follow=True)
    assert answer.status_code == 200
    verdict = browser.post(
        f"/referrals/{slip.pk}/receive/", {"type": "ordinary", "destination": "self_service"}
    )
    assert verdict.status_code == 303
    User.objects.filter(pk=wealth.pk).update(duty_on=clock.today() - datetime.timedelta(days=1))
    assert pages(wealth).get(f"/referrals/{slip.pk}/").status_code == 200  # his own slip, at home again


@pytest.mark.parametrize("to", ["wealth", "nobody"])
def test_a_slip_to_oneself_is_no_way_to_a_colleagues_phone(to, of_a_colleague, wealth, colleague, lobby):
    card = {"end": "card", "cues": ["vip_card"], "client_id": of_a_colleague.pk, "repeat_reason": "x"}
    card |= {"agreed_on": str(clock.today()), "manager_id": wealth.pk if to == "wealth" else None}
    answer = machine(wealth).post("/api/v1/referrals/", card, format="json")
    assert (answer.status_code, list(answer.json())) == (400, ["manager"])
    assert not PlanItem.objects.exists()
    card["manager_id"] = colleague.pk
    assert machine(lobby).post("/api/v1/referrals/", card, format="json").status_code == 201
    assert PlanItem.objects.get().owner == colleague


@pytest.mark.parametrize("phone", [PHONE, STRANGER])
def test_registering_by_hand_is_counted_whatever_comes_of_it(phone, owned, wealth):
    """A phone without a basis is refused, and was free of charge for phones nobody knows."""
    typed = {"name": "王", "phone": phone}
    assert pages(wealth).post("/clients/new/", typed).status_code == 422
    from clients import actions as clients
    from rmflow.workflow import Refused

    with pytest.raises(Refused):
        clients.enrol(by=wealth, name="王", phone=phone)
    assert AccessEvent.objects.filter(user=wealth, kind="repeat_check").exists()


def test_trying_id_numbers_on_ones_own_client_is_capped(of_a_colleague, colleague):
    from clients import actions as clients
    from clients.rules import REPEAT_CHECKS_A_DAY as CAP
    from rmflow.workflow import Refused

    for _n in range(CAP):
        AccessEvent.objects.create(at=clock.now(), user=colleague, kind="repeat_check")
    with pytest.raises(Refused) as caught:
        clients.change_identity(of_a_colleague.pk, by=colleague, kind="resident", number="520103198811172379")
    assert caught.value.code == "cap"
