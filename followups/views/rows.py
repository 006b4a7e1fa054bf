"""Rows as the daily list shows them: words and chips worked out here, so that templates only print."""

import datetime
from functools import lru_cache

from django.template.loader import render_to_string
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from clients.rules import ClientType, Level, in_full
from rmflow.privacy import masks
from rmflow.staff.models import BANK_TIME
from rmflow.staff.permissions import Permission, scope
from rmflow.workdays import clock
from rmflow.workdays.current import calendar
from rmflow.workdays.rules import chip, day_text

from .. import rules
from ..rules import Channel, PlanKind, PlanState, Result

ICONS = {
    Channel.PHONE: "phone",
    Channel.SMS: "message",
    Channel.EMAIL: "mail",
    Channel.LETTER: "mail-opened",
    Channel.VISIT: "armchair",
    Channel.WECHAT: "message-circle",
}


#: What `_row.html` prints of a row.
PRINTED = (
    "pk",
    "url",
    "when",
    "name",
    "tag",
    "core",
    "icon",
    "why",
    "due",
    "due_date",
    "due_words",
    "due_icon",
    "due_title",
    "settled",
    "settled_icon",
    "open",
    "call",
)
ROWS_KEPT = 5000  # rows as HTML in each process: the lists of a branch's managers


@lru_cache(maxsize=8)
def _words(_language):
    """The labels a list needs, worded once per language: ways, types, results, kinds."""
    ways, types, results, kinds = (
        {value: str(label) for value, label in words.choices}
        for words in (Channel, ClientType, Result, PlanKind)
    )
    types[ClientType.UNJUDGED] = ""  # what nobody has decided is no tag
    return ways, types, results, kinds


class Moment:
    """Who looks, and when: what every row of one answer shares."""

    def __init__(self, user):
        self.user = user
        self.now = clock.now()
        self.today = self.now.date()
        self.calendar = calendar()
        self.horizon = self.calendar.add(self.today, rules.HORIZON_DAYS)
        self.reach = scope(user, Permission.SEE_CLIENTS)
        words = _words(get_language())
        self.channels, self.types, self.results, self.kinds = words
        self.whole_day = _("All day")


def name_of(item, user):
    """The name in full for who looks after the person, or follows up while nobody does; else masked."""
    if item["client_id"] is None:
        return ""
    keepers = _keepers(item) or {item["record__manager_id"]}
    name = in_full(item["client__name"], item["client__salutation"])
    known = name == item["client__name"]
    return masks.mask_name(name) if known and user.pk not in keepers else name


def _keepers(item):
    return {item["client__owner_id"], item["client__backup_id"]} - {None}


def is_seen(item, moment):
    """`Client.is_seen_by` for a row: what the client is worth is told to nobody else."""
    if item["client_id"] is None:
        return False
    branch = item["client__branch_id"], item["client__branch__path"]
    return moment.user.pk in _keepers(item) or moment.reach.holds(*branch)


def block_of(item, moment):
    """Which block of the list an open item stands in."""
    if item["plan_on"] < moment.today:
        return "overdue"
    if item["plan_on"] > moment.today:
        return "next"
    return "appointments" if item["kind"] == PlanKind.APPOINTMENT else "today"


def row(item, moment):
    """One row of the list, ready to print."""
    channel = item["channel"]
    open_ = item["state"] == PlanState.OPEN
    name = name_of(item, moment.user)
    is_client, seen = item["client_id"] is not None, is_seen(item, moment)
    return {
        "pk": item["pk"],
        "url": f"/today/{item['pk']}/",
        "block": block_of(item, moment),
        "channel": channel,
        "when": f"{item['at']:%H:%M}" if item["at"] else moment.whole_day,
        "name": name if is_client else item["purpose"],
        "tag": moment.types[item["client__type"]] if seen else "",
        "core": seen and item["client__level"] == Level.CORE,
        "icon": ICONS.get(channel, "checklist"),
        "why": _why(item, moment, name=is_client),
        **_due(item, moment, open_),
        "settled": "" if open_ else _settled(item, moment),
        "settled_icon": "check" if item["state"] == PlanState.DONE else "minus",
        "open": open_,
        "call": open_
        and is_client
        and item["plan_on"] <= moment.today
        and not item["client__do_not_contact"],
    }


def _why(item, moment, *, name):
    """The second line: way, purpose, who referred, and what failed so far."""
    parts = [_("Do not contact")] if item["client__do_not_contact"] else []
    parts.append(moment.channels.get(item["channel"], ""))
    parts.append(item["purpose"] if name else moment.kinds[item["kind"]])
    if item["record__referrer__name"]:
        parts.append(_("referred by {name}").format(name=item["record__referrer__name"]))
    if item["record__flagged"]:
        parts.append(_("several attempts failed"))
    return " · ".join(part for part in parts if part)


NO_CHIP = {"chip": None, "due": "", "due_date": "", "due_words": "", "due_icon": "", "due_title": ""}


def _due(item, moment, open_):
    """The deadline chip and, flat, what the row prints of it."""
    if not open_:
        return NO_CHIP
    shown = _chip(item, moment)
    return {
        "chip": shown,
        "due": f"{shown['state']} due-provisional" if shown["provisional"] else shown["state"],
        "due_date": f"{shown['date_text']} {_('provisional')}"
        if shown["provisional"]
        else shown["date_text"],
        "due_words": shown["words"],
        "due_icon": shown["icon"],
        "due_title": shown["title"],
    }


def _chip(item, moment):
    """The deadline chip; an agreed hour of today counts in minutes within the hour."""
    due_at = None
    if item["at"] and item["plan_on"] == moment.today:
        due_at = datetime.datetime.combine(moment.today, item["at"], tzinfo=BANK_TIME)
    return chip(item["plan_on"], moment.today, moment.calendar, due_at=due_at, now=moment.now)


def _settled(item, moment):
    """What became of an item: the result, done, dropped."""
    result = item.get("contact__result")
    if result:
        return moment.results[result]
    return str(PlanState(item["state"]).label)


def drawn(line, *, query="", current=False, fresh=False):
    """The row as HTML. A manager's list is asked for again and again: equal rows are drawn once."""
    return _draw(tuple(line[name] for name in PRINTED), query, current, fresh)


@lru_cache(maxsize=ROWS_KEPT)
def _draw(values, query, current, fresh):
    context = {**dict(zip(PRINTED, values, strict=True)), "query": query, "current": current, "fresh": fresh}
    return render_to_string("followups/_row.html", context)


def postponed_text(day, today):
    """What the toast says after a postponement."""
    return _("Postponed to {day}").format(day=day_text(day, today))
