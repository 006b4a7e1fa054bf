"""Sales chances: whose they are, taking on, won, dropped with a reason; page and API (W3-09)."""

import datetime

import pytest
from django.core.exceptions import PermissionDenied
from django.db import connection
from django.test.utils import CaptureQueriesContext

from clients.models import Product
from clients.scoring.words import wan
from followups.actions import chances
from followups.models import CHANCE_TRANSITIONS, ChanceState, PlanItem, SalesChance
from rmflow.workflow import Conflict, Refused

from .conftest import TODAY

pytestmark = pytest.mark.django_db
SOON = TODAY + datetime.timedelta(days=5)


@pytest.fixture
def chance(person, wealth, thursday):
    """A function: a chance of the wealth manager's client, seen in a complaint."""

    def make(owner=wealth, origin="TS-20261001-01", number=1, **fields):
        client = person(owner=owner, phone=f"138{SalesChance.objects.count() + 10_000_000}")
        row = {"product_id": Product.objects.on_sale().first().pk, "amount": 200_000, "expected_on": SOON}
        key = f"complaint:{number}"
        return chances.open_chance(
            client=client, by=owner, source_key=key, origin=origin, **{**row, **fields}
        )

    return make


def see(client, user, address="/followups/chances/"):
    client.force_login(user)
    return client.get(address)


@pytest.mark.parametrize("state", ChanceState.values)
@pytest.mark.parametrize("name", ["take", "win", "drop"])
def test_each_step_leads_from_the_states_that_were_meant(name, state):
    assert set(CHANCE_TRANSITIONS) == {"take", "win", "drop"}
    assert CHANCE_TRANSITIONS[name].allows(state) == (state == "open")


class TestSteps:
    def test_taken_on_it_stands_on_the_plan_of_the_working_day(self, chance, wealth):
        row = chance()
        chances.take(row.pk, by=wealth)
        item = PlanItem.objects.get(source_key=f"chance:{row.pk}")
        assert (item.owner, item.client, item.plan_on, item.purpose) == (
            wealth, row.client, TODAY, row.product.name,
        )  # fmt: skip
        row.refresh_from_db()
        assert row.taken_at and row.state == "open"
        with pytest.raises(Conflict):
            chances.take(row.pk, by=wealth)
        assert PlanItem.objects.count() == 1

    def test_it_is_won_once_and_keeps_who_and_when(self, chance, wealth):
        row = chances.win(chance().pk, by=wealth)
        assert (row.state, row.settled_by) == ("won", wealth) and row.settled_at
        for step in (chances.win, chances.take):
            with pytest.raises(Conflict):
                step(row.pk, by=wealth)

    def test_it_is_dropped_with_a_reason_only(self, chance, wealth):
        row = chance()
        for reason in ("", "  ", "长" * 201):
            with pytest.raises(Refused) as refused:
                chances.drop(row.pk, by=wealth, reason=reason)
            assert refused.value.field == "reason"
        assert chances.drop(row.pk, by=wealth, reason="客户另有安排").state == "lost"

    def test_who_wants_no_contact_is_not_planned(self, chance, wealth):
        row = chance()
        row.client.do_not_contact = True
        row.client.save(update_fields=["do_not_contact"])
        with pytest.raises(Refused):
            chances.take(row.pk, by=wealth)

    def test_others_chances_are_out_of_sight_and_the_head_only_looks(
        self, chance, colleague, other_wealth, head, lobby
    ):
        row = chance()
        for user in (colleague, other_wealth, lobby):
            with pytest.raises(SalesChance.DoesNotExist):
                chances.win(row.pk, by=user)
        with pytest.raises(PermissionDenied):
            chances.win(row.pk, by=head)


class TestPage:
    def test_it_lists_one_s_own_with_where_it_was_seen(self, client, chance, wealth, other_wealth):
        row = chance()
        chance(owner=other_wealth, number=2)
        page = see(client, wealth)
        assert [line["row"] for line in page.context["lines"]] == [row]
        text = page.content.decode()
        assert "TS-20261001-01" in text
        assert row.client.name in text
        assert page.context["lines"][0]["amount"] == wan(200_000)

    def test_its_complaint_is_a_link_only_for_who_may_open_it(self, client, chance, wealth, head):
        chance()
        assert 'href="/complaints/1/"' in see(client, head).content.decode()
        text = see(client, wealth).content.decode()
        assert "TS-20261001-01" in text and "/complaints/1/" not in text

    def test_without_an_origin_no_complaint_is_named(self, client, chance, head):
        chance(origin="")
        assert "/complaints/1/" not in see(client, head).content.decode()

    def test_filters_count_what_they_show(self, client, chance, wealth):
        first, second, third = chance(), chance(number=2), chance(number=3)
        chances.take(first.pk, by=wealth)
        chances.drop(second.pk, by=wealth, reason="利率不合适")
        for show, rows in {"open": 2, "new": 1, "taken": 1, "lost": 1, "won": 0, "all": 3, "x": 2}.items():
            page = see(client, wealth, f"/followups/chances/?show={show}")
            assert len(page.context["lines"]) == rows
        assert "利率不合适" in see(client, wealth, "/followups/chances/?show=lost").content.decode()
        assert third.state == "open"

    def test_buttons_do_what_they_say(self, client, chance, wealth):
        row = chance()
        client.force_login(wealth)
        assert client.post(f"/followups/chances/{row.pk}/take/").status_code == 303
        assert client.post(f"/followups/chances/{row.pk}/drop/", {"note": ""}).status_code == 422
        assert client.post(f"/followups/chances/{row.pk}/drop/", {"note": "客户另有安排"}).status_code == 303
        assert client.post(f"/followups/chances/{row.pk}/win/").status_code == 422
        assert client.post(f"/followups/chances/{row.pk}/steal/").status_code == 404

    def test_the_head_sees_the_branch_with_names_masked_and_no_button(self, client, chance, head):
        row = chance()
        text = see(client, head).content.decode()
        assert row.client.name not in text and "承接</button>" not in text
        assert row.owner.name in text

    def test_the_list_asks_the_same_for_one_and_for_many(self, client, chance, wealth):
        counts = []
        for number in (1, 15):
            for n in range(number):
                chance(number=number * 100 + n)
            see(client, wealth)
            with CaptureQueriesContext(connection) as queries:
                see(client, wealth)
            counts.append(len(queries))
        assert counts[0] == counts[1]


def test_the_api_lists_takes_and_drops(client, chance, wealth, colleague):
    row = chance()
    client.force_login(wealth)
    (listed,) = client.get("/api/v1/chances/").json()["results"]
    assert (listed["id"], listed["origin"], listed["state"]) == (row.pk, "TS-20261001-01", "open")
    assert client.post(f"/api/v1/chances/{row.pk}/take/").json()["taken_at"]
    body = {"reason": "客户另有安排"}
    done = client.post(f"/api/v1/chances/{row.pk}/drop/", body, content_type="application/json")
    assert done.json()["state"] == "lost"
    assert client.post(f"/api/v1/chances/{row.pk}/win/").status_code == 409
    client.force_login(colleague)
    assert client.post(f"/api/v1/chances/{row.pk}/win/").status_code == 404
