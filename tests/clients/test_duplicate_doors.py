"""Pages and API of duplicate persons: what each side sees, what is masked, what a step answers (B-21)."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from clients.actions import duplicates
from clients.duplicate_rules import State
from clients.models import Client, Duplicate, Profile
from rmflow.privacy.models import AccessEvent
from rmflow.staff.permissions import Role

pytestmark = pytest.mark.django_db
PHONE = "13812345678"
ID = "110101199003070011"


@pytest.fixture
def second_head(hire):
    return hire("100206", "宋佳", Role.BRANCH_HEAD, "second")


@pytest.fixture
def pair(person, wealth):
    person("刘敏", customer_no="C100", phone=PHONE, owner=wealth, occupation="教师", id_number=ID)
    person("刘民", branch="second", phone=PHONE, occupation="医生")
    duplicates.find()
    return Duplicate.objects.get()


def test_the_list_shows_ones_own_pairs_with_what_to_do(door, head, pair, hire):
    page = door(head).get("/clients/duplicates/").content.decode()
    assert "Your branch is to answer" in page
    assert "Same phone, same name" in page
    elsewhere = hire("100207", "田野", Role.BRANCH_HEAD, "city")
    assert "No pairs to check" in door(elsewhere).get("/clients/duplicates/").content.decode()


def test_the_list_costs_the_same_for_one_pair_and_for_fifteen(door, head, person):
    browser = door(head)

    def queries():
        with CaptureQueriesContext(
            connection,
        ) as caught:
            assert browser.get("/clients/duplicates/").status_code == 200
        return len(caught)

    person("刘敏", customer_no="C0")
    person("刘敏")
    duplicates.find()
    browser.get("/clients/duplicates/")
    few = queries()
    for n in range(14):
        for number in (f"N{n}", None):
            person("陈伟", phone=f"1390000{n:04d}", customer_no=number)
    duplicates.find()
    assert Duplicate.objects.count() > 14
    assert queries() == few


def test_the_comparison_is_masked_and_says_what_differs(door, second_head, pair):
    page = door(second_head).get(f"/clients/duplicates/{pair.pk}/").content.decode()
    for secret in (PHONE, ID, "刘敏", "刘民", "C100"):
        assert secret not in page
    assert "138****5678" in page
    assert "has a number" in page
    assert 'name="keep.occupation"' in page
    assert 'name="keep.phone"' not in page  # the same on both sides
    assert "two different people" in page
    seen = AccessEvent.objects.filter(kind="view", user=second_head).values_list("object_id", flat=True)
    assert {pair.one_id, pair.other_id} <= set(seen)


def test_both_branches_confirm_on_their_own_screens(door, head, second_head, pair):
    address = f"/clients/duplicates/{pair.pk}/"
    answer = door(head).post(f"{address}confirm/", {"keep.occupation": "loser"}, follow=True)
    assert "the other branch is to answer" in answer.content.decode()
    answer = door(second_head).post(f"{address}confirm/", {"keep.occupation": "loser"}, follow=True)
    assert "may be undone until" in answer.content.decode()
    assert Client.objects.get(pk=pair.one_id).occupation == "医生"


def test_what_is_refused_is_said_and_nothing_is_merged(door, head, pair):
    answer = door(head).post(f"/clients/duplicates/{pair.pk}/dismiss/", {"note": ""})
    assert answer.status_code == 422
    assert door(head).post(f"/clients/duplicates/{pair.pk}/nothing/").status_code == 404
    Duplicate.objects.update(state=State.DISMISSED, settled_at="2026-01-01T00:00:00Z")
    assert door(head).post(f"/clients/duplicates/{pair.pk}/confirm/").status_code in (409, 422)


def test_old_links_lead_to_who_stays(door, head, wealth, pair, second_head):
    for by in (head, second_head):
        duplicates.confirm(pair.pk, by=by, keep={})
    folded, standing = pair.other_id, pair.one_id
    for address in ("/clients/{}/", "/tiers/client/{}/", "/clients/{}/print/", "/clients/{}/timeline/"):
        answer = door(wealth).get(address.format(folded))
        assert answer.headers["Location"] == address.format(standing)
    assert (
        door(wealth).get(f"/api/v1/clients/{folded}/").headers["Location"].endswith(f"/clients/{standing}/")
    )
    assert door(second_head).get(f"/clients/{folded}/").status_code == 404  # who stays is another branch's
    assert door(wealth).post(f"/clients/{folded}/edit/contact/", {}).status_code == 404
    assert door(wealth).get("/clients/987654321/").status_code == 404


def test_a_pair_is_proposed_by_hand_from_a_clients_page(door, head, person):
    one, other = person("刘敏", phone="13900000001"), person("刘闽", phone="", customer_no="C9")
    page = door(head).get(f"/clients/{one.pk}/").content.decode()
    assert "Same person as" in page
    answer = door(head).post(f"/clients/{one.pk}/duplicate/", {"customer_no": "C9"})
    assert answer.status_code in (302, 303)
    assert Duplicate.objects.get().other == other
    assert door(head).post(f"/clients/{one.pk}/duplicate/", {"customer_no": "C8"}).status_code == 422
    assert door(head).post(f"/clients/{one.pk}/duplicate/", {"customer_no": ""}).status_code == 422


def test_looking_now_says_what_was_found(door, head, person):
    person("刘敏", customer_no="C1")
    person("刘敏")
    assert "1 new pair" in door(head).post("/clients/duplicates/find/", follow=True).content.decode()
    assert (
        "Nothing new was found" in door(head).post("/clients/duplicates/find/", follow=True).content.decode()
    )


def test_profiles_are_compared_in_words_and_masked(door, head, pair, second_head):
    Profile.objects.create(client=pair.one, hobbies=["tea"], wechat="secret-wechat", family_income=300_000)
    Profile.objects.create(client=pair.other, hobbies=["chess"], wechat="other-wechat", family_income=900_000)
    page = door(head).get(f"/clients/duplicates/{pair.pk}/").content.decode()
    assert "Chess and cards" in page
    assert "secret-wechat" not in page
    assert "300000" not in page


# --- the API ---


def test_the_api_compares_confirms_and_undoes_by_the_same_actions(door, head, second_head, pair):
    api = door(head)
    listed = api.get("/api/v1/duplicates/").json()
    assert [row["id"] for row in listed["results"]] == [pair.pk]
    one = api.get(f"/api/v1/duplicates/{pair.pk}/").json()
    assert {line["key"] for line in one["lines"] if line["open"]} >= {"occupation", "name"}
    assert PHONE not in str(one)
    send = {"content_type": "application/json"}
    done = api.post(f"/api/v1/duplicates/{pair.pk}/confirm/", {"keep": {"occupation": "winner"}}, **send)
    assert (done.status_code, done.json()["state"]) == (200, "confirmed")
    assert (
        api.post(
            f"/api/v1/duplicates/{pair.pk}/confirm/", {"keep": {"occupation": "winner"}}, **send
        ).status_code
        == 409
    )
    other = door(second_head)
    done = other.post(f"/api/v1/duplicates/{pair.pk}/confirm/", {"keep": {"occupation": "winner"}}, **send)
    assert done.json()["state"] == "merged"
    assert api.post(f"/api/v1/duplicates/{pair.pk}/undo/", {}, **send).status_code == 400
    done = api.post(f"/api/v1/duplicates/{pair.pk}/undo/", {"note": "误并"}, **send)
    assert done.json()["state"] == "undone"
    assert api.post(f"/api/v1/duplicates/{pair.pk}/dismiss/", {"note": "两人"}, **send).status_code == 409


@pytest.mark.parametrize("keep", [{"occupation": "both"}, {"customer_no": "loser"}, "x", {"name": None}])
def test_the_api_refuses_choices_that_are_none(door, head, pair, keep):
    answer = door(head).post(
        f"/api/v1/duplicates/{pair.pk}/confirm/", {"keep": keep}, content_type="application/json"
    )
    assert answer.status_code == 400
