"""Retention and destruction by two people; what is left of a person, and what the figures say (B-13)."""

import datetime

import pytest
from django.core.exceptions import PermissionDenied
from django.db import transaction

from clients import actions
from clients.actions import archive as archive_actions
from clients.actions import custody, destruction, holds, retention
from clients.custody_rules import (
    DESTRUCTION_TRANSITIONS,
    DestructionState,
    FileState,
    ItemState,
    Link,
    Stop,
    stop_of,
)
from clients.models import (
    Archive,
    Client,
    CustodyEvent,
    Destruction,
    Profile,
    RetentionReview,
    RetentionRule,
)
from rmflow.notices.models import Notice
from rmflow.workdays import clock
from rmflow.workflow import Conflict, Refused
from tests.race import together

pytestmark = pytest.mark.django_db


@pytest.fixture
def old(person, wealth, archivist):
    """A function: a former client whose file was kept for its ten years."""

    def make(name="陈美华", phone="13812345678", ended=None):
        client = person(name, phone=phone, owner=wealth)
        archive = actions.open_archive(client, by=wealth)
        custody.file_archive(archive.pk, by=archivist, place="A-01")
        day = ended or clock.today() - datetime.timedelta(days=3700)
        archive_actions.change_profile(client.pk, by=wealth, relation_ended_on=day)
        archive.refresh_from_db()
        return archive

    return make


@pytest.fixture
def batch(old, archivist, branches):
    """A function: a proposed list of so many files."""

    def make(count=1):
        files = [old(f"陈{number}", f"1381234567{number}") for number in range(count)]
        return destruction.propose(
            branches["first"], by=archivist, archive_ids=[file.pk for file in files], reason="保管期满"
        )

    return make


@pytest.fixture
def underway(batch, archivist, supervisor, head, wealth):
    """A function: a list that waits for its witness."""

    def make(count=1):
        made = batch(count)
        destruction.approve(made.pk, by=supervisor)
        destruction.order(made.pk, by=head)
        return destruction.begin(made.pk, by=archivist, witness_id=wealth.pk, method="碎纸")

    return make


def states(batch):
    return list(batch.items.order_by("file_no").values_list("state", "stop"))


@pytest.mark.parametrize("state", list(DestructionState))
@pytest.mark.parametrize("name", ["approve", "order", "begin", "witness", "withdraw"])
def test_each_step_of_a_list_starts_only_where_it_may(name, state):
    s = DestructionState
    meant = {
        "approve": {s.PROPOSED},
        "order": {s.PROPOSED},
        "begin": {s.APPROVED, s.UNDERWAY},
        "witness": {s.UNDERWAY},
        "withdraw": {s.PROPOSED, s.APPROVED, s.UNDERWAY},
    }
    assert DESTRUCTION_TRANSITIONS[name].allows(state) == (state in meant[name])


def test_why_a_file_may_not_be_destroyed():
    today = datetime.date(2026, 10, 8)
    fine = {"state": FileState.FILED, "on_hold": False, "busy": False, "today": today}
    past = datetime.date(2026, 10, 7)
    assert stop_of(**fine, keep_until=past) == ""
    assert stop_of(**fine, keep_until=today) == stop_of(**fine, keep_until=None) == Stop.NOT_DUE
    assert stop_of(**{**fine, "on_hold": True}, keep_until=past) == Stop.HOLD
    assert stop_of(**{**fine, "busy": True}, keep_until=past) == Stop.OPEN_WORK
    assert stop_of(**{**fine, "state": FileState.LENT}, keep_until=past) == Stop.NOT_THERE


def test_the_clock_follows_the_end_of_the_relation(old, wealth):
    archive = old(ended=datetime.date(2024, 2, 29))
    assert archive.keep_until == datetime.date(2034, 3, 1)
    archive_actions.change_profile(archive.client_id, by=wealth, relation_ended_on=None)
    archive.refresh_from_db()
    assert archive.keep_until is None


