"""Deals and the referral each is credited to (W1-12)."""

import datetime

from django.db import transaction

from followups import actions as followups
from followups.models import Deal
from rmflow.workdays import clock

from ..models import DealCredit, Referral
from ..rules import credit as rules


@transaction.atomic
def record(source, product, amount, *, by, key, done_on=None, branch=None):
    """Keep a deal of a slip or of a client and credit it; the same `key` again changes nothing.

    `source` is a Referral (its manager sold, its branch) or a Client (then `branch`, default where `by`
    works). Returns the Deal. Raises Refused beside "product", "amount" or "done_on".
    """
    slip = source if isinstance(source, Referral) else None
    deal, created = followups.record_deal(
        slip.client if slip else source,
        product,
        amount,
        by=by,
        key=key,
        branch=branch or (slip.branch if slip else by.branch),
        manager=slip.manager if slip else None,
        done_on=done_on,
        record=slip.follow_up if slip else None,
    )
    if created:
        credit(deal)
    return deal


def credit(deal):
    """Credit a deal to the latest non-repeat referral of the 90 days before it; once. None when there is none."""
    given = DealCredit.objects.filter(deal=deal).first()
    if given is not None:
        return given
    slip = _latest(deal)
    if slip is None:
        return None
    referrer_share, manager_share = rules.shares(
        slip.credit_share, same_person=slip.referrer_id == deal.manager_id
    )
    return DealCredit.objects.create(
        deal=deal,
        referral=slip,
        referrer_id=slip.referrer_id,
        referrer_share=referrer_share,
        manager_id=deal.manager_id,
        manager_share=manager_share,
        is_first=not slip.deal_credits.filter(is_first=True).exists(),
    )


def _latest(deal):
    """The slip a deal credits, locked: its first deal is found out once."""
    first, last = rules.credited_between(deal.done_on)
    return (
        Referral.objects.filter(client_id=deal.client_id, status__in=rules.COUNTED)
        .filter(referred_at__gte=_midnight(first))
        .filter(referred_at__lt=_midnight(last + datetime.timedelta(days=1)))
        .exclude(check_result__in=rules.NOT_CREDITED)
        .select_for_update(of=("self",), no_key=True)
        .order_by("-referred_at", "-pk")
        .first()
    )


@transaction.atomic
def recredit(slip):
    """A slip turned out a repeat, or no longer is: credit the client's deals of its 90 days anew.

    Deals of locked days keep their credit; what was counted once stays.
    """
    made_on = slip.referred_at.astimezone(clock.SHANGHAI).date()
    until = made_on + datetime.timedelta(days=rules.CREDIT_DAYS)
    deals = Deal.objects.filter(
        client_id=slip.client_id, done_on__range=(made_on, until), day__closed_at__isnull=True
    ).order_by("done_on", "pk")
    deals = list(deals.select_for_update(of=("self",)))
    DealCredit.objects.filter(deal__in=deals).delete()
    return [credit(deal) for deal in deals]


def _midnight(day):
    return datetime.datetime.combine(day, datetime.time(), tzinfo=clock.SHANGHAI)
