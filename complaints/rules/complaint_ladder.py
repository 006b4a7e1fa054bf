"""Warnings and escalation of a complaint (W3-11): four steps, who hears of each, recused persons skipped."""

import datetime

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _

from rmflow.staff.permissions import Role
from rmflow.workdays.rules import Calendar, YearMissing

from .complaint_clock import Clock, Hours, due_at, moments


class Step(TextChoices):
    """One rung, in the order of time."""

    HALF = "half", _("50 % of the time used")
    MOST = "most", _("80 % of the time used")
    DAY = "day", _("On the day")
    DUE = "due", _("At the deadline")


ORDER = [Step.HALF, Step.MOST, Step.DAY, Step.DUE]
WARN_SHARES = (0.5, 0.8)

#: Who hears of a step besides the handler; a recused one is left out and the next rung is told instead.
TOLD = {
    Step.HALF: (Role.LOBBY_MANAGER,),
    Step.MOST: (Role.LOBBY_MANAGER, Role.BRANCH_HEAD),
    Step.DAY: (Role.BRANCH_HEAD,),
    Step.DUE: (Role.BRANCH_HEAD, Role.COMPLAINT_OFFICE),
}
#: The ladder itself; REGION_HEAD stands in where a branch head is recused.
RUNGS = (Role.LOBBY_MANAGER, Role.BRANCH_HEAD, Role.REGION_HEAD, Role.COMPLAINT_OFFICE)


def times(
    start: datetime.datetime, clock: Clock, *, calendar: Calendar, hours: Hours, zone
) -> dict[Step, datetime.datetime]:
    """When each step falls; `start` is the true time of receipt, in the bank's time zone."""
    due = due_at(clock.effective_on, hours, zone)
    half, most = moments(start, due, WARN_SHARES, calendar=calendar, hours=hours, pauses=clock.pauses)
    morning = datetime.datetime.combine(_last_working(clock, calendar), hours.opens, tzinfo=zone)
    return {Step.HALF: half, Step.MOST: most, Step.DAY: max(start, morning), Step.DUE: due}


def _last_working(clock, calendar) -> datetime.date:
    """The day itself, or the last working day before it when the law ends on a day off."""
    try:
        day = calendar.on_or_before(clock.effective_on)
    except YearMissing:
        return clock.effective_on
    return max(day, clock.day0)


def rungs(step: str, *, upper: bool) -> tuple[str, ...]:
    """Roles told of `step`; against a head the institution above stands where the branch would."""
    roles = TOLD[Step(step)]
    if not upper:
        return roles
    return tuple(dict.fromkeys(_above(role) for role in roles))


def _above(role):
    return role if role == Role.COMPLAINT_OFFICE else Role.REGION_HEAD


def next_rung(role: str) -> str | None:
    """The rung above `role`, told when everybody on it is recused or missing."""
    place = RUNGS.index(role) + 1
    return RUNGS[place] if place < len(RUNGS) else None
