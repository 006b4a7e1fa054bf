"""How far the recount after a change of the calendar has come (B-01, B-10).

The recount is one transaction: nothing of it is seen before its end. How far it is stands in its row, written
over a connection of its own, and a worker that is killed leaves it there: what has not moved for a minute has
stopped, and begins anew with the next run.
"""

import datetime

from django.db import DEFAULT_DB_ALIAS, connections

from rmflow.workdays import clock
from rmflow.workdays.models import CalendarChange

from ..models import ComplaintRecount

MOST = 5
STALE = datetime.timedelta(minutes=1)
_NOTE = """
    UPDATE complaints_complaintrecount SET checked = %s, total = %s, noted_at = %s
     WHERE change_id = %s AND at IS NULL
"""


def note(change_id, done, total):
    """Say how far the recount of one change is: once in some thousands of complaints."""
    beside = connections.create_connection(DEFAULT_DB_ALIAS)
    try:
        with beside.cursor() as cursor:
            cursor.execute(_NOTE, [done, total, clock.now(), change_id])
    finally:
        beside.close()


def recounts(*, now, most=MOST):
    """The last changes of the calendar with the recount of each: waits, runs, stopped or done. Two queries."""
    changes = list(CalendarChange.objects.select_related("by").order_by("-pk")[:most])
    rows = ComplaintRecount.objects.in_bulk([change.pk for change in changes])
    return [_row(change, rows.get(change.pk), now) for change in changes]


def _row(change, kept, now):
    row = {"change": change, "done": 0, "total": 0, "moved": 0, "at": None}
    if kept is None or (kept.at is None and kept.noted_at is None):
        return row | {"state": "waits"}
    if kept.at is not None:
        total = max(kept.checked, kept.moved)  # runs of before this count was kept
        return row | {
            "state": "done",
            "done": kept.checked,
            "total": total,
            "moved": kept.moved,
            "at": kept.at,
        }
    stopped = now - kept.noted_at > STALE
    noted = {"done": kept.checked, "total": kept.total, "at": kept.noted_at}
    return row | noted | {"state": "stopped" if stopped else "runs"}
