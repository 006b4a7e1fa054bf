"""Rows of complaints as lists show them: worked out here, equal rows drawn once."""

from functools import lru_cache

from django.template.loader import render_to_string
from django.utils.translation import get_language

from rmflow.workdays import clock
from rmflow.workdays.current import calendar
from rmflow.workdays.rules import chip

from .complaint_page import STATES
from .rules.complaint import Level, Status

ROWS_KEPT = 5000  # rows as HTML in each process


def line(complaint, now, *, several=False):
    """One row: its deadline chip, and the row as HTML; `several` branches stand in the list."""
    replied = complaint.replied_at or complaint.over_at
    done_on = replied.astimezone(clock.SHANGHAI).date() if replied else None
    shown = chip(complaint.due_on, now.date(), calendar(), due_at=complaint.due_at, now=now, done_on=done_on)
    printed = {
        "pk": complaint.pk,
        "number": complaint.number,
        "title": complaint.title,
        "level": str(Level(complaint.level).label) if complaint.level != Level.NORMAL else "",
        "branch": complaint.branch.name if several else None,
        "name": complaint.masked_name,
        "state": STATES[complaint.status],
        "words": str(Status(complaint.status).label),
        "handler": complaint.handler.name if complaint.handler else "",
        "received": f"{complaint.received_at.astimezone(clock.SHANGHAI):%m-%d %H:%M}",
    }
    html = _drawn(get_language(), tuple(printed.items()), tuple(shown.items()))
    return {"complaint": complaint, "chip": shown, "html": html}


@lru_cache(maxsize=ROWS_KEPT)
def _drawn(_language, printed, shown):
    return render_to_string("complaints/_row.html", {**dict(printed), "chip": dict(shown)})
