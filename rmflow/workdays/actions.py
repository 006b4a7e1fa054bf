"""Every write to the calendar and to business days."""

import datetime

import pghistory
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from rmflow.staff.models import Branch
from rmflow.staff.permissions import Permission, require
from rmflow.workflow import Conflict, Refused

from . import clock, current, rules
from .models import BranchDay, CalendarChange, CalendarDay, CalendarYear
from .rules.notice import decode

#: Until this hour yesterday's open day goes on: closing at 00:30 closes yesterday (W1-11).
DAY_TURNS_AT = datetime.time(5)


# The calendar


def import_notice(file, *, year: int, notice_no: str, by, provisional: bool = False) -> CalendarChange | None:
    """Take over a year's notice from CSV; returns what changed, None when the year says just that already.

    `file` is an upload, bytes or text with the columns date, kind (off / work) and label. The file
    replaces the year: it is the whole notice. Days, state and notice number are kept before and
    after in the returned CalendarChange; open deadlines are recomputed by whoever reads it.
    """
    require(by, Permission.MANAGE_REFERENCE)
    content = file.read() if hasattr(file, "read") else file
    text = decode(content) if isinstance(content, bytes) else content
    days = rules.read_notice(text, year)
    state = CalendarYear.State.PROVISIONAL if provisional else CalendarYear.State.OFFICIAL
    return _replace_year(CalendarYear(year=year, state=state, notice_no=notice_no.strip()), days, by)


@transaction.atomic
def _replace_year(row: CalendarYear, days, by) -> CalendarChange | None:
    """Make the year say `row` and `days`, keep before and after, and tell every process."""
    old = CalendarYear.objects.select_for_update().filter(pk=row.pk).first()
    before = {day.date: (day.kind, day.label) for day in CalendarDay.objects.filter(year_id=row.pk)}
    changed = rules.changed_days(before, days)
    if old and not changed and (old.state, old.notice_no) == (row.state, row.notice_no):
        return None
    _check_year(row, old)
    with pghistory.context(user=by.pk, action="import_notice"):
        CalendarYear.objects.bulk_create(
            [row],
            update_conflicts=True,
            unique_fields=["year"],
            update_fields=["state", "notice_no", "updated_at"],
        )
        _write_days(row.pk, changed)
    change = CalendarChange.objects.create(
        year=row.pk,
        by=by,
        state_before=old.state if old else "",
        state_after=row.state,
        notice_before=old.notice_no if old else "",
        notice_after=row.notice_no,
        days=changed,
    )
    transaction.on_commit(current.forget)
    return change


def _check_year(row: CalendarYear, old: CalendarYear | None) -> None:
    if old and old.state == CalendarYear.State.OFFICIAL and row.state != old.state:
        raise Refused(_("An official year does not become provisional again."), field="provisional")
    try:
        row.full_clean(validate_unique=False)
    except ValidationError as error:
        field, messages = next(iter(error.message_dict.items()))
        field = "notice_no" if field == "__all__" else field
        raise Refused(" ".join(messages), field=field) from error


def _write_days(year: int, changed) -> None:
    """Write only the days that differ, so that the history shows just these."""
    gone = [day["date"] for day in changed if not day["after"]]
    CalendarDay.objects.filter(date__in=gone).delete()
    kept = [
        CalendarDay(date=day["date"], year_id=year, kind=day["after"], label=day["label_after"])
        for day in changed
        if day["after"]
    ]
    CalendarDay.objects.bulk_create(
        kept, update_conflicts=True, unique_fields=["date"], update_fields=["kind", "label"]
    )


@transaction.atomic
def settle_change(change: CalendarChange, recomputed: dict[str, int]) -> None:
    """Note what was recomputed after a change of the calendar; a second settling changes nothing."""
    CalendarChange.objects.filter(pk=change.pk, recomputed_at__isnull=True).update(
        recomputed_at=clock.now(), recomputed=recomputed
    )


# Business days


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
    day = BranchDay.objects.open().filter(branch=branch).first()
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
