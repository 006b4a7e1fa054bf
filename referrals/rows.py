"""How a slip reads on a screen: its badge, its next step, what became of it (design.md §2, B-20)."""

from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from clients.rules import ClientType

from .rules import CheckResult, Guidance, Reception, Status

_BADGES = {
    Reception.DECLINED: ("today", "user-question"),
    Reception.ACCEPTED: ("open", "user"),
    Reception.MET: ("met", "check"),
    Reception.LEFT: ("done", "minus"),
}


def name(slip, user):
    """The client as `user` may read it: in full for the manager and the backup, 刘女士 for others."""
    if slip.client.is_looked_after_by(user) and len(slip.client.name) > 1:
        return slip.client.name
    return slip.addressed_as


def badge(slip):
    """State, icon and word of a slip; `since` makes the badge tick. Needs `outcome` on the row."""
    if slip.status == Status.WITHDRAWN:
        return {"state": "done", "icon": "arrow-back-up", "text": _("Withdrawn")}
    if slip.check_result == CheckResult.REPEAT:
        return {"state": "done", "icon": "copy", "text": CheckResult.REPEAT.label}
    if getattr(slip, "outcome", None) == ClientType.ORDINARY:
        return {"state": "done", "icon": "arrows-split", "text": _("Diverted instead")}
    if slip.status == Status.TO_FOLLOW_UP:
        return {"state": "open", "icon": "id", "text": Status.TO_FOLLOW_UP.label}
    if slip.guidance != Guidance.MANAGER:
        return {"state": "done", "icon": "ticket", "text": Guidance(slip.guidance).label}
    if slip.reception == Reception.WAITING:
        return {
            "state": "today",
            "icon": "clock",
            "text": pgettext("client", "Waiting"),
            "since": slip.waiting_since,
        }
    state, icon = _BADGES.get(slip.reception, ("open", "circle"))
    return {"state": state, "icon": icon, "text": Reception(slip.reception).label}


def outcome(slip):
    """What became of the client, as the referrer reads it; "" while that is open."""
    if slip.outcome is None:
        return ""
    if slip.outcome == ClientType.ORDINARY:
        return _("Diverted; not to be referred again for 90 days")
    return ClientType(slip.outcome).label


def story(slip):
    """One sentence for the referrer: where the client is now (B-20). Needs people and `outcome`."""
    known = outcome(slip)
    if known:
        return known
    if slip.status == Status.TO_FOLLOW_UP:
        return _follow_up_story(slip)
    name = slip.manager.name if slip.manager else ""
    sentences = {
        Reception.WAITING: _("{name} has been told and has not answered yet"),
        Reception.DECLINED: _("{name} cannot come; the lobby is offering somebody else"),
        Reception.ACCEPTED: _("{name} is receiving the client"),
        Reception.MET: _("{name} has met the client; the type is not decided yet"),
        Reception.LEFT: _("The client left before the meeting"),
    }
    if slip.status == Status.WITHDRAWN:
        return _("You withdrew this referral")
    if slip.reception in sentences:
        return sentences[slip.reception].format(name=name)
    return _("Guided to: {place}").format(place=Guidance(slip.guidance).label)


def _follow_up_story(slip):
    if slip.manager is None:
        return _("In the duty queue of {branch}; nobody has taken it on yet").format(branch=slip.branch.name)
    if slip.follow_up is None:
        return _("{name} follows up").format(name=slip.manager.name)
    return _("{name}: {state}").format(name=slip.manager.name, state=slip.follow_up.get_status_display())


def next_step(slip):
    """What has to happen next, for the head of the slip."""
    if slip.status == Status.WITHDRAWN or slip.reception == Reception.LEFT:
        return _("Nothing more to do")
    if slip.outcome is not None:
        return _("Decided: {outcome}").format(outcome=outcome(slip))
    if slip.status == Status.TO_FOLLOW_UP:
        return _follow_up_step(slip)
    name = slip.manager.name if slip.manager else ""
    steps = {
        Reception.WAITING: _("{name} receives the client"),
        Reception.DECLINED: _("The lobby offers the client to somebody else"),
        Reception.ACCEPTED: _("{name} decides the client's type"),
        Reception.MET: _("{name} decides the client's type"),
    }
    if slip.reception in steps:
        return steps[slip.reception].format(name=name)
    return _("Nothing more to do")


def _follow_up_step(slip):
    if slip.manager is None:
        return _("A manager of {branch} takes it on").format(branch=slip.branch.name)
    return _("{name} contacts the client").format(name=slip.manager.name)


#: Words of the steps a slip's history shows.
STEPS = {
    "file": (lambda: _("Filed"), "circle-plus"),
    "accept": (lambda: _("Received"), "user-check"),
    "decline": (lambda: _("Passed on"), "user-question"),
    "offer": (lambda: _("Offered to another manager"), "user-share"),
    "meet": (lambda: _("Met"), "check"),
    "leave": (lambda: _("Client has left"), "minus"),
    "withdraw": (lambda: _("Withdrawn"), "arrow-back-up"),
    "take": (lambda: _("Taken on"), "user-plus"),
    "guide_on": (lambda: _("Guided on"), "corner-up-right"),
}


def steps(events):
    """Lines of a slip's history: time, icon, words, by whom, and the note."""
    return [_step(event) for event in events]


def _step(event):
    words, icon = STEPS.get(event.name, (lambda: event.name, "circle"))
    note = Guidance(event.note).label if event.name == "guide_on" else event.note
    offered = event.name in ("offer", "decline") and event.manager and event.manager_id != event.by_id
    return {
        "at": event.at,
        "icon": icon,
        "text": words(),
        "to": event.manager.name if offered or (event.name == "file" and event.manager) else "",
        "by": event.by.name,
        "note": note,
    }
