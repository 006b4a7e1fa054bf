"""Accounts, roles, availability and duty: who may, and what follows."""

import datetime
import threading

import pytest
from django.core.exceptions import PermissionDenied
from django.core.management import CommandError, call_command
from django.db import connection

from rmflow.staff import actions
from rmflow.staff.models import Branch, RoleHolding, User, bank_now, bank_today
from rmflow.staff.permissions import Permission, Role, scope
from rmflow.workflow import Conflict, Refused

pytestmark = pytest.mark.django_db
DAY = datetime.timedelta(days=1)


def fresh(user):
    """The person as the next request loads them."""
    return User.objects.get(pk=user.pk)


# accounts


def test_an_administrator_opens_an_account_without_roles_and_with_an_initial_password(admin_user, branches):
    user, initial = actions.create_user(" 100999 ", "钱进", branches["first"], by=admin_user)
    assert (user.employee_no, user.must_change_password, user.roles) == ("100999", True, set())
    assert user.check_password(initial)


@pytest.mark.parametrize(
    ("number", "name", "field"),
    [("100101", "钱进", "employee_no"), ("", "钱进", "employee_no"), ("100999", "x" * 10_000, "name")],
)
def test_a_wrong_entry_is_refused_beside_its_field(admin_user, teller, number, name, field):
    with pytest.raises(Refused) as refusal:
        actions.create_user(number, name, None, by=admin_user)
    assert list(refusal.value.errors) == [field]


# roles


def test_the_security_administrator_grants_a_role_from_today(security_admin, teller, branches):
    holding = actions.grant_role(teller, Role.LOBBY_MANAGER, branches["first"], by=security_admin)
    assert (holding.valid_from, holding.granted_by) == (bank_today(), security_admin)
    assert teller.roles == fresh(teller).roles == {Role.TELLER, Role.LOBBY_MANAGER}


def test_nobody_grants_or_ends_a_role_of_his_own(security_admin, branches):
    with pytest.raises(Refused):
        actions.grant_role(security_admin, Role.AUDITOR, branches["office"], by=security_admin)
    with pytest.raises(Refused):
        actions.revoke_role(security_admin.holdings[0].pk, by=security_admin)


def test_the_database_itself_refuses_a_role_granted_to_oneself(security_admin, branches):
    from django.db import IntegrityError

    with pytest.raises(IntegrityError, match="holding_not_self_granted"):
        RoleHolding.objects.create(
            user=security_admin, role=Role.TELLER, branch=branches["first"], granted_by=security_admin
        )


@pytest.mark.parametrize("role", [Role.ADMIN, Role.AUDITOR])
def test_the_three_administrators_stay_apart(security_admin, hire, branches, role):
    other = hire("100399", "石岩", Role.SECURITY_ADMIN, "office")
    with pytest.raises(Refused) as refusal:
        actions.grant_role(other, role, branches["office"], by=security_admin)
    assert refusal.value.field == "role"


def test_the_same_role_there_is_not_granted_twice(security_admin, teller, branches):
    with pytest.raises(Refused):
        actions.grant_role(teller, Role.TELLER, branches["first"], by=security_admin)


def test_a_role_cannot_end_before_it_begins(security_admin, teller, branches):
    day = bank_today()
    with pytest.raises(Refused):
        actions.grant_role(
            teller, Role.AUDITOR, branches["first"], by=security_admin, valid_from=day, valid_to=day - DAY
        )


def test_a_role_for_tomorrow_is_not_held_today(security_admin, teller, branches):
    actions.grant_role(
        teller, Role.LOBBY_MANAGER, branches["first"], by=security_admin, valid_from=bank_today() + DAY
    )
    assert fresh(teller).roles == {Role.TELLER}


def test_a_revoked_role_ends_at_once_and_only_once(security_admin, teller):
    pk = teller.holdings[0].pk
    actions.revoke_role(pk, by=security_admin)
    assert fresh(teller).roles == set()
    with pytest.raises(Conflict):
        actions.revoke_role(pk, by=security_admin)


def test_a_role_granted_and_revoked_the_same_day_leaves_history_only(security_admin, teller, branches):
    import pghistory.models

    holding = actions.grant_role(teller, Role.LOBBY_MANAGER, branches["first"], by=security_admin)
    pk = holding.pk
    actions.revoke_role(pk, by=security_admin)
    assert not RoleHolding.objects.filter(pk=pk).exists()
    labels = pghistory.models.Events.objects.filter(pgh_obj_id=str(pk), pgh_model="staff.RoleHoldingEvent")
    assert set(labels.values_list("pgh_label", flat=True)) == {"insert", "delete"}


ADMINISTRATION = [
    # action, admin, security administrator, head, auditor
    ("create", 200, 403, 403, 403),
    ("activate", 200, 403, 403, 403),
    ("send", 200, 403, 403, 403),
    ("grant", 403, 200, 403, 403),
    ("revoke", 403, 200, 403, 403),
    ("reset", 403, 200, 403, 403),
    ("forget", 403, 200, 403, 403),
    ("unlock", 403, 200, 403, 403),
]


