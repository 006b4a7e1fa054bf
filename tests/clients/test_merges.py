"""Pairs found, confirmed, merged and taken apart (B-21): what moves, who stays, what comes back."""

import datetime

import pytest
from django.apps import apps
from django.db import connection

from clients import actions
from clients.actions import duplicates, merges
from clients.duplicate_rules import Likeness, State
from clients.models import (
    Archive,
    Client,
    Consent,
    ContactWish,
    Duplicate,
    FamilyMember,
    MergeStep,
    MonthlyBalance,
    Override,
    Profile,
    TimelineEntry,
    Verdict,
)
from clients.search import find as search
from followups.models import FollowUp
from referrals.models import Referral
from rmflow.notices.models import Notice
from rmflow.privacy.models import AccessEvent
from rmflow.staff.permissions import Role
from rmflow.workdays import clock
from rmflow.workflow import Conflict, Refused

pytestmark = pytest.mark.django_db
PHONE = "13812345678"


@pytest.fixture
def other_head(hire):
    return hire("100206", "宋佳", Role.BRANCH_HEAD, "second")


@pytest.fixture
def known(person, wealth):
    """Who came by a file: with a number, at the first branch."""
    return person("刘敏", customer_no="C100", phone=PHONE, owner=wealth, salutation="madam")


@pytest.fixture
def slip(filed, lobby):
    """Who came by a referral with another phone: the surname, no number."""
    return filed(by=lobby, name="刘", phone="13900001111", basis="consent").client


def pair_of(one, other):
    first, second = sorted((one, other), key=lambda client: client.pk)
    return Duplicate.objects.create(
        one=first, other=second, branch_of_one_id=first.branch_id, branch_of_other_id=second.branch_id
    )


def fresh(row):
    return type(row).objects.get(pk=row.pk)


# --- found ---


def reasons():
    return {(pair.one_id, pair.other_id): pair.reasons for pair in Duplicate.objects.all()}


@pytest.mark.parametrize(
    "one, other, reason",
    [
        ({"name": "刘敏"}, {"name": "刘敏"}, Likeness.PHONE_NAME),
        ({"name": "刘敏"}, {"name": "刘闽"}, Likeness.PHONE_NAME),
        ({"name": "刘敏"}, {"name": "刘"}, Likeness.PHONE_SURNAME),
        ({"name": "刘敏"}, {"name": "陈伟"}, Likeness.PHONE),
        (
            {"name": "刘敏", "phone": "13900000001", "birth_date": datetime.date(1980, 5, 1)},
            {"name": "刘民", "phone": "13900000002", "birth_date": datetime.date(1980, 5, 1)},
            Likeness.NAME_BIRTH,
        ),
    ],
)
def test_each_rule_finds_its_pair(person, one, other, reason):
    first = person(customer_no="C1", **one)
    second = person(**other)
    assert duplicates.find() == {"found": 1, "gone": 0}
    assert reasons() == {(first.pk, second.pk): [reason]}
    assert duplicates.find() == {"found": 0, "gone": 0}


def test_a_person_of_a_file_and_one_of_a_referral_with_one_name_at_one_branch(person, lobby):
    file = person("欧阳娜娜", customer_no="C1", phone=PHONE)
    referred = person("欧阳娜娜", phone="", created_by=lobby)
    person("欧阳娜娜", branch="second", phone="", created_by=lobby)
    duplicates.find()
    assert reasons() == {(file.pk, referred.pk): [Likeness.NAME_BRANCH]}


@pytest.mark.parametrize(
    "one, other",
    [
        ({"customer_no": "C1"}, {"customer_no": "C2"}),
        ({"birth_date": datetime.date(1980, 5, 1)}, {"birth_date": datetime.date(1981, 5, 1)}),
        ({"id_number": "110101199003070011"}, {"id_number": "110101199003070038"}),
        ({"phone": ""}, {"phone": ""}),
    ],
)
def test_what_cannot_be_one_person_is_not_proposed(person, one, other):
    person("刘敏", **one)
    person("刘敏", **other)
    assert duplicates.find()["found"] == 0


def test_a_phone_of_a_whole_village_proposes_nobody(person):
    for n in range(8):
        person("王" + "一二三四五六七八"[n], customer_no=f"C{n}" if n else None)
    assert duplicates.find()["found"] == 0


