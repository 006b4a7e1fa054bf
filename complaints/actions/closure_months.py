"""The month's closure records: handed in by the clock, received by the supervisor (W3-06)."""

import datetime

from django.db import transaction
from django.db.models import Min
from django.utils import timezone
from django.utils.translation import gettext_noop

from rmflow.notices.actions import notify
from rmflow.staff import permissions
from rmflow.staff.models import Branch, User
from rmflow.staff.permissions import Permission, Role
from rmflow.workdays.rules import YearMissing

from ..models import Closure, ClosureMonth
from ..rules.closures import HAND_IN_DAYS, MAKES_UP
from ..stats import closures as stats

HANDED = gettext_noop("The closure records of {month} are handed in: {cases} cases, {lost} lost.")


def hand_in_due(*, today, calendar):
    """On the first working day of a month and after: last month's set of every branch that has none yet, and
    those of months the clock has missed, the oldest first.

    Branch by branch, each in its own transaction: killed, run twice or by two workers, each branch hands in
    one set a month and its supervisor hears of it once.
    """
    if not calendar.is_working(today):
        return {"handed": 0}
    lasts = [last_of_month(today, back) for back in range(MAKES_UP, 0, -1)]
    there = ClosureMonth.objects.filter(month__gte=lasts[0].replace(day=1))
    handed, since, made = set(there.values_list("branch", "month")), _begun(), 0
    for branch in Branch.objects.outlets().order_by("pk"):
        for last in lasts:
            first = last.replace(day=1)
            missed = since.get(branch.pk, today) <= last or last == lasts[-1]
            if missed and (branch.pk, first) not in handed:
                made += hand_in(branch, first, last, due_on=_due_on(last, today, calendar))
    return {"handed": made}


def last_of_month(day, back):
    """The last day of the month so many months before that of `day`."""
    for _n in range(back):
        day = day.replace(day=1) - datetime.timedelta(days=1)
    return day


def _begun():
    """Since when each branch has cases: {branch: day}."""
    return dict(Closure.objects.order_by().values_list("branch").annotate(day=Min("found_on")))


def _due_on(last, today, calendar):
    """Three working days after the month; a month made up whose year has no calendar any more is due now."""
    try:
        return calendar.add(last, HAND_IN_DAYS)
    except YearMissing:
        return today


@transaction.atomic
def hand_in(branch, first, last, *, due_on):
    """Make the set of one branch; 1 when it was made now, 0 when it was there.

    It takes with it every whole record of the branch that no set has taken yet: also those of earlier months
    whose case ended after their own set.
    """
    rows = stats.of_month(Closure.objects.filter(branch=branch), first, last)
    whole = Closure.objects.filter(branch=branch).to_hand_in(last)
    content = {"total": stats.total(rows)} | {by: stats.grouped(rows, by) for by in stats.GROUPS}
    content["late"] = stats.total(whole.filter(found_on__lt=first))
    facts = {"due_on": due_on, "content": content, "open_cases": content["total"]["unended"]}
    made, created = ClosureMonth.objects.get_or_create(branch=branch, month=first, defaults=facts)
    if created:
        whole.update(handed=made)
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
