"""Duty in the lobby: signing in, handing over to a name, leaving (W1-09, deck 18)."""

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from rmflow.notices.actions import notify
from rmflow.staff import permissions
from rmflow.staff.models import Branch, User
from rmflow.staff.permissions import ROLE_PERMISSIONS, Permission, Role
from rmflow.workdays import clock, current
from rmflow.workflow import Conflict, Refused

from ..models import DutyEvent, DutyShift
from ..rules import duty as rules
from ..rules.duty import DUTY_TRANSITIONS, Ended

REGISTER = "/desk/duty/"
OFFERED = gettext_noop("{giver} hands the lobby over to you: take over or decline.")
TAKEN = gettext_noop("{name} has taken over the lobby.")
DECLINED = gettext_noop("{name} cannot take over the lobby; you are still on duty.")
RELIEVED = gettext_noop("{name} has taken over the lobby from {giver} without a hand-over.")


def outlet(by):
    """The branch `by` works in today and may stand duty in; the lobby is there or nowhere."""
    permissions.require(by, Permission.STAND_DUTY)
    branch = by.branch
    if branch is None or branch.kind != Branch.Kind.BRANCH or not branch.is_active:
        raise Refused(_("You work in no branch with a lobby today."))
    permissions.require(by, Permission.STAND_DUTY, branch)
    return branch


def on_duty(branch):
    """Who stands in the branch's lobby now, or None."""
    shift = open_shift(branch)
    return shift.person if shift else None


def open_shift(branch):
    """The shift that lasts, with its people, or None."""
    return DutyShift.objects.open().filter(branch=branch).select_related("person", "offered_to").first()


def candidates(branch):
    """Those who may stand duty in this branch today."""
    roles = [role for role in Role if Permission.STAND_DUTY in ROLE_PERMISSIONS[role]]
    return User.objects.holding_at(branch.pk, *roles).order_by("name", "employee_no")


@transaction.atomic
def sign_in(*, by):
    """Begin one's duty; a second tap changes nothing, a colleague on duty has to hand over."""
    branch = outlet(by)
    _lock(branch)
    shift = open_shift(branch)
    if shift is not None and shift.person_id == by.pk:
        return shift
    if shift is not None:
        raise Conflict(_("{name} is on duty; ask for the hand-over.").format(name=shift.person.name))
    return _begin(branch, by)


@transaction.atomic
def offer(shift_id, *, by, to, note=""):
    """Hand over to a named colleague of this branch, who then accepts; until then one stays on duty."""
    shift = _mine(shift_id, by)
    _check("offer", shift, by)
    if len(note) > rules.NOTE_LENGTH:
        raise Refused(_("At most {most} characters.").format(most=rules.NOTE_LENGTH), field="note")
    colleague = candidates(shift.branch).filter(pk=to).exclude(pk=by.pk).first()
    if colleague is None:
        raise Refused(_("Choose a colleague who may stand duty in this branch."), field="to")
    before = shift.state
    shift.offered_to, shift.offered_at, shift.note = colleague, timezone.now(), note.strip()
    shift.save(update_fields=["offered_to", "offered_at", "note"])
    event = _record("offer", shift, before, by=by, to=colleague, note=shift.note)
    notify(
        [colleague],
        "duty",
        OFFERED,
        key=f"duty:{event.pk}",
        link="/desk/",
        urgent=True,
        params={"giver": by.name},
    )
    return shift


@transaction.atomic
def accept(shift_id, *, by):
    """Take the duty over; the colleague's ends and one's own begins in the same moment."""
    shift = _offered_to(shift_id, by)
    _check("accept", shift, by)
    giver = shift.person
    event = _end("accept", shift, Ended.HANDED_OVER, by=by, handed_to=by)
    mine = _begin(shift.branch, by, at=shift.ended_at)
    notify(
        [giver], "duty", TAKEN, key=f"duty:{event.pk}", link="/desk/", urgent=True, params={"name": by.name}
    )
    return mine


@transaction.atomic
def decline(shift_id, *, by):
    """Say no to a hand-over; the colleague stays on duty and is told."""
    shift = _offered_to(shift_id, by)
    _check("decline", shift, by)
    event = _clear("decline", shift, by)
    notify(
        [shift.person],
        "duty",
        DECLINED,
        key=f"duty:{event.pk}",
        link="/desk/",
        urgent=True,
        params={"name": by.name},
    )
    return shift


