"""An account opening (W3-03): kit, archive, related products, another person at the counter, deals."""

import datetime

import pytest
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction

from clients.models import Product, Profile
from complaints.actions import openings
from complaints.models import Offer, Opening, OpeningKind
from complaints.rules.openings import OPENING_TRANSITIONS, State, unsuitable
from followups.models import Appointment, DayEntry, Deal
from rmflow.notices.models import Notice
from rmflow.staff.models import RoleHolding
from rmflow.workdays import clock
from rmflow.workflow import Conflict, Refused
from tests.race import together

pytestmark = pytest.mark.django_db
ALLOWED = {
    "ready": {"preparing"},
    "seat": {"ready"},
    "execute": {"seated"},
    "cancel": {"preparing", "ready", "seated"},
}
MARKS = {"accurate": True, "first_time": True}


@pytest.fixture
def kind(db):
    return OpeningKind.objects.get(name="个人结算账户（借记卡）")


@pytest.fixture
def opening(vip, wealth, kind):
    """A function that brings an opening to a state through the actions."""

    def make(state="preparing", client=None):
        made = openings.prepare((client or vip()).pk, kind, by=wealth)
        if state != "preparing":
            for form in made.forms.filter(required=True):
                openings.tick(made.pk, form.pk, by=wealth)
            openings.step("ready", made.pk, by=wealth)
        if state == "seated":
            openings.step("seat", made.pk, by=wealth)
        made.refresh_from_db()
        return made

    return make


@pytest.mark.parametrize("state", State.values)
@pytest.mark.parametrize("name", ALLOWED)
def test_each_step_leads_from_the_states_that_were_meant(name, state):
    assert OPENING_TRANSITIONS[name].allows(state) == (state in ALLOWED[name])
    assert set(OPENING_TRANSITIONS) == set(ALLOWED)


class TestKit:
    def test_the_kit_is_that_of_the_kind_on_that_day(self, opening, kind):
        made = opening()
        names = list(made.forms.values_list("name", "required"))
        assert names == list(kind.forms.values_list("name", "required")) and len(names) == 5
        kind.forms.first().delete()
        assert made.forms.count() == 5

    def test_it_is_ready_when_all_that_is_needed_lies_there_and_what_lacks_is_named(self, opening, wealth):
        made = opening()
        needed = list(made.forms.filter(required=True))
        for form in needed[1:]:
            openings.tick(made.pk, form.pk, by=wealth)
        with pytest.raises(Refused, match=needed[0].name):
            openings.step("ready", made.pk, by=wealth)
        openings.tick(made.pk, needed[0].pk, by=wealth)
        assert openings.step("ready", made.pk, by=wealth).ready_at is not None

    def test_a_form_taken_away_again_makes_it_unready(self, opening, wealth):
        made = opening("ready")
        openings.tick(made.pk, made.forms.filter(required=True)[0].pk, by=wealth, ready=False)
        made.refresh_from_db()
        assert (made.state, made.ready_at) == ("preparing", None)

    def test_the_client_sits_down_only_when_the_kit_is_ready(self, opening, wealth, teller):
        with pytest.raises(Conflict):
            openings.step("seat", opening().pk, by=wealth)

    def test_the_counter_hears_when_the_client_comes(self, opening, teller):
        made = opening("seated")
        assert Notice.objects.get(kind="opening", recipient=teller).link == f"/openings/{made.pk}/"

    def test_the_next_agreed_meeting_is_linked_when_there_is_one(self, vip, wealth, kind, branches):
        client, now = vip(), clock.now()
        day = datetime.timedelta(days=1)
        meet = {"client": client, "manager": wealth, "branch": branches["first"]}
        Appointment.objects.create(**meet, starts_at=now + 2 * day, ends_at=now + 3 * day)
        first = Appointment.objects.create(**meet, starts_at=now + day, ends_at=now + 1.5 * day)
        assert openings.prepare(client.pk, kind, by=wealth).appointment == first

    def test_the_same_opening_is_not_prepared_twice(self, opening, vip):
        client = vip()
        opening(client=client)
        with pytest.raises(Conflict):
            opening(client=client)

    def test_it_is_cancelled_with_a_reason_only(self, opening, wealth):
        made = opening("seated")
        with pytest.raises(Refused):
            openings.step("cancel", made.pk, by=wealth, note=" ")
        assert openings.step("cancel", made.pk, by=wealth, note="客户改日再来").state == "cancelled"

    def test_what_the_client_told_goes_to_the_archive(self, opening, wealth):
        made = opening()
        openings.learn(made.pk, by=wealth, person={"occupation": "教师"}, employer="贵阳一中", wants="教育金")
        profile = Profile.objects.get(client=made.client)
        made.client.refresh_from_db()
        assert (profile.employer, profile.wants, made.client.occupation) == ("贵阳一中", "教育金", "教师")


