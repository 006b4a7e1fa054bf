"""How far the recount after a change of the calendar has come (B-01, B-10).

The recount is one transaction: nothing of it is seen before its end. How far it is stands in the cache, where a
worker that is killed leaves it: what has not moved for a minute has stopped, and begins anew with the next run.
"""

import datetime

from django.core.cache import cache

from rmflow.workdays import clock
from rmflow.workdays.models import CalendarChange

from ..models import ComplaintRecount

MOST = 5
STALE = datetime.timedelta(minutes=1)
KEPT = 24 * 3600  # seconds


def _key(change_id):
    return f"recount:{change_id}"


def note(change_id, done, total):
    """Say how far the recount of one change is."""
    cache.set(_key(change_id), {"done": done, "total": total, "at": clock.now()}, KEPT)


def recounts(*, now, most=MOST):
    """The last changes of the calendar with the recount of each: waits, runs, stopped or done. Two queries."""
    changes = list(CalendarChange.objects.select_related("by").order_by("-pk")[:most])
    done = ComplaintRecount.objects.in_bulk([change.pk for change in changes])
    notes = cache.get_many([_key(change.pk) for change in changes if change.pk not in done])
    return [_row(change, done.get(change.pk), notes.get(_key(change.pk)), now) for change in changes]


def _row(change, finished, noted, now):
    row = {"change": change, "done": 0, "total": 0, "moved": 0, "at": None}
    if finished is not None:
        found = {"done": finished.checked, "total": finished.checked, "moved": finished.moved}
        found["total"] = max(found["total"], found["moved"])  # runs of before this count was kept
        return row | found | {"state": "done", "at": finished.at}
    if noted is None:
        return row | {"state": "waits"}
    return row | noted | {"state": "stopped" if now - noted["at"] > STALE else "runs"}
