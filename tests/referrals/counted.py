"""Days, slips, verdicts and deals laid down row by row, so that every figure can be counted by hand."""

import datetime
from decimal import Decimal

from django.db import transaction

from clients.models import Client, Product, Verdict
from followups.models import Deal
from referrals.actions import deals
from referrals.models import Referral
from rmflow.staff.models import BANK_TIME
from rmflow.workdays.models import BranchDay


def at(date, hour=10, minute=0):
    return datetime.datetime.combine(date, datetime.time(hour, minute), tzinfo=BANK_TIME)


def a_day(branch, date, *, locked=False):
    """A business day that has ended."""
    day, _made = BranchDay.objects.get_or_create(
        branch=branch,
        date=date,
        defaults={"opened_at": at(date, 8), "ended_at": at(date, 18)},
    )
    return lock(day) if locked else day


def lock(*days):
    for day in days:
        BranchDay.objects.filter(pk=day.pk).update(closed_at=at(day.date, 18), ended_at=at(day.date, 18))
        day.refresh_from_db()
    return days[0]


def reopen(day):
    from rmflow.workdays import freeze

    with freeze.passing("reopen"):
        BranchDay.objects.filter(pk=day.pk).update(closed_at=None)


def person(branch, by):
    return Client.objects.create(branch=branch, name="李", created_by=by)


def slip(
    day, by, role, manager, *, status="referred", check="matched", said=None, client=None, when=None, **more
):
    """One slip of a day, checked and counted there; `said` is the manager's verdict."""
    made = when or at(day.date, 10)
    client = client or person(day.branch, by)
    follow = status == "to_follow_up"
    made_slip = Referral.objects.create(
        day=day,
        counted_on=day if check != "unchecked" else None,
        check_result=check,
        branch=more.pop("branch", day.branch),
        sender_branch=day.branch,
        home_branch=by.home_branch,
        referrer=by,
        referrer_role=role,
        client=client,
        addressed_as="李女士",
        cues=["vip_card"],
        source_channel=more.pop("channel", "lobby"),
        status=status,
        reception="none" if follow else "met",
        manager=manager,
        agreed_on=day.date if follow else None,
        referred_at=made,
        filed_at=made,
        **more,
    )
    if said:
        Verdict.objects.create(
            client=client, type=said, type_before="unjudged", branch=day.branch, by=manager,
            at=made + datetime.timedelta(minutes=20),
        )  # fmt: skip
    return made_slip


@transaction.atomic
def deal(slip, day, amount, *, manager=None, done_on=None):
    """A deal of a slip's client, counted under `day`, credited by the rule."""
    made = Deal.objects.create(
        client=slip.client,
        product=Product.objects.first(),
        amount=Decimal(amount),
        done_on=done_on or day.date,
        day=day,
        branch=day.branch,
        manager=manager or slip.manager,
        source_key=f"deal:{Deal.objects.count()}",
        by=manager or slip.manager,
    )
    deals.credit(made)
    return made