class TestDuties:
    """The operation itself is done by a teller, never by the manager: a person, not a role."""

    def test_a_teller_carries_it_out(self, opening, teller, wealth):
        made = openings.execute(opening("seated").pk, by=teller, account="6789", **MARKS)
        assert (made.state, made.executed_by, made.account) == ("executed", teller, "6789")
        assert Notice.objects.filter(recipient=wealth, key=f"opening:{made.pk}:done").exists()
        assert DayEntry.objects.filter(user=wealth, kind="opening").exists()
        assert made.client.timeline.filter(kind="opening", data__step="execute").exists()

    def test_the_manager_cannot(self, opening, wealth):
        with pytest.raises(PermissionDenied):
            openings.execute(opening("seated").pk, by=wealth, **MARKS)

    @pytest.mark.parametrize("who", ["owner", "backup"])
    def test_nor_does_who_looks_after_the_client_with_a_teller_s_role(self, opening, hire, vip, kind, who):
        person = hire("100188", "程颖", "wealth_manager")
        RoleHolding.objects.create(
            user=person, role="teller", branch=person.home_branch, valid_from=datetime.date(2020, 1, 1)
        )
        made = opening("seated")
        setattr(made.client, who, person)
        made.client.save()
        with pytest.raises(Refused) as refused:
            openings.execute(made.pk, by=person, **MARKS)
        assert refused.value.code == "duties"

    def test_of_the_account_the_last_four_digits_are_kept(self, opening, teller):
        made = openings.execute(opening("seated").pk, by=teller, account="6217 0000 1234 6789", **MARKS)
        assert made.account == "6789"
        assert (made.client_owner_id, made.client_backup_id) == (made.client.owner_id, made.client.backup_id)

    def test_not_even_a_manager_who_is_a_teller_too(self, opening, wealth, branches):
        RoleHolding.objects.create(
            user=wealth, role="teller", branch=branches["first"], valid_from=datetime.date(2020, 1, 1)
        )
        wealth.__dict__.pop("holdings", None)
        with pytest.raises(Refused) as refused:
            openings.execute(opening("seated").pk, by=wealth, **MARKS)
        assert refused.value.code == "duties"

    def test_nor_straight_in_the_database(self, opening, wealth, teller):
        made = opening("seated")
        rows = Opening.objects.filter(pk=made.pk)
        done = {"state": "executed", "executed_at": clock.now(), **MARKS}
        with pytest.raises(IntegrityError, match="opening_not_by_its_manager"), transaction.atomic():
            rows.update(executed_by=wealth, **done)
        assert rows.update(executed_by=teller, **done) == 1

    def test_marks_are_asked_for_beside_their_fields(self, opening, teller):
        with pytest.raises(Refused) as refused:
            openings.execute(opening("seated").pk, by=teller)
        assert list(refused.value.errors) == ["accurate", "first_time"]

    def test_others_do_not_prepare(self, opening, teller, colleague, other_wealth):
        made = opening()
        form = made.forms.first()
        with pytest.raises(PermissionDenied):
            openings.tick(made.pk, form.pk, by=teller)
        for person in (colleague, other_wealth):
            with pytest.raises(Opening.DoesNotExist):
                openings.tick(made.pk, form.pk, by=person)

    def test_only_clients_in_reach_are_prepared_for(self, vip, kind, wealth, teller):
        with pytest.raises(vip().DoesNotExist):
            openings.prepare(vip(branch="second").pk, kind, by=wealth)
        with pytest.raises(PermissionDenied):
            openings.prepare(vip().pk, kind, by=teller)


