"""The lived days closed through the actions: answers, rulings, signatures, lock, morning release (B-03)."""

import datetime

from referrals import actions, inspection
from referrals import closing as reading
from referrals.actions import closing as slips
from referrals.actions import closing_day as days
from referrals.actions import statements
from referrals.models import Referral
from referrals.rules.closing import Finding, Side
from rmflow.staff.models import BANK_TIME, User
from rmflow.staff.permissions import Role
from rmflow.workdays import clock
from rmflow.workdays.actions import begin_inspection, custody, sign_inspection
from rmflow.workdays.models import BranchDay
from rmflow.workflow import Refused

from . import rhythm
from .moment import at

DENIED = "接待其他客户，出来时客户已离开"
RULINGS = (("to_follow_up", "双方核对后改为待跟进"), ("sender", "调阅监控，客户已引荐到位"))

#: Hour and minute of each step of a closing, in their order; the last one only where the morning is to come.
ANSWERED, SETTLED, SIGNED, LOCKED, RELEASED = (17, 31), (17, 38), (17, 44), (17, 46), (17, 55)


def live(branches, rng, today):
    """The lived days of every branch closed in order; yesterday of the last branch waits."""
    outlets = [branch for code, branch in sorted(branches.items()) if code.isdigit()]
    for back in range(rhythm.LIVED - 1, 0, -1):
        for branch in outlets[: -1 if back == 1 else None]:
            close(branch, today - datetime.timedelta(days=back), rng)
    inspect(branches["0817"], today)


def close(branch, date, rng):
    """Close one day of one branch as its people would; what cannot be settled leaves it open."""
    day = BranchDay.objects.select_related("branch").filter(branch=branch, date=date).first()
    lobby = User.objects.holding_at(branch.pk, Role.LOBBY_MANAGER).order_by("pk").first()
    if day is None or lobby is None or day.closed_at is not None:
        return
    try:
        with at(_time(date, *ANSWERED)):
            _answer(day, rng)
        with at(_time(date, *SETTLED)):
            _settle(day, lobby, rng)
            days.look_into_box(day.pk, by=lobby, book_found=int(rng.random() < 0.2))
        with at(_time(date, *SIGNED)):
            _sign(day, lobby)
        with at(_time(date, *LOCKED)):
            days.lock(day.pk, by=lobby)
    except Refused:
        return  # it waits on the closing's screen, as in life
    _release(day)


def _release(day):
    """The morning has released it; of a night the head did so by hand, since the morning is to come."""
    day.refresh_from_db()
    head = User.objects.holding_at(day.branch_id, Role.BRANCH_HEAD).order_by("pk").first()
    if day.sealed_until and day.sealed_until <= clock.now():
        with at(day.sealed_until):
            custody.release(day.pk, now=day.sealed_until)
    elif day.sealed_until and head is not None:
        with at(_time(day.date, *RELEASED)):
            custody.release(day.pk, by=head)


def _answer(day, rng):
    """Managers say what became of clients on whom nothing was noted; takers take what lies in the queue."""
    for row in reading.Closing(day).rows:
        slip = row.slip
        if slip is None or not row.is_open:
            continue
        if row.finding == Finding.NO_RECORD and slip.manager_id is None:
            manager = User.objects.holding_at(slip.branch_id, Role.WEALTH_MANAGER).order_by("pk").first()
            actions.take(slip.pk, by=manager)
        elif row.finding == Finding.MANAGER_MISSING:
            said = rng.random()
            note = DENIED if said < 0.15 else ""
            statements.state(slip.pk, by=slip.manager, received=said >= 0.15, met=said >= 0.4, note=note)


def _settle(day, lobby, rng):
    """Matched at once; disputes ruled on, now and then left over; repeats confirmed."""
    slips.check_matched(day.pk, by=lobby)
    for row in reading.Closing(day).rows:
        if not row.is_open or row.slip is None:
            continue
        if row.finding == Finding.REPEAT:
            slips.settle(day.pk, row.slip.pk, by=lobby, ruling="repeat", note="近期已推介，不重复计")
        elif rng.random() < 0.2:
            slips.carry_over(day.pk, row.slip.pk, by=lobby, note="待调阅监控")
        else:
            ruling, note = rng.choice(RULINGS)
            slips.settle(day.pk, row.slip.pk, by=lobby, ruling=ruling, note=note)


def _sign(day, lobby):
    for person_id in reading.Closing(day).picture.managers():
        person = User.objects.get(pk=person_id)
        if person.pk != lobby.pk:
            days.confirm_side(day.pk, by=person, side=Side.MANAGER)


def inspect(branch, today):
    """The head's inspection of last week, drawn and signed."""
    head = User.objects.holding_at(branch.pk, Role.BRANCH_HEAD).order_by("pk").first()
    begun = _time(today - datetime.timedelta(days=6), 16, 10)
    with at(begun):
        drawn = begin_inspection(branch, by=head, candidates=inspection.candidates(branch))
    with at(begun + datetime.timedelta(minutes=25)):
        sign_inspection(drawn.pk, by=head, finding="抽查推介表与待跟进记录，登记齐全，与实物相符。")


def dispute(branch, now):
    """A dispute of today, so that the first look at the closing has something to settle."""
    waiting = Referral.objects.filter(sender_branch=branch, reception="left", day__date=now.date())
    slip = waiting.exclude(manager=None).select_related("manager").first()
    if slip is not None and slip.counted_on_id is None:
        statements.state(slip.pk, by=slip.manager, received=False, note=DENIED)


def _time(date, hour, minute):
    return datetime.datetime.combine(date, datetime.time(hour, minute), tzinfo=BANK_TIME)
