"""客流高峰: one tap asks for help, one tap answers, the time between is kept (W1-08, deck 18)."""

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from rmflow.notices.actions import notify
from rmflow.staff import permissions
from rmflow.staff.models import Branch, User
from rmflow.staff.permissions import ROLE_PERMISSIONS, Permission, Role
from rmflow.workflow import Conflict, Refused

from ..models import CrowdCall, Referral
from ..rules.duty import CALL_LAPSES_AFTER, Answer
from .duty import on_duty, outlet

CALLED = gettext_noop("The lobby is crowded: {caller} asks for help, {waiting} clients are waiting.")
CALLED_OUTSIDE = gettext_noop("The lobby is crowded: help is asked for, {waiting} clients are waiting.")
ANSWERED = gettext_noop("{name}: {answer}")


@transaction.atomic
def call(*, by):
    """Ask the head and the supervisors for help; while a call is open a second tap changes nothing."""
    branch = outlet(by)
    Branch.objects.select_for_update(no_key=True).get(pk=branch.pk)
    now = timezone.now()
    found = CrowdCall.objects.open().filter(branch=branch).first()
    if found is not None and found.at > now - CALL_LAPSES_AFTER:
        return found
    if found is not None:
        lapse(now)
    waiting = Referral.objects.waiting().filter(branch=branch).count()
    made = CrowdCall.objects.create(branch=branch, by=by, at=now, waiting=min(waiting, 999))
    notify(
        _helpers(branch, by),
        "crowd",
        CALLED,
        key=f"crowd:{made.pk}",
        link="/desk/call/",
        channels=("bell", "email"),
        urgent=True,
        params={"caller": by.name, "waiting": waiting},
        outside=CALLED_OUTSIDE,
    )
    return made


@transaction.atomic
def answer(call_id, *, by, answer):
    """Say that help comes; who answers second is told who was first."""
    found = CrowdCall.objects.visible_to(by).select_for_update(of=("self",), no_key=True).get(pk=call_id)
    permissions.require(by, Permission.ANSWER_CALL, found.branch)
    if answer not in Answer.values:
        raise Refused(_("Choose one of the answers."), field="answer")
    if found.answered_by_id == by.pk:
        return found
    if found.answered_by_id:
        raise Conflict(_("{name} has answered already.").format(name=found.answered_by.name))
    if found.over_at:
        raise Conflict(_("This call is over."))
    found.answered_by, found.answered_at, found.answer = by, timezone.now(), answer
    found.save(update_fields=["answered_by", "answered_at", "answer"])
    notify(
        [found.by, on_duty(found.branch)],
        "crowd",
        ANSWERED,
        key=f"crowd:{found.pk}:answer",
        link="/desk/",
        urgent=True,
        params={"name": by.name, "answer": Answer(answer).label},
    )
    return found


@transaction.atomic
def take_back(call_id, *, by):
    """The crowd is gone: whoever may call may also say that no help is needed."""
    branch = outlet(by)
    found = CrowdCall.objects.select_for_update(of=("self",), no_key=True).get(pk=call_id, branch=branch)
    if found.answered_at or found.over_at:
        raise Conflict(_("This call is over."))
    found.over_at, found.over_by = timezone.now(), by
    found.save(update_fields=["over_at", "over_by"])
    return found


def lapse(now):
    """Calls nobody has answered for half an hour count as unanswered; how many."""
    return CrowdCall.objects.open().filter(at__lte=now - CALL_LAPSES_AFTER).update(over_at=now)


def _helpers(branch, by):
    roles = [role for role in Role if Permission.ANSWER_CALL in ROLE_PERMISSIONS[role]]
    return list(User.objects.holding_at(branch.pk, *roles).exclude(pk=by.pk))
