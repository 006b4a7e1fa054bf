"""A locked day refuses writes through page, API, admin, task and raw SQL; what may pass is logged (W1-11)."""

import pytest
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, connection, transaction
from django.test import Client as Browser
from django.utils import timezone
from rest_framework.test import APIClient

from referrals import actions
from referrals.actions import closing as slips
from referrals.actions import closing_day as days
from referrals.actions import statements
from referrals.models import Diversion, PatrolRound, Referral, Statement
from rmflow.workdays import freeze
from rmflow.workdays.models import BranchDay, DayConfirmation, DayReopening, FreezePass, OpinionBoxCheck
from rmflow.workflow import Conflict, Refused

from .closing import day_of, locked

pytestmark = pytest.mark.django_db


@pytest.fixture
def branch(branches):
    return branches["first"]


@pytest.fixture
def slip(filed, wealth, lobby, branch):
    """A checked slip of a locked day, with a statement, a diversion and a patrol round."""
    slip = filed()
    statements.state(slip.pk, by=wealth, received=True, met=True)
    actions.divert(by=lobby, destination="self_service")
    actions.tick_patrol(by=lobby)
    locked(day_of(branch), lobby=lobby, managers=[wealth])
    slip.refresh_from_db()
    return slip


def refuses(call):
    """Whether the database itself says no, by the name of its trigger."""
    with pytest.raises(IntegrityError) as caught, transaction.atomic():
        call()
    assert caught.value.__cause__.diag.constraint_name == "day_locked"


def sql(statement, *values):
    with connection.cursor() as cursor:
        cursor.execute(statement, values)


FROZEN = {
    "check_result": "repeat",
    "reception": "left",
    "status": "withdrawn",
    "credit_share": 50,
    "addressed_as": "王女士",
    "note": "改",
    "business": "forex",
    "repeat_reason": "x",
    "place": "1号",
    "referrer_role": "teller",
    "card_given": True,
    "filed_at": timezone.now(),
    "met_at": None,
}


@pytest.mark.parametrize("column", FROZEN)
def test_a_filed_or_checked_column_is_frozen(slip, column):
    refuses(lambda: Referral.objects.filter(pk=slip.pk).update(**{column: FROZEN[column]}))


def test_references_are_frozen_too(slip, colleague, other_lobby, branches, filed):
    other = branches["second"]
    for column, value in (
        ("manager", colleague),
        ("referrer", other_lobby),
        ("sender_branch", other),
        ("branch", other),
        ("home_branch", other),
    ):
        refuses(lambda c=column, v=value: Referral.objects.filter(pk=slip.pk).update(**{c: v}))
    later = filed(name="王")  # belongs to the next day
    refuses(lambda: Referral.objects.filter(pk=later.pk).update(day=slip.day))
    refuses(lambda: Referral.objects.filter(pk=later.pk).update(carried_on=slip.day))
    refuses(lambda: Referral.objects.filter(pk=later.pk).update(check_result="matched", counted_on=slip.day))
    refuses(lambda: Referral.objects.filter(pk=slip.pk).update(counted_on=None, check_result="unchecked"))
    refuses(lambda: Referral.objects.filter(pk=slip.pk).update(day=later.day))


def test_what_comes_later_goes_on(slip, wealth):
    """The verdict, the record and the onward guidance live on after the lock."""
    actions.judge(slip.pk, by=wealth, type="existing_potential")
    actions.guide_on(slip.pk, by=wealth, onward="e_channel")
    slip.refresh_from_db()
    assert slip.follow_up_id and slip.onward == "e_channel"


def test_an_ordinary_client_is_diverted_after_the_lock(slip, wealth):
    actions.judge(slip.pk, by=wealth, type="ordinary")
    diverted = Diversion.objects.get(referral=slip)
    assert diverted.day != slip.day


def test_rows_of_the_day_neither_come_nor_go(slip, lobby, wealth):
    day = slip.day
    for call in (
        lambda: Diversion.objects.create(branch=day.branch, day=day, by=lobby, destination="non_cash"),
        lambda: Diversion.objects.filter(day=day).update(undone_at=timezone.now()),
        lambda: Diversion.objects.filter(day=day)._raw_delete("default"),
        lambda: PatrolRound.objects.create(branch=day.branch, day=day, by=lobby),
        lambda: Statement.objects.filter(referral=slip).update(met=False),
        lambda: Statement.objects.create(day=day, manager=wealth, by=wealth, addressed_as="姚女士"),
        lambda: sql("DELETE FROM referrals_statement WHERE referral_id = %s", slip.pk),
        lambda: DayConfirmation.objects.filter(day=day).update(by=lobby),
        lambda: DayConfirmation.objects.filter(day=day).delete(),
        lambda: OpinionBoxCheck.objects.filter(day=day).update(box_found=3),
        lambda: OpinionBoxCheck.objects.create(day=day, by=lobby, at=timezone.now()),
        lambda: DayReopening.objects.create(day=day, by=lobby, at=timezone.now(), reason="x"),
    ):
        refuses(call)


