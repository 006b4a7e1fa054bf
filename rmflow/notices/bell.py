"""The bell's version in Valkey: what lets a poll be answered without the database.

Key `bell:<user>` holds `<milliseconds, hex>-<random>`, changed after each commit that concerns the
user. A screen asks with the version it shows: equal means nothing new. When Valkey is away the
version is read from the table (`d…`); stamps lost meanwhile are made up by the sweep.
"""

import re
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from importlib import import_module

from django.conf import settings
from django.contrib.auth import SESSION_KEY
from django.core.cache import cache, caches
from django.db import transaction
from django.db.models import Count, Max
from django.utils import timezone

from rmflow.staff import sittings

from . import rules
from .models import Notice

SWEPT = "bell:swept"
#: Longer than any transaction that notifies.
SLACK = timedelta(seconds=120)
COOKIE = re.compile(r"[a-z0-9]{20,64}")


@dataclass(frozen=True)
class Bell:
    """What the top bar shows. `version` is read before `unread`, so it can only be too old."""

    version: str
    unread: int
    poll_seconds: int


def key(user_id) -> str:
    return f"bell:{user_id}"


def _fresh_stamp(now: datetime) -> str:
    return f"{int(now.timestamp() * 1000):x}-{secrets.token_hex(3)}"


def stamp(user_ids) -> None:
    """Give these users' bells a new version; lost while Valkey is away, then the sweep makes up."""
    mark, user_ids = _fresh_stamp(timezone.now()), list(user_ids)
    if len(user_ids) == 1:  # a command instead of a transaction of Valkey's
        cache.set(key(user_ids[0]), mark, timeout=None)
    else:
        cache.set_many({key(user_id): mark for user_id in user_ids}, timeout=None)


def stamp_on_commit(user_ids) -> None:
    transaction.on_commit(partial(stamp, list(user_ids)), robust=True)


def nothing_new(session_key: str, version: str) -> bool:
    """Whether Valkey alone knows that this session lives and its bell still is at `version`."""
    if not version or not COOKIE.fullmatch(session_key or ""):
        return False
    session = _sessions().get(_session_prefix() + session_key) or {}
    user_id = session.get(SESSION_KEY)
    if user_id is None or sittings.over(session):
        return False
    return cache.get(key(user_id)) == version


def _sessions():
    return caches[settings.SESSION_CACHE_ALIAS]


def _session_prefix() -> str:
    return import_module(settings.SESSION_ENGINE).SessionStore.cache_key_prefix


def keys(user_id) -> tuple[str, str]:
    """What `summary` asks Valkey for, for who asks for more in the same trip."""
    return key(user_id), key(user_id) + ":n"


def summary(user, found=None) -> Bell:
    """Version and number of unread notices; without a query when Valkey still knows both.

    `found` is what Valkey answered to `keys`, when it was asked already.
    """
    found = cache.get_many(keys(user.pk)) if found is None else found
    version, unread = _from_cache(user.pk, found) or _from_table(user.pk)
    return Bell(version, unread, rules.poll_seconds(user.roles))


def _from_cache(user_id, found):
    """(version, unread), or None when Valkey is away."""
    _version_key, count_key = keys(user_id)
    version = found.get(key(user_id))
    if version is None:  # first time, Valkey came back empty, or is away
        cache.add(key(user_id), _fresh_stamp(timezone.now()), timeout=None)
        version = cache.get(key(user_id))
        if version is None:
            return None
    counted_at, _slash, unread = found.get(count_key, "").partition("/")
    if counted_at != version:
        unread = _count(user_id)
        cache.set(count_key, f"{version}/{unread}", timeout=86_400)
    return version, int(unread)


def _count(user_id) -> int:
    return Notice.objects.filter(recipient_id=user_id).unread().count()


def _from_table(user_id):
    row = (
        Notice.objects.filter(recipient_id=user_id)
        .unread()
        .aggregate(newest=Max("pk", default=0), unread=Count("pk"))
    )
    return f"d{row['newest']}-{row['unread']}", row["unread"]


def make_up(now: datetime) -> int:
    """Stamp bells whose notice was committed while Valkey was away; how many.

    Looks at the notices since the last sweep; a stamp older than its notice was lost. A missing
    stamp needs nothing: the next poll falls through to the table.
    """
    since = cache.get(SWEPT)
    if since is None:
        cache.set(SWEPT, now.isoformat(), timeout=None)
        return 0
    newest = dict(
        Notice.objects.filter(created_at__gt=datetime.fromisoformat(since) - SLACK)
        .order_by()
        .values_list("recipient_id")
        .annotate(Max("created_at"))
    )
    stamps = cache.get_many([key(user_id) for user_id in newest])
    lost = [
        user_id
        for user_id, created_at in newest.items()
        if (mark := stamps.get(key(user_id))) and _older(mark, created_at)
    ]
    if lost:
        stamp(lost)
    cache.set(SWEPT, now.isoformat(), timeout=None)
    return len(lost)


def _older(mark: str, created_at: datetime) -> bool:
    return int(mark.partition("-")[0], 16) < int(created_at.timestamp() * 1000)
