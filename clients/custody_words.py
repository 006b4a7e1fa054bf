"""The events of the archive register in words."""

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from .custody_rules import Finding, Grade, HoldKind, Link
from .timeline import field_name

WORDS = {
    "filed": pgettext_lazy("archive", "Filed"),
    "moved": gettext_lazy("Moved to another place"),
    "papers": gettext_lazy("Papers added"),
    "fields": gettext_lazy("Record changed"),
    "queried": pgettext_lazy("archive", "Queried"),
    "asked": gettext_lazy("Asked to borrow"),
    "approved": gettext_lazy("Loan approved"),
    "refused": gettext_lazy("Loan refused"),
    "lent": gettext_lazy("Handed out"),
    "returned": gettext_lazy("Taken back"),
    "settled": gettext_lazy("Fault put right"),
    "assessed": gettext_lazy("Assessed"),
    "confirmed": gettext_lazy("Assessment confirmed"),
    "due": gettext_lazy("Retention is over"),
    "held": gettext_lazy("Put on hold"),
    "released": gettext_lazy("Hold lifted"),
    "proposed": gettext_lazy("Proposed for destruction"),
    "signed_supervisor": gettext_lazy("Destruction approved by the supervisor"),
    "signed_head": gettext_lazy("Destruction approved by the head"),
    "stopped": gettext_lazy("Taken off the list"),
    "withdrawn": gettext_lazy("List withdrawn"),
    "destroyed": gettext_lazy("Destroyed before a witness"),
}
LIST_REFUSED = gettext_lazy("List refused")

ICONS = {
    Link.STORAGE: "map-pin",
    Link.QUERY: "search",
    Link.FILING: "archive",
    Link.LENDING: "arrows-exchange",
    Link.UPDATE: "edit",
    Link.CHECK: "checklist",
    Link.ASSESSMENT: "star",
    Link.DESTRUCTION: "trash",
}


def lines(events):
    """Rows of the register: link, what, why, who, approved by whom."""
    return [
        {
            "at": event.at,
            "link": Link(event.link).label,
            "icon": ICONS[event.link],
            "text": sentence(event),
            "why": event.reason,
            "by": event.by.name if event.by_id else _("System"),
            "approved_by": event.approved_by.name if event.approved_by_id else "",
        }
        for event in events
    ]


def sentence(event):
    """What happened, and the numbers and codes that belong to it."""
    told = [*_facts(event)]
    label = str(_label(event))
    return _("{what}: {told}").format(what=label, told=_(", ").join(told)) if told else label


def _label(event):
    if event.name == "refused" and event.link == Link.DESTRUCTION:
        return LIST_REFUSED
    if event.link == Link.CHECK and event.name in Finding.values:
        return Finding(event.name).label
    return WORDS.get(event.name, event.name)


def _facts(event):
    data = event.data
    yield from (str(data[key]) for key in ("borrower", "place", "list") if data.get(key))
    if data.get("due"):
        yield _("back by {day}").format(day=data["due"])
    if data.get("late"):
        yield _("late")
    if data.get("fields"):
        yield _(", ").join(field_name(name) for name in data["fields"])
    if data.get("kind") in HoldKind.values:
        yield str(HoldKind(data["kind"]).label)
    if data.get("grade") in Grade.values:
        yield str(Grade(data["grade"]).label)
