"""Find anyone in one box (B-16): number, name, last four digits of a phone, pinyin initials.

Everything but a whole phone or ID number stays inside one's scope; those two reach across the bank
for roles that may look a client up. The box is posted, so that no number stands in an address.

Each way of reading the text is one ordered walk along an index that begins with the branch, cut off at
the limit, per branch: a common surname costs no more than a rare one, and a region a walk a branch.
"""

import re
from functools import cache

from django.db.models import Q

from rmflow.doors.rows import Parts, Prepared, joined
from rmflow.privacy import blind
from rmflow.privacy.actions import Search, not_waiting
from rmflow.privacy.normal import fold
from rmflow.staff.models import Branch, User
from rmflow.staff.permissions import Permission, scope

from .models import Client

WHOLE = Parts(c=Client, branch=Branch, owner=User)
#: What a line of the search box needs; of what is encrypted, the phone only.
BRIEF = Parts(
    c=(Client, "id customer_no name salutation type phone owner_id backup_id branch_id erased_at"),
    branch=(Branch, "id name path"),
    owner=(User, "id name"),
)
OBJECT = "clients.client"  # what the access log says was looked for
LONGEST = 60
MOST = 50
TAIL = re.compile(r"^\d{4}$")
LETTERS = re.compile(r"^[a-z' ]+$")

#: reading → (condition, order): the order is that of the index which serves the condition. A prefix is
#: a range, so that one plan does for every text (names are ordered by code point, collation C).
WALKS = {
    "number": ("customer_no = {value}", "id"),
    "tail": ("phone_tail = {value} AND phone_tail <> ''", "id"),
    "name": ("name >= {value} AND name < {value} || E'\\U0010FFFF'", "name, id"),
    "initials": (
        "initials >= {value} AND initials < {value} || E'\\U0010FFFF'",
        "initials, pinyin, id",
    ),
    "pinyin": ("pinyin >= {value} AND pinyin < {value} || E'\\U0010FFFF'", "pinyin, id"),
}


def find(user, text, *, limit=8, row=WHOLE):
    """At most `limit` clients `user` may find by `text`: one's own first, then the best reading.

    `row` is what is read of each: WHOLE, or BRIEF for a line.
    """
    return _find(user, text, limit, row, None)


def find_on_record(user, text, *, limit=8, row=WHOLE, request=None):
    """`find`, and the line in the access log that tells of it, by the same statement."""
    return _find(user, text, limit, row, Search(user, OBJECT, request))


def _find(user, text, limit, row, record):
    text = " ".join(fold(text or "").replace("\x00", "").split())[:LONGEST]
    whole = blind.whole_numbers(text) if text else {}
    if text and not whole:
        return _found(user, readings(text), min(limit, MOST), row, record)
    if whole and user.has(Permission.FIND_CLIENT):
        return _read(row, record, _across(row, bool(record), *whole), limit, *whole.values())
    rows = _in_scope(user, whole, limit) if whole else []
    if record:
        record.write(len(rows))
    return rows


def _in_scope(user, whole, limit):
    """By a whole number inside the scope, for who may not look one up across the bank."""
    same = Q()
    for kind, index in whole.items():
        same |= Q(**{f"{kind}_hash": index})
    rows = Client.objects.visible_to(user).filter(same)
    return list(rows.select_related("owner", "branch").order_by("pk")[:limit])


@cache
def _across(row, recorded, *kinds):
    """By a whole number across the bank: $1 how many, $2… the indexes of the number."""
    walks = [
        _walk(0, 0, f"{kind}_hash = ${n} AND {kind}_hash <> ''", "id", limit="$1")
        for n, kind in enumerate(kinds, 2)
    ]
    return _prepared("_".join(kinds), ["int", *["text"] * len(kinds)], walks, row, recorded, limit="$1")


def _prepared(name, types, walks, row, recorded, limit="$2"):
    record = ""
    if recorded:
        record = f", record AS ({Search.sql(len(types) + 1)})"
        types = [*types, Search.TYPES]
    name = f"find_{name}_{'whole' if row is WHOLE else 'brief'}{'_told' if recorded else ''}"
    return Prepared(name, ", ".join(types), _sql(walks, row, limit, record))


def _read(row, record, statement, *params):
    lines = (
        statement.rows(*params, *record.values, before=not_waiting()) if record else statement.rows(*params)
    )
    return [joined(client, branch=branch, owner=owner) for client, branch, owner in row.all(lines)]


def readings(text):
    """What the text may be, the likeliest first: {walk: value for its condition}."""
    lower = text.lower()
    ways = {"number": text.replace(" ", "").upper()} if text.isascii() else {}
    if TAIL.match(text):
        ways["tail"] = blind.tail_index(text)
    if LETTERS.match(lower):
        letters = lower.replace(" ", "").replace("'", "")
        ways["initials"] = ways["pinyin"] = letters
    ways["name"] = text
    return ways


def _found(user, ways, limit, row, record):
    branches = _branches(user)
    statement = _statement(row, bool(branches), bool(record), *ways)
    return _read(row, record, statement, user.pk, limit, branches or [], *ways.values())


@cache
def _statement(row, near, recorded, *ways):
    """A walk for each reading among one's own and in each branch, in one statement.

    $1 who asks, $2 how many, $3 the branches, $4… the readings.
    """
    walks = []
    conditions = [(way, WALKS[way][0].format(value=f"${n}"), WALKS[way][1]) for n, way in enumerate(ways, 4)]
    for rank, (_way, condition, order) in enumerate(conditions):
        walks += [_walk(0, rank, f"{mine} = $1 AND {condition}", order) for mine in ("owner_id", "backup_id")]
    for rank, (way, condition, order) in enumerate(conditions if near else ()):
        if way == "number":  # unique in the bank: one probe instead of one a branch
            walks.append(_walk(1, rank, f"{condition} AND branch_id = ANY($3)", order))
            continue
        inside = _walk(1, rank, f"branch_id = reach.branch_id AND {condition}", order)
        walks.append(f"(SELECT w.* FROM unnest($3) AS reach(branch_id), LATERAL {inside} AS w)")
    types = ["bigint", "int", "bigint[]", *["text"] * len(ways)]
    name = f"{'_'.join(ways)}_{'near' if near else 'own'}"
    return _prepared(name, types, walks, row, recorded)


def _sql(walks, row, limit, record):
    return (
        f"WITH found AS (SELECT id, min(far) AS far, min(rank) AS rank, min(pinyin) AS pinyin"
        f" FROM ({' UNION ALL '.join(walks)}) AS walks GROUP BY id ORDER BY 2, 3, 4, id LIMIT {limit}){record}"
        f" SELECT {row.columns} FROM found JOIN clients_client c ON c.id = found.id"
        " JOIN staff_branch branch ON branch.id = c.branch_id"
        " LEFT JOIN staff_user owner ON owner.id = c.owner_id"
        " ORDER BY found.far, found.rank, found.pinyin, found.id"
    )


def _walk(far, rank, condition, order, limit="$2"):
    return (
        f"(SELECT id, pinyin, {far} AS far, {rank} AS rank FROM clients_client"
        f" WHERE {condition} ORDER BY {order} LIMIT {limit})"
    )


def _branches(user):
    """Ids of the branches whose clients `user` sees; no query while no subtree is among them."""
    reach = scope(user, Permission.SEE_CLIENTS)
    if reach.everywhere or reach.paths:
        return list(Branch.objects.filter(reach.q("")).values_list("pk", flat=True))
    return sorted(reach.branch_ids)
