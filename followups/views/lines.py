"""Sentences for what was done: a person's timeline and a manager's work log, from codes."""

from django.utils.dateparse import parse_date, parse_datetime
from django.utils.translation import gettext as _

from clients.rules import ClientType, TimelineKind
from rmflow.staff.models import BANK_TIME
from rmflow.workdays.rules import day_text

from .. import stats
from ..models import DayEntry
from ..rules import Channel, RecordStatus, Result
from .rows import ICONS

TIMELINE_ICONS = {
    TimelineKind.REFERRED: "user-share",
    TimelineKind.MET: "user-check",
    TimelineKind.VERDICT: "tag",
    TimelineKind.ARCHIVE: "archive",
    TimelineKind.APPOINTMENT: "calendar-event",
    TimelineKind.FOLLOW_UP: "notebook",
    TimelineKind.FOLLOW_UP_CLOSED: "notebook",
}
ENTRY_ICONS = {
    DayEntry.Kind.CONTACT: "phone",
    DayEntry.Kind.APPOINTMENT: "calendar-event",
    DayEntry.Kind.RECEPTION: "user-check",
    DayEntry.Kind.VERDICT: "tag",
    DayEntry.Kind.PLAN: "calendar-repeat",
    DayEntry.Kind.RECORD: "notebook",
}


def _word(choices, value):
    """The label of a code, or nothing for one that is not ours."""
    return str(choices(value).label) if value in choices.values else ""


def _facts(data):
    """The words a line's codes stand for, in the order one says them."""
    starts = parse_datetime(data["starts_at"]) if data.get("starts_at") else None
    words = [
        _word(Channel, data.get("channel")),
        _word(Result, data.get("result")),
        _word(ClientType, data.get("type")),
        _word(RecordStatus, data.get("status")),
    ]
    if starts:
        local = starts.astimezone(BANK_TIME)
        words.append(f"{day_text(local.date())} {local:%H:%M}")
    return [word for word in words if word]


def of_timeline(client, viewer, today, count=5):
    """The newest lines of a person's timeline: day, icon, sentence, who; none of another's client."""
    if not client.is_open_to(viewer):
        return []
    said = []
    for entry in stats.last_talks(client, count):
        facts = _facts(entry.data)
        head = [] if entry.kind == TimelineKind.CONTACT else [entry.get_kind_display()]
        said.append(
            {
                "at": entry.at,
                "day": day_text(entry.at.astimezone(BANK_TIME).date(), today),
                "icon": ICONS.get(entry.data.get("channel"), TIMELINE_ICONS.get(entry.kind, "circle")),
                "text": " · ".join([*head, *facts, *([entry.note] if entry.note else [])]),
                "by": entry.by.name if entry.by else "",
            }
        )
    return said


def of_entry(entry, viewer, today):
    """One line of the work log: hour, icon, what was done, with whom (masked as `viewer` may read)."""
    data = entry.data
    words = _facts(data)
    if entry.kind == DayEntry.Kind.PLAN and data.get("to"):
        moved = _("postponed from {before} to {after}")
        words.append(
            moved.format(
                before=day_text(parse_date(data["from"]), today),
                after=day_text(parse_date(data["to"]), today),
            )
        )
    if entry.kind == DayEntry.Kind.RECORD:
        words.append(_("given up") if data.get("name") == "abandon" else _("opened"))
    return {
        "at": entry.at,
        "icon": ICONS.get(data.get("channel"), ENTRY_ICONS.get(entry.kind, "circle")),
        "kind": entry.get_kind_display(),
        "name": reads_name(entry.client, entry.user_id, viewer) if entry.client else "",
        "text": " · ".join(words),
        "link": entry.link,
    }


def reads_name(client, worker_id, viewer):
    """A person's name for `viewer`: in full for one's own work while nobody else looks after the person,
    masked for inspectors."""
    kept = client.owner_id is not None or client.backup_id is not None
    return client.full_name if viewer.pk == worker_id and not kept else client.name_for(viewer)
