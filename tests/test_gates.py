"""Every action asks for its permission itself, whatever door it is called through.

The person holds nothing but a role that may do none of it, and owns the rows, so that only the
permission stands in the way.
"""

import datetime

import pytest
from django.core.exceptions import ObjectDoesNotExist, PermissionDenied

from clients import actions as clients
from clients.models import Client
from followups import actions as followups
from followups.models import Contact, FollowUp, PlanItem
from rmflow.staff.models import User
from rmflow.staff.permissions import Role
from rmflow.workdays import clock

pytestmark = pytest.mark.django_db


@pytest.fixture
def moved(filed, wealth, notice):
    """A manager with a record, a plan and a client of his own, who is an archivist from today."""
    filed(end="card", phone="13800005678", basis="consent", agreed_on=clock.today())
    Client.objects.update(owner=wealth)
    wealth.role_holdings.update(role=Role.ARCHIVIST)
    return User.objects.get(pk=wealth.pk)


def item():
    return PlanItem.objects.get().pk


def record():
    return FollowUp.objects.get().pk


def person():
    return Client.objects.get()


NEXT = clock.today() + datetime.timedelta(days=1)
CALLS = {
    "record_contact": lambda by: followups.record_contact(item(), by=by, result="met"),
    "add_plan": lambda by: followups.add_plan(by=by, client=None, plan_on=NEXT, purpose="x"),
    "prepare": lambda by: followups.prepare(item(), by=by, expected="x", answer="x"),
    "postpone": lambda by: followups.postpone(item(), by=by, plan_on=NEXT),
    "done": lambda by: followups.done(item(), by=by),
    "drop": lambda by: followups.drop(item(), by=by, note="x"),
    "restore": lambda by: followups.restore(item(), by=by),
    "change_analysis": lambda by: followups.change_analysis(
        record(), by=by, strength="x", character="", needs=""
    ),
    "abandon": lambda by: followups.abandon(record(), by=by, reason="x"),
    "judge": lambda by: followups.judge(person().pk, by=by, type="ordinary"),
    "change_contact": lambda by: clients.change_contact(
        person().pk, by=by, phone="13800005679", basis="consent"
    ),
    "enrol": lambda by: clients.enrol(by=by, name="王五"),
    "assign": lambda by: clients.assign(person().pk, owner=by, by=by),
    "reveal": lambda by: clients.reveal(person().pk, "phone", by=by, purpose="contact"),
}


@pytest.mark.parametrize("name", CALLS)
def test_an_action_refuses_whoever_lost_the_permission(moved, name):
    with pytest.raises(PermissionDenied):
        CALLS[name](moved)


@pytest.mark.parametrize("name", ["judge", "change_contact", "reveal"])
def test_a_client_of_another_branch_is_not_there(moved, other_wealth, name):
    with pytest.raises(ObjectDoesNotExist):
        CALLS[name](other_wealth)


def test_ones_own_rows_are_seen_wherever_one_works_now(moved, branches):
    """The manager of a record, the owner of an item, the maker of a contact: each sees it, role or not."""
    moved.role_holdings.update(branch=branches["second"])
    by = User.objects.get(pk=moved.pk)
    record = FollowUp.objects.get()
    Contact.objects.create(
        client=record.client, record=record, branch=record.branch, by=by, channel="phone", result="met"
    )
    for rows in (FollowUp, PlanItem, Contact, Client):
        assert rows.objects.visible_to(by).count() == 1


@pytest.mark.parametrize("rows", [FollowUp, PlanItem, Contact, Client])
def test_heads_see_the_rows_of_their_branch_and_of_no_other(moved, head, supervisor, region_head, hire, rows):
    record = FollowUp.objects.get()
    Contact.objects.create(
        client=record.client, record=record, branch=record.branch, by=moved, channel="phone", result="met"
    )
    for inspector in (head, supervisor, region_head):
        assert rows.objects.visible_to(inspector).count() == 1
    assert not rows.objects.visible_to(hire("100299", "外人", Role.BRANCH_HEAD, "second")).exists()


def test_the_backup_sees_the_client_too(moved, other_wealth):
    Client.objects.update(owner=None, backup=other_wealth)
    assert Client.objects.visible_to(other_wealth).count() == 1


# --- the questions of stats.py: another branch's rows are asked for, and are not told ---


def test_the_desks_questions_are_answered_within_ones_branch(filed, teller, lobby, other_lobby, notice):
    from referrals import stats

    slip = filed(by=teller)
    card = filed(
        by=teller, end="card", manager_id=None, phone="13800005678", basis="consent", agreed_on=clock.today()
    )
    now, branch = clock.now(), slip.branch_id

    def of_the_day(user, sees_branch=True):
        return set(stats.slips_of_the_day(user, day=slip.day, sees_branch=sees_branch, now=now))

    assert of_the_day(lobby) == of_the_day(teller, sees_branch=False) == {slip, card}
    assert not of_the_day(lobby, sees_branch=False)
    assert not of_the_day(other_lobby)
    assert (stats.waiting(lobby, branch), list(stats.unclaimed(lobby, branch))) == ([slip], [card])
    assert not stats.waiting(other_lobby, branch)
    assert not stats.unclaimed(other_lobby, branch)


def test_records_are_counted_within_ones_branch(moved, head, hire):
    from followups import stats

    assert stats.record_counts(head, clock.today())["live"] == 1
    stranger = hire("100299", "外人", Role.BRANCH_HEAD, "second")
    assert stats.record_counts(stranger, clock.today())["live"] == 0
    assert not stats.records(stranger).exists()


def test_notices_are_read_and_ticked_by_their_reader_only(client, lobby, teller):
    from rmflow.notices import actions as notices
    from rmflow.notices.models import Notice

    notices.notify([teller], "test", "For the teller", key="a")
    notices.notify([lobby], "test", "For the lobby", key="b")
    notices.notify([teller], "test", "Newer, for the teller", key="c")
    client.force_login(lobby)
    assert "For the lobby" in client.get("/notices/poll/").content.decode()
    notices.mark_all_read(by=lobby, up_to=Notice.objects.last().pk)
    assert set(Notice.objects.filter(read_at=None).values_list("recipient", flat=True)) == {teller.pk}


def test_whoever_belongs_nowhere_sees_at_least_himself(teller):
    teller.role_holdings.all().delete()
    User.objects.filter(pk=teller.pk).update(home_branch=None)
    assert list(User.objects.visible_to(User.objects.get(pk=teller.pk))) == [teller]