def test_a_review_corrects_counts_and_marks_once_a_year(old, archivist, branches, person, other_wealth):
    first, second = old("陈1", "13812345671"), old("陈2", "13812345672")
    old("陈3", "13812345673", ended=clock.today())
    holds.hold_by_hand(second.pk, by=archivist, kind="dispute", reason="诉讼")
    actions.open_archive(person("别处", "second", phone="", owner=other_wealth), by=other_wealth)
    Archive.objects.filter(pk=first.pk).update(keep_until=None)  # a rule or a file changed it meanwhile
    made = retention.review(branches["first"], year=2026)
    assert (made.files, made.running, made.kept, made.due, made.held, made.changed) == (3, 0, 1, 1, 1, 1)
    assert retention.review(branches["first"], year=2026) is None
    assert RetentionReview.objects.filter(branch=branches["first"]).count() == 1
    by_hand = retention.review(branches["first"], year=2026, by=archivist)
    assert (by_hand.due, by_hand.changed) == (1, 0)
    assert CustodyEvent.objects.filter(name="due").count() == 1
    assert Notice.objects.filter(recipient=archivist, kind="retention").count() == 1


def test_a_longer_period_is_taken_over_by_the_next_review(old, archivist, branches):
    archive = old()
    RetentionRule.objects.filter(record="client_file").update(years=15)
    retention.review(branches["first"], year=2026, by=archivist)
    archive.refresh_from_db()
    assert archive.keep_until > clock.today()
    assert not Archive.objects.all().due(clock.today()).exists()


def test_only_what_is_due_free_and_there_is_listed(old, archivist, branches, wealth):
    fresh = old("陈1", "13812345671", ended=clock.today())
    held = old("陈2", "13812345672")
    holds.hold_by_hand(held.pk, by=archivist, kind="dispute", reason="诉讼")
    for pk in (fresh.pk, held.pk):
        with pytest.raises(Conflict):
            destruction.propose(branches["first"], by=archivist, archive_ids=[pk], reason="期满")
    with pytest.raises(Refused):
        destruction.propose(branches["first"], by=archivist, archive_ids=[], reason="期满")
    with pytest.raises(Refused):
        destruction.propose(branches["first"], by=archivist, archive_ids=[old().pk], reason=" ")
    with pytest.raises(PermissionDenied):
        destruction.propose(branches["first"], by=wealth, archive_ids=[fresh.pk], reason="期满")


def test_two_people_approve_and_neither_is_the_proposer(batch, archivist, supervisor, head, wealth):
    made = batch()
    assert Notice.objects.filter(key=f"destruction:{made.pk}").count() == 2
    with pytest.raises(PermissionDenied):
        destruction.order(made.pk, by=supervisor)
    with pytest.raises(PermissionDenied):
        destruction.approve(made.pk, by=archivist)
    with pytest.raises(Destruction.DoesNotExist):
        destruction.approve(made.pk, by=wealth)
    assert destruction.approve(made.pk, by=supervisor).state == DestructionState.PROPOSED
    with pytest.raises(Conflict):
        destruction.approve(made.pk, by=supervisor)
    with pytest.raises(Conflict):
        destruction.begin(made.pk, by=archivist, witness_id=wealth.pk, method="碎纸")
    assert destruction.order(made.pk, by=head).state == DestructionState.APPROVED


def test_one_person_of_both_roles_does_not_approve_twice(batch, supervisor, branches):
    from rmflow.staff.models import RoleHolding, User

    RoleHolding.objects.create(
        user=supervisor, role="branch_head", branch=branches["first"], valid_from="2020-01-01"
    )
    both, made = User.objects.get(pk=supervisor.pk), batch()
    destruction.approve(made.pk, by=both)
    with pytest.raises(Refused) as refused:
        destruction.order(made.pk, by=both)
    assert refused.value.code == "own"


def test_a_refused_list_frees_its_files(batch, old, archivist, head, branches):
    made = batch()
    with pytest.raises(Refused):
        destruction.refuse(made.pk, by=head, note="")
    destruction.refuse(made.pk, by=head, note="有两户待核实")
    assert states(made) == [(ItemState.STOPPED, Stop.BATCH)]
    again = [item.archive_id for item in made.items.all()]
    assert destruction.propose(branches["first"], by=archivist, archive_ids=again, reason="重提")


def test_only_the_named_witness_signs_and_never_the_archivist(underway, archivist, colleague):
    made = underway()
    with pytest.raises(Refused):
        destruction.witness(made.pk, by=archivist)
    with pytest.raises(Destruction.DoesNotExist):
        destruction.witness(made.pk, by=colleague)
    with pytest.raises(Refused):
        destruction.begin(made.pk, by=archivist, witness_id=archivist.pk, method="碎纸")


