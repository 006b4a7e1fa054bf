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
    assert RepeatCheck.objects.filter(by=teller, warned=True).count() == 1  # the same number again: one look
    assert AccessEvent.objects.filter(user=teller, kind="repeat_check").count() == 1


def test_past_the_days_look_ups_every_phone_is_warned_of(owned, teller):
    RepeatCheck.objects.bulk_create(RepeatCheck(by=teller, warned=False) for _n in range(REPEAT_CHECKS_A_DAY))
    card = CARD | {"basis": "consent"}
    known = machine(teller).post("/api/v1/referrals/", card | {"phone": PHONE}, format="json")
    unknown = machine(teller).post("/api/v1/referrals/", card | {"phone": STRANGER}, format="json")
    assert (known.status_code, known.json()) == (unknown.status_code, unknown.json())
    assert machine(teller).post("/api/v1/referrals/", card, format="json").status_code == 201  # no phone


def test_the_api_asks_about_a_repeat_in_one_word_capped_and_without_a_trace_of_the_number(owned, teller):
    door, address = machine(teller), "/api/v1/referrals/repeat-check/"
    owned.put_id_number("resident", "520103198811172379")
    owned.save()
    for asked, warned in (
        ({"phone": PHONE}, True),
        ({"phone": STRANGER}, False),
        ({"id_number": "520103198811172379"}, True),
        ({"id_number": "110101199003070038"}, False),
    ):
        answer = door.post(address, asked, format="json")
        assert (answer.status_code, answer.json()) == (200, {"warned": warned})
    assert AccessEvent.objects.filter(user=teller, kind="repeat_check", note="").count() == 4
    assert door.post(address, {}, format="json").status_code == 400
    assert "id_number" in door.post(address, {"id_number": "5201"}, format="json").json()
    assert RepeatCheck.objects.count() == 4
    RepeatCheck.objects.bulk_create(RepeatCheck(by=teller, warned=False) for _n in range(REPEAT_CHECKS_A_DAY))
    for phone in (PHONE, STRANGER):
        assert door.post(address, {"phone": phone}, format="json").status_code == 400


@pytest.mark.parametrize("name", ["刘", "王", ""])
def test_an_id_on_a_card_shows_the_same_whoever_has_it(name, owned, wealth, lobby):
    """Answer, slip, client page and plan: nothing of what is on record under the number."""
    owned.put_id_number("resident", "520103198811172379")
    owned.save()
    card = CARD | {"name": name, "end": "card", "basis": "consent", "repeat_reason": "x"}
    card |= {"agreed_on": str(clock.today()), "manager_id": wealth.pk}
    for user in (wealth, lobby):
        seen = []
        for number in ("520103198811172379", "110101199003070038"):
            phone = f"139{1000 * user.pk + int(number[-2]):08d}"  # nobody's
            made = machine(user).post(
                "/api/v1/referrals/", card | {"id_number": number, "phone": phone}, format="json"
            )
            slip = Referral.objects.latest("pk")
            assert made.status_code == 201 and slip.client != owned
            addresses = f"/referrals/{slip.pk}/", f"/clients/{slip.client_id}/print/"
            shown = [pages(user).get(address) for address in addresses]
            seen.append([made.json().keys(), *((page.status_code, words_of(page)) for page in shown)])
            item = PlanItem.objects.get(client=slip.client_id)
            plan = pages(wealth).get(f"/today/{item.pk}/").content.decode().replace(" ", "")
            assert phone in plan and PHONE not in plan
        assert seen[0] == seen[1]


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


@pytest.fixture
def kept(owned):
    """The other branch's client as the bank knows her: core, a balance to the cent, words from talks."""
    from clients.models import MonthlyBalance
    from clients.rules import TimelineKind

    Client.objects.filter(pk=owned.pk).update(
        type="existing_premium", level="core", occupation="建材生意", birth_date=datetime.date(1971, 3, 8)
    )
    MonthlyBalance.objects.create(client=owned, month=datetime.date(2026, 9, 1), amount="1234567.89")
    owned.timeline.create(kind=TimelineKind.CONTACT, branch=owned.branch, by=owned.owner, note="女儿准备出国")
    return Client.objects.get(pk=owned.pk)


SECRETS = ("建华", "建*", "核心", "优质客户", "123.4", "100-", "50-200", "女儿", "建材", "岁", "杨帆")


@pytest.mark.parametrize("who", ["wealth", "marketing"])
def test_a_card_to_oneself_opens_nobody_elses_client(who, kept, request, wealth):
    """A surname, a telephone number and any reason for the repeat are no key to a colleague's client."""
    from followups.models import FollowUp

    user = request.getfixturevalue(who)
    card = {"end": "card", "cues": ["vip_card"], "name": "刘", "phone": PHONE, "basis": "consent"}
    card |= {"agreed_on": str(clock.today()), "manager_id": wealth.pk, "repeat_reason": "x"}
    assert machine(user).post("/api/v1/referrals/", card, format="json").status_code == 201
    item, record = PlanItem.objects.get(), FollowUp.objects.get()
    assert item.client == kept
    sheet = f"/today/{item.pk}/"
    for address in (sheet, "/today/", "/followups/", f"/followups/{record.pk}/", "/worklog/", "/referrals/"):
        page = pages(wealth).get(address)
        assert page.status_code == 200
        said = page.content.decode().split('id="verdict"')[0]  # its choices name every type
        seen = [word for word in SECRETS if word in said]
        assert not seen, (address, seen)
    assert f"/clients/{kept.pk}/" not in pages(wealth).get(sheet).content.decode()
    found = pages(wealth).post("/today/clients/", {"q": "5678"}).content.decode()
    assert "建华" not in found


def test_a_plan_kept_after_the_client_changed_hands_tells_a_band_and_no_talks(
    of_a_colleague, colleague, wealth
):
    from clients import actions as clients
    from clients.models import MonthlyBalance
    from clients.rules import TimelineKind
    from followups import actions

    MonthlyBalance.objects.create(client=of_a_colleague, month=datetime.date(2026, 9, 1), amount="1234567.89")
    of_a_colleague.timeline.create(
        kind=TimelineKind.CONTACT, branch=of_a_colleague.branch, by=colleague, note="女儿准备出国"
    )
    item = actions.add_plan(by=colleague, client=of_a_colleague, plan_on=clock.today(), purpose="x")
    before = pages(colleague).get(f"/today/{item.pk}/").content.decode()
    assert {"123.46", "女儿"} <= set(re.findall(r"123.46|女儿", before))
    clients.set_owner(Client.objects.get(pk=of_a_colleague.pk), owner=wealth, by=wealth)
    after = pages(colleague).get(f"/today/{item.pk}/").content.decode()
    assert not re.findall(r"123.46|女儿|建华", after)
    assert "50-200" in after


def test_what_a_sender_is_answered_tells_no_client_from_a_stranger(owned, teller):
    """The warning is overruled by any reason; the slip that comes back must not say whom it found."""
    said = []
    for phone in (PHONE, STRANGER):
        card = CARD | {"name": "刘", "phone": phone, "basis": "consent", "repeat_reason": "x"}
        answer = machine(teller).post("/api/v1/referrals/", card, format="json")
        assert answer.status_code == 201
        number = answer.json()["id"]
        for words in (answer.json(), machine(teller).get(f"/api/v1/referrals/{number}/").json()):
            said.append(
                {k: v for k, v in words.items() if k not in ("id", "number", "filed_at", "referred_at")}
            )
    assert said[0] == said[1] == said[2] == said[3]
    assert (said[0]["client"], said[0]["client_name"]) == (None, said[0]["addressed_as"])
