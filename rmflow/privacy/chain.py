"""The access log as chains, one per branch: each link seals the one before it.

link = HMAC-SHA256(key, [version, seq, previous link, every column of the row]). The key is derived
from BLIND_KEY, which is not in the database, so who can write to the tables still cannot forge a
link. Cutting off the end together with its head is what a chain alone cannot show: the nightly
verification writes the heads to the server's log, and `verify_access_log --against` compares them.
"""

import datetime
import hashlib
import hmac
import json
from collections.abc import Iterator
from dataclasses import dataclass

from django.db import connection, transaction

from . import blind
from .models import AccessEvent, ChainHead

VERSION = 1
BATCH = 2000  # rows a transaction

COLUMNS = (
    "id", "at", "user_id", "branch_id", "kind", "object_type", "object_id", "fields", "purpose", "note",
    "item_key", "rows", "ip",
)  # fmt: skip


def link(key: bytes, seq: int, previous: str, row: tuple) -> str:
    """The seal of one row (its values in the order of COLUMNS) at position `seq`."""
    content = json.dumps([VERSION, seq, previous, *map(_plain, row)], separators=(",", ":"))
    return hmac.new(key, content.encode(), hashlib.sha256).hexdigest()


def _plain(value):
    if isinstance(value, datetime.datetime):
        return value.astimezone(datetime.UTC).isoformat(timespec="microseconds")
    return value


def chain_key() -> bytes:
    return blind.derived("access log", blind.key())


def chain_all() -> int:
    """Chain every event that waits, branch by branch; returns how many.

    Each batch is one transaction, so it can stop anywhere; a branch another worker is chaining is
    left to that worker.
    """
    waiting = AccessEvent.objects.unchained().order_by("branch_id").values_list("branch_id", flat=True)
    keys = [branch or 0 for branch in waiting.distinct()]
    ChainHead.objects.bulk_create([ChainHead(key=key) for key in keys], ignore_conflicts=True)
    total = 0
    for key in keys:
        while done := _chain_batch(key):
            total += done
            if done < BATCH:
                break
    return total


@transaction.atomic
def _chain_batch(key: int) -> int:
    head = ChainHead.objects.select_for_update(skip_locked=True).filter(key=key).first()
    if head is None:
        return 0
    waiting = AccessEvent.objects.unchained().filter(branch_id=key or None).order_by("id")
    secret, links = chain_key(), []
    for row in waiting.values_list(*COLUMNS)[:BATCH]:
        seal = link(secret, head.seq + 1, head.hash, row)
        links.append((row[0], head.seq + 1, head.hash, seal))
        head.seq, head.hash = head.seq + 1, seal
    if links:
        _write(links)
        head.save(update_fields=["seq", "hash"])
    return len(links)


def _write(links: list[tuple]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE privacy_accessevent e SET seq = v.seq, prev_hash = v.prev, hash = v.hash"
            " FROM unnest(%s::bigint[], %s::bigint[], %s::text[], %s::text[]) AS v(id, seq, prev, hash)"
            " WHERE e.id = v.id AND e.seq IS NULL",
            [list(column) for column in zip(*links, strict=True)],
        )
        if cursor.rowcount != len(links):
            raise RuntimeError("An event was chained by somebody who did not hold the chain's head.")


@dataclass(frozen=True)
class Break:
    """The first link that does not hold; `event` is 0 when the row itself is gone."""

    key: int
    seq: int
    event: int
    why: str  # changed, follows, missing, cut, headless, differs


@dataclass(frozen=True)
class Result:
    """One branch's chain: links read, its head, and where it breaks (None when it holds)."""

    key: int
    links: int
    head: tuple[int, str]
    broken: Break | None


def verify(branch_ids=None, *, last: int | None = None, known: dict | None = None) -> Iterator[Result]:
    """Check each chain (of `branch_ids`, 0 for events above branches; default all).

    `last` checks only so many links at the end. `known` maps a chain to a (seq, hash) kept elsewhere.
    """
    heads = {head.key: (head.seq, head.hash) for head in ChainHead.objects.all()}
    chained = AccessEvent.objects.filter(seq__isnull=False).order_by("branch_id")
    keys = heads.keys() | {b or 0 for b in chained.values_list("branch_id", flat=True).distinct()}
    keys |= (known or {}).keys()
    for key in sorted(keys):
        if branch_ids is None or key in branch_ids:
            yield _verify_branch(key, heads.get(key, (0, "")), last, (known or {}).get(key))


def _verify_branch(key, head, last, known):
    """One branch: read it from the first link (or the `last` ones) and stop where it breaks."""
    secret = chain_key()
    rows = AccessEvent.objects.filter(branch_id=key or None, seq__isnull=False).order_by("seq")
    start = max(head[0] - last, 0) if last else 0
    seq, previous = start, None if start else ""
    rows = rows.filter(seq__gt=start).values_list("seq", "prev_hash", "hash", *COLUMNS)
    for position, before, seal, *row in rows.iterator(BATCH):
        if position != seq + 1:
            return Result(key, seq - start, head, Break(key, seq + 1, 0, "missing"))
        why = ""
        if previous is not None and before != previous:
            why = "follows"
        elif seal != link(secret, position, before, tuple(row)):
            why = "changed"
        elif position == head[0] and seal != head[1]:
            why = "headless"
        elif known and position == known[0] and seal != known[1]:
            why = "differs"
        if why:
            return Result(key, seq - start, head, Break(key, position, row[0], why))
        seq, previous = position, seal
    end = max(head[0], known[0] if known else 0)
    broken = Break(key, seq + 1, 0, "cut") if seq < end else None
    if not head[0] and seq:
        broken = Break(key, seq, 0, "headless")
    return Result(key, seq - start, head, broken)


def unchained_tail(branch_ids=None) -> tuple[int, datetime.datetime | None]:
    """(events not chained yet, time of the oldest)."""
    waiting = AccessEvent.objects.unchained()
    if branch_ids is not None:
        waiting = waiting.filter(branch_id__in=branch_ids)
    oldest = waiting.order_by("at").values_list("at", flat=True).first()
    return waiting.count(), oldest
