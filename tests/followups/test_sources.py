"""Plan items that another sub-process owns, and sales chances."""

import datetime

import pytest

from clients.models import Product
from followups import actions
from followups.actions import sources
from followups.actions.chances import open_chance
from followups.models import PlanItem, SalesChance
from rmflow.workflow import Conflict, Refused

from .conftest import TODAY

DAY = datetime.timedelta(days=1)
pytestmark = pytest.mark.django_db


@pytest.fixture
def kept(wealth, colleague, branches):
    """A function that keeps the item of source x."""

    def make(owner=None, plan_on=TODAY):
        row = {"kind": "complaint", "purpose": "TS-20261008-01", "link": "/complaints/1/", "by": wealth}
        return sources.keep("x", owner=owner or wealth, branch=branches["first"], plan_on=plan_on, **row)

    return make


def test_one_source_has_one_open_item_whoever_and_whenever(kept, colleague):
    first = kept()
    assert kept(plan_on=TODAY + DAY).pk == first.pk
    assert kept(owner=colleague, plan_on=TODAY + DAY).pk == first.pk
    item = PlanItem.objects.get()
    assert (item.owner, item.plan_on, item.must_by) == (colleague, TODAY + DAY, TODAY + DAY)


def test_settled_and_needed_again_on_the_same_day_it_stands_again(kept, wealth):
    kept()
    sources.settle("x", kind="complaint", by=wealth)
    assert PlanItem.objects.get().state == "done"
    kept()
    assert PlanItem.objects.get().state == "open"
    assert [event.name for event in PlanItem.objects.get().events.all()] == ["source", "source"]


def test_moved_back_to_a_day_that_is_taken_it_changes_places(kept, wealth):
    kept()
    sources.settle("x", kind="complaint", by=wealth)
    kept(plan_on=TODAY + DAY)
    kept(plan_on=TODAY)
    assert PlanItem.objects.open().get().plan_on == TODAY


def test_such_an_item_is_neither_ticked_nor_dropped_nor_postponed(kept, wealth, thursday):
    item = kept()
    for call in (
        lambda: actions.done(item.pk, by=wealth),
        lambda: actions.drop(item.pk, by=wealth, note="x"),
        lambda: actions.postpone(item.pk, by=wealth, plan_on=TODAY),
    ):
        with pytest.raises(Refused):
            call()
    assert PlanItem.objects.get().state == "open"


def test_the_head_who_inspects_does_not_meet_a_complaint_on_the_list(kept, head, wealth):
    kept()
    assert not PlanItem.objects.visible_to(head).exists()
    assert PlanItem.objects.visible_to(wealth).count() == 1


def test_the_sheet_of_such_an_item_leads_to_the_case(client, kept, wealth, thursday):
    item = kept()
    client.force_login(wealth)
    page = client.get(f"/today/{item.pk}/").content.decode()
    assert 'href="/complaints/1/"' in page
    assert f"/today/{item.pk}/done/" not in page


def test_a_chance_goes_to_the_client_s_manager_once(person, wealth, lobby, thursday):
    client = person(owner=wealth)
    row = {
        "client": client,
        "by": lobby,
        "source_key": "complaint:1",
        "product_id": Product.objects.first().pk,
    }
    open_chance(**row, amount=50_000)
    assert SalesChance.objects.visible_to(wealth).get().owner == wealth
    with pytest.raises(Conflict):
        open_chance(**row)


@pytest.mark.parametrize(
    "wrong", [{"product_id": 0}, {"amount": 0}, {"expected_on": TODAY - DAY}, {"note": "长" * 201}]
)
def test_a_chance_that_cannot_be_is_refused(person, wealth, thursday, wrong):
    row = {"client": person(), "by": wealth, "source_key": "x", "product_id": Product.objects.first().pk}
    with pytest.raises(Refused):
        open_chance(**{**row, **wrong})
