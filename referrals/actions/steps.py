"""Who may take which step of a slip, and when: asked by the pages, the API and every action alike."""

from django.core.exceptions import PermissionDenied
from django.utils.translation import gettext as _

from rmflow.staff import permissions
from rmflow.staff.permissions import Permission
from rmflow.workflow import Conflict, Refused

from .. import rules
from ..rules import Reception, Status

WITH_MANAGER = (Reception.ACCEPTED, Reception.MET)


def may(name, referral, user):
    """Whether `user` sees the button: the same question as the action's."""
    try:
        allow(name, referral, by=user)
    except (Refused, PermissionDenied):
        return False
    return True


def allow(name, referral, *, by):
    """Raise PermissionDenied, Conflict or Refused unless `by` may take the step `name` now.

    What a step is given (a reason, a colleague) is for its action to judge.
    """
    if name in rules.TRANSITIONS:
        _allow_reception(name, referral, by)
    else:
        _OTHERS[name](referral, by)


def permission_for(name, referral, user):
    """Offering on and noting that a client has left is the router's work, and the manager's own."""
    if name in ("offer", "leave") and referral.manager_id == user.pk:
        return Permission.WORK_REFERRAL
    return rules.TRANSITIONS[name].permission


def _allow_reception(name, referral, by):
    """The state must allow the step; whoever comes second learns who was first."""
    permissions.require(by, permission_for(name, referral, by), referral.branch)
    _standing(referral)
    theirs = referral.manager_id not in (None, by.pk)
    if theirs and referral.reception in WITH_MANAGER and name in ("accept", "decline", "meet"):
        raise Conflict(_("Already received by {name}.").format(name=referral.manager.name), code="taken")
    rules.TRANSITIONS[name].check(referral.reception)
    if theirs and name in ("decline", "meet"):
        raise Conflict(
            _("This client is offered to {name} now.").format(name=referral.manager.name), code="taken"
        )


def _standing(referral):
    if referral.status == Status.WITHDRAWN:
        raise Conflict(_("This referral was withdrawn."), code="state")


def _allow_withdraw(referral, by):
    """The sender, while nobody has met the client and the day is open."""
    arrow = rules.STATUS_TRANSITIONS["withdraw"]
    permissions.require(by, arrow.permission)
    if referral.referrer_id != by.pk:
        raise PermissionDenied(_("Your role does not allow this."))
    arrow.check(referral.status)
    if referral.reception in WITH_MANAGER:
        raise Refused(_("The client is with the manager already."))
    if referral.day.closed_at is not None or referral.counted_on_id is not None:
        raise Refused(_("The day is locked; ask the branch head to reopen it."))


def _allow_take(referral, by):
    """A manager of the branch, while nobody has taken the slip on."""
    arrow = rules.STATUS_TRANSITIONS["take"]
    permissions.require(by, arrow.permission, referral.branch)
    if referral.manager_id is not None:
        raise Conflict(_("Already taken on by {name}.").format(name=referral.manager.name), code="taken")
    arrow.check(referral.status)


def _allow_guide_on(referral, by):
    """The manager who has met the client, once."""
    permissions.require(by, Permission.WORK_REFERRAL, referral.branch)
    if referral.manager_id != by.pk:
        raise Conflict(_("Only the manager who received the client guides on."))
    _standing(referral)
    rules.GUIDE_ON.check(referral.reception)
    if referral.onward:
        raise Conflict(_("The client was guided on already."), code="state")


def _allow_judge(referral, by):
    """The manager who received or follows up; of who still waits, whoever may receive."""
    permissions.require(by, Permission.JUDGE_CLIENT)
    _standing(referral)
    if referral.reception == Reception.WAITING:
        _allow_reception("accept", referral, by)
    elif referral.manager_id != by.pk:
        raise Conflict(_("Only the manager who received the client decides the type."))
    elif referral.status == Status.REFERRED and referral.reception not in WITH_MANAGER:
        raise Conflict(_("The client was not met; nothing can be decided."))


_OTHERS = {
    "withdraw": _allow_withdraw,
    "take": _allow_take,
    "guide_on": _allow_guide_on,
    "judge": _allow_judge,
}
#: Every step of a slip after its filing.
STEPS = (*rules.TRANSITIONS, *_OTHERS)
