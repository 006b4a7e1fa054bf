"""Find anyone in one box (B-16): number, name, last four digits of a phone, pinyin initials.

Everything but a whole phone or ID number stays inside one's scope; those two reach across the bank
for roles that may look a client up. The box is posted, so that no number stands in an address.
"""

import re

from django.db.models import Q

from rmflow.privacy import blind
from rmflow.privacy.normal import fold
from rmflow.staff.permissions import Permission, scope

from .models import Client

LONGEST = 60
FEWEST = 1
TAIL = re.compile(r"^\d{4}$")
LETTERS = re.compile(r"^[a-z' ]+$")


def find(user, text, *, limit=8):
    """At most `limit` clients `user` may find by `text`, the best way of reading it first."""
    text = " ".join(fold(text or "").replace("\x00", "").split())[:LONGEST]
    if len(text) < FEWEST:
        return []
    whole = blind.whole_numbers(text)
    if whole:
        return _by_whole_number(user, whole, limit)
    predicate = _reading(text)
    reach = scope(user, Permission.SEE_CLIENTS)
    found = {}
    for rows in (
        Client.objects.filter(Q(owner=user) | Q(backup=user), predicate),
        Client.objects.filter(reach.q("branch"), predicate) if reach else Client.objects.none(),
    ):
        for client in rows.select_related("owner", "branch").order_by("pinyin", "pk")[:limit]:
            found.setdefault(client.pk, client)
    return list(found.values())[:limit]


def _by_whole_number(user, whole, limit):
    """By blind index: across the bank when the role allows it, else inside the scope."""
    match = Q()
    if "phone" in whole:
        match |= Q(phone_hash=whole["phone"])
    if "id" in whole:
        match |= Q(id_hash=whole["id"])
    rows = Client.objects.filter(match)
    if not user.has(Permission.FIND_CLIENT):
        rows = rows.visible_to(user)
    return list(rows.select_related("owner", "branch").order_by("pk")[:limit])


def _reading(text):
    """What the text may be: customer number, tail of a phone, pinyin, or a name."""
    lower = text.lower()
    match = Q(customer_no=text.replace(" ", "").upper())
    if TAIL.match(text):
        match |= Q(phone_tail=blind.tail_index(text))
    if LETTERS.match(lower):
        letters = lower.replace(" ", "").replace("'", "")
        match |= Q(initials__startswith=letters) | Q(pinyin__startswith=letters)
    match |= Q(name__startswith=text)
    return match
