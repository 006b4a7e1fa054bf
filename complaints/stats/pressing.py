"""What the complaint desk shows before anything else: the running ones nearest their deadline, and how many
requests for an extension wait. One statement, planned once a connection (decision 0042): the page the office
lives on. Its rule is that of `Complaint.objects.visible_to(…)` within a reach; a test holds the two together.
"""

from functools import cache

from rmflow.doors.rows import Parts, Prepared, joined
from rmflow.staff.models import Branch, User

from ..models import Complaint
from ..models.complaint_reach import below
from ..rules.complaint import RUNNING

MOST = 12
PARTS = Parts(
    c=(Complaint, "id number title level name status received_at due_on due_at replied_at over_at"),
    b=(Branch, "id name"),
    h=(User, "id name"),
)
#: As `models.complaint_reach.recused`: named himself, or under a person named.
KEPT_OUT = """EXISTS (SELECT FROM complaints_recusal r WHERE r.complaint_id = {key}
    AND (r.person_id = $1 AND r.below_path = ''
         OR r.below_path = ANY ($2) AND (r.below_roles = '{{}}' OR r.below_roles && $3::varchar[])))"""
RUNS = "({})".format(", ".join(f"'{status}'" for status in RUNNING))
WHERE = {
    "everywhere": "true",
    "somewhere": "(c.branch_id = ANY ($5) OR c.branch_id IN (SELECT id FROM staff_branch WHERE path LIKE ANY ($6)))",
}


@cache
def _statement(where):
    waiting = f"""(SELECT count(*) FROM complaints_extension e
          JOIN complaints_complaint w ON w.id = e.complaint_id AND w.status IN {RUNS}
         WHERE e.decision = 'asked' AND NOT {KEPT_OUT.format(key="e.complaint_id")})"""
    more = "" if where == "everywhere" else ", bigint[], text[]"
    return Prepared(
        f"pressing_{where}",
        f"bigint, text[], text[], boolean{more}",
        f"""SELECT asked.waiting, {PARTS.columns}
              FROM (SELECT CASE WHEN $4 THEN {waiting} ELSE 0 END AS waiting) asked
              LEFT JOIN (SELECT c.* FROM complaints_complaint c
                          WHERE c.status IN {RUNS} AND {WHERE[where]}
                            AND NOT {KEPT_OUT.format(key="c.id")}
                          ORDER BY c.due_at, c.id LIMIT {MOST}) c ON true
              LEFT JOIN staff_branch b ON b.id = c.branch_id
              LEFT JOIN staff_user h ON h.id = c.handler_id
             ORDER BY c.due_at, c.id""",
    )


def pressing(user, reach, *, branch=None, rules=False):
    """(the running complaints in `reach`, or of one branch in it, nearest their deadline; requests that wait)."""
    paths, roles = below(user)
    given = [user.pk, sorted(paths), sorted(roles), rules]
    if branch is not None:
        given += [[branch.pk], []]
    elif not reach.everywhere:
        given += [sorted(reach.branch_ids), [f"{path}%" for path in reach.paths]]
    rows = _statement("everywhere" if len(given) == 4 else "somewhere").rows(*given)
    things = PARTS.all([row[1:] for row in rows])
    lines = [joined(c, branch=b, handler=h) for c, b, h in things if c is not None]
    return lines, rows[0][0]
