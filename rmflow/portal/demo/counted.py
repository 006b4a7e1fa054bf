"""The past, counted: checks and locks of the days before the lived ones, deals, months signed and due."""

import datetime
from decimal import Decimal

from clients.models import Product
from clients.rules import ClientType
from followups.models import Deal
from referrals.actions import deals as credits
from referrals.actions import months
from referrals.models import MonthReport, Referral
from referrals.rules import CheckResult, Status
from referrals.rules.periods import month_to_report
from referrals.stats import rollup
from rmflow.staff.models import BANK_TIME, Branch, User
from rmflow.staff.permissions import Role
from rmflow.workdays.current import calendar
from rmflow.workdays.models import BranchDay

from . import statistics
from .moment import at

CHECKS = {
    CheckResult.MATCHED: 91,
    CheckResult.CORRECTED: 3,
    CheckResult.REPEAT: 4,
    CheckResult.INVALID: 2,
}
#: How many of a hundred slips bring a deal, by what the client proved to be.
SELLS = {
    ClientType.EXISTING_PREMIUM: 45,
    ClientType.EXISTING_POTENTIAL: 22,
    ClientType.PROSPECTIVE_PREMIUM: 25,
}
AMOUNTS = (20_000, 50_000, 80_000, 100_000, 200_000, 300_000, 500_000)


def make(rng, today, last):
    """Check, sell and lock what lies before the lived days; one day of last month stays unlocked."""
    days = BranchDay.objects.filter(date__lte=last)
    slips = list(
        Referral.objects.filter(day__in=days).with_outcome().select_related("day", "client", "branch")
    )
    for slip in slips:
        slip.counted_on = slip.day
        slip.check_result = rng.choices(list(CHECKS), weights=list(CHECKS.values()))[0]
    Referral.objects.bulk_update(slips, ["counted_on", "check_result"], batch_size=1000)
    _sell(slips, rng)
    _lock(days, today)
    statistics.gather()
    rollup.refresh()


def _sell(slips, rng):
    products = list(Product.objects.on_sale())
    for slip in slips:
        if slip.status not in (Status.REFERRED, Status.TO_FOLLOW_UP) or slip.manager_id is None:
            continue
        if rng.randrange(100) >= SELLS.get(slip.outcome, 6 if slip.status == Status.TO_FOLLOW_UP else 0):
            continue
        credits.credit(
            Deal.objects.create(
                client=slip.client,
                product=rng.choice(products),
                amount=Decimal(rng.choice(AMOUNTS)),
                done_on=slip.day.date,
                day=slip.day,
                branch=slip.branch,
                manager_id=slip.manager_id,
                by_id=slip.manager_id,
                source_key=f"demo:{slip.pk}",
                at=slip.filed_at,
            )
        )


def _lock(days, today):
    """Locked half an hour after business, but for one day of the first branch (W1-10)."""
    month = month_to_report(today)
    left = days.filter(branch__code="0817", date__range=(month.first, month.last)).order_by("-date").first()
    for branch in Branch.objects.outlets():
        lobby = User.objects.holding_at(branch.pk, Role.LOBBY_MANAGER).first()
        for day in days.filter(branch=branch).exclude(pk=left.pk if left else 0):
            closed = day.ended_at + datetime.timedelta(minutes=30)
            BranchDay.objects.filter(pk=day.pk).update(closed_at=closed, closed_by=lobby)


def months_due(today):
    """The month before last is signed, last month's draft waits for the head."""
    due = month_to_report(today)
    for branch in Branch.objects.outlets():
        head = User.objects.holding_at(branch.pk, Role.BRANCH_HEAD).first()
        for month in (due.before(), due):
            with at(_morning(month.after().first)):
                report, _did = months.compile_month(branch, month.first)
            if month != due and head is not None and report.state == "draft":
                with at(_morning(month.after().first) + datetime.timedelta(days=1)):
                    months.sign(report.pk, by=head, digest=MonthReport.objects.get(pk=report.pk).digest)


def _morning(day):
    first = calendar().first_of_month(day.year, day.month)
    return datetime.datetime.combine(first, datetime.time(7, 40), tzinfo=BANK_TIME)
