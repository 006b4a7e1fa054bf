"""Merges as they happen at once: two of one pair, two that share a person, a slip filed meanwhile (B-21)."""

import datetime
import time
from pathlib import Path

import pytest
from django.db import transaction

from clients import tasks
from clients.actions import duplicates, merges
from clients.duplicate_rules import State
from clients.importing import import_clients, read_map
from clients.models import Client, Duplicate, MergeStep
from referrals import actions as referrals
from referrals.models import Referral
from rmflow.doors.models import JobRun
from rmflow.staff.permissions import Role
from rmflow.workdays import clock
from tests.race import together

pytestmark = pytest.mark.django_db(transaction=True)


def pair_of(one, other):
    first, second = sorted((one, other), key=lambda client: client.pk)
    return Duplicate.objects.create(
        one=first, other=second, branch_of_one_id=first.branch_id, branch_of_other_id=second.branch_id
    )


def word(pair, by):
    return lambda: duplicates.confirm(pair.pk, by=by, keep={}).state


@pytest.fixture
def second_head(hire):
    return hire("100206", "宋佳", Role.BRANCH_HEAD, "second")


def test_two_heads_of_one_branch_at_once_merge_once(person, head, supervisor):
    one, other = person("刘敏", customer_no="C1"), person("刘敏")
    pair = pair_of(one, other)
    outcomes = together(word(pair, head), word(pair, supervisor))
    assert sorted(name for name, _text in outcomes) == ["Conflict", "done"]
    assert Client.objects.get(pk=other.pk).merged_into == one
    assert MergeStep.objects.filter(pair=pair, model="clients.client", rows=[other.pk]).count() == 1


def test_two_branches_at_once_the_second_word_merges(person, head, second_head):
    one, other = person("刘敏", customer_no="C1"), person("刘敏", branch="second")
    pair = pair_of(one, other)
    outcomes = together(word(pair, head), word(pair, second_head))
    assert sorted(text for _name, text in outcomes) == ["confirmed", "merged"]
    assert Client.objects.get(pk=other.pk).merged_into == one


def test_two_merges_that_share_a_person_do_not_both_happen(person, head, supervisor):
    one, middle, last = person("刘敏", customer_no="C1"), person("刘敏"), person("刘敏", customer_no="C3")
    outcomes = together(word(pair_of(one, middle), head), word(pair_of(middle, last), supervisor))
    assert sorted(name for name, _text in outcomes) == ["Conflict", "done"]
    assert Client.objects.exclude(merged_into=None).count() == 1


def test_a_merge_and_its_undo_twice_at_once(person, head, supervisor):
    pair = pair_of(person("刘敏", customer_no="C1"), person("刘敏"))
    word(pair, head)()
    outcomes = together(
        lambda: duplicates.undo(pair.pk, by=head, note="误并").state,
        lambda: duplicates.undo(pair.pk, by=supervisor, note="误并").state,
    )
    assert sorted(name for name, _text in outcomes) == ["Conflict", "done"]
    assert not Client.objects.exclude(merged_into=None).exists()


def test_a_slip_filed_for_the_folded_record_while_it_is_merged_is_the_others(person, head, wealth, card):
    one, other = person("刘敏", customer_no="C1"), person("刘", phone="13900001111")
    pair = pair_of(one, other)
    slip = card(
        name="刘", phone="13900001111", basis="consent", manager_id=wealth.pk, repeat_reason="再次到店"
    )

    def merge_slowly():
        with transaction.atomic():
            state = duplicates.confirm(pair.pk, by=head, keep={}).state
            time.sleep(1)  # the slip is written meanwhile
            return state

    def file():
        time.sleep(0.4)
        return referrals.file(slip, by=wealth).client_id

    outcomes = together(merge_slowly, file)
    assert [name for name, _text in outcomes] == ["done", "done"], outcomes
    assert Client.objects.get(pk=other.pk).merged_into == one
    assert Referral.objects.get().client == one
    assert not other.timeline.exists()


PEOPLE = Path(__file__).parent / "data" / "people.toml"