@transaction.atomic
def take_back(shift_id, *, by):
    """Stay on duty after all."""
    shift = _mine(shift_id, by)
    _check("take_back", shift, by)
    _clear("take_back", shift, by)
    return shift


@transaction.atomic
def leave(shift_id, *, by, note=""):
    """End one's duty without a successor; in opening hours only with a reason."""
    shift = _mine(shift_id, by)
    _check("leave", shift, by)
    if is_opening_hour(shift.branch, clock.now()) and not note.strip():
        raise Refused(
            _("The branch is open: hand over to a colleague, or say why nobody is on duty."), field="note"
        )
    _end("leave", shift, Ended.LEFT, by=by, note=note.strip())
    return shift


@transaction.atomic
def relieve(shift_id, *, by, note):
    """Take over from a colleague who has gone without handing over; a reason, and both are told."""
    branch = outlet(by)
    _lock(branch)
    shift = _of_branch(shift_id, branch)
    _check("relieve", shift, by)
    if shift.person_id == by.pk:
        raise Conflict(_("You are on duty already."))
    if not note.strip():
        raise Refused(_("Say why the duty is taken over without a hand-over."), field="note")
    giver = shift.person
    event = _end("relieve", shift, Ended.RELIEVED, by=by, handed_to=by, note=note.strip())
    mine = _begin(branch, by, at=shift.ended_at)
    heads = list(User.objects.holding_at(branch.pk, Role.BRANCH_HEAD))
    notify(
        [giver, *heads],
        "duty",
        RELIEVED,
        key=f"duty:{event.pk}",
        link=REGISTER,
        urgent=True,
        params={"name": by.name, "giver": giver.name},
    )
    return mine


def is_opening_hour(branch, now):
    """Whether clients may stand in the lobby at `now`."""
    hours = current.opening(branch).hours(now.date())
    return hours is not None and hours[0] <= now.time() < hours[1]


def end_by_itself(shift, at):
    """Close a shift nobody ended: it lasted to the closing time of its day."""
    before = shift.state
    shift.ended_at, shift.ended_how = max(at, shift.began_at), Ended.DAY_END
    shift.offered_to = shift.offered_at = None
    shift.save(update_fields=["ended_at", "ended_how", "offered_to", "offered_at"])
    _record("day_end", shift, before, by=None)


def _lock(branch):
    Branch.objects.select_for_update(no_key=True).get(pk=branch.pk)


def _locked(shift_id, **who):
    people = ("person", "branch")
    found = DutyShift.objects.select_related(*people).select_for_update(of=("self",), no_key=True)
    return found.get(pk=shift_id, **who)


def _mine(shift_id, by):
    return _locked(shift_id, person=by)


def _of_branch(shift_id, branch):
    return _locked(shift_id, branch=branch)


def _offered_to(shift_id, by):
    """The shift offered to `by`: locked in the order of signing in, the branch first."""
    known = DutyShift.objects.select_related("branch").filter(pk=shift_id, events__to=by).first()
    if known is None:
        raise DutyShift.DoesNotExist
    _lock(known.branch)
    shift = _locked(shift_id)
    if shift.state == rules.Duty.OFFERED and shift.offered_to_id != by.pk:
        raise Conflict(_("The hand-over was offered to somebody else meanwhile."))
    return shift


def _check(name, shift, by):
    arrow = DUTY_TRANSITIONS[name]
    permissions.require(by, arrow.permission, shift.branch)
    arrow.check(shift.state)


def _begin(branch, by, *, at=None):
    shift = DutyShift.objects.create(branch=branch, person=by, began_at=at or timezone.now())
    _record("sign_in", shift, "", by=by)
    return shift


def _end(name, shift, how, *, by, handed_to=None, note=None):
    before = shift.state
    shift.ended_at, shift.ended_how, shift.handed_to = timezone.now(), how, handed_to
    shift.offered_to = shift.offered_at = None
    if note is not None:
        shift.note = note[: rules.NOTE_LENGTH]
    shift.save(update_fields=["ended_at", "ended_how", "handed_to", "offered_to", "offered_at", "note"])
    return _record(name, shift, before, by=by, to=handed_to, note=shift.note)


def _clear(name, shift, by):
    before = shift.state
    to, shift.offered_to, shift.offered_at = shift.offered_to, None, None
    shift.save(update_fields=["offered_to", "offered_at"])
    return _record(name, shift, before, by=by, to=to)


def _record(name, shift, before, *, by, to=None, note=""):
    return DutyEvent.objects.create(
        shift=shift, name=name, state_from=before, state_to=shift.state, by=by, to=to, note=note
    )
