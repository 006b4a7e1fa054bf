"""入柜、出柜: records are sealed at the close and released in the morning (deck 21, 29, W2-07)."""

import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from rmflow.doors.rows import Prepared
from rmflow.staff.permissions import Permission, require
from rmflow.workflow import Conflict, Refused

from .. import clock, current, rules
from ..models import BranchDay, ClosingRule, CustodyLine
from ..rules.closing import ClosingHours, Seal

WAY = CustodyLine.Way


def hours(branch_id) -> ClosingHours:
    """A branch's hours of closing: its row, or the bank's own. One query."""
    row = ClosingRule.objects.filter(pk=branch_id).first()
    return as_hours(row) if row else ClosingHours()


def as_hours(row: ClosingRule) -> ClosingHours:
    return ClosingHours(row.remind_at, row.escalate_minutes, row.seal_at, row.release_at, row.full_sealing)


# What custody refuses


def seal_sql(branch, now):
    """The seal of `branch` in force at `now` (both SQL), as `BranchDay.objects.in_custody` says: the columns of
    `Seal`, no row without one."""
    return f"""
    SELECT day.sealed_at, day.sealed_until, coalesce(rule.full_sealing, false) AS whole
      FROM workdays_branchday day LEFT JOIN workdays_closingrule rule ON rule.branch_id = day.branch_id
     WHERE day.branch_id = {branch} AND day.sealed_at <= {now} AND day.released_at IS NULL
       AND day.sealed_until > {now}
     ORDER BY day.date DESC LIMIT 1
    """


_SEAL = Prepared("seal", "bigint, timestamptz", seal_sql("$1", "$2"))


def seal_of(branch_id, *, now: datetime.datetime | None = None) -> Seal | None:
    """The branch's seal in force, else None. One query, on an index that holds only sealed days."""
    return next((Seal(*row) for row in _SEAL.rows(branch_id, now or clock.now())), None)


def require_unsealed(branch_id) -> None:
    """Refuse to change records or archives while they are in custody, in either mode."""
    seal = seal_of(branch_id)
    if seal:
        raise Refused(refusal(seal), code="sealed")


def require_readable(branch_id) -> None:
    """Refuse to read or add to sheets under full sealing; the default leaves both open."""
    refuse_full(seal_of(branch_id))


def refuse_full(seal: Seal | None) -> None:
    """`require_readable` for who has read the seal already."""
    if seal and seal.full:
        raise Refused(refusal(seal), code="sealed")


def refusal(seal: Seal) -> str:
    """Why, since when and until when."""
    return _("In custody since {since}; released on {until}.").format(
        since=_moment(seal.since), until=_moment(seal.until)
    )


def _moment(at) -> str:
    at = at.astimezone(clock.SHANGHAI)
    return f"{rules.short_day(at.date())} {at:%H:%M}"


def date_of_work(branch_id) -> datetime.date:
    """The day new contacts count for: today, or after the close the next day the branch opens."""
    today = clock.today()
    seal = seal_of(branch_id)
    if seal is None:
        return today
    return max(today, seal.until.astimezone(clock.SHANGHAI).date())


# The register


def seal(day: BranchDay, *, now, by=None, counts=None, note="") -> bool:
    """Put the branch's records into custody after `day` (locked by the caller); once, and only ahead.

    A day closed late, when the next morning has come, seals nothing any more.
    """
    if day.sealed_at is not None:
        return False
    plan = hours(day.branch_id)
    until = plan.release(_next_open(day), clock.SHANGHAI)
    if until <= now:
        return False
    day.sealed_at, day.sealed_until = now, until
    day.save(update_fields=["sealed_at", "sealed_until"])
    CustodyLine.objects.create(
        branch=day.branch, day=day, way=WAY.IN, at=now, by=by, note=note, **(counts or {})
    )
    return True


def _next_open(day) -> datetime.date:
    """The next opening day; a branch that is shut for good is released the next day all the same."""
    try:
        return current.opening(day.branch).next_open(day.date)
    except rules.NeverOpen:
        return day.date + datetime.timedelta(days=1)


@transaction.atomic
def release(day_id, *, by=None, now=None) -> bool:
    """Take a branch's records out of custody; by the clock at the hour, or by hand before it."""
    day = (
        BranchDay.objects.select_for_update(of=("self",), no_key=True).select_related("branch").get(pk=day_id)
    )
    now = now or clock.now()
    if by is not None:
        require(by, Permission.KEEP_CUSTODY, day.branch)
    if day.sealed_at is None or day.released_at is not None:
        if by is None:
            return False
        raise Conflict(_("Nothing is in custody."), code="released")
    if by is None and day.sealed_until > now:
        return False
    went_in = CustodyLine.objects.filter(day=day, way=WAY.IN).first()
    day.released_at = now
    day.save(update_fields=["released_at"])
    counts = {name: getattr(went_in, name) for name in ("slips", "records", "archives")} if went_in else {}
    CustodyLine.objects.create(branch=day.branch, day=day, way=WAY.OUT, at=now, by=by, **counts)
    return True


def release_due(*, now) -> int:
    """Release every branch whose hour has come; returns how many. A second run finds none."""
    waiting = BranchDay.objects.filter(
        sealed_at__isnull=False, released_at__isnull=True, sealed_until__lte=now
    ).values_list("pk", flat=True)
    return sum(release(pk, now=now) for pk in waiting)


def seal_due(*, now, counts_of) -> int:
    """Seal branches whose day nobody has locked by their hour; `counts_of(day)` counts what goes in."""
    sealed = 0
    for day in BranchDay.objects.open().filter(sealed_at__isnull=True).select_related("branch"):
        if now >= hours(day.branch_id).sealing(day.date, clock.SHANGHAI):
            sealed += _seal_unlocked(day.pk, now=now, counts_of=counts_of)
    return sealed


@transaction.atomic
def _seal_unlocked(day_id, *, now, counts_of) -> bool:
    day = (
        BranchDay.objects.select_for_update(of=("self",), no_key=True).select_related("branch").get(pk=day_id)
    )
    if day.sealed_at is not None or day.ended_at is not None:
        return False
    return seal(day, now=now, counts=counts_of(day), note="auto")
