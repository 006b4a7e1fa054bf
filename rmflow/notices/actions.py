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
    people = {m[0].pk: m[0] for m in messages}
    given = {id(m[2]): m[2] for m in messages}  # what several are told alike is looked at once
    _check(given.values(), {m[3] for m in messages}, outside)
    channels = set(channels) - {"bell"}
    if len(messages) == 1 and not channels:  # nobody reads it back here
        [(user, key, params, link)] = messages
        put(
            Notice(recipient_id=user.pk, key=key, params=wording.pack(params), link=link, **common),
            new_only=True,
        )
    else:
        reachable = _reachable(list(people.values()), channels) if channels else {}
        written = _write(messages, given, common, told=bool(reachable))
        if reachable:
            _post(written, reachable, rules.not_before(now, urgent=urgent, kind=kind), now)
    bell.stamp_on_commit(people)


def _check(given, links, outside):
    """A row of the bell links into the house, and says no names outside."""
    for link in links:
        if link and not INSIDE.fullmatch(link) and not _leads_inside(link):
            raise ValueError("A notice links into the house only.")
    for params in given:
        wording.check_outside(outside, params)


def _leads_inside(link):
    return link.startswith("/") and url_has_allowed_host_and_scheme(link, None)


def _write(messages, given, common, *, told):
    """The bell's rows; one that is there already stays. The new ones' (id, recipient), when `told`."""
    packed = {number: json.dumps(wording.pack(one)) for number, one in given.items()}
    columns = {
        "recipient_id": [m[0].pk for m in messages],
        "key": [m[1] for m in messages],
        "params": [packed[id(m[2])] for m in messages],
        "link": [m[3] for m in messages],
    }
    returning = ("id", "recipient_id") if told else ()
    return insert_many(Notice, {**common, **columns}, ignore_conflicts=True, returning=returning)


def _post(written, reachable, at, now):
    """Put new notices into the outbox for those who can be reached; kick when something is due."""
    rows = [(pk, channel) for pk, recipient in written for channel in reachable.get(recipient, ())]
    if not rows:
        return
    notices, channels = map(list, zip(*rows, strict=True))
    insert_many(Delivery, {"notice_id": notices, "channel": channels, "next_try_at": at})
    if at <= now:
        kick(tasks.deliver)


def _reachable(people, channels):
    """The outside channels by which some of `people` have an address: {id: channels}."""
    if rules.Channel.WEBHOOK in channels:
        prefetch_related_objects(people, "home_branch")
    addresses = {rules.Channel.EMAIL: mail.address, rules.Channel.WEBHOOK: webhook.address}
    found = {person.pk: [c for c in sorted(channels) if addresses[c](person)] for person in people}
    return {pk: channels for pk, channels in found.items() if channels}


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
