"""A person's timeline in words, grouped by month; codes of upper floors are read here, not imported."""

import datetime
from itertools import groupby

from django.core.exceptions import FieldDoesNotExist
from django.utils.dateformat import format as format_date
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext, pgettext_lazy

from rmflow.privacy import history_words
from rmflow.privacy.models import ConsentBasis
from rmflow.staff.models import BANK_TIME
from rmflow.staff.permissions import Permission
from rmflow.workdays.rules import day_text

from .custody_rules import HoldKind
from .models import Client, Profile
from .profile_rules import ConsentPurpose
from .rights_rules import Outcome, Right
from .rules import TIMELINE_GROUPS, ClientType, TimelineKind
from .scoring.names import tier_names
from .scoring.rules import Reason

PAGE = 15
MOST = 1000  # entries; more are for the history

#: What an entry may lead to, and what one needs to be let in there.
DOORS = {
    "/tiers/": Permission.SEE_TIERS,
    "/clients/duplicates/": Permission.MERGE_CLIENTS,
    "/rights/": Permission.TAKE_RIGHTS,
    "/archives/": Permission.QUERY_ARCHIVE,
    "/complaints/": Permission.SEE_COMPLAINTS,
}

ICONS = {
    TimelineKind.REGISTERED: "user-plus",
    TimelineKind.REFERRED: "user-share",
    TimelineKind.ACCEPTED: "user-check",
    TimelineKind.MET: "armchair",
    TimelineKind.DECLINED: "switch-horizontal",
    TimelineKind.LEFT: "walk",
    TimelineKind.WITHDRAWN: "user-minus",
    TimelineKind.VERDICT: "category",
    TimelineKind.ARCHIVE: "archive",
    TimelineKind.OWNER: "user-circle",
    TimelineKind.FOLLOW_UP: "notebook",
    TimelineKind.FOLLOW_UP_CLOSED: "file-check",
    TimelineKind.CONTACT: "phone",
    TimelineKind.APPOINTMENT: "calendar-event",
    TimelineKind.DEAL: "cash",
    TimelineKind.CONSENT: "shield-check",
    TimelineKind.DATA: "edit",
    TimelineKind.TIER: "stairs-up",
    TimelineKind.COMPLAINT: "message-report",
    TimelineKind.CLOSURE: "door-enter",
    TimelineKind.OPENING: "wallet",
    TimelineKind.GUIDED: "star",
    TimelineKind.MERGED: "copy",
    TimelineKind.UNMERGED: "arrows-split",
    TimelineKind.CUSTODY: "folder",
    TimelineKind.RIGHTS: "shield-lock",
    TimelineKind.ERASED: "user-minus",
}
WAYS = {"phone": "phone", "sms": "message-2", "email": "mail", "letter": "mail-opened", "visit": "armchair",
        "wechat": "message-circle"}  # fmt: skip

#: Codes that followups writes into `data` (its Result, Channel and RecordStatus), in its own words.
WORDS = {
    "phone": gettext_lazy("Phone call"),
    "sms": gettext_lazy("Text message"),
    "email": pgettext_lazy("channel", "E-mail"),
    "letter": gettext_lazy("Letter"),
    "visit": gettext_lazy("Meeting in person"),
    "wechat": gettext_lazy("WeCom"),
    "interested": gettext_lazy("Interested"),
    "considering": gettext_lazy("Considering"),
    "call_back": gettext_lazy("Asked to be called back"),
    "no_answer": gettext_lazy("No answer"),
    "appointed": gettext_lazy("Appointment made"),
    "met": gettext_lazy("Met and talked"),
    "deal": gettext_lazy("Deal closed"),
    "refused": gettext_lazy("Refused"),
    "wrong_number": gettext_lazy("Wrong number"),
    "do_not_contact": pgettext_lazy("contact result", "Do not contact again"),
    "converted": gettext_lazy("Became premium"),
    "non_premium": gettext_lazy("Not premium, ended"),
    "abandoned": gettext_lazy("Given up"),
}

#: Codes of the register and of requests about personal data.
KEPT = {
    "filed": pgettext_lazy("archive", "Filed"),
    "held": gettext_lazy("Put on hold"),
    "released": gettext_lazy("Hold lifted"),
    "take": pgettext_lazy("rights", "Taken"),
    "settle": pgettext_lazy("rights", "Settled"),
    "answer": pgettext_lazy("rights", "Answered"),
    "drop": pgettext_lazy("rights", "Taken back by the client"),
    "destruction": gettext_lazy("Archive destroyed"),
    "retention": gettext_lazy("Retention is over"),
    "request": gettext_lazy("At the client's request"),
}


def chips(chosen, url):
    """The kinds one may filter by."""
    chips = [{"label": pgettext("timeline", "All"), "url": url, "current": not chosen}]
    for key, (label, _kinds) in TIMELINE_GROUPS.items():
        chips.append({"label": label, "url": f"{url}?kind={key}", "current": chosen == key})
    return chips


