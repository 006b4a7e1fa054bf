"""Recognising a client at the desk, and one named manager for each premium client (W3-01)."""

import datetime

import pytest
import time_machine
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction

from clients import recognition
from clients.actions.managers import check
from clients.actions.recognition import recognise
from clients.models import Client, Holding, Product
from clients.recognition import Queue, queue_of
from rmflow.notices.models import Notice
from rmflow.privacy.models import AccessEvent
from rmflow.staff.models import RoleHolding
from rmflow.workdays import clock
from rmflow.workflow import Refused

TODAY = datetime.date(2026, 10, 8)
pytestmark = pytest.mark.django_db


@pytest.fixture
def person(branches):
    """A function that makes a client of a branch, with a contract when a number is given."""

    def make(name="陈美华", branch="first", contract="", ended=None, **fields):
        client = Client(branch=branches[branch], salutation="madam", **fields)
        client.put_name(name)
        client.save()
        if contract:
            Holding.objects.create(
                client=client,
                product=Product.objects.first(),
                contract_no=contract,
                amount=1,
                opened_on="2026-01-05",
                ended_on=ended,
            )
        return client

    return make


class TestRecognise:
    def test_a_whole_customer_number_finds_a_client_of_any_branch(self, teller, person):
        far = person(branch="second", customer_no="081800000007")
        assert recognise(" 0818 0000 0007 ", by=teller) == [far]

    def test_a_card_tail_finds_holders_in_ones_own_branch_only(self, teller, person):
        near = person(contract="6217000012346789")
        person(name="王强", branch="second", contract="6217000099996789")
        assert recognise("6789", by=teller) == [near]

    def test_a_card_that_was_given_back_is_nobodys(self, teller, person):
        person(contract="6217000012346789", ended=datetime.date(2026, 2, 1))
        assert recognise("6789", by=teller) == []

    def test_a_whole_name_in_ones_branch_premium_clients_first(self, teller, person, wealth):
        plain = person()
        premium = person(type="existing_premium", level="core", owner=wealth)
        person(branch="second")
        assert recognise("陈美华", by=teller) == [premium, plain]

    def test_a_surname_alone_is_no_name(self, teller):
        with pytest.raises(Refused) as refused:
            recognise("陈", by=teller)
        assert refused.value.field == "q"

    def test_each_look_is_on_record_with_what_it_found(self, teller, person):
        person(contract="6217000012346789")
        recognise("6789", by=teller)
        recognise("1111", by=teller)
        looks = AccessEvent.objects.filter(user=teller, kind="search").order_by("pk")
        assert [look.rows for look in looks] == [1, 0]

    def test_looks_are_capped_so_that_the_desk_is_no_directory(self, teller, monkeypatch):
        monkeypatch.setattr(recognition, "LOOKS_A_DAY", 2)
        recognise("1111", by=teller)
        recognise("1112", by=teller)
        with pytest.raises(Refused) as refused:
            recognise("1113", by=teller)
        assert refused.value.code == "cap"

    def test_who_does_not_sit_at_the_desk_recognises_nobody(self, head):
        with pytest.raises(PermissionDenied):
            recognise("6789", by=head)

    def test_the_queue_puts_premium_clients_first(self):
        assert queue_of("existing_premium", "core") == Queue.MANAGER
        assert queue_of("existing_premium", "regular") == Queue.PRIORITY
        assert queue_of("ordinary", "") == queue_of("unjudged", "") == Queue.USUAL


class TestTicket:
    def test_it_opens_the_next_step_for_who_asked(self, teller, lobby, person):
        client = person()
        proof = recognition.ticket(client, teller)
        assert recognition.read_ticket(proof, teller) == client.pk
        with pytest.raises(Refused):
            recognition.read_ticket(proof, lobby)

    @pytest.mark.parametrize("text", ["", "x", "1:2:3", "eyJ4IjoxfQ:abc:def"])
    def test_what_was_not_given_out_is_refused(self, teller, text):
        with pytest.raises(Refused):
            recognition.read_ticket(text, teller)

    def test_it_runs_out(self, teller, person):
        with time_machine.travel(clock.now() - datetime.timedelta(hours=2), tick=False):
            proof = recognition.ticket(person(), teller)
        with pytest.raises(Refused):
            recognition.read_ticket(proof, teller)


class TestNamedManager:
    def test_a_premium_clients_manager_cannot_be_taken_away(self, person, wealth):
        client = person(type="existing_premium", owner=wealth)
        with pytest.raises(IntegrityError, match="client_premium_has_a_manager"), transaction.atomic():
            Client.objects.filter(pk=client.pk).update(owner=None)

    def test_who_becomes_premium_without_one_stands_on_the_repair_list_at_once(self, person, wealth):
        client, loaded = person(), person(type="existing_premium")
        Client.objects.filter(pk=client.pk).update(type="existing_premium")
        assert set(Client.objects.unmanaged()) == {client, loaded}
        Client.objects.filter(pk=client.pk).update(owner=wealth)
        assert list(Client.objects.unmanaged()) == [loaded]
        Client.objects.filter(pk=loaded.pk).update(type="ordinary")
        assert not Client.objects.unmanaged().exists()

    def test_the_night_finds_managers_who_are_gone_and_those_who_came_back(
        self, person, wealth, colleague, other_wealth, head, supervisor
    ):
        gone = person(type="existing_premium", owner=colleague)
        person(type="existing_premium", owner=wealth)
        person(name="王强", owner=colleague)  # not premium
        person(branch="second", type="existing_premium", owner=other_wealth)
        RoleHolding.objects.filter(user=colleague).update(valid_to=TODAY - datetime.timedelta(days=1))
        assert check(today=TODAY) == {"lost": 1, "repaired": 0, "told": 2}
        assert list(Client.objects.unmanaged()) == [gone]
        told = Notice.objects.filter(kind="unmanaged")
        assert {n.recipient for n in told} == {head, supervisor}
        assert told[0].params == {"count": 1}
        assert check(today=TODAY)["lost"] == 0 and Notice.objects.filter(kind="unmanaged").count() == 2
        RoleHolding.objects.filter(user=colleague).update(valid_to=None)
        assert check(today=TODAY)["repaired"] == 1 and not Client.objects.unmanaged().exists()

    def test_the_list_shows_them_to_who_may_name_a_manager(self, client, person, head, wealth):
        lost = person(type="existing_premium")
        client.force_login(head)
        page = client.get("/clients/?whose=unmanaged")
        assert [line["pk"] for line in page.context["lines"]] == [lost.pk]


@pytest.mark.django_db(transaction=True)
def test_the_check_runs_in_a_worker(person, head, celery_worker_process, eventually):
    from clients import tasks

    person(type="existing_premium")
    tasks.check_managers.delay()
    assert eventually(lambda: Notice.objects.filter(kind="unmanaged", recipient=head).exists())
