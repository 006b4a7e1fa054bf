"""A bank for the bench: 50 branches, 200 wealth managers, 100,000 referrals, written set-based."""

import datetime

from django.contrib.auth.hashers import make_password
from django.db import connection
from django.utils import timezone

from rmflow.staff.models import Branch, RoleHolding, User
from rmflow.staff.permissions import Role

PASSWORD = "Bench-2026-day"
BRANCHES, MANAGERS_EACH = 50, 4
REFERRALS = 100_000
DAYS = 90

SLIPS = """
    INSERT INTO referrals_referral (day_id, branch_id, referrer_id, referrer_role, home_branch_id,
        sender_branch_id, credit_share, client_id, addressed_as, cues, business, needs, assets,
        source_channel, status, reception, check_result, guidance, onward, manager_id, place, card_given,
        agreed_on, agreed_channel, repeat_reason, note, referred_at, filed_at, waiting_since, accepted_at,
        met_at)
    SELECT day.id, day.branch_id, lobby.id, 'lobby_manager', day.branch_id, day.branch_id, 100, client.id,
        '刘女士', '{vip_card}', 'cash', '{}', '', 'lobby', 'referred', 'met', 'unchecked', 'manager', '',
        manager.id, '', false, NULL, '', '', '', at, at, at, at, at
    FROM generate_series(1, %s) AS n
    CROSS JOIN LATERAL (SELECT now() - (n %% %s) * interval '1 day' - (n %% 400) * interval '1 minute' AS at) t
    JOIN (SELECT id, branch_id, row_number() OVER (ORDER BY branch_id, date DESC) - 1 AS nr
        FROM workdays_branchday) day
        ON day.nr = n %% %s
    JOIN staff_user lobby ON lobby.home_branch_id = day.branch_id AND lobby.employee_no LIKE 'L%%'
    JOIN LATERAL (SELECT id FROM staff_user m WHERE m.home_branch_id = day.branch_id
        AND m.employee_no LIKE 'W%%' ORDER BY id OFFSET n %% %s LIMIT 1) manager ON true
    JOIN LATERAL (SELECT id FROM clients_client c WHERE c.branch_id = day.branch_id LIMIT 1) client ON true
"""


def people():
    """Branches and staff: one lobby manager and four wealth managers each."""
    office = Branch.objects.create(code="B0", name="总行", kind=Branch.Kind.HEAD_OFFICE)
    hashed, since = make_password(PASSWORD), datetime.date(2020, 1, 1)
    branches = [
        Branch.objects.create(code=f"B{n:03d}", name=f"第{n}支行", parent=office)
        for n in range(1, BRANCHES + 1)
    ]
    staff, roles = [], []
    for branch in branches:
        numbers = [("L", Role.LOBBY_MANAGER)] + [(f"W{n}", Role.WEALTH_MANAGER) for n in range(MANAGERS_EACH)]
        for prefix, role in numbers:
            user = User(
                employee_no=f"{prefix}{branch.code}",
                name="林晓燕",
                home_branch=branch,
                availability="free",
                must_change_password=False,
            )
            user.password = hashed
            staff.append(user)
            roles.append(role)
    User.objects.bulk_create(staff)
    RoleHolding.objects.bulk_create(
        RoleHolding(user=user, role=role, branch_id=user.home_branch_id, valid_from=since)
        for user, role in zip(staff, roles, strict=True)
    )
    return branches


def days():
    """Ninety business days a branch, the last one open: some twenty slips on each."""
    from rmflow.workdays.models import BranchDay

    now, today = timezone.now(), timezone.localdate()
    BranchDay.objects.bulk_create(
        BranchDay(
            branch=branch,
            date=today - datetime.timedelta(days=back),
            opened_at=now - datetime.timedelta(days=back),
            ended_at=now - datetime.timedelta(days=back, hours=-9) if back else None,
        )
        for branch in Branch.objects.outlets()
        for back in range(DAYS)
    )


def referrals():
    """The slips, in one statement."""
    with connection.cursor() as cursor:
        cursor.execute(SLIPS, [REFERRALS, DAYS, BRANCHES * DAYS, MANAGERS_EACH])
        written = cursor.rowcount
        cursor.execute("ANALYZE")
    return written


def plans(manager, count):
    """`count` open items for today on one manager's list, with clients of his own."""
    from clients.models import Client
    from followups.models import PlanItem

    today = timezone.localdate()
    clients = list(Client.objects.filter(branch_id=manager.home_branch_id)[:count])
    Client.objects.filter(pk__in=[c.pk for c in clients]).update(owner=manager)
    PlanItem.objects.bulk_create(
        PlanItem(
            owner=manager,
            branch_id=manager.home_branch_id,
            client=client,
            kind="follow_up",
            channel="phone",
            purpose="定期到期，约客户到店谈续作方案",
            plan_on=today - datetime.timedelta(days=number % 3),
            at=datetime.time(9 + number % 8, 30),
            source_key=f"bench:{manager.pk}:{number}",
        )
        for number, client in enumerate(clients)
    )