def test_carried_out_the_person_is_nobody_and_the_list_stays(underway, wealth, archivist, head):
    made = underway(2)
    clients = list(Client.objects.filter(archive__listings__batch=made))
    done = destruction.witness(made.pk, by=wealth)
    assert (done.state, states(done)) == (DestructionState.DONE, [(ItemState.DESTROYED, "")] * 2)
    for client in clients:
        client.refresh_from_db()
        assert (client.name, client.phone, client.phone_hash, client.erased_at is None) == ("", "", "", False)
        assert not Profile.objects.filter(client=client).exists()
        assert client.archive.state == FileState.DESTROYED
        event = CustodyEvent.objects.get(archive=client.archive, name="destroyed")
        assert (event.by, event.approved_by, event.link) == (archivist, head, Link.DESTRUCTION)
    with pytest.raises(Conflict):
        destruction.witness(made.pk, by=wealth)


def test_a_hold_set_after_the_approvals_stops_its_file_alone(underway, wealth):
    made = underway(2)
    first = made.items.order_by("file_no").first()
    holds.place_hold(first.archive.client_id, kind="complaint", source_key="complaint:1", reason="投诉")
    destruction.witness(made.pk, by=wealth)
    assert states(made) == [(ItemState.STOPPED, Stop.HOLD), (ItemState.DESTROYED, "")]
    assert Client.objects.get(pk=first.archive.client_id).name


def test_a_relation_that_goes_on_again_stops_its_file(underway, wealth):
    made = underway(1)
    client = Client.objects.get(archive__listings__batch=made)
    archive_actions.change_profile(client.pk, by=wealth, relation_ended_on=None)
    destruction.witness(made.pk, by=wealth)
    assert states(made) == [(ItemState.STOPPED, Stop.NOT_DUE)]


def test_a_hold_while_the_list_is_carried_out_is_in_time_or_too_late(transactional_db, underway, wealth):
    """Two processes at one moment: either the file stays and is held, or it is gone and the hold is refused."""
    made = underway(2)
    item = made.items.order_by("file_no").first()
    client = item.archive.client_id

    def hold():
        return holds.place_hold(client, kind="complaint", source_key="complaint:9", reason="投诉").pk

    carried, held = together(lambda: destruction.witness(made.pk, by=wealth).state, hold)
    assert carried == ("done", "done")
    person = Client.objects.get(pk=client)
    if held[0] == "done":
        assert (person.erased_at, person.holds.count()) == (None, 1)
        assert states(made)[0] == (ItemState.STOPPED, Stop.HOLD)
    else:
        assert held[0] == "Conflict"
        assert (person.name, person.holds.count()) == ("", 0)
        assert states(made)[0] == (ItemState.DESTROYED, "")
    assert states(made)[1] == (ItemState.DESTROYED, "")


def test_a_hold_that_waits_in_the_other_transaction_is_waited_for(transactional_db, underway, wealth):
    """The hold's transaction is open when the list is carried out: the file stays."""
    import multiprocessing
    import time

    made = underway(1)
    client = made.items.get().archive.client_id
    began = multiprocessing.get_context("fork").Event()

    def hold():
        with transaction.atomic():
            holds.place_hold(client, kind="complaint", source_key="complaint:9", reason="投诉")
            began.set()
            time.sleep(1)

    def carry_out():
        began.wait(20)
        return destruction.witness(made.pk, by=wealth).state

    outcomes = together(hold, carry_out)
    assert [name for name, _text in outcomes] == ["done", "done"]
    assert states(made) == [(ItemState.STOPPED, Stop.HOLD)]
    assert Client.objects.get(pk=client).erased_at is None


def test_two_witness_signatures_at_once_destroy_once(transactional_db, underway, wealth):
    made = underway(1)
    outcomes = together(*[lambda: destruction.witness(made.pk, by=wealth).pk] * 2)
    assert sorted(name for name, _text in outcomes) == ["Conflict", "done"]
    assert CustodyEvent.objects.filter(name="destroyed").count() == 1


def test_two_lists_at_once_have_two_numbers(transactional_db, old, archivist, branches):
    files = [old(f"陈{number}", f"1381234567{number}").pk for number in range(2)]
    outcomes = together(
        *[
            lambda pk=pk: (
                destruction.propose(branches["first"], by=archivist, archive_ids=[pk], reason="期满").number
            )
            for pk in files
        ]
    )
    year = clock.today().year
    assert sorted(text for _name, text in outcomes) == [f"XH-0817-{year}-001", f"XH-0817-{year}-002"]
