"""Telling people: the bell's rows and the outbox, written in the caller's transaction."""

import json
import re

from django.db import transaction
from django.db.models import Q, prefetch_related_objects
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme

from rmflow.doors.mass import insert_many
from rmflow.doors.tasks import kick
from rmflow.doors.together import put

from . import bell, mail, rules, tasks, webhook, wording
from .models import Delivery, Notice

BATCH = 1000
#: A plain path of our own; anything else is looked at more closely.
INSIDE = re.compile(r"/(?!/)[\w/.?=&%-]*", re.ASCII)


def notify(
    recipients, kind, text, *, key, link="", channels=("bell",), urgent=False, params=None, outside=""
):
    """Tell `recipients` (any number of users) once per `key`; the bell rings after the commit.

    `text` is a `gettext_noop` message with named placeholders filled from `params` (numbers, text,
    dates, times, lazy words). Of a client it may hold the form of address only. `channels` may add
    "email" and "webhook"; they say `outside`, a message of numbers and times, or a general sentence.
    A second call with the same key changes nothing.
    """
    people = {user.pk: user for user in recipients if user}
    notify_each(
        [(user, key, params or {}, link) for user in people.values()],
        kind,
        text,
        channels=channels,
        urgent=urgent,
        outside=outside,
    )


@transaction.atomic(savepoint=False)
def notify_each(messages, kind, text, *, channels=("bell",), urgent=False, outside=""):
    """Tell many people the same kind of thing, each with his own (user, key, params, link).

    The same few statements however many `messages`; otherwise as `notify`.
    """
    messages = sorted((m for m in messages if m[0].is_active), key=lambda m: (m[0].pk, m[1]))
    if not messages:
        return
    now = timezone.now()
    common = {
        "kind": kind,
        "text": str(text),
        "outside_text": str(outside),
        "urgent": urgent,
        "created_at": now,
    }
    keys, people = {m[1] for m in messages}, {m[0].pk: m[0] for m in messages}
    for _user, _key, params, link in messages:
        _check(params, link, outside)
    if len(messages) == 1 and set(channels) == {"bell"}:  # nobody reads it back here
        [(user, key, params, link)] = messages
        put(
            Notice(recipient_id=user.pk, key=key, params=wording.pack(params), link=link, **common),
            new_only=True,
        )
    else:
        _write(messages, common)
    bell.stamp_on_commit(people)
    _post(list(people.values()), keys, set(channels) - {"bell"}, urgent=urgent, now=now)


def _check(params, link, outside):
    """A row of the bell links into the house, and says no names outside."""
    if link and not INSIDE.fullmatch(link) and not _leads_inside(link):
        raise ValueError("A notice links into the house only.")
    wording.check_outside(outside, params)


def _leads_inside(link):
    return link.startswith("/") and url_has_allowed_host_and_scheme(link, None)


def _write(messages, common):
    """The bell's rows; one that is there already stays."""
    users, keys, params, links = zip(*messages, strict=True)
    columns = {
        "recipient_id": [user.pk for user in users],
        "key": list(keys),
        "params": [json.dumps(wording.pack(given)) for given in params],
        "link": list(links),
    }
    insert_many(Notice, {**common, **columns}, ignore_conflicts=True)


def _post(people, keys, channels, *, urgent, now):
    """Put the notices into the outbox for those who can be reached; kick when something is due."""
    if not channels:
        return
    reachable = {pk: found for pk, found in _reachable(people, channels).items() if found}
    if not reachable:
        return
    rows = Notice.objects.filter(key__in=keys, recipient__in=reachable).values_list("pk", "recipient_id")
    at = rules.not_before(now, urgent=urgent)
    made = Delivery.objects.bulk_create(
        [
            Delivery(notice_id=pk, channel=channel, next_try_at=at)
            for pk, recipient_id in rows
            for channel in reachable[recipient_id]
        ],
        batch_size=BATCH,
        ignore_conflicts=True,
    )
    if made and at <= now:
        kick(tasks.deliver)


def _reachable(people, channels):
    """The outside channels by which each of `people` has an address."""
    if rules.Channel.WEBHOOK in channels:
        prefetch_related_objects(people, "home_branch")
    addresses = {rules.Channel.EMAIL: mail.address, rules.Channel.WEBHOOK: webhook.address}
    return {person.pk: [c for c in sorted(channels) if addresses[c](person)] for person in people}


def mark_read(notice_id, *, by):
    """Mark one of one's own notices as read; returns it."""
    notice = Notice.objects.visible_to(by).get(pk=notice_id)
    if Notice.objects.filter(pk=notice.pk).unread().update(read_at=timezone.now()):
        bell.stamp_on_commit([by.pk])
    return notice


def mark_all_read(*, by, up_to):
    """Mark one's own notices up to the newest one seen (`up_to`, an id); how many changed."""
    rows = Notice.objects.visible_to(by).unread().filter(pk__lte=up_to)
    changed = rows.update(read_at=timezone.now())
    if changed:
        bell.stamp_on_commit([by.pk])
    return changed


def forget(keys):
    """Delete the notices whose keys begin with one of `keys`, and what of them waits in the outbox.

    For persons who are made anonymous: a notice may hold their form of address. Returns how many.
    """
    if not keys:
        return 0
    told = Q()
    for key in keys:
        told |= Q(key=key) if not key.endswith(":") else Q(key__startswith=key)
    rows = Notice.objects.filter(told)
    readers = set(rows.values_list("recipient_id", flat=True))
    _count, tables = rows.delete()
    bell.stamp_on_commit(readers)
    return tables.get(Notice._meta.label, 0)