def test_a_pair_whose_likeness_is_gone_leaves_the_list_a_settled_one_stays(person, head, known):
    wife = person("陈伟", phone=PHONE)
    duplicates.find()
    duplicates.dismiss(Duplicate.objects.get().pk, by=head, note="夫妻")
    uncle = person("刘敏", phone=PHONE)
    duplicates.find()
    assert len(reasons()) == 3
    uncle.put_phone("13900009999")
    uncle.save()
    wife.put_phone("13900008888")
    wife.save()
    duplicates.find()
    assert reasons() == {(known.pk, wife.pk): [Likeness.PHONE]}
    assert Duplicate.objects.get().state == State.DISMISSED


def test_on_demand_one_looks_for_ones_own_branch_only(person, head, other_head):
    person("刘敏", branch="second", customer_no="C1")
    person("刘敏", branch="second")
    assert duplicates.find(by=head)["found"] == 0
    assert duplicates.find(by=other_head)["found"] == 1
    assert not Duplicate.objects.visible_to(head).exists()


# --- confirmed ---


def test_one_branch_one_word_merges(known, slip, head):
    pair = duplicates.confirm(pair_of(known, slip).pk, by=head, keep={})
    assert (pair.state, pair.winner) == (State.MERGED, known)
    assert fresh(slip).merged_into == known


def test_two_branches_need_two_people(person, known, head, other_head):
    pair = pair_of(known, person("刘敏", branch="second"))
    assert duplicates.confirm(pair.pk, by=head, keep={}).state == State.CONFIRMED
    assert Notice.objects.filter(recipient=other_head, kind="duplicate").count() == 1
    with pytest.raises(Conflict, match="confirmed already"):
        duplicates.confirm(pair.pk, by=head, keep={})
    assert duplicates.confirm(pair.pk, by=other_head, keep={}).state == State.MERGED


def test_one_person_with_both_branches_does_not_speak_for_both(person, known, head, branches):
    from rmflow.staff.models import RoleHolding, User

    RoleHolding.objects.create(
        user=head, role=Role.BRANCH_HEAD, branch=branches["second"], valid_from=datetime.date(2020, 1, 1)
    )
    both = User.objects.get(pk=head.pk)
    pair = pair_of(known, person("刘敏", branch="second"))
    duplicates.confirm(pair.pk, by=both, keep={})
    with pytest.raises(Refused, match="two branches"):
        duplicates.confirm(pair.pk, by=both, keep={})
    assert fresh(pair).state == State.CONFIRMED


def test_who_chooses_otherwise_asks_the_other_branch_again(person, known, head, other_head):
    pair = pair_of(known, person("刘敏", branch="second", phone="13900000001"))
    duplicates.confirm(pair.pk, by=head, keep={"phone": "winner"})
    again = duplicates.confirm(pair.pk, by=other_head, keep={"phone": "loser"})
    assert (again.state, again.keep) == (State.CONFIRMED, {"phone": "loser"})
    assert [row.by for row in again.confirmations.all()] == [other_head]
    merged = duplicates.confirm(pair.pk, by=head, keep={"phone": "loser"})
    assert merged.state == State.MERGED
    assert fresh(known).phone == "13900000001"


def test_a_line_that_is_none_is_refused(known, slip, head):
    pair = pair_of(known, slip)
    for keep in ({"customer_no": "loser"}, {"name": "x"}):
        with pytest.raises(Refused, match="each line"):
            duplicates.confirm(pair.pk, by=head, keep=keep)


def test_a_dismissed_pair_needs_a_reason_and_can_be_looked_at_again(known, slip, head):
    pair = pair_of(known, slip)
    with pytest.raises(Refused, match="why"):
        duplicates.dismiss(pair.pk, by=head, note=" ")
    duplicates.dismiss(pair.pk, by=head, note="母女")
    with pytest.raises(Conflict):
        duplicates.confirm(pair.pk, by=head, keep={})
    assert duplicates.reopen(pair.pk, by=head).state == State.OPEN


def test_relatives_and_introducers_are_two_persons(person, known, head):
    son = person("刘小敏")
    FamilyMember.objects.create(client=known, relation="child", person=son)
    with pytest.raises(Refused, match="two persons"):
        duplicates.confirm(pair_of(known, son).pk, by=head, keep={})
    friend = person("刘敏", introducer=known)
    with pytest.raises(Refused, match="two persons"):
        duplicates.confirm(pair_of(known, friend).pk, by=head, keep={})


