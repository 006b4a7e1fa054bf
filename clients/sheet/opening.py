"""Who a client is, for the head of the page: one statement, so that the page opens at once.

What the tabs show is asked for after it. The scope is that of `Client.objects.visible_to` (held to it by a test).
"""

from dataclasses import dataclass

from rmflow.doors.rows import Parts, Prepared, joined
from rmflow.privacy.actions import View, not_waiting
from rmflow.staff.models import Branch, User
from rmflow.staff.permissions import Permission, scope
from rmflow.workdays import clock
from rmflow.workdays.actions.custody import Seal, seal_sql

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
#: $1 the client, $2 the moment, $3 who asks, $4 to $6 where one may look, $7 and after: the line in the log.
_STATEMENT = Prepared(
    "client_opening",
    f"bigint, timestamptz, bigint, boolean, bigint[], text[], {View.TYPES}",
    f"""
    WITH opened AS (
        SELECT c.id, seal.* FROM clients_client c JOIN staff_branch branch ON branch.id = c.branch_id
          LEFT JOIN LATERAL ({seal_sql("c.branch_id", "$2")}) seal ON true
         WHERE c.id = $1 AND c.merged_into_id IS NULL
           AND (c.owner_id = $3 OR c.backup_id = $3 OR $4 OR branch.id = ANY($5) OR branch.path LIKE ANY($6))
    ), told AS ({View.sql(7, "$2", "$3", "opened WHERE whole IS NOT TRUE")})
    SELECT {PARTS.columns},
           opened.sealed_at, opened.sealed_until, opened.whole,
           ARRAY(SELECT channel::text FROM clients_contactwish WHERE client_id = c.id AND NOT wanted ORDER BY id),
           (SELECT tier.name FROM clients_tierrule tier JOIN clients_scorecard card ON card.id = tier.scorecard_id
             WHERE card.state = 'published' AND tier.code = c.tier LIMIT 1)
      FROM opened
      JOIN clients_client c ON c.id = opened.id
      JOIN staff_branch branch ON branch.id = c.branch_id
      LEFT JOIN staff_user owner ON owner.id = c.owner_id
      LEFT JOIN staff_user backup ON backup.id = c.backup_id
      LEFT JOIN clients_archive archive ON archive.client_id = c.id
      LEFT JOIN staff_branch kept_at ON kept_at.id = archive.branch_id
      LEFT JOIN clients_profile profile ON profile.client_id = c.id
    """,
)


@dataclass(frozen=True)
class Opening:
    """The client, the branch's seal, the channels the client does not want, the name of the tier."""

    client: Client
    seal: Seal | None
    unwanted: list
    tier_name: str


def open_for(user, pk, *, request=None):
    """What the head needs, and the line in the log that tells of it, unless all is sealed.

    Client.DoesNotExist outside the scope of `user`, and no line then. The line does not wait for the disk: the
    tab is asked for at once, and its line carries this one there.
    """
    reach = scope(user, Permission.SEE_CLIENTS)
    where = (reach.everywhere, sorted(reach.branch_ids), [f"{path}%" for path in reach.paths])
    line = View(user, "clients.client", ["head"], request).values
    found = _STATEMENT.rows(pk, clock.now(), user.pk, *where, *line, before=not_waiting())
    if not found:
        raise Client.DoesNotExist
    [(client, branch, owner, backup, archive, kept_at, profile)] = PARTS.all(found)
    joined(client, branch=branch, owner=owner, backup=backup, archive=archive, profile=profile)
    if archive is not None:
        joined(archive, branch=kept_at)
    since, until, full, unwanted, tier = found[0][-5:]
    return Opening(client, since and Seal(since, until, full), unwanted, tier or client.tier)
