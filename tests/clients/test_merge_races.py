"""Merges as they happen at once: two of one pair, two that share a person, a slip filed meanwhile (B-21)."""

import datetime

import pytest
from django.db import transaction

from clients import tasks
from clients.actions import duplicates, merges
from clients.duplicate_rules import State
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
            import time

            time.sleep(1)  # the slip is written meanwhile
            return state

    def file():
        import time

        time.sleep(0.4)
        return referrals.file(slip, by=wealth).client_id

    outcomes = together(merge_slowly, file)
    assert [name for name, _text in outcomes] == ["done", "done"], outcomes
    assert Client.objects.get(pk=other.pk).merged_into == one
    assert Referral.objects.get().client == one
    assert not other.timeline.exists()


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
