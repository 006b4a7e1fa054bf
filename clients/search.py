"""Find anyone in one box (B-16): number, name, last four digits of a phone, pinyin initials.

Everything but a whole phone or ID number stays inside one's scope; those two reach across the bank
for roles that may look a client up. The box is posted, so that no number stands in an address.

Each way of reading the text is one ordered walk along an index that begins with the branch, cut off at
the limit, per branch: a common surname costs no more than a rare one, and a region a walk a branch.
"""

import re

from django.db import connection
from django.db.models import Q

from rmflow.doors.rows import Parts
from rmflow.privacy import blind
from rmflow.privacy.normal import fold
from rmflow.staff.models import Branch, User
from rmflow.staff.permissions import Permission, scope

from .models import Client

ROW = Parts(c=Client, branch=Branch, owner=User)
LONGEST = 60
MOST = 50
TAIL = re.compile(r"^\d{4}$")
LETTERS = re.compile(r"^[a-z' ]+$")

#: reading → (condition, order): the order is that of the index which serves the condition.
WALKS = {
    "number": ("customer_no = %s", "id"),
    "tail": ("phone_tail = %s AND phone_tail <> ''", "id"),
    "name": ("name LIKE %s", "name, id"),
    "initials": ("initials LIKE %s", "initials, pinyin, id"),
    "pinyin": ("pinyin LIKE %s", "pinyin, id"),
}


def find(user, text, *, limit=8):
    """At most `limit` clients `user` may find by `text`: one's own first, then the best reading."""
    text = " ".join(fold(text or "").replace("\x00", "").split())[:LONGEST]
    if not text:
        return []
    whole = blind.whole_numbers(text)
    if whole:
        return _by_whole_number(user, whole, limit)
    return _found(user, readings(text), min(limit, MOST))


def _by_whole_number(user, whole, limit):
    """By blind index: across the bank when the role allows it, else inside the scope."""
    if not user.has(Permission.FIND_CLIENT):
        same = Q()
        for kind, index in whole.items():
            same |= Q(**{f"{kind}_hash": index})
        rows = Client.objects.visible_to(user).filter(same)
        return list(rows.select_related("owner", "branch").order_by("pk")[:limit])
    walks = [_walk(0, 0, f"{kind}_hash = %s AND {kind}_hash <> ''", "id") for kind in whole]
    return _rows(walks, [value for index in whole.values() for value in (index, limit)], limit)


def readings(text):
    """What the text may be, the likeliest first: {walk: value for its condition}."""
    lower = text.lower()
    ways = {"number": text.replace(" ", "").upper()}
    if TAIL.match(text):
        ways["tail"] = blind.tail_index(text)
    if LETTERS.match(lower):
        letters = lower.replace(" ", "").replace("'", "")
        ways["initials"] = ways["pinyin"] = _prefix(letters)
    ways["name"] = _prefix(text)
    return ways


def _prefix(text):
    return re.sub(r"([%_\\])", r"\\\1", text) + "%"


def _found(user, ways, limit):
    """The clients in order, by one statement: a walk for each reading among one's own and in each branch."""
    places = [("owner_id = %s", [user.pk]), ("backup_id = %s", [user.pk])]
    parts, values = [], []
    for rank, (way, value) in enumerate(ways.items()):
        condition, order = WALKS[way]
        for place, whose in places:
            parts.append(_walk(0, rank, f"{place} AND {condition}", order))
            values += [*whose, value, limit]
    branches = _branches(user)
    for rank, (way, value) in enumerate(ways.items() if branches else ()):
        condition, order = WALKS[way]
        if way == "number":  # unique in the bank: one probe instead of one a branch
            parts.append(_walk(1, rank, f"{condition} AND branch_id = ANY(%s)", order))
            values += [value, branches, limit]
            continue
        inside = _walk(1, rank, f"branch_id = reach.branch_id AND {condition}", order)
        parts.append(f"(SELECT w.* FROM unnest(%s) AS reach(branch_id), LATERAL {inside} AS w)")
        values += [branches, value, limit]
    return _rows(parts, values, limit)


def _rows(walks, values, limit):
    with connection.cursor() as cursor:
        cursor.execute(_sql(" UNION ALL ".join(walks)), [*values, limit])
        return [_client(*ROW.read(row)) for row in cursor.fetchall()]


def _sql(walks):
    return (
        f"WITH found AS (SELECT id, min(far) AS far, min(rank) AS rank, min(pinyin) AS pinyin"
        f" FROM ({walks}) AS walks GROUP BY id ORDER BY 2, 3, 4, id LIMIT %s)"
        f" SELECT {ROW.columns} FROM found JOIN clients_client c ON c.id = found.id"
        " JOIN staff_branch branch ON branch.id = c.branch_id"
        " LEFT JOIN staff_user owner ON owner.id = c.owner_id"
        " ORDER BY found.far, found.rank, found.pinyin, found.id"
    )


def _client(client, branch, owner):
    client.branch, client.owner = branch, owner
    return client


def _walk(far, rank, condition, order):
    return (
        f"(SELECT id, pinyin, {far} AS far, {rank} AS rank FROM clients_client"
        f" WHERE {condition} ORDER BY {order} LIMIT %s)"
    )


def _branches(user):
    """Ids of the branches whose clients `user` sees; no query while no subtree is among them."""
    reach = scope(user, Permission.SEE_CLIENTS)
    if reach.everywhere or reach.paths:
        return list(Branch.objects.filter(reach.q("")).values_list("pk", flat=True))
    return sorted(reach.branch_ids)
