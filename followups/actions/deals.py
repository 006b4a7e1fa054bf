"""Writing a deal down, once per key (deck 48, W1-12). Crediting it is `referrals.actions.deals`."""

from django.db import transaction

from clients import actions as clients
from clients.rules import TimelineKind
from rmflow.staff import permissions
from rmflow.staff.permissions import Permission
from rmflow.workdays import clock
from rmflow.workdays.actions import business_day
from rmflow.workdays.models import BranchDay

from .. import rules
from ..models import DayEntry, Deal
from . import log


@transaction.atomic
def record_deal(client, product, amount, *, by, key, branch, manager=None, done_on=None, record=None):
    """Keep one deal; a second call with the same `key` returns the first one's row.

    Raises Refused beside "product", "amount" or "done_on". Returns (deal, created).
    """
    permissions.require(by, Permission.RECORD_DEAL, branch)
    today = clock.today()
    rules.check_deal(product, amount, done_on, today=today)
    day = counted_day(branch, done_on, by=by)
    deal, created = Deal.objects.get_or_create(
        source_key=key,
        defaults={
            "client": client,
            "product": product,
            "amount": amount,
            "done_on": done_on or day.date,
            "day": day,
            "branch": branch,
            "manager": manager or by,
            "record": record,
            "by": by,
        },
    )
    if created:
        data = {"product": product.name, "amount": str(amount)}
        clients.note(client, TimelineKind.DEAL, by=by, branch=branch, data=data)
        log.enter(deal.manager, DayEntry.Kind.DEAL, client=client, data=data)
    return deal, created


def counted_day(branch, done_on, *, by):
    """The business day a deal counts under: that of `done_on` while unlocked, else the open one."""
    if done_on is not None:
        that = BranchDay.objects.unlocked().filter(branch=branch, date=done_on).select_for_update().first()
        if that is not None:
            return that
    return business_day(branch, by=by)