@pytest.mark.parametrize("row", ADMINISTRATION, ids=lambda row: row[0])
def test_each_act_of_administration_belongs_to_one_role(
    row, admin_user, security_admin, head, auditor, teller, branches
):
    acts = {
        "create": lambda by: actions.create_user(f"9{by.employee_no}", "新人", None, by=by),
        "activate": lambda by: actions.set_active(teller, True, by=by),
        "send": lambda by: actions.set_on_duty(teller, branches["second"], by=by),
        "grant": lambda by: actions.grant_role(teller, Role.ARCHIVIST, branches["first"], by=by),
        "revoke": lambda by: actions.revoke_role(teller.holdings[0].pk, by=by),
        "reset": lambda by: actions.reset_password(teller, by=by),
        "forget": lambda by: actions.reset_second_factor(teller, by=by),
        "unlock": lambda by: actions.unlock(teller, by=by),
    }
    name, *expected = row
    for by, status in zip([admin_user, security_admin, head, auditor], expected, strict=True):
        if status == 200:
            acts[name](by)
        else:
            with pytest.raises(PermissionDenied):
                acts[name](by)


# availability


def test_availability_says_since_when_and_until_when(wealth):
    before = wealth.availability_since
    back = bank_now() + datetime.timedelta(hours=1)
    user = actions.set_availability("out", by=wealth, back_at=back)
    assert (user.availability, user.back_at) == ("out", back)
    assert user.availability_since > before
    user = actions.set_availability("free", by=wealth, back_at=back)
    assert user.back_at is None


def test_the_same_state_again_keeps_its_time(wealth):
    since = actions.set_availability("busy", by=wealth).availability_since
    assert actions.set_availability("busy", by=wealth).availability_since == since


def test_an_unknown_state_is_refused(wealth):
    with pytest.raises(Refused) as refusal:
        actions.set_availability("asleep", by=wealth)
    assert refusal.value.field == "availability"


# duty


def test_a_day_in_another_outlet_opens_its_lobby_work_and_not_its_archive(lobby, branches):
    actions.set_on_duty(lobby, branches["second"], by=lobby)
    there = fresh(lobby)
    assert there.branch == branches["second"]
    assert scope(there, Permission.SEE_REFERRALS).covers(branches["second"])
    assert not scope(there, Permission.SEE_CLIENTS).covers(branches["second"])


def test_tomorrow_one_is_at_home_again(lobby, branches):
    actions.set_on_duty(lobby, branches["second"], by=lobby)
    User.objects.filter(pk=lobby.pk).update(duty_on=bank_today() - DAY)
    assert fresh(lobby).branch == branches["first"]


def test_choosing_the_own_branch_ends_the_duty_elsewhere(lobby, branches):
    actions.set_on_duty(lobby, branches["second"], by=lobby)
    actions.set_on_duty(lobby, branches["first"], by=lobby)
    assert fresh(lobby).duty_branch is None


def test_one_cannot_send_oneself_beyond_the_own_city(lobby, branches, admin_user):
    far_city = Branch.objects.create(
        code="0820", name="遵义市分行", kind=Branch.Kind.CITY, parent=branches["region"]
    )
    far = Branch.objects.create(code="0821", name="遵义支行", parent=far_city)
    for place in (far, branches["city"]):
        with pytest.raises(Refused):
            actions.set_on_duty(lobby, place, by=lobby)
    actions.set_on_duty(lobby, far, by=admin_user)
    assert fresh(lobby).branch == far


def test_one_without_any_branch_has_nowhere_to_go(hire, branches):
    user = hire("100400", "无所", Role.WEALTH_MANAGER)
    user.home_branch = None
    user.save()
    assert not actions.duty_branches(user).exists()
    assert user.branch is None


# role in use, language


def test_only_a_role_that_is_held_can_be_chosen(teller):
    actions.choose_role(Role.TELLER, by=teller)
    assert fresh(teller).role_in_use == Role.TELLER
    with pytest.raises(PermissionDenied):
        actions.choose_role(Role.BRANCH_HEAD, by=teller)


# races


@pytest.mark.django_db(transaction=True)
def test_two_grants_of_one_role_at_once_make_one_holding(security_admin, teller, branches):
    def grant():
        try:
            actions.grant_role(teller, Role.ARCHIVIST, branches["first"], by=security_admin)
            return "granted"
        except Refused:
            return "refused"

    assert sorted(together(grant, grant)) == ["granted", "refused"]
    assert RoleHolding.objects.filter(role=Role.ARCHIVIST).count() == 1


@pytest.mark.django_db(transaction=True)
def test_two_administrator_roles_granted_at_once_stay_apart(security_admin, teller, branches):
    def grant(role):
        def run():
            try:
                actions.grant_role(teller, role, branches["office"], by=security_admin)
                return "granted"
            except Refused:
                return "refused"

        return run

    assert sorted(together(grant(Role.ADMIN), grant(Role.AUDITOR))) == ["granted", "refused"]


def together(*calls):
    """Run each call in a thread of its own connection, all let go at one barrier."""
    barrier, results = threading.Barrier(len(calls)), []

    def run(call):
        try:
            connection.ensure_connection()
            barrier.wait(20)
            results.append(call())
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=[call]) for call in calls]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    return results


# the way in


def test_the_first_security_administrator_is_made_by_command(capsys):
    call_command("open_account", "100001", name="黄淑芬")
    user = User.objects.get(employee_no="100001")
    assert user.roles == {Role.SECURITY_ADMIN}
    initial = capsys.readouterr().out.split("Initial password: ")[1].strip()
    assert user.check_password(initial)
    with pytest.raises(CommandError):
        call_command("open_account", "100001", name="黄淑芬")
