"""One named manager for each premium client (W3-01): the nightly check and its repair list."""

from django.db import connection, transaction
from django.utils.translation import gettext_noop

from rmflow.notices.actions import notify_each
from rmflow.staff.models import Branch, User
from rmflow.staff.permissions import ROLE_PERMISSIONS, Permission, Role

from .. import archives
from ..models import Client

TELL = gettext_noop("{count} premium clients have no manager of their own; name one for each.")
#: Who may be a premium client's manager.
MANAGING = sorted(role.value for role in Role if Permission.WORK_FOLLOW_UP in ROLE_PERMISSIONS[role])
#: The managers at work in a branch on a day.
AT_WORK = """
    SELECT 1 FROM staff_roleholding h JOIN staff_user u ON u.id = h.user_id
     WHERE h.user_id = c.owner_id AND h.branch_id = c.branch_id AND h.role = ANY(%(roles)s) AND u.is_active
       AND h.valid_from <= %(today)s AND (h.valid_to IS NULL OR h.valid_to >= %(today)s)"""
LOST = f"""
    UPDATE clients_client c SET unmanaged_since = %(today)s
     WHERE c.branch_id = %(branch)s AND c.type = 'existing_premium' AND c.unmanaged_since IS NULL
       AND NOT EXISTS ({AT_WORK})"""
REPAIRED = f"""
    UPDATE clients_client c SET unmanaged_since = NULL
     WHERE c.branch_id = %(branch)s AND c.unmanaged_since IS NOT NULL AND c.owner_id IS NOT NULL
       AND EXISTS ({AT_WORK})"""


def check(*, today):
    """Each branch in a transaction of its own; twice on a day tells nobody twice."""
    did = {"lost": 0, "repaired": 0, "told": 0}
    for branch in Branch.objects.outlets().order_by("pk"):
        for name, count in check_branch(branch, today=today).items():
            did[name] += count
    return did


@transaction.atomic
def check_branch(branch, *, today):
    """Who has lost the manager, who has one again, who has no file yet: a statement each, and the head and
    the supervisor are told."""
    values = {"branch": branch.pk, "today": today, "roles": MANAGING}
    with connection.cursor() as cursor:
        cursor.execute(REPAIRED, values)
        repaired = cursor.rowcount
        cursor.execute(LOST, values)
        lost = cursor.rowcount
    archives.open_missing("WHERE c.branch_id = %(branch)s", values, today=today)
    open_ = Client.objects.filter(branch=branch).unmanaged().count()
    return {"lost": lost, "repaired": repaired, "told": _tell(branch, open_, today) if open_ else 0}


def _tell(branch, count, today):
    people = list(User.objects.holding_at(branch.pk, Role.BRANCH_HEAD, Role.SUPERVISOR))
    messages = [
        (p, f"unmanaged:{branch.pk}:{today}", {"count": count}, "/clients/?whose=unmanaged") for p in people
    ]
    notify_each(messages, "unmanaged", TELL)
    return len(messages)