def read(client, user, *, kind="", shown=PAGE, today):
    """What the timeline shows: months of lines, how many are older. Three queries at most."""
    entries = client.timeline.select_related("by").order_by("-at", "-pk")
    if kind in TIMELINE_GROUPS:
        entries = entries.filter(kind__in=TIMELINE_GROUPS[kind][1])
    shown = min(max(shown, PAGE), MOST)
    found = list(entries[:shown])
    older = entries.count() - len(found)
    notes = reads_notes(client, user)
    lines = [_line(entry, user, notes=notes, today=today) for entry in found]
    months = [
        {"title": title, "lines": list(group)}
        for title, group in groupby(lines, key=lambda line: line["month"])
    ]
    return {
        "months": months,
        "older": older,
        "next": min(shown + PAGE * 2, MOST),
        "kind": kind,
        "empty": not found,
    }


def reads_notes(client, user):
    """Whether `user` reads what was written down in talks: those who work with the record."""
    return client.is_looked_after_by(user) or any(
        user.has(p) for p in (Permission.WORK_FOLLOW_UP, Permission.SEE_FOLLOW_UPS)
    )


def _open_to(user, link):
    """The link, for whoever may open what lies behind it: nobody is led before a closed door."""
    needs = next((permission for path, permission in DOORS.items() if link.startswith(path)), None)
    return link if needs is None or user.has(needs) else ""


def _line(entry, user, *, notes, today):
    day = entry.at.astimezone(BANK_TIME)
    icon = WAYS.get(entry.data.get("channel"), ICONS.get(entry.kind, "circle"))
    return {
        "month": format_date(day, pgettext("date format: month and year", "F Y")),
        "at": entry.at,
        "day": day_text(day.date()),
        "icon": "phone-off" if entry.data.get("result") in ("no_answer", "wrong_number") else icon,
        "text": sentence(entry, notes=notes),
        "by": entry.by.name if entry.by_id else _("System"),
        "link": _open_to(user, entry.link),
    }


def sentence(entry, *, notes=True):
    """One line: what happened, and what was said of it."""
    told = [*_facts(entry)]
    if entry.note and notes:
        told.append(entry.note)
    label = str(TimelineKind(entry.kind).label) if entry.kind in TimelineKind.values else entry.kind
    if entry.kind == TimelineKind.CONTACT and told:
        return _("{what}: {told}").format(what=told[0], told=told[1]) if len(told) > 1 else told[0]
    told = [text for text in told if text]
    return _("{what}: {told}").format(what=label, told=_(", ").join(told)) if told else label


def _facts(entry):
    """The codes of an entry as words."""
    data, kind = entry.data, entry.kind
    if kind == TimelineKind.VERDICT and data.get("type") in ClientType.values:
        yield str(ClientType(data["type"]).label)
    if kind == TimelineKind.TIER:
        yield from _tier(data)
    if kind in (TimelineKind.CONTACT, TimelineKind.FOLLOW_UP_CLOSED):
        codes = (data.get("channel"), data.get("result"), data.get("status"))
        words = [str(WORDS[code]) for code in codes if code in WORDS]
        yield from [" · ".join(words)] if words else []
    if kind == TimelineKind.CONSENT:
        yield from _consent(data)
    if kind in (TimelineKind.CUSTODY, TimelineKind.RIGHTS, TimelineKind.ERASED):
        yield from _kept(data)
    if data.get("starts_at"):
        starts = datetime.datetime.fromisoformat(data["starts_at"]).astimezone(BANK_TIME)
        yield f"{day_text(starts.date())} {starts:%H:%M}"
    if data.get("fields"):
        yield _(", ").join(field_name(name) for name in data["fields"])
    yield from (
        str(data[key]) for key in ("owner", "manager", "file_no", "product", "number") if data.get(key)
    )
    if "backup" in data:
        yield _("backup {name}").format(name=data["backup"] or "–")


def field_name(name):
    """The words of what was changed: a field of person or profile, or a list beside them."""
    for model in (Client, Profile):
        try:
            field = model._meta.get_field(name)
        except FieldDoesNotExist:
            continue
        if field.auto_created:
            return str(field.related_model._meta.verbose_name_plural)
        return history_words.name(field)
    return name


def _consent(data):
    if data.get("withdrawn") in ConsentPurpose.values:
        purpose = ConsentPurpose(data["withdrawn"]).label
        yield _("withdrawn: {purpose}").format(purpose=purpose)
    if data.get("do_not_contact"):
        yield str(WORDS["do_not_contact"])
    if data.get("basis") in ConsentBasis.values:
        yield str(ConsentBasis(data["basis"]).label)
        yield _("notice {version}").format(version=data.get("version", ""))


def _kept(data):
    """What was done with the file, or with the data at the client's request."""
    for key in ("custody", "step", "why"):
        if data.get(key) in KEPT:
            yield str(KEPT[data[key]])
    for key, codes in (("kind", HoldKind), ("right", Right), ("outcome", Outcome)):
        if data.get(key) in codes.values:
            yield str(codes(data[key]).label)


def _tier(data):
    """Which tier it was and is, and why."""
    names = tier_names()
    before, after = (names.get(data.get(key, ""), data.get(key, "")) for key in ("from", "to"))
    yield f"{before} → {after}" if before else after
    if data.get("reason") in Reason.values:
        yield str(Reason(data["reason"]).label)
