"""日终核对: what managers say of the clients they received, and of those nobody has filed (deck 20, B-03)."""

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from clients.rules import addressed_as
from rmflow.notices.actions import notify
from rmflow.staff import permissions
from rmflow.staff.models import User
from rmflow.staff.permissions import Permission, Role
from rmflow.workdays import actions as workdays
from rmflow.workdays import clock
from rmflow.workdays.models import BranchDay, DayConfirmation
from rmflow.workflow import Conflict, Refused

from ..models import Referral, Statement
from ..rules import IN_LOBBY, Reception, Status
from .closing import NOTE_LENGTH, event_of, slip_of


def day_of(slip):
    """The day in whose closing a slip stands now: its own, or the next one still unlocked; None = not yet open."""
    if slip.day.closed_at is None:
        return slip.day
    since = slip.carried_on.date if slip.carried_on else slip.day.date
    later = BranchDay.objects.unlocked().filter(branch=slip.sender_branch_id, date__gt=since)
    return later.order_by("date").first()


@transaction.atomic
def state(referral_id, *, by, received, met=False, note=""):
    """The manager says whether a client sent to him came, and whether they met; the last word counts.

    A statement that differs from the slip makes a dispute. Signatures given before fall away.
    """
    permissions.require(by, Permission.SIGN_RECEIVED)
    seen = Referral.objects.visible_to(by).select_related("day", "carried_on").get(pk=referral_id)
    day = day_of(seen)
    if day is None:
        raise Refused(_("The next business day is not open yet."), code="no_day")
    workdays.hold(day.pk)
    slip = slip_of(day, referral_id)
    if slip.manager_id != by.pk:
        raise Refused(_("This client was sent to somebody else."), code="not_mine")
    if slip.counted_on_id is not None:
        raise Conflict(_("This slip is checked already."), code="checked")
    if met and not received:
        raise Refused(_("Who was met was received."), field="met")
    before, told = slip.reception, note.strip()[:NOTE_LENGTH]
    statement, _created = Statement.objects.update_or_create(
        referral=slip,
        defaults={
            "day": day,
            "manager": by,
            "by": by,
            "received": received,
            "met": met,
            "note": told,
            "at": clock.now(),
        },
    )
    _bring_reception_in_line(slip, received=received, met=met)
    event_of(slip, "state", before, by=by, note=told)
    workdays.withdraw_signatures(day, side=DayConfirmation.Side.MANAGER, person_id=by.pk)
    if not received:
        _tell_dispute(slip, day, by=by)
    return statement


def _bring_reception_in_line(slip, *, received, met):
    """An introduced client who was met or was not: the slip's reception says the same."""
    if slip.status != Status.REFERRED or not received:
        return
    if met and slip.reception != Reception.MET:
        slip.reception, slip.met_at = Reception.MET, clock.now()
        slip.accepted_at = slip.accepted_at or slip.met_at
    elif not met and slip.reception in (*IN_LOBBY, Reception.DECLINED, Reception.MET):
        slip.reception = Reception.LEFT
    slip.save(update_fields=["reception", "met_at", "accepted_at"])


def _tell_dispute(slip, day, *, by):
    lobby = User.objects.holding_at(day.branch_id, Role.LOBBY_MANAGER)
    notify(
        [user for user in {*lobby, slip.referrer} if user.pk != by.pk],
        "closing",
        gettext_noop("{manager} says that {client} did not come."),
        key=f"referral:{slip.pk}:dispute:{day.pk}",
        link="/closing/",
        params={"manager": by.name, "client": slip.addressed_as},
    )


@transaction.atomic
def state_unfiled(*, by, surname, salutation, met=True, met_at=None, sender_id=None, note=""):
    """The manager received a client whom nobody has filed; the sender, if known, is asked for a slip."""
    branch = by.branch
    if branch is None:
        raise Refused(_("You have no branch today; ask the administrator."))
    permissions.require(by, Permission.SIGN_RECEIVED, branch)
    if not surname.strip():
        raise Refused(_("Say which client it was."), field="surname")
    sender = None
    if sender_id is not None:
        sender = User.objects.visible_to(by).active().filter(pk=sender_id).first()
        if sender is None or sender.pk == by.pk:
            raise Refused(_("Choose a colleague of this branch."), field="sender")
    day = workdays.business_day(branch, by=by)
    statement = Statement.objects.create(
        day=day,
        manager=by,
        by=by,
        received=True,
        met=met,
        met_at=met_at,
        sender=sender,
        addressed_as=addressed_as(surname.strip()[:10], salutation),
        note=note.strip()[:NOTE_LENGTH],
        at=clock.now(),
    )
    notify(
        [sender] if sender else [],
        "closing",
        gettext_noop("{manager} has received {client} from you; the slip is missing."),
        key=f"statement:{statement.pk}",
        link="/desk/",
        params={"manager": by.name, "client": statement.addressed_as},
    )
    return statement
