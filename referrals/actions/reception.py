"""A client in the lobby: received, passed on, met, gone (deck 17, 39, W1-06)."""

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from clients import actions as clients
from clients.rules import TimelineKind
from followups.actions import log
from followups.models import DayEntry
from rmflow.notices.actions import notify
from rmflow.staff.actions import set_availability
from rmflow.staff.models import User
from rmflow.staff.permissions import Role
from rmflow.workdays import clock
from rmflow.workflow import Refused

from .. import rules
from ..models import Referral, ReferralEvent
from ..rules import Guidance, Reception
from . import filing, steps

TIMELINE = {
    "accept": TimelineKind.ACCEPTED,
    "decline": TimelineKind.DECLINED,
    "offer": TimelineKind.DECLINED,
    "meet": TimelineKind.MET,
    "leave": TimelineKind.LEFT,
}


def locked(referral_id, *, by):
    """A slip in scope, locked; DoesNotExist (404) otherwise.

    The manager is not joined: who waited for the lock would read the joined row as it was before.
    """
    return (
        Referral.objects.visible_to(by)
        .select_for_update(of=("self",), no_key=True)
        .select_related("client", "branch", "referrer")
        .get(pk=referral_id)
    )


@transaction.atomic
def perform(name, referral_id, *, by, to=None, note=""):
    """Make one transition of `rules.TRANSITIONS`: lock, check, write, record, tell.

    `to` is the id of the manager a client is offered to (required by "offer", possible with
    "decline"). Raises Conflict, naming who was faster, when two race for a client.
    """
    referral = locked(referral_id, by=by)
    steps.allow(name, referral, by=by)
    before, had = referral.reception, referral.manager
    referral.reception = rules.TRANSITIONS[name].target
    if name in _STEPS:
        _STEPS[name](referral, by=by, to=to, before=before)
    referral.save()
    if name in ENDS:
        _release(referral.manager, by=by)
    _write_down(name, referral, before, by=by, note=note)
    _tell(name, referral, had, by=by)
    return referral


def _accept(referral, *, by, to, before):
    referral.manager, referral.accepted_at = by, timezone.now()
    set_availability(User.Availability.BUSY, by=by)


def _release(manager, *, by):
    """A manager is busy while a client received today is with him; then free, unless he has gone out."""
    manager = by if manager == by else manager
    if manager is None or manager.availability != User.Availability.BUSY:
        return
    midnight = clock.now().replace(hour=0, minute=0, second=0, microsecond=0)
    if not Referral.objects.with_manager(manager, since=midnight).exists():
        set_availability(User.Availability.FREE, by=manager)


def _meet(referral, *, by, to, before):
    referral.manager, referral.met_at = by, timezone.now()
    referral.accepted_at = referral.accepted_at or referral.met_at


def _decline(referral, *, by, to, before):
    """Declined: offered on to the one named, else back to the lobby, still waiting (W1-06)."""
    if to is not None:
        referral.reception = Reception.WAITING
        _offer(referral, by=by, to=to, before=Reception.DECLINED)


def _offer(referral, *, by, to, before):
    manager = User.objects.holding_at(referral.branch_id, Role.WEALTH_MANAGER).filter(pk=to).first()
    if manager is None:
        raise Refused(_("This person does not receive clients in this branch."), field="to")
    if manager.pk == referral.manager_id and before == Reception.DECLINED:
        raise Refused(_("{name} has declined already.").format(name=manager.name), field="to")
    if manager.availability == User.Availability.OUT:
        raise Refused(
            _("{name} has just gone out; choose someone else.").format(name=manager.name),
            field="to",
        )
    referral.manager = manager


#: After these a client is no longer with the manager.
ENDS = frozenset({"meet", "leave"})
_STEPS = {"accept": _accept, "meet": _meet, "decline": _decline, "offer": _offer}


def _write_down(name, referral, before, *, by, note):
    event = ReferralEvent.objects.create(
        referral=referral,
        name=name,
        state_from=before,
        state_to=referral.reception,
        by=by,
        manager=referral.manager,
        note=note,
    )
    clients.note(referral.client, TIMELINE[name], by=by, branch=referral.branch, text=note)
    if name == "meet":
        log.enter(
            by,
            DayEntry.Kind.RECEPTION,
            client=referral.client,
            data={"referral": referral.pk},
        )
    return event


def _tell(name, referral, had, *, by):
    """Lobby, sender and the manager named before see each step; a newly named one is told at once."""
    params = {
        "client": referral.addressed_as,
        "manager": by.name,
        "referrer": referral.referrer.name,
    }
    key = f"referral:{referral.pk}:{name}:{referral.events.count()}"
    lobby = User.objects.holding_at(referral.branch_id, Role.LOBBY_MANAGER)
    offered = referral.manager if referral.reception == Reception.WAITING else None
    if offered and offered != by:
        notify(
            [offered],
            "waiting",
            gettext_noop("{client} is waiting for you. Referred by {referrer}."),
            key=f"{key}:to",
            link="/today/",
            urgent=True,
            params=params,
        )
    watchers = [u for u in {*lobby, referral.referrer, had} if u and u not in (by, offered)]
    texts = {
        "accept": gettext_noop("{manager} is receiving {client}."),
        "decline": gettext_noop("{manager} cannot receive {client}; offer somebody else."),
        "offer": gettext_noop("{client} was offered to another manager."),
        "meet": gettext_noop("{manager} has met {client}."),
        "leave": gettext_noop("{client} has left before the meeting."),
    }
    text = texts["offer"] if name == "decline" and referral.reception == Reception.WAITING else texts[name]
    urgent = name == "decline" and referral.reception == Reception.DECLINED
    notify(
        watchers,
        "reception",
        text,
        key=key,
        link="/referrals/",
        urgent=urgent,
        params=params,
    )


@transaction.atomic
def take(referral_id, *, by):
    """A manager takes a to-follow-up slip out of the branch's duty queue; the first one has it."""
    referral = locked(referral_id, by=by)
    steps.allow("take", referral, by=by)
    referral.manager = by
    referral.save(update_fields=["manager"])
    ReferralEvent.objects.create(
        referral=referral,
        name="take",
        state_from=referral.status,
        state_to=referral.status,
        by=by,
        manager=by,
    )
    filing.open_follow_up(referral, by=by)
    return referral


@transaction.atomic
def guide_on(referral_id, *, by, onward):
    """The manager's onward guidance to the counter or a channel, once (W1-03); sent again it changes nothing."""
    referral = locked(referral_id, by=by)
    if onward and referral.onward == onward and referral.manager_id == by.pk:
        return referral
    steps.allow("guide_on", referral, by=by)
    if onward not in (Guidance.PRIORITY_COUNTER, Guidance.E_CHANNEL):
        raise Refused(_("Choose where the client is guided on to."), field="onward")
    referral.onward = onward
    referral.save(update_fields=["onward"])
    ReferralEvent.objects.create(
        referral=referral,
        name="guide_on",
        state_from=referral.reception,
        state_to=referral.reception,
        by=by,
        manager=by,
        note=onward,
    )
    return referral