def test_raw_sql_is_refused(slip):
    sql("SET CONSTRAINTS ALL IMMEDIATE")
    for statement in (
        "UPDATE referrals_referral SET note = 'x'",
        "DELETE FROM referrals_referral",
        "UPDATE workdays_branchday SET closed_at = NULL",
        "UPDATE workdays_branchday SET date = date + 1",
        "DELETE FROM workdays_branchday",
        "TRUNCATE referrals_referral CASCADE",
        "TRUNCATE referrals_statement",
        "TRUNCATE workdays_branchday CASCADE",
        "TRUNCATE workdays_dayconfirmation",
        "TRUNCATE referrals_diversion",
    ):
        refuses(lambda s=statement: sql(s))
    copied = Referral.objects.get(pk=slip.pk)
    copied.pk = None
    refuses(copied.save)


def test_the_actions_refuse_before_the_database_does(slip, lobby, wealth, head):
    day = slip.day
    for call in (
        lambda: slips.check(day.pk, slip.pk, by=lobby, result="repeat", note="x"),
        lambda: slips.uncheck(day.pk, slip.pk, by=lobby, note="x"),
        lambda: slips.settle(day.pk, slip.pk, by=lobby, ruling="invalid", note="x"),
        lambda: slips.carry_over(day.pk, slip.pk, by=lobby, note="x"),
        lambda: slips.check_matched(day.pk, by=lobby),
        lambda: statements.state(slip.pk, by=wealth, received=False),
        lambda: days.confirm_side(day.pk, by=wealth, side="manager"),
        lambda: days.look_into_box(day.pk, by=lobby),
        lambda: days.lock(day.pk, by=lobby),
        lambda: actions.withdraw(slip.pk, by=lobby, reason="x"),
    ):
        with pytest.raises((Refused, Conflict)):
            call()


def test_page_and_api_say_it_in_words(slip, lobby, monkeypatch):
    """A door whose code forgot the lock: the trigger's refusal becomes an answer, not an error."""

    def forgetful(pk, *, by, **_said):
        with transaction.atomic():
            Referral.objects.filter(pk=pk).update(note="改动")

    monkeypatch.setattr(actions, "withdraw", forgetful)
    page = Browser()
    page.force_login(lobby)
    answer = page.post(f"/referrals/{slip.pk}/withdraw/", {"note": "x"})
    assert answer.status_code == 422 and "重新打开" in answer.content.decode()
    api = APIClient()
    api.force_authenticate(lobby)
    answer = api.post(f"/api/v1/referrals/{slip.pk}/withdraw/", {"reason": "x"}, format="json")
    assert answer.status_code == 409


def test_the_admin_has_no_door_to_it(slip, admin_user):
    page = Browser()
    page.force_login(admin_user)
    for path in (f"workdays/branchday/{slip.day_id}/change/", f"workdays/branchday/{slip.day_id}/delete/"):
        page.post(f"/admin/{path}", {"date": "2026-01-01", "post": "yes"})
    assert BranchDay.objects.get(pk=slip.day_id).closed_at is not None


@pytest.mark.parametrize("name", freeze.PASSES)
def test_a_named_pass_lets_an_update_through_and_is_logged(slip, name):
    with transaction.atomic(), freeze.passing(name):
        for text in ("甲", "乙"):
            Referral.objects.filter(pk=slip.pk).update(addressed_as=text)
        refuses(lambda: sql("DELETE FROM referrals_statement"))
    line = FreezePass.objects.get()
    assert (line.name, line.table, line.day_id, line.row_id) == (
        name,
        "referrals_referral",
        slip.day_id,
        slip.pk,
    )
    refuses(lambda: Referral.objects.filter(pk=slip.pk).update(addressed_as="丙"))


def test_no_other_name_passes(slip):
    with pytest.raises(ValueError, match="convenience"), freeze.passing("convenience"):
        pass
    with transaction.atomic():
        sql("SELECT set_config('rmflow.day_pass', 'convenience', true)")
        refuses(lambda: Referral.objects.filter(pk=slip.pk).update(note="x"))


def test_reopening_is_logged_and_the_day_takes_corrections(slip, head, lobby, branch):
    with pytest.raises(PermissionDenied):
        days.reopen(slip.day_id, by=lobby, reason="x")
    days.reopen(slip.day_id, by=head, reason="更正")
    assert list(FreezePass.objects.values_list("name", "table")) == [("reopen", "workdays_branchday")]
    slips.uncheck(slip.day_id, slip.pk, by=lobby, note="更正")
    refuses_nothing = Referral.objects.filter(pk=slip.pk).update(note="更正")
    assert refuses_nothing == 1


def test_a_slip_left_over_keeps_what_was_filed_and_stays_open_for_its_check(filed, lobby, wealth, branch):
    slip = filed()
    day = day_of(branch)
    slips.carry_over(day.pk, slip.pk, by=lobby, note="x")
    statements.state(slip.pk, by=wealth, received=False)
    days.look_into_box(day.pk, by=lobby)
    days.confirm_side(day.pk, by=wealth, side="manager")
    days.lock(day.pk, by=lobby)
    refuses(lambda: Referral.objects.filter(pk=slip.pk).update(note="x"))
    assert Referral.objects.filter(pk=slip.pk).update(reception="left") == 1
    assert Statement.objects.filter(referral=slip).update(met=False, note="客户次日再来") == 1
