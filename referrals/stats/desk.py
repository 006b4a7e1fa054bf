"""What the desk and the lists ask: one question, one query, plain rows (deck 15–19, B-20)."""

import datetime

from django.db.models import (
    Case,
    Count,
    DateTimeField,
    DurationField,
    ExpressionWrapper,
    F,
    IntegerField,
    Max,
    OuterRef,
    Q,
    Subquery,
    Value,
    When,
)
from django.db.models.functions import Coalesce, Now

from rmflow.staff.models import User
from rmflow.staff.permissions import Role
from rmflow.workdays.actions import DAY_TURNS_AT
from rmflow.workdays.models import BranchDay

from ..models import Diversion, PatrolRound, Referral, ReferralEvent
from ..rules import Reception, Status

#: A step written just before a look may be committed just after it: looks overlap by so much.
OVERLAP = datetime.timedelta(seconds=10)

_LOBBY = (Reception.WAITING, Reception.ACCEPTED, Reception.DECLINED)
_NOT_RECEIVED = (Reception.WAITING, Reception.DECLINED)

#: Slips with which something is still to be done.
UNSETTLED = Q(status=Status.REFERRED, reception__in=_LOBBY) | Q(
    status=Status.TO_FOLLOW_UP, outcome__isnull=True
)

#: More are not received any faster; the figure beside the head counts all.
MOST_WAITING = 20


def midnight(now):
    """The beginning of the day of `now`, an aware time of the bank."""
    return now.replace(hour=0, minute=0, second=0, microsecond=0)


def branch_day(branch, *, now):
    """The business day work is written to now, or None before the first slip of the day opens it.

    Before 05:00 yesterday's day goes on (W1-11).
    """
    turned = now.time() >= DAY_TURNS_AT
    since = now.date() - datetime.timedelta(days=0 if turned else 1)
    return BranchDay.objects.filter(branch=branch, date__gte=since).order_by("-date").first()


def slips_of_the_day(user, *, day, sees_branch, now):
    """Slips of the desk's day: the whole branch's for those who see it, else one's own."""
    slips = Referral.objects.visible_to(user)
    if sees_branch:
        return slips.filter(day=day) if day else slips.none()
    return slips.made_by(user).filter(filed_at__gte=midnight(now))


def tallies(slips, user):
    """Counts of some slips: total, referred, to_follow_up, met, longest (wait), and rows, mine, open."""
    until = Coalesce(
        "accepted_at",
        Case(When(reception__in=_NOT_RECEIVED, then=Now()), output_field=DateTimeField()),
    )
    wait = ExpressionWrapper(until - F("waiting_since"), output_field=DurationField())
    counted = ~Q(status=Status.WITHDRAWN)
    return slips.with_outcome().aggregate(
        total=Count("pk", filter=counted),
        referred=Count("pk", filter=Q(status=Status.REFERRED)),
        to_follow_up=Count("pk", filter=Q(status=Status.TO_FOLLOW_UP)),
        met=Count("pk", filter=Q(status=Status.REFERRED, reception=Reception.MET)),
        longest=Max(wait, filter=counted),
        rows=Count("pk"),
        mine=Count("pk", filter=Q(referrer=user)),
        open=Count("pk", filter=UNSETTLED),
    )


def diverted(user, *, day, sees_branch, now):
    """Clients diverted on the desk's day, by destination; undone taps do not count."""
    taps = Diversion.objects.filter(undone_at=None)
    taps = taps.filter(day=day) if sees_branch else taps.filter(by=user, at__gte=midnight(now))
    return dict(taps.order_by().values_list("destination").annotate(Count("pk")))


def patrols(day):
    """Rounds through the lobby ticked on a business day: how many and the last one's time."""
    return PatrolRound.objects.filter(day=day).aggregate(count=Count("pk"), last=Max("at"))


def managers(branch_id, *, now):
    """Who receives clients in a branch, free ones first and fewest today first.

    Each carries `received_today`, and while a client is with them `client_now` and `client_since`.
    """
    theirs = Referral.objects.filter(manager=OuterRef("pk")).order_by()
    received = theirs.filter(accepted_at__gte=midnight(now)).values("manager").annotate(n=Count("pk"))
    sitting = theirs.filter(
        status=Status.REFERRED,
        reception=Reception.ACCEPTED,
        accepted_at__gte=midnight(now),
    ).order_by("-accepted_at")
    rank = Case(
        When(availability=User.Availability.FREE, then=Value(0)),
        When(availability=User.Availability.BUSY, then=Value(1)),
        default=Value(2),
        output_field=IntegerField(),
    )
    return list(
        User.objects.holding_at(branch_id, Role.WEALTH_MANAGER)
        .annotate(
            received_today=Coalesce(Subquery(received.values("n")), 0),
            client_now=Subquery(sitting.values("addressed_as")[:1]),
            client_since=Subquery(sitting.values("accepted_at")[:1]),
        )
        .order_by(rank, "received_today", "employee_no")
    )


def waiting(user, branch_id):
    """Clients of a branch whom nobody has received yet, as they are to be served; the first twenty."""
    slips = Referral.objects.visible_to(user).filter(branch_id=branch_id).waiting()
    return list(slips.with_people()[:MOST_WAITING])


def waiting_for(user):
    """Clients who wait for this manager, and the one being received now, in turn."""
    return list(
        Referral.objects.filter(manager=user, status=Status.REFERRED)
        .filter(reception__in=(Reception.WAITING, Reception.ACCEPTED))
        .with_people()
        .in_turn()
    )


def unclaimed(user, branch_id):
    """To-follow-up slips of a branch's duty queue, the oldest first."""
    return (
        Referral.objects.visible_to(user)
        .filter(branch_id=branch_id)
        .unclaimed()
        .with_people()
        .order_by("filed_at", "pk")
    )


def changed_since(slips, moment, user):
    """Ids of slips somebody else has filed or moved since `moment`."""
    events = ReferralEvent.objects.filter(at__gte=moment - OVERLAP).exclude(by=user)
    return slips.filter(pk__in=events.values("referral_id"))


def timeline(slip):
    """Each step of a slip, the newest first."""
    return list(
        ReferralEvent.objects.filter(referral=slip).select_related("by", "manager").order_by("-at", "-pk")
    )