@pytest.fixture
def core_file(tmp_path):
    """A file of the core system that speaks of both persons, the younger row first."""
    path, head = tmp_path / "people.csv", "客户号,姓名,性别,出生日期,职业,证件号码,手机,住址,机构号,月日均"
    lines = [
        f"C000{n},刘敏,女,1974-03-28,企业主,,,,0817,{amount}" for n, amount in ((2, 50_000), (1, 90_000))
    ]
    path.write_text("\n".join([head, *lines]))
    return path


def loading(path, *, pause=0.0, times=1):
    """Load the file, and hold on before the transaction ends."""

    def load():
        for _n in range(times):
            with transaction.atomic():
                assert not import_clients(path, read_map(PEOPLE), branches=[]).broken
                time.sleep(pause)
        return "loaded"

    return load


def test_a_merge_beside_a_load_is_asked_to_come_again_and_then_goes_through(person, head, core_file):
    one, other = person("刘敏", customer_no="C0001"), person("刘敏")
    pair = pair_of(one, other)

    def merge():
        time.sleep(0.5)  # the load is under way
        return duplicates.confirm(pair.pk, by=head, keep={}).state

    (load, _loaded), (refused, why) = together(loading(core_file, pause=1.5), merge)
    assert (load, refused) == ("done", "Refused"), why
    assert Client.objects.get(pk=other.pk).merged_into is None
    assert duplicates.confirm(pair.pk, by=head, keep={}).state == State.MERGED


def test_a_load_waits_for_a_merge_and_then_says_what_the_file_says(person, head, core_file):
    one, other = person("刘敏", customer_no="C0001"), person("刘敏")
    pair = pair_of(one, other)

    def merge_slowly():
        with transaction.atomic():
            state = duplicates.confirm(pair.pk, by=head, keep={}).state
            time.sleep(1)
            return state

    def load():
        time.sleep(0.4)
        return loading(core_file)()

    assert together(merge_slowly, load) == [("done", "merged"), ("done", "loaded")]
    one.refresh_from_db()
    assert (one.customer_no, one.occupation) == ("C0001", "企业主")
    assert Client.objects.get(customer_no="C0002").pk not in (one.pk, other.pk)


def test_the_gathering_of_late_rows_waits_for_the_next_look_while_a_file_is_loaded(person, head, core_file):
    pair = pair_of(person("刘敏", customer_no="C0001"), person("刘敏"))
    word(pair, head)()

    def gather():
        time.sleep(0.5)
        return merges.settle(now=clock.now())["gathered"]

    outcomes = together(loading(core_file, pause=1.5), gather)
    assert outcomes == [("done", "loaded"), ("done", "0")]


def test_two_looks_at_once_find_a_pair_once(person):
    person("刘敏", customer_no="C1")
    person("刘敏")
    found = together(*[lambda: duplicates.find()["found"]] * 2)
    assert sorted(text for _name, text in found) == ["0", "1"]
    assert Duplicate.objects.count() == 1


# --- through a real worker ---


def test_the_night_finds_pairs_and_a_second_run_nothing_more(person, new_worker, eventually):
    person("刘敏", customer_no="C1")
    person("刘敏")
    new_worker()
    tasks.find_duplicates.delay()
    eventually(lambda: JobRun.objects.filter(name="find duplicate persons", ok=True, did__found=1).exists())
    tasks.find_duplicates.delay()
    eventually(lambda: JobRun.objects.filter(name="find duplicate persons", ok=True, did__found=0).exists())
    assert Duplicate.objects.count() == 1


def test_the_clock_closes_what_is_over(person, head, new_worker, eventually):
    pair = pair_of(person("刘敏", customer_no="C1"), person("刘敏"))
    word(pair, head)()
    past = clock.now() - datetime.timedelta(days=1)
    Duplicate.objects.filter(pk=pair.pk).update(
        undo_until=past, settled_at=past - datetime.timedelta(days=30)
    )
    new_worker()
    tasks.settle_merges.delay()
    eventually(lambda: Duplicate.objects.filter(pk=pair.pk, state=State.CLOSED).exists())
    assert not MergeStep.objects.exists()
    assert merges.settle(now=clock.now()) == {"gathered": 0, "closed": 0}
