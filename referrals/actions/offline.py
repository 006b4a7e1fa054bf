"""Slips from a device that had no network: filed once, with their true time; or thrown away on record."""

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from rmflow.notices.actions import notify
from rmflow.staff import permissions
from rmflow.staff.models import User
from rmflow.staff.permissions import Permission, Role
from rmflow.workflow import Refused

from ..models import OfflineArrival, OfflineDiscard
from ..rules.offline import true_time
from .filing import file_once

MOST = 999
DISCARDED = gettext_noop("{name} threw away {count} unsent referrals to log out.")


def file_late(card, *, by, key, body, device_at, device_sent_at):
    """File a card that waited on a device, once per key; it goes to the day that is open now.

    What both clocks said is kept beside the slip. Sent again after a lost answer it changes nothing.
    """
    now = timezone.now()
    card.referred_at = true_time(device_at, device_sent_at, now)
    slip = file_once(card, by=by, key=key, body=body)
    if slip.referred_at != slip.filed_at:  # else it had reached us at once, only the answer was lost
        OfflineArrival.objects.get_or_create(
            referral=slip,
            defaults={
                "device_at": device_at,
                "device_sent_at": max(device_sent_at, device_at),
                "arrived_at": slip.filed_at,
            },
        )
    return slip


@transaction.atomic
def discard(*, by, count, oldest_at=None):
    """Put on record that `by` threw unsent slips away; the head of the branch is told."""
    permissions.require(by, Permission.FILE_REFERRAL)
    if not 1 <= count <= MOST:
        raise Refused(_("Say how many referrals are thrown away."), field="count")
    row = OfflineDiscard.objects.create(branch=by.branch, by=by, count=count, oldest_at=oldest_at)
    heads = User.objects.holding_at(by.branch_id, Role.BRANCH_HEAD) if by.branch_id else []
    notify(
        list(heads),
        "offline",
        DISCARDED,
        key=f"offline-discard:{row.pk}",
        link="/desk/duty/",
        params={"name": by.name, "count": count},
    )
    return row