def test_in_custody_nothing_is_merged(known, slip, head, monkeypatch):
    def sealed(_branch):
        raise Refused("sealed")

    monkeypatch.setattr(merges.custody, "require_unsealed", sealed)
    with pytest.raises(Refused, match="sealed"):
        duplicates.confirm(pair_of(known, slip).pk, by=head, keep={})


# --- merged ---


def merge(one, other, by, **keep):
    return duplicates.confirm(pair_of(one, other).pk, by=by, keep=keep)


def test_the_slip_its_timeline_and_its_work_move(known, slip, head, lobby):
    before = TimelineEntry.objects.filter(client=slip).count()
    merge(known, slip, head)
    assert Referral.objects.get().client == known
    kinds = list(TimelineEntry.objects.filter(client=known).values_list("kind", flat=True))
    assert len(kinds) == before + 1
    assert "merged" in kinds
    assert not TimelineEntry.objects.filter(client=slip).exists()


def test_a_slip_of_a_locked_day_moves_and_the_pass_is_on_record(known, slip, head):
    from rmflow.workdays.models import FreezePass

    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE workdays_branchday SET ended_at = opened_at, closed_at = now(), closed_by_id = %s",
            [head.pk],
        )
    merge(known, slip, head)
    assert Referral.objects.get().client == known
    assert FreezePass.objects.filter(name="merge", table="referrals_referral").exists()


def test_what_was_unknown_is_filled_what_was_known_stays(person, head, wealth, colleague):
    one = person("刘敏", customer_no="C1", phone="", owner=wealth, occupation="教师", type="ordinary")
    two = person(
        "刘敏", phone=PHONE, owner=colleague, occupation="医生", type="existing_premium", level="core",
        birth_date=datetime.date(1980, 5, 1), do_not_contact=True, tier="T3",
    )  # fmt: skip
    merge(one, two, head)
    kept, gone = fresh(one), fresh(two)
    assert (kept.phone, kept.occupation, kept.birth_date) == (PHONE, "教师", datetime.date(1980, 5, 1))
    assert (kept.type, kept.level, kept.tier, kept.do_not_contact) == ("existing_premium", "core", "T3", True)
    assert (kept.owner, kept.backup) == (wealth, colleague)
    assert (gone.name, gone.phone, gone.phone_hash, gone.owner, gone.customer_no) == ("", "", "", None, None)
    assert Client.objects.with_phone(PHONE).get() == kept


def test_what_is_left_of_a_merge_is_not_anonymised_as_somebody_who_never_came(known, slip, head, branches):
    from clients.actions.retention import never_clients

    merge(known, slip, head)
    late = clock.today() + datetime.timedelta(days=400)
    assert slip.pk not in never_clients(branches["first"].pk, today=late).values_list("pk", flat=True)


def test_the_owner_is_chosen_and_the_other_becomes_the_backup(person, head, wealth, colleague):
    one, two = person("刘敏", customer_no="C1", owner=wealth), person("刘敏", owner=colleague)
    merge(one, two, head, owner="loser")
    assert (fresh(one).owner, fresh(one).backup) == (colleague, wealth)
    assert Notice.objects.filter(recipient=wealth, kind="duplicate").exists()


def test_the_id_number_moves_with_its_hash(person, head):
    one, two = person("刘敏", customer_no="C1"), person("刘敏", id_number="110101199003070011")
    merge(one, two, head)
    assert Client.objects.with_id_number("110101199003070011").get() == one


def test_one_archive_moves_of_two_the_other_stays_a_closed_volume(person, head, wealth):
    one, two = person("刘敏", customer_no="C1", owner=wealth), person("刘敏", owner=wealth)
    for client in (one, two):
        actions.open_archive(client, by=wealth)
    file_no = one.archive.file_no
    merge(one, two, head)
    assert Archive.objects.get(client=one).file_no == file_no
    assert Archive.objects.filter(client=two).count() == 1


