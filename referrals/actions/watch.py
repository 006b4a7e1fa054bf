"""The minute's look at the lobbies: gaps are told once, forgotten shifts and calls are closed."""

import datetime

from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext_noop

from rmflow.notices.actions import notify
from rmflow.staff.models import BANK_TIME, Branch, User
from rmflow.staff.permissions import Role
from rmflow.workdays import current
from rmflow.workdays.models import OpeningDay, OpeningRule
from rmflow.workdays.rules import Opening

from ..models import DutyGap, DutyRule, DutyShift
from ..rules.duty import GAP_MINUTES
from . import calls, duty

GAP = gettext_noop("Nobody has been on duty in the lobby since {since}.")


def watch(now):
    """Close what was forgotten, tell heads of new gaps; {"ended", "lapsed", "told"}."""
    branches = list(Branch.objects.outlets())
    opens = openings(branches, now.date())
    return {
        "ended": _end_forgotten(now),
        "lapsed": calls.lapse(now),
        "told": sum(_tell(branch, began, now) for branch, began in _new_gaps(branches, opens, now)),
    }


def openings(branches, day):
    """`Opening` of many branches for one day: two queries, whatever their number."""
    calendar = current.calendar()
    rules = {rule.branch_id: rule for rule in OpeningRule.objects.filter(branch__in=branches)}
    differs = {d.branch_id: d for d in OpeningDay.objects.filter(branch__in=branches, date=day)}
    return {branch.pk: _opening(calendar, branch, rules, differs) for branch in branches}


def _opening(calendar, branch, rules, differs):
    rule = rules.get(branch.pk) or OpeningRule(branch=branch)
    other = differs.get(branch.pk)
    return Opening(
        calendar=calendar,
        weekdays=frozenset(rule.weekdays),
        closed_on_holidays=rule.closed_on_holidays,
        open_at=rule.open_at,
        close_at=rule.close_at,
        exceptions={other.date: (other.opens, other.open_at, other.close_at)} if other else {},
    )


def at_time(day, time):
    """`time` of `day` in the bank."""
    return datetime.datetime.combine(day, time, tzinfo=BANK_TIME)


def _new_gaps(branches, opens, now):
    """(branch, since) of each lobby without a name for too long, of which nobody was told yet."""
    today = at_time(now.date(), datetime.time())
    held = set(DutyShift.objects.open().values_list("branch_id", flat=True))
    ended = dict(
        DutyShift.objects.filter(ended_at__gte=today)
        .order_by()
        .values_list("branch_id")
        .annotate(Max("ended_at"))
    )
    patience = dict(DutyRule.objects.values_list("branch_id", "gap_minutes"))
    told = set(DutyGap.objects.filter(began_at__gte=today).values_list("branch_id", "began_at"))
    for branch in branches:
        hours = opens[branch.pk].hours(now.date())
        if hours is None or branch.pk in held or not hours[0] <= now.time() < hours[1]:
            continue
        began = max(at_time(now.date(), hours[0]), ended.get(branch.pk, today))
        late = datetime.timedelta(minutes=patience.get(branch.pk, GAP_MINUTES))
        if now - began >= late and (branch.pk, began) not in told:
            yield branch, began


@transaction.atomic
def _tell(branch, began, now):
    """Tell the head, or where there is none the supervisor; False when another worker has."""
    gap, is_new = DutyGap.objects.get_or_create(branch=branch, began_at=began, defaults={"told_at": now})
    if not is_new:
        return False
    people = User.objects.holding_at(branch.pk, Role.BRANCH_HEAD)
    people = list(people) or list(User.objects.holding_at(branch.pk, Role.SUPERVISOR))
    notify(
        people,
        "gap",
        GAP,
        key=f"duty-gap:{gap.pk}",
        link=f"{duty.REGISTER}?day={began.astimezone(BANK_TIME):%Y-%m-%d}",
        channels=("bell", "email"),
        urgent=True,
        params={"since": began},
        outside=GAP,
    )
    return True


def _end_forgotten(now):
    """Shifts of earlier days end at their closing time; nobody stands in a closed lobby for ever."""
    today = at_time(now.date(), datetime.time())
    forgotten = DutyShift.objects.open().filter(began_at__lt=today).values_list("pk", flat=True)
    return sum(_end(pk) for pk in list(forgotten))


@transaction.atomic
def _end(pk):
    shift = DutyShift.objects.open().select_for_update(of=("self",), skip_locked=True).filter(pk=pk).first()
    if shift is None:
        return False
    day = shift.began_at.astimezone(BANK_TIME).date()
    hours = current.opening(shift.branch).hours(day)
    duty.end_by_itself(shift, at_time(day, hours[1]) if hours else shift.began_at)
    return True
