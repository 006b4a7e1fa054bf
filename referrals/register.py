"""大堂交接班/脱岗登记: who stood in a branch's lobby, day by day, with the gaps (W1-09, domain-rules §1.9)."""

import datetime
from dataclasses import dataclass, field
from typing import Any

from rmflow.staff.models import BANK_TIME, Branch
from rmflow.staff.permissions import Permission, scope
from rmflow.workdays import current
from rmflow.workdays.rules import short_day, weekday

from .actions.watch import at_time
from .models import CrowdCall, DutyGap, DutyShift, OfflineDiscard
from .rules.duty import gaps, minutes

DAYS = 14  # on one page


@dataclass
class Day:
    """One day of one lobby; `hours` is None when the branch was closed."""

    date: datetime.date
    hours: Any
    shifts: list = field(default_factory=list)
    gaps: list = field(default_factory=list)
    calls: list = field(default_factory=list)
    discards: list = field(default_factory=list)

    @property
    def text(self):
        """10月8日 周四."""
        return f"{short_day(self.date)} {weekday(self.date)}"

    @property
    def gap_minutes(self):
        return sum(gap["minutes"] for gap in self.gaps)


def branches_of(user):
    """Outlets whose register `user` reads."""
    return Branch.objects.outlets().filter(scope(user, Permission.SEE_DUTY).q("")).order_by("path")


def days(user, branch, last, now, count=DAYS):
    """The `count` days of a branch that end with `last`, the newest first: five queries."""
    first = last - datetime.timedelta(days=count - 1)
    begins, ends = (
        at_time(first, datetime.time()),
        at_time(last + datetime.timedelta(days=1), datetime.time()),
    )
    opening = current.opening(branch)
    shifts = list(
        DutyShift.objects.visible_to(user)
        .filter(branch=branch)
        .touching(begins, ends)
        .select_related("person", "handed_to", "offered_to")
        .order_by("began_at")
    )
    told = DutyGap.objects.visible_to(user).filter(branch=branch, began_at__range=(begins, ends))
    told = dict(told.values_list("began_at", "told_at"))
    found = {}
    for back in range(count):
        date = last - datetime.timedelta(days=back)
        found[date] = _day(date, opening.hours(date), shifts, told, now)
    calls = CrowdCall.objects.visible_to(user).filter(branch=branch, at__range=(begins, ends))
    for call in calls.select_related("by", "answered_by").order_by("at"):
        found[call.at.astimezone(BANK_TIME).date()].calls.append(call)
    discards = OfflineDiscard.objects.visible_to(user).filter(branch=branch, at__range=(begins, ends))
    for row in discards.select_related("by").order_by("at"):
        found[row.at.astimezone(BANK_TIME).date()].discards.append(row)
    return list(found.values())


def _day(date, hours, shifts, told, now):
    begins, ends = at_time(date, datetime.time()), at_time(date + datetime.timedelta(days=1), datetime.time())
    here = [s for s in shifts if s.began_at < ends and (s.ended_at is None or s.ended_at > begins)]
    day = Day(date, hours, here)
    if hours is not None:
        opens, closes = at_time(date, hours[0]), at_time(date, hours[1])
        spans = [(s.began_at, s.ended_at) for s in here]
        day.gaps = [_gap(*gap, told) for gap in gaps(spans, opens, closes, now)]
    return day


def _gap(begins, ends, told):
    return {
        "begins": begins,
        "ends": ends,
        "minutes": minutes(begins, ends),
        "told_at": told.get(begins),
    }
