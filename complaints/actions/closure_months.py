"""The month's closure records: handed in by the clock, received by the supervisor (W3-06)."""

import datetime

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_noop

from rmflow.notices.actions import notify
from rmflow.staff import permissions
from rmflow.staff.models import Branch, User
from rmflow.staff.permissions import Permission, Role

from ..models import Closure, ClosureMonth
from ..rules.closures import HAND_IN_DAYS
from ..stats import closures as stats

HANDED = gettext_noop("The closure records of {month} are handed in: {cases} cases, {lost} lost.")


def hand_in_due(*, today, calendar):
    """On the first working day of a month and after: last month's set of every branch that has none yet.

    Branch by branch, each in its own transaction: killed, run twice or by two workers, each branch hands in
    one set and its supervisor hears of it once.
    """
    if not calendar.is_working(today):
        return {"handed": 0}
    last = today.replace(day=1) - datetime.timedelta(days=1)
    first = last.replace(day=1)
    handed = set(ClosureMonth.objects.filter(month=first).values_list("branch", flat=True))
    branches = Branch.objects.outlets().exclude(pk__in=handed).order_by("pk")
    due_on = calendar.add(last, HAND_IN_DAYS)
    return {"handed": sum(hand_in(branch, first, last, due_on=due_on) for branch in branches)}


@transaction.atomic
def hand_in(branch, first, last, *, due_on):
    """Make the set of one branch; 1 when it was made now, 0 when it was there."""
    rows = stats.of_month(Closure.objects.filter(branch=branch), first, last)
    content = {"total": stats.total(rows)} | {by: stats.grouped(rows, by) for by in stats.GROUPS}
    facts = {"due_on": due_on, "content": content, "open_cases": content["total"]["unended"]}
    made, created = ClosureMonth.objects.get_or_create(branch=branch, month=first, defaults=facts)
    if created:
        _tell(made, content["total"])
    return int(created)


def _tell(made, total):
    notify(
        User.objects.holding_at(made.branch_id, Role.SUPERVISOR),
        "closure_month",
        HANDED,
        key=f"closure_month:{made.pk}",
        link=f"/closures/analysis/?month={made.month:%Y-%m}&branch={made.branch_id}",
        params={"month": f"{made.month:%Y-%m}", "cases": total["cases"], "lost": total["left"]},
    )


@transaction.atomic
def receive(month_id, *, by):
    """The supervisor's receipt; a second one changes nothing."""
    rows = ClosureMonth.objects.visible_to(by).select_for_update(of=("self",)).select_related("branch")
    made = rows.get(pk=month_id)
    permissions.require(by, Permission.RECEIVE_CLOSURES, made.branch)
    if made.received_at is None:
        made.received_at, made.received_by = timezone.now(), by
        made.save(update_fields=["received_at", "received_by"])
    return made
