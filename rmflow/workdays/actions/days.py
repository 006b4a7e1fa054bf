"""Opening business days; holding the open one against its lock."""

import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from rmflow.doors.rows import Parts, Prepared
from rmflow.staff.models import Branch
from rmflow.staff.permissions import Permission, require
from rmflow.workflow import Conflict, Refused

from .. import clock, current, rules
from ..models import BranchDay

#: Until this hour yesterday's open day goes on: closing at 00:30 closes yesterday (W1-11).
DAY_TURNS_AT = datetime.time(5)

#: The open day, held until the transaction ends: who locks it waits for what is being filed, and who
#: files waits for the lock and then finds no open day.
DAY = Parts(day=BranchDay)
HELD = Prepared(
    "held_day",
    "bigint",
    f"SELECT {DAY.columns} FROM workdays_branchday day"
    " WHERE branch_id = $1 AND ended_at IS NULL FOR KEY SHARE",
)


def open_day(branch, *, by, on: datetime.date | None = None) -> BranchDay:
    """Open the business day `on` (default today); the day open until now ends and waits for its close."""
    require(by, Permission.OPEN_DAY, branch)
    moment = clock.now()
    date = on or moment.date()
    if date > moment.date():
        raise Refused(_("A business day cannot be opened ahead."), field="on")
    return _open(branch, date, by=by, moment=moment)


def business_day(branch, *, by=None, now: datetime.datetime | None = None) -> BranchDay:
    """The branch's open business day; opens one when there is none, or when the last is of yesterday.

    Before 05:00 yesterday's open day goes on. When today's is locked already, work that comes later
    belongs to the next opening day.
    """
    moment = now or clock.now()
    return _running(branch, moment) or _open_due(branch, by, moment)


def _running(branch, moment: datetime.datetime) -> BranchDay | None:
    day = next((DAY.read(row)[0] for row in HELD.rows(branch.pk)), None)
    if day and (day.date >= moment.date() or _still_yesterday(day.date, moment)):
        return day
    return None


@transaction.atomic
def _open_due(branch, by, moment: datetime.datetime) -> BranchDay:
    """Open the day that is due, unless another process did so while this one waited for the branch."""
    _lock(branch)
    if day := _running(branch, moment):
        return day
    today = moment.date()
    latest = BranchDay.objects.filter(branch=branch, date__gte=today).first()
    date = today if latest is None else current.opening(branch).next_open(latest.date)
    return _open(branch, date, by=by, moment=moment)


def _lock(branch) -> None:
    Branch.objects.select_for_update(no_key=True).get(pk=branch.pk)


def _still_yesterday(date: datetime.date, moment: datetime.datetime) -> bool:
    return date == moment.date() - datetime.timedelta(days=1) and moment.time() < DAY_TURNS_AT


@transaction.atomic
def _open(branch, date: datetime.date, *, by, moment: datetime.datetime) -> BranchDay:
    """Open `date`, one process at a time; who comes second gets the day the first one opened."""
    _lock(branch)
    latest = BranchDay.objects.filter(branch=branch).first()
    if latest and latest.date == date:
        if latest.is_open:
            return latest
        raise Conflict(_("The day is locked; ask the branch head to reopen it"), code="day_locked")
    if latest and latest.date > date:
        raise Conflict(
            _("Business days open in order; {date} is open already.").format(
                date=rules.short_day(latest.date)
            ),
            code="day_order",
        )
    if latest and latest.is_open:
        latest.ended_at = moment
        latest.save(update_fields=["ended_at"])
    return BranchDay.objects.create(branch=branch, date=date, opened_at=moment, opened_by=by)


def hold(day_id) -> BranchDay:
    """A day by its id, held against its lock until the transaction ends; DoesNotExist (404) otherwise.

    Whoever writes to slips of a day takes this first, then the slips by number.
    """
    rows = BranchDay.objects.raw("SELECT * FROM workdays_branchday WHERE id = %s FOR KEY SHARE", [day_id])
    day = next(iter(rows), None)
    if day is None:
        raise BranchDay.DoesNotExist
    return day
