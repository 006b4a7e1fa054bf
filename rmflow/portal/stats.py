"""Questions of the overview: one function, one query, plain rows (deck 20–21, 28)."""

import datetime

from django.db.models import Count, Min, Q

from followups.models import PlanItem
from referrals.models import Diversion, MonthReport, Referral
from referrals.rules import Reception, Status
from rmflow.staff.permissions import Permission, scope
from rmflow.workdays.models import BranchDay

MOST_ROWS = 50


def in_scope(user):
    """Slips of the branches `user` heads or checks; own slips elsewhere do not count here."""
    return Referral.objects.filter(scope(user, Permission.SEE_REFERRALS).q("branch"))


def today_figures(user, today):
    """Counts of one business date: filed, referred, to follow up, met (W1-11: never the calendar's)."""
    return (
        in_scope(user)
        .filter(day__date=today)
        .exclude(status=Status.WITHDRAWN)
        .aggregate(
            total=Count("pk"),
            referred=Count("pk", filter=Q(status=Status.REFERRED)),
            to_follow_up=Count("pk", filter=Q(status=Status.TO_FOLLOW_UP)),
            met=Count("pk", filter=Q(reception=Reception.MET)),
        )
    )


def diverted(user, today):
    """How many clients were diverted that day (undone taps do not count)."""
    reach = scope(user, Permission.SEE_REFERRALS).q("branch")
    return Diversion.objects.filter(reach, day__date=today, undone_at=None).count()


def waiting(user):
    """Clients waiting now, as they are to be served."""
    return list(
        in_scope(user)
        .waiting()
        .values(
            "pk",
            "addressed_as",
            "waiting_since",
            "manager__name",
            "branch__name",
            "reception",
            "served_first",
        )[:MOST_ROWS]
    )


def unclaimed(user):
    """Slips in duty queues that nobody has taken on: how many, and since when."""
    return in_scope(user).unclaimed().aggregate(count=Count("pk"), since=Min("filed_at"))


def load_by_manager(user, today, told_after: datetime.date):
    """Open plan items per manager: today, overdue, and overdue by more than three working days."""
    return list(
        PlanItem.objects.open()
        .filter(scope(user, Permission.SEE_FOLLOW_UPS).q("branch"), plan_on__lte=today)
        .values("owner_id", "owner__name", "branch__name")
        .annotate(
            today=Count("pk", filter=Q(plan_on=today)),
            overdue=Count("pk", filter=Q(plan_on__lt=today)),
            late=Count("pk", filter=Q(plan_on__lt=told_after)),
        )
        .order_by("-overdue", "owner__name")[:MOST_ROWS]
    )


def months_to_sign(user):
    """Drafts of months that wait for this person's signature, the oldest first."""
    drafts = MonthReport.objects.filter(scope(user, Permission.SIGN_MONTH).q("branch"), state="draft")
    return list(
        drafts.order_by("month", "branch__path").values(
            "month", "compiled_at", "branch_id", "branch__name", "content__locked", "content__unlocked"
        )[:MOST_ROWS]
    )


def unlocked_days(user, today):
    """Business days before today that nobody has locked, the oldest first; those who may reopen answer for them."""
    days = BranchDay.objects.unlocked().filter(scope(user, Permission.REOPEN_DAY).q("branch"), date__lt=today)
    return list(days.order_by("date", "branch__path").values("date", "branch__name")[:MOST_ROWS])
