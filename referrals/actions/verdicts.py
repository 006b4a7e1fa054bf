"""The verdict on a referred client: the slip's door to `followups.judge` (W1-14, W1-15)."""

from django.db import transaction

from clients import actions as clients
from clients.rules import ClientType
from followups import actions as followups
from followups.rules import check_plan_day
from rmflow.workdays import clock
from rmflow.workdays.actions import business_day

from ..models import Diversion
from ..rules import Destination, Reception
from . import reception, steps


@transaction.atomic
def judge(
    referral_id,
    *,
    by,
    type,
    level="",
    reason="",
    name="",
    phone="",
    basis="",
    destination="",
    **first,
):
    """Meet the client if that is not recorded yet, complete the person's data, decide the type.

    An ordinary client is diverted (counted) to `destination`. Returns (referral, verdict).
    """
    if first.get("agreed_on"):
        check_plan_day(first["agreed_on"], today=clock.today(), field="agreed_on")
    referral = reception.locked(referral_id, by=by)
    steps.allow("judge", referral, by=by)
    if referral.reception == Reception.WAITING:
        referral = reception.perform("accept", referral.pk, by=by)
    if referral.reception == Reception.ACCEPTED:
        referral = reception.perform("meet", referral.pk, by=by)
    clients.complete(referral.client, by=by, name=name, phone=phone, basis=basis)
    verdict, record = followups.judge(
        referral.client_id,
        by=by,
        type=type,
        level=level,
        reason=reason,
        branch=referral.branch,
        referrer=referral.referrer,
        source_key=f"referral:{referral.pk}",
        **first,
    )
    if record is not None and referral.follow_up_id is None:
        referral.follow_up = record
        referral.save(update_fields=["follow_up"])
    if type == ClientType.ORDINARY and not Diversion.objects.filter(referral=referral).exists():
        Diversion.objects.create(
            branch=referral.branch,
            day=business_day(referral.branch, by=by),  # the slip's own may be locked
            by=by,
            destination=destination or Destination.SELF_SERVICE,
            business=referral.business,
            referral=referral,
        )
    return referral, verdict