class TestOffers:
    def test_each_is_agreed_or_declined_by_itself_and_the_opening_never_depends_on_one(
        self, opening, teller, wealth
    ):
        made = opening("seated")
        first = made.offers.first()
        openings.answer(made.pk, first.pk, by=wealth, answer="declined")
        extra = openings.offer(made.pk, Product.objects.get(code="CK0301"), by=wealth)
        openings.answer(made.pk, extra.pk, by=wealth, answer="agreed", amount=50_000)
        openings.execute(made.pk, by=teller, **MARKS)
        deal = Deal.objects.get()
        assert (deal.product.code, deal.amount, deal.manager) == ("CK0301", 50_000, wealth)
        assert Offer.objects.get(pk=extra.pk).deal == deal

    def test_nothing_asked_and_nothing_agreed_is_an_opening_all_the_same(self, opening, teller):
        assert openings.execute(opening("seated").pk, by=teller, **MARKS).state == "executed"
        assert not Deal.objects.exists()

    def test_what_hinders_a_deal_does_not_hinder_the_opening(self, opening, teller, wealth):
        made = opening("seated")
        offer = openings.offer(made.pk, Product.objects.get(code="CK0301"), by=wealth)
        openings.answer(made.pk, offer.pk, by=wealth, answer="agreed", amount=50_000)
        Product.objects.filter(code="CK0301").update(active=False)
        assert openings.execute(made.pk, by=teller, **MARKS).state == "executed"
        offer.refresh_from_db()
        assert (offer.answer, offer.deal) == ("agreed", None)
        Product.objects.filter(code="CK0301").update(active=True)
        openings.answer(made.pk, offer.pk, by=wealth, answer="agreed", amount=40_000)
        assert Deal.objects.get().amount == 40_000
        with pytest.raises(Conflict):
            openings.answer(made.pk, offer.pk, by=wealth, answer="declined")

    def test_an_agreed_one_has_an_amount(self, opening, wealth):
        made = opening()
        offer = openings.offer(made.pk, Product.objects.get(code="CK0301"), by=wealth)
        for amount in (None, 0, 10**10):
            with pytest.raises(Refused) as refused:
                openings.answer(made.pk, offer.pk, by=wealth, answer="agreed", amount=amount)
            assert refused.value.field == "amount"
        with pytest.raises(Refused):
            openings.answer(made.pk, offer.pk, by=wealth, answer="perhaps")

    def test_every_door_asks_the_gate(self, opening, wealth, vip, kind):
        risky = Product.objects.create(code="R5", name="x", category="fund", risk="R5")
        kind.products.add(risky)
        made = opening()
        assert not made.offers.filter(product=risky).exists()
        with pytest.raises(Refused) as refused:
            openings.offer(made.pk, risky, by=wealth)
        assert refused.value.code == "unsuitable"
        row = Offer.objects.create(opening=made, product=risky)
        with pytest.raises(Refused) as refused:
            openings.answer(made.pk, row.pk, by=wealth, answer="agreed", amount=5)
        assert refused.value.code == "unsuitable"

    @pytest.mark.parametrize("client_class", range(1, 6))
    @pytest.mark.parametrize("product_class", range(1, 6))
    def test_the_gate_is_the_five_by_five_matrix(self, client_class, product_class):
        day = datetime.date(2026, 10, 8)
        product = Product(risk=f"R{product_class}", category="fund", active=True)
        facts = {"tolerance": f"C{client_class}", "valid_until": day, "today": day}
        assert bool(unsuitable(product, **facts)) == (product_class > client_class)

    def test_the_gate_refuses_without_a_valid_assessment_and_what_is_not_on_sale(self):
        day = datetime.date(2026, 10, 8)
        ok = {"tolerance": "C5", "valid_until": day, "today": day}
        risky = Product(risk="R2", category="wealth", active=True)
        assert not unsuitable(risky, **ok)
        assert unsuitable(risky, **{**ok, "tolerance": ""})
        assert unsuitable(risky, **{**ok, "valid_until": day - datetime.timedelta(days=1)})
        assert unsuitable(Product(active=False), **ok)
        deposit = Product(risk="R1", category="deposit", active=True)
        assert not unsuitable(deposit, **{**ok, "tolerance": ""})  # no investment product


@pytest.mark.django_db(transaction=True)
def test_two_tellers_at_once_carry_it_out_once(opening, teller, hire):
    other = hire("100111", "罗敏", "teller")
    made = opening("seated")
    found = together(
        lambda: openings.execute(made.pk, by=teller, **MARKS).pk,
        lambda: openings.execute(made.pk, by=other, **MARKS).pk,
    )
    assert sorted(name for name, _text in found) == ["Conflict", "done"]
    assert made.events.filter(name="execute").count() == 1
