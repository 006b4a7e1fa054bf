"""Taking a year's notice over."""

import pghistory
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from rmflow.staff.permissions import Permission, require
from rmflow.workflow import Refused

from .. import clock, current, rules
from ..models import CalendarChange, CalendarDay, CalendarYear
from ..rules.notice import decode


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
