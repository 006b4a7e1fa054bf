"""Who a client is, for the head of the page: one statement, so that the page opens at once.

What the tabs show is asked for after it. The scope is that of `Client.objects.visible_to` (held to it by a test).
"""

from rmflow.doors.rows import Parts, Prepared, joined
from rmflow.staff.models import Branch, User
from rmflow.staff.permissions import Permission, scope

from ..models import Archive, Client, Profile

NAMED = (User, "id name")
PARTS = Parts(
    c=(
        Client,
        "id customer_no name salutation type level tier phone owner_id backup_id branch_id erased_at restricted_at"
        " do_not_contact last_contact_at notice_version notice_basis notice_at merged_into_id",
    ),
    branch=Branch,
    owner=NAMED,
    backup=NAMED,
    archive=(Archive, "id client_id file_no branch_id"),
    kept_at=Branch,
    profile=(Profile, "client_id secrecy"),
)
_STATEMENT = Prepared(
    "client_opening",
    "bigint",
    f"""
    SELECT {PARTS.columns},
           ARRAY(SELECT channel::text FROM clients_contactwish WHERE client_id = c.id AND NOT wanted ORDER BY id)
      FROM clients_client c
      JOIN staff_branch branch ON branch.id = c.branch_id
      LEFT JOIN staff_user owner ON owner.id = c.owner_id
      LEFT JOIN staff_user backup ON backup.id = c.backup_id
      LEFT JOIN clients_archive archive ON archive.client_id = c.id
      LEFT JOIN staff_branch kept_at ON kept_at.id = archive.branch_id
      LEFT JOIN clients_profile profile ON profile.client_id = c.id
     WHERE c.id = $1 AND c.merged_into_id IS NULL
    """,
)


def open_for(user, pk):
    """(client, channels the client does not want); Client.DoesNotExist outside the scope of `user`."""
    found = _STATEMENT.rows(pk)
    if not found:
        raise Client.DoesNotExist
    [(client, branch, owner, backup, archive, kept_at, profile)] = PARTS.all(found)
    joined(client, branch=branch, owner=owner, backup=backup, archive=archive, profile=profile)
    if archive is not None:
        joined(archive, branch=kept_at)
    if not (client.is_looked_after_by(user) or scope(user, Permission.SEE_CLIENTS).covers(branch)):
        raise Client.DoesNotExist
    return client, found[0][-1]
