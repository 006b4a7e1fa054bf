"""How an opening reads on a screen: badge, next step, offers with what the gate says, history."""

from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from clients.models import Profile
from rmflow.staff.permissions import Permission, scope

from .rules import openings as rules
from .rules.openings import Answer, State

BADGES = {
    State.PREPARING: ("open", "checklist"),
    State.READY: ("met", "clipboard-check"),
    State.SEATED: ("today", "armchair"),
    State.EXECUTED: ("done", "check"),
    State.CANCELLED: ("done", "ban"),
}


def badge(opening):
    state, icon = BADGES[opening.state]
    return {"state": state, "icon": icon, "text": opening.get_state_display()}


def name(opening, user):
    """The client: in full for the manager, the form of address for everybody else."""
    client = opening.client
    return client.name_for(user) if client.is_looked_after_by(user) else client.addressed_as


def line(opening, user):
    """One row of the list."""
    return {
        "opening": opening,
        "url": f"/openings/{opening.pk}/",
        "name": name(opening, user),
        "badge": badge(opening),
        "kind": opening.kind.name,
        "manager": opening.manager.name,
    }


def header(opening, user):
    """The head of the page: name, badge, next step."""
    seen = opening.client.is_looked_after_by(user)
    seen = seen or scope(user, Permission.SEE_CLIENTS).covers(opening.client.branch)
    steps = {
        State.PREPARING: _("{name} lays out the kit before the client sits down"),
        State.READY: _("{name} leads the client to the counter"),
        State.SEATED: _("A teller, never {name}, carries it out"),
        State.EXECUTED: _("Nothing more to do"),
        State.CANCELLED: _("Nothing more to do"),
    }
    return {
        "name": name(opening, user),
        "badge": badge(opening),
        "next_step": steps[opening.state].format(name=opening.manager.name),
        "client_url": f"/clients/{opening.client_id}/" if seen else "",
    }


def offers(opening, *, today):
    """Products offered, each with its answer; the gate is asked again, for a day may have passed."""
    rows = list(opening.offers.select_related("product", "answered_by", "deal"))
    profile = Profile.objects.filter(client=opening.client_id).first() if rows else None
    tolerance = profile.risk_tolerance if profile else ""
    until = profile.risk_valid_until if profile else None
    for row in rows:
        why = rules.unsuitable(row.product, tolerance=tolerance, valid_until=until, today=today)
        row.unsuitable = why if row.answer != Answer.DECLINED and not row.deal_id else ""
        row.not_entered = opening.state == State.EXECUTED and row.answer == Answer.AGREED and not row.deal_id
    return rows


STEPS = {
    "prepare": (lambda: _("Preparation begun"), "circle-plus"),
    "ready": (lambda: _("Kit is ready"), "clipboard-check"),
    "unready": (lambda: _("A form was taken out again"), "arrow-back-up"),
    "seat": (lambda: _("Client sits down"), "armchair"),
    "execute": (lambda: _("Carried out at the counter"), "check"),
    "cancel": (lambda: pgettext("opening", "Cancelled"), "ban"),
}


def steps(events):
    """Lines of the history."""
    lines = []
    for event in events:
        words, icon = STEPS[event.name]
        lines.append({"at": event.at, "icon": icon, "text": words(), "by": event.by.name, "note": event.note})
    return lines


def done(step):
    """What the toast says after a step."""
    said = {
        "ready": _("The kit is ready"),
        "seat": _("The counter was told"),
        "cancel": pgettext("opening", "Cancelled"),
    }
    return said.get(step, "")
