"""Ninety to fifteen days ago: slips, events and verdicts in bulk, in the rhythm of the branches."""

import datetime
import random

from clients.models import Client, TimelineEntry, Verdict
from clients.rules import ClientType, TimelineKind
from referrals.models import Referral, ReferralEvent
from referrals.rules import Reception, SourceChannel, Status
from rmflow.staff.models import BANK_TIME, User
from rmflow.staff.permissions import Role
from rmflow.workdays.current import opening
from rmflow.workdays.models import BranchDay

from . import called, rhythm


def make(branches, rng: random.Random, first: datetime.date, last: datetime.date):
    """Write the past of every branch from `first` to `last`, both included."""
    for code, branch in branches.items():
        if not code.isdigit():
            continue
        senders = list(User.objects.holding_at(branch.pk, Role.TELLER, Role.LOBBY_MANAGER).order_by("pk"))
        managers = list(User.objects.holding_at(branch.pk, Role.WEALTH_MANAGER).order_by("pk"))
        clients = _referred(branch)
        opens = opening(branch)
        days = [first + datetime.timedelta(n) for n in range((last - first).days + 1)]
        slips = []
        for day in filter(opens.is_open, days):
            business_day = _day(branch, day)
            slips += [
                _slip(business_day, branch, senders, managers, clients, rng)
                for _i in range(rhythm.slips_of(rng, code, day))
            ]
        Referral.objects.bulk_create(slips, batch_size=500)
        called.make(slips, rng)
        _follow(slips, rng)


def _referred(branch):
    """Whom the past's slips are about: most of them were judged since."""
    people = Client.objects.filter(branch=branch).order_by("pk")
    judged = people.exclude(type=ClientType.UNJUDGED)[:320]
    return [*judged, *people.filter(type=ClientType.UNJUDGED)[:40]]


def _day(branch, day):
    opened = datetime.datetime.combine(day, datetime.time(8, 50), tzinfo=BANK_TIME)
    return BranchDay.objects.create(
        branch=branch, date=day, opened_at=opened, ended_at=opened + datetime.timedelta(hours=9)
    )


def _slip(day, branch, senders, managers, clients, rng):
    sender, manager, client = rng.choice(senders), rng.choice(managers), rng.choice(clients)
    role = Role.LOBBY_MANAGER if Role.LOBBY_MANAGER in sender.roles else Role.TELLER
    at = rhythm.moment(rng, day.date)
    met = rng.random() < 0.62
    card = not met and rng.random() < 0.7
    return Referral(
        day=day,
        branch=branch,
        referrer=sender,
        referrer_role=role,
        home_branch=branch,
        sender_branch=branch,
        client=client,
        addressed_as=client.addressed_as,
        cues=rhythm.clues(rng),
        business=rhythm.business(rng),
        needs=rhythm.needs(rng),
        source_channel=SourceChannel.LOBBY if role == Role.LOBBY_MANAGER else SourceChannel.COUNTER,
        status=Status.TO_FOLLOW_UP if card else Status.REFERRED,
        reception=Reception.MET if met else Reception.NONE if card else Reception.LEFT,
        manager=manager,
        card_given=card,
        agreed_on=day.date + datetime.timedelta(days=rng.randint(1, 4)) if card else None,
        referred_at=at,
        filed_at=at,
        waiting_since=None if card else at,
        accepted_at=at + datetime.timedelta(minutes=rng.randint(1, 9)) if met else None,
        met_at=at + datetime.timedelta(minutes=rng.randint(10, 15)) if met else None,
    )


def _follow(slips, rng):
    """The events of each slip, and a verdict on those who were met."""
    events, verdicts, lines = [], [], []
    for slip in slips:
        events.append(_event(slip, "file", "", slip.status, slip.referrer, slip.filed_at))
        lines.append(_line(slip, TimelineKind.REFERRED, slip.referrer, slip.filed_at, {"cues": slip.cues}))
        if slip.reception == Reception.LEFT:
            left = slip.filed_at + datetime.timedelta(minutes=12)
            events.append(_event(slip, "leave", Reception.WAITING, Reception.LEFT, slip.referrer, left))
        if slip.reception != Reception.MET:
            continue
        events.append(
            _event(slip, "accept", Reception.WAITING, Reception.ACCEPTED, slip.manager, slip.accepted_at)
        )
        events.append(_event(slip, "meet", Reception.ACCEPTED, Reception.MET, slip.manager, slip.met_at))
        lines.append(_line(slip, TimelineKind.MET, slip.manager, slip.met_at, {}))
        kind = slip.client.type
        if kind == ClientType.UNJUDGED:
            continue
        verdicts.append(
            Verdict(
                client=slip.client,
                type=kind,
                level=slip.client.level,
                type_before=ClientType.UNJUDGED,
                branch=slip.branch,
                by=slip.manager,
                at=slip.met_at,
                source_key=f"referral:{slip.pk}",
            )
        )
    ReferralEvent.objects.bulk_create(events, batch_size=1000)
    Verdict.objects.bulk_create(verdicts, batch_size=1000)
    TimelineEntry.objects.bulk_create(lines, batch_size=1000)


def _event(slip, name, before, after, by, at):
    return ReferralEvent(
        referral=slip, name=name, state_from=before, state_to=after, by=by, manager=slip.manager, at=at
    )


def _line(slip, kind, by, at, data):
    return TimelineEntry(
        client=slip.client,
        kind=kind,
        at=at,
        by=by,
        branch=slip.branch,
        data=data,
        link=f"/referrals/{slip.pk}/",
    )
