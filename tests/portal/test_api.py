"""The API: the same actions, scopes and errors as the pages."""

import datetime

import pytest
from rest_framework.test import APIClient

from followups.models import Contact, PlanItem
from referrals.models import Referral
from rmflow.workdays import clock

pytestmark = pytest.mark.django_db


def api(user):
    client = APIClient()
    client.force_login(user)
    return client


CARD = {"end": "introduce", "cues": ["vip_card"], "name": "刘", "salutation": "madam"}


def test_a_card_is_filed_once_per_key(lobby, wealth):
    door, card = api(lobby), CARD | {"manager_id": wealth.pk}
    first = door.post("/api/v1/referrals/", card, format="json", HTTP_IDEMPOTENCY_KEY="k1")
    again = door.post("/api/v1/referrals/", card, format="json", HTTP_IDEMPOTENCY_KEY="k1")
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json()["id"] == again.json()["id"]
    assert Referral.objects.count() == 1
    other = door.post("/api/v1/referrals/", card | {"note": "x"}, format="json", HTTP_IDEMPOTENCY_KEY="k1")
    assert other.status_code == 409


def test_a_refusal_names_its_field(lobby, wealth):
    answer = api(lobby).post(
        "/api/v1/referrals/", {"end": "introduce", "cues": [], "manager_id": wealth.pk}, format="json"
    )
    assert answer.status_code == 400
    assert "cues" in answer.json()
    answer = api(lobby).post("/api/v1/referrals/", CARD | {"phone": "1380000"}, format="json")
    assert answer.status_code == 400
    assert "11" in str(answer.json()["phone"])


def test_the_steps_offered_are_the_steps_allowed(filed, wealth, teller, other_wealth):
    slip = filed(by=teller)
    row = api(wealth).get(f"/api/v1/referrals/{slip.pk}/").json()
    assert {"accept", "decline", "meet"} <= set(row["transitions"])
    assert api(teller).get(f"/api/v1/referrals/{slip.pk}/").json()["transitions"] == ["withdraw"]
    address = f"/api/v1/referrals/{slip.pk}/transitions/"
    assert api(other_wealth).post(address, {"name": "accept"}, format="json").status_code == 404
    assert api(teller).post(address, {"name": "accept"}, format="json").status_code == 403
    assert api(wealth).post(address, {"name": "accept"}, format="json").json()["reception"] == "accepted"
    assert api(wealth).post(address, {"name": "accept"}, format="json").status_code == 409
    verdict = api(wealth).post(
        f"/api/v1/referrals/{slip.pk}/verdict/", {"type": "existing_potential"}, format="json"
    )
    assert verdict.json()["outcome"] == "existing_potential"


def test_a_contact_is_recorded_with_its_next_step(filed, wealth, notice):
    tomorrow = clock.today() + datetime.timedelta(days=1)
    filed(end="card", phone="13800005678", basis="consent", agreed_on=tomorrow)
    item = PlanItem.objects.get()
    door = api(wealth)
    assert [row["id"] for row in door.get("/api/v1/plan-items/").json()["results"]] == [item.pk]
    refused = door.post(f"/api/v1/plan-items/{item.pk}/contact/", {"result": "interested"}, format="json")
    assert refused.status_code == 400
    assert "next_on" in refused.json()
    body = {"result": "interested", "next_on": str(tomorrow + datetime.timedelta(days=1))}
    done = door.post(f"/api/v1/plan-items/{item.pk}/contact/", body, format="json")
    assert done.json()["state"] == "done"
    assert Contact.objects.count() == 1


def test_clients_are_masked_and_found_by_post(filed, wealth, lobby, notice):
    tomorrow = clock.today() + datetime.timedelta(days=1)
    filed(end="card", name="刘建华", phone="13800005678", basis="consent", agreed_on=tomorrow)
    rows = api(lobby).get("/api/v1/clients/").json()["results"]
    assert [row["name"] for row in rows] == ["刘**"]
    assert rows[0]["phone"] == "138****5678"
    found = api(lobby).post("/api/v1/clients/search/", {"q": "5678"}, format="json")
    assert len(found.json()) == 1


def test_a_token_is_made_in_a_session_and_works_without_one(filed, wealth):
    slip = filed()
    token = api(wealth).post("/api/v1/token/").json()["token"]
    machine = APIClient(HTTP_AUTHORIZATION=f"Token {token}")
    assert machine.get(f"/api/v1/referrals/{slip.pk}/").status_code == 200
    assert machine.post("/api/v1/token/").status_code in (401, 403)
    assert APIClient().get("/api/v1/referrals/").status_code == 401
    api(wealth).delete("/api/v1/token/")
    assert machine.get("/api/v1/referrals/").status_code == 401


def test_the_schema_and_its_pages_are_there(wealth):
    assert api(wealth).get("/api/schema/").status_code == 200
    page = api(wealth).get("/api/docs/")
    assert page.status_code == 200
    assert b"<script>" not in page.content  # the CSP drops inline scripts
