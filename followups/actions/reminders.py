"""Reminders of the day (spec W2-03, B-20): set-based, once per person and day however often they run."""

import datetime

from django.db import transaction
from django.utils.translation import gettext_noop

from clients.rules import addressed_as
from rmflow.notices.actions import notify_each
from rmflow.notices.models import Notice
from rmflow.staff.models import User

from .. import rules, stats

BRANCHES_AT_ONCE = 50  # a chunk is one transaction
NAMES_SHOWN = 8  # managers named in a supervisor's notice; the page has the rest
HOURS_SHOWN = 6  # agreed hours said in the morning; the page has the rest
SOON = datetime.timedelta(minutes=15)

MORNING = gettext_noop("To contact today: {today}, of these at an agreed hour: {agreed}. Overdue: {overdue}.")
MORNING_HOURS = gettext_noop(
    "To contact today: {today}, of these {agreed} at an agreed hour: {hours}. Overdue: {overdue}."
)
LATE = gettext_noop("Overdue by more than 3 working days: {total} plans. {managers}")
LATE_OUTSIDE = gettext_noop("Overdue by more than 3 working days: {total} plans.")
HOUR = gettext_noop("{time} agreed with {client}")


def remind_morning(*, today, calendar):
    """Tell managers what the day holds and supervisors what is late; {"managers": n, "supervisors": m}.

    On days off nobody is told: the next working morning counts everything.
    """
    told = {"managers": 0, "supervisors": 0}
    if not calendar.is_working(today):
        return told
    homes = stats.homes_with_plans(today)
    for start in range(0, len(homes), BRANCHES_AT_ONCE):
        with transaction.atomic():
            told["managers"] += _tell_managers(homes[start : start + BRANCHES_AT_ONCE], today)
    with transaction.atomic():
        told["supervisors"] = _tell_supervisors(today, rules.overdue_limit(today, calendar))
    return told


def _new(messages):
    """Those of `messages` that were not written by an earlier run: one query."""
    known = set(
        Notice.objects.filter(
            key__in={m[1] for m in messages}, recipient__in={m[0].pk for m in messages}
        ).values_list("recipient_id", "key")
    )
    return [m for m in messages if (m[0].pk, m[1]) not in known]


def _tell_managers(homes, today):
    loads = {row["owner_id"]: row for row in stats.load_of_managers(homes, today)}
    messages = [
        (
            user,
            f"morning:{today}",
            _load(loads[user.pk]),
            "/today/",
        )
        for user in User.objects.active().filter(pk__in=loads)
    ]
    messages = _new(messages)
    for text, some in (
        (MORNING, [m for m in messages if "hours" not in m[2]]),
        (MORNING_HOURS, [m for m in messages if "hours" in m[2]]),
    ):
        notify_each(some, "reminder", text, channels=("bell", "email"), outside=text)
    return len(messages)


def _load(row):
    """A manager's figures, with the hours agreed when there are any."""
    figures = {name: row[name] for name in ("today", "agreed", "overdue")}
    hours = "、".join(f"{at:%H:%M}" for at in row["hours"][:HOURS_SHOWN])
    more = "…" if len(row["hours"]) > HOURS_SHOWN else ""
    return {**figures, "hours": hours + more} if hours else figures


def _tell_supervisors(today, limit):
    late = {}
    for row in stats.long_overdue(limit):
        late.setdefault(row["branch_id"], []).append((row["owner__name"], row["count"]))
    by_supervisor = {}
    for holding in stats.supervisors(late):
        mine = by_supervisor.setdefault(holding.user, [])
        mine.extend(late[holding.branch_id])
    messages = _new(
        [
            (user, f"late:{today}", _late(rows), "/followups/?show=overdue")
            for user, rows in by_supervisor.items()
        ]
    )
    notify_each(messages, "late", LATE, channels=("bell", "email"), outside=LATE_OUTSIDE)
    return len(messages)


def _late(rows):
    """Names of staff with their counts; staff may be named on the bell, never outside."""
    named = " · ".join(f"{name} {count}" for name, count in rows[:NAMES_SHOWN])
    more = " …" if len(rows) > NAMES_SHOWN else ""
    return {"total": sum(count for _name, count in rows), "managers": named + more}


@transaction.atomic
def remind_hour(*, now):
    """Tell the owners of items whose agreed hour is near, once per item and hour; {"items": n}."""
    messages = [
        (
            item.owner,
            f"hour:{item.pk}:{item.plan_on}:{item.at:%H%M}",
            {"time": item.at, "client": addressed_as(item.client.name, item.client.salutation)},
            f"/today/{item.pk}/",
        )
        for item in stats.agreed_soon(now, SOON)
    ]
    messages = _new(messages)
    notify_each(messages, "hour", HOUR)
    return {"items": len(messages)}
