"""A changed calendar moves open deadlines (B-01, B-10): recomputed set-based, before and after kept.

Every change of the calendar is worked once (`ComplaintRecount`), whichever worker comes first. Nobody is
late by decree: a deadline that stood today or later does not move into the past.
"""

from collections import Counter
from functools import partial

import pghistory
from django.db import connection, transaction
from django.utils.translation import gettext_noop

from rmflow.notices.actions import notify, notify_each
from rmflow.staff.models import BANK_TIME, User
from rmflow.workdays import clock as bank
from rmflow.workdays.models import CalendarChange

from ..models import Complaint, ComplaintEvent, ComplaintRecount, LadderStep, Suspension
from ..rules import complaint_clock as clocks
from ..rules.complaint import COUNTED, Status
from ..rules.complaint_ladder import times
from ..stats.recounts import note
from . import complaint_core as core

AT_ONCE = 2000

MOVED = gettext_noop("The calendar of {year} changed: {moved} of your complaints have another deadline.")
DONE = gettext_noop("The calendar of {year} changed: {moved} complaint deadlines recomputed.")

FACTS = (
    "pk number status handler_id taken_by_id counted_at extended law_days normal_on extended_on law_on due_on "
    "ruling provisional_year"
).split()
_WRITE = f"""
    UPDATE complaints_complaint complaint
       SET normal_on = new.normal_on, extended_on = new.extended_on, law_on = new.law_on, due_on = new.due_on,
           due_at = new.due_at, ruling = new.ruling, provisional_year = new.provisional_year
      FROM unnest(%s::bigint[], %s::date[], %s::date[], %s::date[], %s::date[], %s::timestamptz[],
                  %s::text[], %s::smallint[])
           AS new (id, normal_on, extended_on, law_on, due_on, due_at, ruling, provisional_year)
     WHERE complaint.id = new.id AND complaint.status IN {tuple(map(str, COUNTED))}
"""
_PLANS = """
    UPDATE followups_planitem item SET plan_on = new.due_on, must_by = new.due_on
      FROM unnest(%s::text[], %s::date[]) AS new (source_key, due_on)
     WHERE item.source_key = new.source_key AND item.kind = 'complaint' AND item.state = 'open'
       AND item.plan_on <> new.due_on
       AND NOT EXISTS (SELECT FROM followups_planitem other
                        WHERE (other.source_key, other.kind, other.plan_on)
                            = (item.source_key, item.kind, new.due_on))
"""


def recount(*, calendar, progress=note):
    """Work every change of the calendar that waits; {"changes": n, "moved": m}. `progress` is told of each
    change how many complaints of how many are done."""
    done = {"changes": 0, "moved": 0}
    known = ComplaintRecount.objects.filter(at__isnull=False).values("change_id")
    for pk in list(CalendarChange.objects.exclude(pk__in=known).order_by("pk").values_list("pk", flat=True)):
        row, _new = ComplaintRecount.objects.get_or_create(
            change_id=pk
        )  # stands before the work: who asks sees it
        with transaction.atomic():
            change = CalendarChange.objects.select_for_update(of=("self",)).select_related("by").get(pk=pk)
            if ComplaintRecount.objects.filter(pk=row.pk, at__isnull=False).exists():
                continue  # another worker was first
            with pghistory.context(calendar_change=change.pk):
                checked, moved = recompute(
                    calendar=calendar, by=change.by, progress=partial(progress, change.pk)
                )
            row.moved, row.checked, row.total, row.at = sum(moved.values()), checked, checked, bank.now()
            row.save()
            _tell(change, moved)
        done["changes"] += 1
        done["moved"] += sum(moved.values())
    return done


@transaction.atomic
def recompute(*, calendar, by=None, progress=lambda done, total: None):
    """Recompute every open clock; (how many, a Counter of moved deadlines by person concerned)."""
    rows = list(
        Complaint.objects.filter(status__in=COUNTED)
        .order_by("pk")
        .select_for_update(of=("self",), no_key=True)
        .values_list(*FACTS, named=True)
    )
    stops = {}
    for row in Suspension.objects.filter(complaint__status__in=COUNTED):
        stops.setdefault(row.complaint_id, []).append(clocks.Pause(row.begins_on, row.ends_on))
    moved = Counter()
    progress(0, len(rows))
    for start in range(0, len(rows), AT_ONCE):
        chunk = rows[start : start + AT_ONCE]
        moved += _chunk(chunk, stops, calendar, by)
        progress(min(start + AT_ONCE, len(rows)), len(rows))
    return len(rows), moved


