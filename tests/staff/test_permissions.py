"""The matrix and its reach, without a database where that is possible."""

import pytest

from rmflow.staff.models import Branch, User
from rmflow.staff.permissions import (
    EVERYWHERE_ROLES,
    LOBBY_WORK,
    ROLE_PERMISSIONS,
    SECOND_FACTOR_ROLES,
    Permission,
    Role,
    require,
    scope,
)

ADMINISTRATORS = {Role.ADMIN, Role.SECURITY_ADMIN, Role.AUDITOR}
ABOUT_CLIENTS = {p for p in Permission if "client" in p.value or "referral" in p.value}


def test_every_role_has_its_row_and_every_permission_somebody():
    assert set(ROLE_PERMISSIONS) == set(Role)
    assert set().union(*ROLE_PERMISSIONS.values()) == set(Permission)


@pytest.mark.parametrize("role", sorted(ADMINISTRATORS))
def test_administrators_see_no_client_data(role):
    assert not ROLE_PERMISSIONS[role] & ABOUT_CLIENTS


def test_what_the_administrators_may_is_apart():
    everybodys = frozenset.intersection(*ROLE_PERMISSIONS.values())
    assert everybodys == {Permission.TAKE_COMPLAINT}  # deck 60: whoever a client complains to
    rows = [ROLE_PERMISSIONS[role] - {Permission.SEE_JOBS} - everybodys for role in ADMINISTRATORS]
    assert sum(len(row) for row in rows) == len(set().union(*rows))


def test_lobby_work_holds_no_archive():
    assert not LOBBY_WORK & {Permission.SEE_CLIENTS, Permission.REVEAL_CLIENT, Permission.EDIT_CLIENT}


def test_heads_supervisors_archivists_offices_and_admins_need_a_second_factor():
    assert {
        Role.BRANCH_HEAD,
        Role.REGION_HEAD,
        Role.SUPERVISOR,
        Role.ARCHIVIST,
        Role.COMPLAINT_OFFICE,
        Role.ADMIN,
        Role.SECURITY_ADMIN,
    } <= SECOND_FACTOR_ROLES


REACH = [
    # who, permission, first branch, second branch
    ("lobby", Permission.SEE_REFERRALS, True, False),
    ("head", Permission.SEE_REFERRALS, True, False),
    ("region_head", Permission.SEE_REFERRALS, True, True),
    ("phone_agent", Permission.FILE_REFERRAL, True, True),
    ("teller", Permission.SEE_REFERRALS, False, False),
    ("admin_user", Permission.SEE_CLIENTS, False, False),
]


@pytest.mark.django_db
@pytest.mark.parametrize("row", REACH, ids=lambda row: f"{row[0]} {row[1]}")
def test_a_permission_reaches_the_branches_of_its_role(row, request, branches):
    who, permission, first, second = row
    reach = scope(request.getfixturevalue(who), permission)
    assert (reach.covers(branches["first"]), reach.covers(branches["second"])) == (first, second)
    found = set(Branch.objects.filter(reach.q("")).values_list("code", flat=True))
    assert ("0817" in found, "0818" in found) == (first, second)


@pytest.mark.django_db
def test_a_path_is_no_prefix_of_a_longer_code(hire, branches):
    """Region 0800 must not reach a branch whose code merely begins like it."""
    other = Branch.objects.create(code="08", name="别处", kind=Branch.Kind.REGION, parent=branches["office"])
    chief = hire("100401", "别处长", Role.REGION_HEAD)
    chief.role_holdings.update(branch=other)
    assert not scope(User.objects.get(pk=chief.pk), Permission.SEE_REFERRALS).covers(branches["first"])


@pytest.mark.django_db
def test_require_asks_for_the_branch_too(lobby, branches):
    from django.core.exceptions import PermissionDenied

    require(lobby, Permission.SEE_REFERRALS, branches["first"])
    with pytest.raises(PermissionDenied):
        require(lobby, Permission.SEE_REFERRALS, branches["second"])
    with pytest.raises(PermissionDenied):
        require(lobby, Permission.MANAGE_ROLES)


@pytest.mark.django_db
def test_roles_cost_one_query_however_often_they_are_asked(lobby, django_assert_num_queries):
    user = User.objects.get(pk=lobby.pk)
    with django_assert_num_queries(1):
        for permission in Permission:
            user.has(permission)
            scope(user, permission)


@pytest.mark.django_db
def test_colleagues_are_those_of_the_own_branch(teller, lobby, other_lobby, admin_user):
    seen = User.objects.visible_to(teller)
    assert lobby in seen
    assert other_lobby not in seen
    assert other_lobby in User.objects.visible_to(admin_user)


def test_whoever_is_everywhere_never_sees_the_list_of_clients():
    for role in EVERYWHERE_ROLES:
        assert Permission.SEE_CLIENTS not in ROLE_PERMISSIONS[role]