def test_profiles_are_chosen_field_by_field_and_a_single_one_moves(person, head):
    one, two, three = person("刘敏", customer_no="C1"), person("刘敏"), person("刘敏")
    Profile.objects.create(client=two, employer="一中", hobbies=["tea"], risk_tolerance="C2",
                           risk_assessed_on=datetime.date(2026, 1, 1))  # fmt: skip
    merge(one, two, head)
    assert Profile.objects.get().client == one
    Profile.objects.create(client=three, employer="二中", job_title="校长", risk_tolerance="C3",
                           risk_assessed_on=datetime.date(2026, 3, 1))  # fmt: skip
    merge(one, three, head, **{"profile.risk_tolerance": "loser"})
    kept = Profile.objects.get(client=one)
    assert (kept.employer, kept.job_title, kept.hobbies) == ("一中", "校长", ["tea"])
    assert (kept.risk_tolerance, kept.risk_assessed_on) == ("C3", datetime.date(2026, 3, 1))


def test_two_of_a_kind_under_a_condition_stay_or_refuse_by_rule(person, head, wealth, notice):
    one, two = person("刘敏", customer_no="C1", owner=wealth), person("刘敏", owner=wealth)
    for client in (one, two):
        Consent.objects.create(client=client, purpose="marketing", version="2026-1", basis="consent")
        ContactWish.objects.create(client=client, channel="phone", wanted=client == one)
        MonthlyBalance.objects.create(client=client, month="2026-01-01", amount=client.pk)
        dates = {"starts_on": "2026-01-01", "expires_on": "2026-06-01"}
        Override.objects.create(client=client, tier="T3", reason="x", asked_by=wealth, **dates)
    MonthlyBalance.objects.create(client=two, month="2026-02-01", amount=7)
    merge(one, two, head)
    assert list(
        MonthlyBalance.objects.filter(client=one).order_by("month").values_list("amount", flat=True)
    ) == [one.pk, 7]
    for model in (Consent, ContactWish, Override, MonthlyBalance):
        assert model.objects.filter(client=two).count() == 1
    assert ContactWish.objects.get(client=one).wanted is False  # who does not want it outweighs


def test_two_open_follow_ups_of_one_manager_are_settled_first(person, head, wealth, branches):
    one, two = person("刘敏", customer_no="C1"), person("刘敏")
    for client in (one, two):
        FollowUp.objects.create(client=client, manager=wealth, branch=branches["first"])
    with pytest.raises(Refused, match="settle one of them first"):
        merge(one, two, head)
    assert fresh(two).merged_into is None
    assert not MergeStep.objects.exists()


def test_lists_and_search_show_the_one_who_stays(known, slip, head, wealth):
    merge(known, slip, head)
    assert [client.pk for client in search(wealth, "刘")] == [known.pk]
    assert [client.pk for client in search(wealth, PHONE)] == [known.pk]
    assert list(Client.objects.visible_to(head)) == [known]
    assert actions.match(name="刘敏", phone=PHONE) == known


def test_a_merge_leaves_its_trace(known, slip, head):
    pair = merge(known, slip, head)
    logged = AccessEvent.objects.filter(kind="change", item_key=f"duplicate:{pair.pk}")
    assert set(logged.values_list("object_id", flat=True)) == {known.pk, slip.pk}
    assert (
        known.history.filter(pgh_context__metadata__merge=pair.pk).exists()
        or slip.history.filter(pgh_context__metadata__merge=pair.pk).exists()
    )


def test_a_merge_killed_half_way_leaves_nothing(known, slip, head, monkeypatch):
    def killed(*_args, **_more):
        raise RuntimeError

    pair = pair_of(known, slip)
    monkeypatch.setattr(merges, "_keep_person", killed)
    with pytest.raises(RuntimeError):
        duplicates.confirm(pair.pk, by=head, keep={})
    assert Referral.objects.get().client == slip
    assert (fresh(pair).state, MergeStep.objects.count()) == (State.OPEN, 0)


# --- taken apart ---

#: What a merge and its undo add on purpose.
TRACES = {
    "clients_duplicate", "clients_duplicateconfirmation", "clients_timelineentry", "privacy_accessevent",
    "notices_notice", "notices_delivery", "workdays_freezepass", "pghistory_context",
}  # fmt: skip


def everything():
    """Every row of every table of ours, in clear, but the traces and the change history."""
    found = {}
    with connection.cursor() as cursor:
        there = connection.introspection.table_names(cursor)
    for model in apps.get_models():
        table = model._meta.db_table
        if table in there and table not in TRACES and not table.endswith("history"):
            columns = [field.attname for field in model._meta.concrete_fields]
            found[table] = list(model._base_manager.order_by("pk").values_list(*columns))
    return found


