"""What the lobby counts beside slips: diversions and patrol rounds (deck 16, 37)."""

import datetime

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from rmflow.staff import permissions
from rmflow.staff.permissions import Permission
from rmflow.workdays.actions import business_day
from rmflow.workflow import Conflict, Refused

from ..models import Diversion, PatrolRound
from ..rules import Business, Destination

UNDO_SECONDS = 60


def _branch(by):
    if by.branch is None:
        raise Refused(_("You have no branch today; ask the administrator."))
    return by.branch


@transaction.atomic
def divert(*, by, destination, business="", coached=False):
    """Count one client diverted, in one tap; no person is recorded (W1-02)."""
    branch = _branch(by)
    permissions.require(by, Permission.DIVERT, branch)
    if destination not in Destination.values:
        raise Refused(_("Choose where the client is diverted to."), field="destination")
    if business and business not in Business.values:
        raise Refused(_("This business is not on the list."), field="business")
    return Diversion.objects.create(
        branch=branch,
        day=business_day(branch, by=by),
        by=by,
        destination=destination,
        business=business,
        coached=coached,
    )


@transaction.atomic
def undo_diversion(diversion_id, *, by):
    """Take back one's own tap within a minute; the row stays, marked."""
    diversion = Diversion.objects.select_for_update().get(pk=diversion_id, by=by)
    if diversion.undone_at or diversion.at < timezone.now() - datetime.timedelta(seconds=UNDO_SECONDS):
        raise Conflict(_("There is nothing to undo."))
    diversion.undone_at = timezone.now()
    diversion.save(update_fields=["undone_at"])
    return diversion


@transaction.atomic
def tick_patrol(*, by):
    """Tick one round through the lobby."""
    branch = _branch(by)
    permissions.require(by, Permission.PATROL, branch)
    return PatrolRound.objects.create(branch=branch, day=business_day(branch, by=by), by=by)
