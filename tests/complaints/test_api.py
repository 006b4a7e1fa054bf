"""The API: the same actions, scopes and refusals as the pages."""

import pytest

from complaints.models import Complaint

from .conftest import fresh
from .test_work import REPLY

pytestmark = pytest.mark.django_db
BODY = {"way": "phone", "title": "短信费争议", "request": "退费", "name": "马建国", "phone": "13800006620"}


@pytest.fixture
def made(friday, taken, teller):
    return taken(by=teller)


def post(client, url, data, **headers):
    return client.post(url, data, content_type="application/json", headers=headers)


def test_a_phone_agent_s_machine_takes_one_for_a_branch(client, friday, phone_agent, branches, lobby):
    client.force_login(phone_agent)
    answer = post(client, "/api/v1/complaints/", {**BODY, "branch_id": branches["first"].pk})
    assert answer.status_code == 201
    told = answer.json()
    assert (told["number"], told["complainant"], told["due_on"]) == ("TS-20260213-01", "马**", "2026-02-25")
    assert post(client, "/api/v1/complaints/", BODY).json() == {"branch": ["请选择被投诉的网点。"]}


def test_the_same_key_takes_one(client, friday, lobby):
    client.force_login(lobby)
    for _n in "ab":
        assert post(client, "/api/v1/complaints/", BODY, Idempotency_Key="k").status_code == 201
    assert Complaint.objects.count() == 1


def test_the_list_holds_one_s_reach_masked_with_the_steps_open_to_one(client, made, lobby, other_lobby):
    client.force_login(lobby)
    row = client.get("/api/v1/complaints/?status=working").json()["results"][0]
    assert (row["phone"], row["handler_name"]) == ("138****6620", "周敏")
    assert "reply" in row["transitions"]
    assert "decide_extension" not in row["transitions"]
    client.force_login(other_lobby)
    assert client.get("/api/v1/complaints/").json()["count"] == 0


def test_a_step_takes_the_fields_of_its_form(client, made, lobby):
    client.force_login(lobby)
    url = f"/api/v1/complaints/{made.pk}/steps"
    refused = post(client, f"{url}/reply/", {**REPLY, "way": "dove"})
    assert (refused.status_code, list(refused.json())) == (400, ["way"])
    answer = post(client, f"{url}/reply/", REPLY)
    assert (answer.status_code, answer.json()["status"]) == (200, "replied")
    assert post(client, f"{url}/reply/", REPLY).status_code == 409
    assert post(client, f"{url}/nothing/", {}).status_code == 404


def test_a_step_of_another_s_role_is_forbidden(client, made, supervisor, wealth):
    client.force_login(supervisor)
    assert post(client, f"/api/v1/complaints/{made.pk}/steps/reply/", REPLY).status_code == 403
    client.force_login(wealth)
    assert post(client, f"/api/v1/complaints/{made.pk}/steps/reply/", REPLY).status_code == 404


@pytest.mark.parametrize("body", ["[]", '"x"', "null", "{", '{"note": {"a": 1}}', '{"note": "\\u0000"}'])
def test_what_cannot_be_read_is_refused(client, made, lobby, body):
    client.force_login(lobby)
    answer = post(client, f"/api/v1/complaints/{made.pk}/steps/note/", body)
    assert answer.status_code in (200, 400)


def test_stepping_back_answers_with_the_number_and_nothing_else(client, made, lobby, head):
    client.force_login(lobby)
    answer = post(client, f"/api/v1/complaints/{made.pk}/steps/step_back/", {"note": "亲属"})
    assert answer.json() == {"id": made.pk, "number": made.number, "transitions": []}
    assert fresh(made).handler is None