def test_an_undo_within_the_days_is_exact(person, filed, lobby, head, wealth, colleague, notice):
    one = person("刘敏", customer_no="C1", owner=wealth, occupation="教师", id_number="110101199003070011")
    two = filed(by=lobby, name="刘", phone="13900000001", basis="consent").client
    actions.open_archive(two, by=colleague)
    Profile.objects.create(client=one, employer="一中")
    Profile.objects.create(client=two, employer="二中", job_title="校长")
    for client in (one, two):
        ContactWish.objects.create(client=client, channel="phone", wanted=client == one)
        MonthlyBalance.objects.create(client=client, month="2026-01-01", amount=client.pk)
    MonthlyBalance.objects.create(client=two, month="2026-02-01", amount=7)
    Verdict.objects.create(client=two, type="ordinary", type_before="unjudged", branch=one.branch, by=wealth)
    before, lines = everything(), list(TimelineEntry.objects.order_by("pk").values_list("pk", "client"))
    pair = merge(one, two, head, phone="loser", name="winner", **{"profile.employer": "loser"})
    assert everything() != before
    duplicates.undo(pair.pk, by=head, note="两个人")
    assert everything() == before
    kept = TimelineEntry.objects.exclude(kind__in=["merged", "unmerged"]).order_by("pk")
    assert list(kept.values_list("pk", "client")) == lines
    assert fresh(pair).state == State.UNDONE
    assert not MergeStep.objects.exists()


def test_what_was_added_or_changed_since_stays_with_the_one_who_stayed(known, slip, head, wealth):
    pair = merge(known, slip, head)
    later = TimelineEntry.objects.create(client=known, kind="data")
    Client.objects.filter(pk=known.pk).update(phone_tail="changed-since", occupation="律师")
    duplicates.undo(pair.pk, by=head, note="误并")
    assert fresh(later).client == known
    assert fresh(known).occupation == "律师"
    assert Referral.objects.get().client == slip
    assert fresh(slip).name == "刘"


def test_after_thirty_days_the_job_closes_the_undo_and_erases_the_journal(known, slip, head):
    pair = merge(known, slip, head)
    assert merges.settle(now=clock.now() + datetime.timedelta(days=29, hours=23)) == {
        "gathered": 0,
        "closed": 0,
    }
    assert MergeStep.objects.exists()
    late = clock.now() + datetime.timedelta(days=30, minutes=1)
    assert merges.settle(now=late) == {"gathered": 0, "closed": 1}
    assert merges.settle(now=late) == {"gathered": 0, "closed": 0}
    assert not MergeStep.objects.exists()
    with pytest.raises(Conflict):
        duplicates.undo(pair.pk, by=head, note="太晚")


def test_past_its_time_nothing_is_undone_even_before_the_job_came(known, slip, head):
    pair = merge(known, slip, head)
    Duplicate.objects.filter(pk=pair.pk).update(undo_until=clock.now() - datetime.timedelta(seconds=1))
    with pytest.raises(Refused, match="30 days"):
        duplicates.undo(pair.pk, by=head, note="太晚")


def test_of_two_merges_in_a_row_the_later_is_undone_first(person, known, slip, head):
    first = merge(slip, person("刘敏"), head)
    second = merge(known, slip if fresh(slip).merged_into_id is None else fresh(first).winner, head)
    with pytest.raises(Conflict, match="undo that first"):
        duplicates.undo(first.pk, by=head, note="误并")
    duplicates.undo(second.pk, by=head, note="误并")
    duplicates.undo(first.pk, by=head, note="误并")
    assert not Client.objects.exclude(merged_into=None).exists()


def test_a_row_that_was_under_way_to_the_folded_record_is_gathered(known, slip, head):
    pair = merge(known, slip, head)
    MonthlyBalance.objects.create(client=slip, month="2026-03-01", amount=1)
    assert merges.settle(now=clock.now())["gathered"] == 1
    assert MonthlyBalance.objects.get().client == known
    duplicates.undo(pair.pk, by=head, note="误并")
    assert MonthlyBalance.objects.get().client == slip


def test_a_new_row_for_a_folded_record_goes_to_who_stands(person, known, slip, head):
    merge(known, slip, head)
    entry = TimelineEntry.objects.create(client=slip, kind="data")
    assert fresh(entry).client == known
