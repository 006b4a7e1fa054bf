"""Refusals, absences and unreadable input become answers, on pages and in the API alike."""

import json

import pytest

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.doors.urls")]
HTMX = {"HX-Request": "true"}


@pytest.mark.parametrize(
    ("kind", "page", "api"),
    [
        ("refused", 422, 400),
        ("conflict", 422, 409),
        ("absent", 404, 404),
        ("denied", 403, 403),
        ("away", 503, 503),
    ],
)
def test_pages_fragments_and_the_api_answer_alike(client, kind, page, api):
    assert client.get(f"/t/raising/{kind}/").status_code == page
    assert client.get(f"/t/raising/{kind}/", headers=HTMX).status_code == page
    assert client.get(f"/api/t/raising/{kind}/").status_code == api


def test_a_refused_page_says_what_the_rule_says(client):
    assert "Phone needs 11 digits." in client.get("/t/raising/refused/").content.decode()


def test_a_refused_fragment_swaps_nothing_and_says_it_over_the_page(client):
    answer = client.get("/t/raising/many/", headers=HTMX)
    assert answer["HX-Reswap"] == "none"
    toast = json.loads(answer["HX-Trigger"])["rmflow:toast"]
    assert toast == {"text": "Too short. Missing.", "state": "past"}
    assert "<html" not in answer.content.decode()


def test_the_api_puts_each_message_beside_its_field(client):
    assert client.get("/api/t/raising/many/").json() == {
        "phone": ["Too short."],
        "name": ["Missing."],
    }
    assert client.get("/api/t/raising/conflict/").json() == {"detail": ["Somebody was first."]}
    assert client.get("/api/t/raising/invalid/").json() == {"name": ["Missing."], "detail": ["Never."]}


def test_json_nested_beyond_reason_is_a_bad_request(client):
    body = "[" * 100_000
    answer = client.post("/api/t/storing/", body, content_type="application/json")
    assert answer.status_code == 400


@pytest.mark.parametrize("text", ["a\x00b", "x" * 10_000, "\ud800"], ids=["nul", "long", "half"])
def test_text_that_no_column_takes_is_refused_and_not_an_error(client, text):
    if text != "\ud800":  # a form cannot even carry half a character
        assert client.post("/t/storing/", {"name": text}).status_code == 422
    answer = client.post("/api/t/storing/", json.dumps({"name": text}), content_type="application/json")
    assert answer.status_code == 400
    assert answer.json()["detail"]


@pytest.mark.parametrize("text", ["😀🀄", "<script>alert(1)</script>", "'; DROP TABLE staff_user; --"])
def test_text_that_only_looks_dangerous_is_stored(client, text):
    assert client.post("/t/storing/", {"name": text}).status_code == 200


def test_a_nul_in_the_address_is_unreadable(client):
    assert client.get("/login/%00").status_code == 400
    assert client.get("/login/?next=%00").status_code == 400


def test_a_body_beyond_the_limit_is_refused_before_it_is_read(client, settings):
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 1000
    body = json.dumps({"name": "x" * 1000})
    answer = client.post("/api/t/storing/", body, content_type="application/json")
    assert answer.status_code == 413
    assert client.post("/t/storing/", {"name": "x"}).status_code == 200
