"""A changed calendar moves the days that were counted by it (B-01): first contacts and their last days.

Days that somebody agreed or chose stay; when such a day has become a day off, its owner is told.
"""

import pghistory
from django.db import connection, transaction
from django.db.models import Count
from django.utils.translation import gettext_noop

from rmflow.notices.actions import notify, notify_each
from rmflow.staff.models import User
from rmflow.workdays.actions import settle_change
from rmflow.workdays.models import CalendarChange
from rmflow.workdays.rules import DayKind, YearMissing

from .. import rules
from ..models import PlanItem

MOVED = gettext_noop(
    "The calendar of {year} changed: {moved} of your plans were recomputed, {off} fall on a day off."
)
DONE = gettext_noop("The calendar of {year} changed: {moved} plans recomputed, {off} fall on a day off.")

#: Lock, reckon, write, and leave an event with before and after: one statement whatever the number.
#: A day never moves into the past: it becomes today at the earliest, so nobody is late by decree.
_RECOUNT = """
    WITH counted (counted_from, first_on, last_on) AS (
        SELECT * FROM unnest(%(days)s::date[], %(first)s::date[], %(last)s::date[])
    ), held AS MATERIALIZED (
        SELECT item.id, item.owner_id, item.source_key, item.kind, item.plan_on, item.must_by, item.state,
               CASE WHEN item.day_counted THEN greatest(first_on, least(item.plan_on, %(today)s::date))
                    ELSE item.plan_on END AS new_on,
               greatest(last_on, least(item.must_by, %(today)s::date)) AS new_by
          FROM followups_planitem item JOIN counted USING (counted_from)
         WHERE item.state = 'open' AND item.must_by IS NOT NULL
           FOR NO KEY UPDATE OF item
    ), moved AS (
        UPDATE followups_planitem item SET plan_on = new_on, must_by = greatest(new_on, new_by)
          FROM held
         WHERE item.id = held.id
           AND (new_on, greatest(new_on, new_by)) IS DISTINCT FROM (held.plan_on, held.must_by)
           AND NOT EXISTS (
               SELECT FROM followups_planitem other
                WHERE (other.source_key, other.kind, other.plan_on) = (held.source_key, held.kind, new_on)
                  AND other.id <> held.id)
     RETURNING item.id, item.owner_id, item.plan_on, item.must_by, held.plan_on AS on_from,
               held.must_by AS by_from, item.state
    ), noted AS (
        INSERT INTO followups_planevent (item_id, name, state_from, state_to, on_from, on_to, by_id, at, note)
        SELECT id, 'recount', state, state, on_from, plan_on, %(by)s, now(),
               to_char(by_from, 'YYYY-MM-DD') || ' → ' || to_char(must_by, 'YYYY-MM-DD')
          FROM moved
    )
    SELECT owner_id, count(*) FROM moved GROUP BY owner_id
"""


@transaction.atomic
def recount(*, today, calendar) -> dict[str, int]:
    """Settle every change of the calendar that waits; a second run, or a second worker, finds none.

    `calendar` must be freshly loaded. Returns {"changes", "moved", "off"}.
    """
    done = {"changes": 0, "moved": 0, "off": 0}
    waiting = CalendarChange.objects.filter(recomputed_at__isnull=True)
    for change in (
        waiting.select_related("by").select_for_update(of=("self",), skip_locked=True).order_by("pk")
    ):
        with pghistory.context(calendar_change=change.pk):
            moved = _move(today, calendar, by=change.by_id)
        off = _on_days_off(change, today)
        figures = {"moved": sum(moved.values()), "off": sum(off.values())}
        _tell(change, moved, off, figures)
        settle_change(change, figures)
        done["changes"] += 1
        done = {name: count + figures.get(name, 0) for name, count in done.items()}
    return done


def _move(today, calendar, *, by) -> dict[int, int]:
    """Recount all open items; how many moved, by owner."""
    counted = PlanItem.objects.open().filter(counted_from__isnull=False)
    days, first, last = [], [], []
    for day in counted.values_list("counted_from", flat=True).distinct():
        try:
            reckoned = rules.first_contact_days(filed_on=day, calendar=calendar)
        except YearMissing:
            continue  # what cannot be counted stays as it is
        days.append(day)
        first.append(reckoned[0])
        last.append(reckoned[1])
    with connection.cursor() as cursor:
        cursor.execute(_RECOUNT, {"days": days, "first": first, "last": last, "today": today, "by": by})
        return dict(cursor.fetchall())


def _on_days_off(change, today) -> dict[int, int]:
    """Open plans on days that this change took off, by owner: agreed with a client, so nobody moves them."""
    off = [day["date"] for day in change.days if _became_off(day)]
    rows = PlanItem.objects.open().filter(plan_on__in=off, plan_on__gte=today)
    return dict(rows.order_by().values_list("owner").annotate(Count("pk")))


def _became_off(day) -> bool:
    return day["after"] == DayKind.OFF or (day["before"] == DayKind.WORK and not day["after"])


def _tell(change, moved, off, figures) -> None:
    """Tell the owners what moved and what stands on a day off, and whoever changed the calendar the sum."""
    key = f"calendar:{change.pk}"
    messages = [
        (
            user,
            key,
            {"year": change.year, "moved": moved.get(user.pk, 0), "off": off.get(user.pk, 0)},
            "/today/",
        )
        for user in User.objects.active().filter(pk__in={*moved, *off})
    ]
    notify_each(messages, "calendar", MOVED, channels=("bell", "email"), outside=MOVED)
    notify([change.by], "calendar", DONE, key=f"{key}:done", params={"year": change.year, **figures})