def _chunk(rows, stops, calendar, by):
    today, cache, changed = bank.today(), {}, []
    for row in rows:
        facts = (row.counted_at.astimezone(BANK_TIME).date(), row.extended, row.law_days)
        mine = tuple(stops.get(row.pk, ()))
        clock = cache.get((facts, mine)) or cache.setdefault((facts, mine), _reckon(facts, mine, calendar))
        clock = clocks.held(clock, due_on=row.due_on, today=today)
        due_on = clock.effective_on
        now = (clock.normal_on, clock.extended_on, clock.law_on, due_on, clock.ruling, clock.provisional_year)
        was = (row.normal_on, row.extended_on, row.law_on, row.due_on, row.ruling, row.provisional_year)
        if now != was:
            changed.append((row, clock, due_on))
    if changed:
        _write(changed, calendar, by)
    return Counter(
        row.handler_id or row.taken_by_id for row, _clock, due_on in changed if due_on != row.due_on
    )


def _reckon(facts, stops, calendar):
    day0, extended, law_days = facts
    return clocks.reckon(day0, calendar=calendar, extended=extended, law_days=law_days, pauses=stops)


def _write(changed, calendar, by):
    hours = core.hours()
    columns = [
        (
            row.pk,
            clock.normal_on,
            clock.extended_on,
            clock.law_on,
            due_on,
            clocks.due_at(due_on, hours, BANK_TIME),
            str(clock.ruling),
            clock.provisional_year,
        )
        for row, clock, due_on in changed
    ]
    keys = [f"complaint:{row.pk}" for row, _clock, _due in changed]
    with connection.cursor() as cursor:
        cursor.execute(_WRITE, [list(column) for column in zip(*columns, strict=True)])
        cursor.execute(_PLANS, [keys, [due_on for _row, _clock, due_on in changed]])
    _steps([entry for entry in changed if entry[0].status != Status.SUSPENDED], calendar, hours)
    ComplaintEvent.objects.bulk_create(
        [
            ComplaintEvent(
                complaint_id=row.pk,
                name="recount",
                status_from=row.status,
                status_to=row.status,
                by=by,
                due_from=row.due_on,
                due_to=due_on,
            )
            for row, _clock, due_on in changed
            if due_on != row.due_on
        ],
        batch_size=1000,
    )


def _steps(changed, calendar, hours):
    """The ladder of those that run: what lies ahead is put anew, what has gone out stays."""
    ids = [row.pk for row, _clock, _due in changed]
    LadderStep.objects.filter(complaint__in=ids, fired_at__isnull=True).delete()
    sent = {}
    for pk, step, at in LadderStep.objects.filter(complaint__in=ids).values_list(
        "complaint_id", "step", "fired_at"
    ):
        sent.setdefault(pk, []).append((step, at))
    now, made = bank.now(), []
    for row, clock, _due in changed:
        gone = {step for step, at in sent.get(row.pk, ()) if at >= row.counted_at}
        ahead = times(
            row.counted_at.astimezone(BANK_TIME), clock, calendar=calendar, hours=hours, zone=BANK_TIME
        )
        made += [
            LadderStep(complaint_id=row.pk, step=step, at=at)
            for step, at in ahead.items()
            if at > now or step not in gone
        ]
    LadderStep.objects.bulk_create(made, batch_size=2000, ignore_conflicts=True)


def _tell(change, moved):
    """Whose complaints moved, and whoever changed the calendar."""
    key = f"complaints:calendar:{change.pk}"
    messages = [
        (user, key, {"year": change.year, "moved": moved[user.pk]}, "/complaints/")
        for user in User.objects.active().filter(pk__in=list(moved))
    ]
    notify_each(messages, "calendar", MOVED, channels=("bell", "email"), outside=MOVED)
    params = {"year": change.year, "moved": sum(moved.values())}
    notify([change.by], "calendar", DONE, key=f"{key}:done", params=params)
