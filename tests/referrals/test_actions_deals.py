"""Deals and their credit (W1-12): the latest non-repeat referral of 90 days, once; 双算."""

import datetime
from decimal import Decimal

import pytest
from django.core.exceptions import PermissionDenied

from clients.models import Product
from followups.models import Deal
from referrals.actions import deals
from referrals.models import DealCredit, Referral
from rmflow.workdays import clock
from rmflow.workflow import Refused

DAY = datetime.timedelta(days=1)


@pytest.fixture
def product(db):
    return Product.objects.get(code="LC2180")


@pytest.fixture
def sell(wealth, product):
    def make(source, amount=100000, key="a", **fields):
        return deals.record(source, product, Decimal(amount), by=fields.pop("by", wealth), key=key, **fields)

    return make


def older(slip, days, **columns):
    """Put a slip back in time."""
    at = slip.referred_at - days * DAY
    Referral.objects.filter(pk=slip.pk).update(referred_at=at, filed_at=at, **columns)


def checked(slip, result):
    Referral.objects.filter(pk=slip.pk).update(check_result=result, counted_on=slip.day)


def test_a_deal_credits_the_slip_it_came_from(filed, sell, lobby, wealth):
    slip = filed()
    deal = sell(slip)
    credit = deal.credit
    assert (credit.referral, credit.referrer, credit.manager) == (slip, lobby, wealth)
    assert (deal.client, deal.manager, deal.branch, deal.done_on) == (
        slip.client,
        wealth,
        slip.branch,
        slip.day.date,
    )


def test_double_counting_gives_both_all_of_it(filed, sell):
    credit = sell(filed()).credit
    assert (credit.referrer_share, credit.manager_share) == (100, 100)


def test_who_refers_and_sells_has_one_share(filed, sell, wealth):
    credit = sell(filed(by=wealth)).credit
    assert (credit.referrer, credit.manager, credit.manager_share) == (wealth, wealth, 100)


def test_a_split_share_is_split(filed, sell):
    slip = filed()
    Referral.objects.filter(pk=slip.pk).update(credit_share=60)
    credit = sell(slip).credit
    assert (credit.referrer_share, credit.manager_share) == (60, 40)


def test_the_same_key_again_changes_nothing(filed, sell):
    slip = filed()
    assert sell(slip, key="k") == sell(slip, 5, key="k")
    assert (Deal.objects.count(), DealCredit.objects.count()) == (1, 1)
    assert slip.client.timeline.filter(kind="deal").count() == 1


def test_the_latest_referral_has_the_credit(filed, sell, teller, wealth):
    first = filed()
    older(first, 10)
    second = filed(by=teller, client_id=None)
    Referral.objects.filter(pk=second.pk).update(client=first.client)
    assert sell(first.client, branch=first.branch).credit.referral == second


@pytest.mark.parametrize("result", ["repeat", "invalid"])
def test_a_repeat_or_invalid_slip_earns_nothing(filed, sell, teller, result):
    first = filed()
    older(first, 10)
    second = filed(by=teller)
    Referral.objects.filter(pk=second.pk).update(client=first.client)
    checked(second, result)
    assert sell(first.client, branch=first.branch).credit.referral == first


@pytest.mark.parametrize(("days", "counts"), [(90, True), (91, False)])
def test_ninety_days_and_no_more(filed, sell, days, counts):
    slip = filed()
    older(slip, days)
    deal = sell(slip.client, branch=slip.branch)
    assert DealCredit.objects.filter(deal=deal).exists() is counts


def test_a_slip_of_the_last_minute_of_the_day_counts_for_a_deal_of_that_day(filed, sell):
    slip = filed()
    today = clock.today()
    late = datetime.datetime.combine(today, datetime.time(23, 59, 59), tzinfo=clock.SHANGHAI)
    Referral.objects.filter(pk=slip.pk).update(referred_at=late)
    assert sell(slip.client, branch=slip.branch, done_on=today).credit.referral == slip
    early = datetime.datetime.combine(today + DAY, datetime.time(), tzinfo=clock.SHANGHAI)
    Referral.objects.filter(pk=slip.pk).update(referred_at=early)
    deal = sell(slip.client, branch=slip.branch, key="b", done_on=today)
    assert not DealCredit.objects.filter(deal=deal).exists()


def test_a_withdrawn_slip_earns_nothing(filed, sell):
    slip = filed()
    Referral.objects.filter(pk=slip.pk).update(status="withdrawn", reception="left")
    assert not DealCredit.objects.filter(deal=sell(slip.client, branch=slip.branch)).exists()


def test_only_the_first_deal_converts_a_slip(filed, sell):
    slip = filed()
    assert [sell(slip, key=key).credit.is_first for key in "abc"] == [True, False, False]


def test_another_clients_slip_is_no_matter(filed, sell):
    slip, other = filed(), filed(name="王", salutation="sir")
    assert sell(other).credit.referral == other
    assert sell(slip, key="b").credit.referral == slip


def test_a_slip_found_a_repeat_hands_its_credit_back(filed, sell, teller):
    first = filed()
    older(first, 10)
    second = filed(by=teller)
    Referral.objects.filter(pk=second.pk).update(client=first.client)
    second.refresh_from_db()
    deal = sell(first.client, branch=first.branch)
    checked(second, "repeat")
    deals.recredit(second)
    assert DealCredit.objects.get(deal=deal).referral == first


def test_a_deal_of_a_locked_day_counts_on_the_open_one(filed, sell):
    slip = filed()
    day = slip.day
    yesterday = type(day).objects.create(
        branch=day.branch,
        date=day.date - DAY,
        opened_at=day.opened_at - DAY,
        ended_at=day.opened_at,
        closed_at=day.opened_at,
    )
    deal = sell(slip.client, branch=slip.branch, done_on=yesterday.date)
    assert (deal.day, deal.done_on) == (day, yesterday.date)


def test_a_deal_of_an_unlocked_day_counts_there(filed, sell):
    slip = filed()
    day = slip.day
    yesterday = type(day).objects.create(
        branch=day.branch,
        date=day.date - DAY,
        opened_at=day.opened_at - DAY,
        ended_at=day.opened_at,
    )
    assert sell(slip.client, branch=slip.branch, done_on=yesterday.date).day == yesterday


@pytest.mark.parametrize(
    ("amount", "on", "field"),
    [(0, 0, "amount"), (-5, 0, "amount"), (5, 1, "done_on"), (5, -32, "done_on")],
)
def test_it_refuses_an_impossible_deal(filed, sell, amount, on, field):
    slip = filed()
    with pytest.raises(Refused) as refusal:
        sell(slip, amount, done_on=clock.today() + on * DAY)
    assert refusal.value.field == field
    assert not Deal.objects.exists()


def test_it_refuses_a_product_out_of_sale(filed, sell, product):
    Product.objects.update(active=False)
    product.refresh_from_db()
    with pytest.raises(Refused) as refusal:
        sell(filed())
    assert refusal.value.field == "product"


def test_another_branch_and_other_roles_cannot_enter_it(filed, sell, teller, other_wealth):
    slip = filed()
    for stranger in (teller, other_wealth):
        with pytest.raises(PermissionDenied):
            sell(slip, by=stranger)
