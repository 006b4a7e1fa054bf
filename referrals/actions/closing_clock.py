"""What the clock does about a day nobody has locked: remind, tell the head, seal, release (W1-10, W2-07)."""

import datetime

from django.db import transaction
from django.utils.translation import gettext_noop

from rmflow.notices.actions import notify
from rmflow.staff.models import User
from rmflow.staff.permissions import ROLE_PERMISSIONS, Permission, Role
from rmflow.workdays import clock
from rmflow.workdays.actions import custody
from rmflow.workdays.models import BranchDay

from .. import closing

HEAD_ROLES = tuple(role for role in Role.values if Permission.STAND_IN in ROLE_PERMISSIONS[role])
DAYS_BACK = 7  # older days wait on the closing screen, nobody is called about them any more


def _waiting(now, mark):
    """Unlocked days of the last week of which nobody was told yet."""
    first = now.date() - datetime.timedelta(days=DAYS_BACK)
    days = BranchDay.objects.unlocked().filter(date__range=(first, now.date()), **{mark: None})
    return list(days.values_list("pk", "branch_id", "date").order_by("pk"))


def remind(*, now):
    """At the branch's hour: each person with something open is told once; returns how many people."""
    told = 0
    for pk, branch_id, date in _waiting(now, "reminded_at"):
        if now >= custody.hours(branch_id).reminder(date, clock.SHANGHAI):
            told += _remind(pk, now=now)
    return told


@transaction.atomic
def _remind(day_id, *, now):
    day = _claim(day_id, "reminded_at", now=now)
    if day is None:
        return 0
    found = closing.Closing(day)
    managers = set(found.picture.unsigned())
    lobby = found.lobby_ids if found.matters else frozenset()
    senders = {s.sender_id for s in found.unfiled if s.sender_id and not s.ruling}
    people = {user.pk: user for user in User.objects.active().filter(pk__in=managers | lobby | senders)}
    for keys, text, link in (
        (managers, gettext_noop("Closing time: sign what you received on {day}."), "/closing/mine/"),
        (lobby, gettext_noop("Closing time: {day} is not locked yet."), _link(day)),
        (senders, gettext_noop("Closing time: a slip of yours is missing on {day}."), "/desk/"),
    ):
        notify(
            [people[pk] for pk in keys if pk in people],
            "closing",
            text,
            key=f"day:{day.pk}:closing:{link}",
            link=link,
            params={"day": day.date},
        )
    return len(people)


def escalate(*, now):
    """Half an hour later the head is told which days are open, once; returns how many days."""
    return sum(
        _escalate(pk, now=now)
        for pk, branch_id, date in _waiting(now, "escalated_at")
        if now >= custody.hours(branch_id).escalation(date, clock.SHANGHAI)
    )


@transaction.atomic
def _escalate(day_id, *, now):
    day = _claim(day_id, "escalated_at", now=now)
    if day is None:
        return 0
    matters = closing.Closing(day).matters
    notify(
        User.objects.holding_at(day.branch_id, *HEAD_ROLES),
        "closing",
        gettext_noop("{day} is not locked: {n} matters are open."),
        key=f"day:{day.pk}:escalated",
        link=_link(day),
        urgent=True,
        params={"day": day.date, "n": len(matters)},
    )
    return 1


def _claim(day_id, mark, *, now):
    """The day, marked as told; None when another worker was faster or somebody has locked it meanwhile."""
    days = BranchDay.objects.unlocked().filter(pk=day_id, **{mark: None})
    if not days.update(**{mark: now}):
        return None
    return BranchDay.objects.select_related("branch").get(pk=day_id)


def _link(day):
    return f"/closing/?day={day.date:%Y-%m-%d}"


def keep_custody(*, now):
    """Seal what nobody has locked by its hour, release what is due; returns both numbers."""
    return {
        "sealed": custody.seal_due(now=now, counts_of=closing.custody_counts),
        "released": custody.release_due(now=now),
    }
