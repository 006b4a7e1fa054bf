"""Fourteen days in the lobbies, through the actions: signed in, handed over at noon, one gap, one crowd."""

import datetime

from referrals.actions import calls, duty, watch
from referrals.models import CrowdCall, DutyGap
from rmflow.staff.models import BANK_TIME, User
from rmflow.staff.permissions import Role
from rmflow.workdays.current import opening

from . import rhythm
from .moment import at

CALL_BACK, GAP_BACK = 2, 1  # days before today on which the lobby was crowded, and empty for a while
NOTES = ("2 号自助机缺纸，已报修", "下午有社保卡集中领取", "叫号机重启过一次", "雨具已备在门口")


def live(branches, today, now):
    """Duty of every branch, oldest day first, up to `now`."""
    for back in range(rhythm.LIVED - 1, -1, -1):
        date = today - datetime.timedelta(days=back)
        for code, branch in branches.items():
            if code.isdigit() and opening(branch).is_open(date):
                _day(branch, date, now, late=code == "0817" and back == GAP_BACK)
        if back == CALL_BACK:
            _crowd(branches["0817"], date)


def _day(branch, date, now, *, late):
    """One lobby, one day: 08:40 to 17:05, with a hand-over over lunch where there is somebody."""
    first = User.objects.holding_at(branch.pk, Role.LOBBY_MANAGER).order_by("pk").first()
    relief = User.objects.holding_at(branch.pk, Role.WEALTH_MANAGER).order_by("-pk").first()
    steps = [
        (_time(date, 9, 26) if late else _time(date, 8, 40), lambda: duty.sign_in(by=first)),
        (_time(date, 12, 0), lambda: _hand_over(branch, first, relief, date)),
        (_time(date, 13, 30), lambda: _hand_over(branch, relief, first, date)),
        (_time(date, 17, 5), lambda: duty.leave(duty.open_shift(branch).pk, by=first)),
    ]
    if late:
        steps.insert(0, (_time(date, 9, 5), lambda: _told(branch, date)))
    for moment, step in steps:
        if moment < now:
            with at(moment):
                step()


def _time(date, hour, minute):
    return datetime.datetime.combine(date, datetime.time(hour, minute), tzinfo=BANK_TIME)


def _hand_over(branch, giver, taker, date):
    if taker is None:
        return
    shift = duty.open_shift(branch)
    duty.offer(shift.pk, by=giver, to=taker.pk, note=NOTES[date.toordinal() % len(NOTES)])
    duty.accept(shift.pk, by=taker)


def _told(branch, date):
    """The minute's watch, for this lobby: the others stand where they should."""
    watch.watch(_time(date, 9, 5))
    DutyGap.objects.exclude(branch=branch).delete()


def _crowd(branch, date):
    """A crowd at half past ten; the head is there within two minutes."""
    lobby = User.objects.holding_at(branch.pk, Role.LOBBY_MANAGER).order_by("pk").first()
    head = User.objects.holding_at(branch.pk, Role.BRANCH_HEAD).first()
    if CrowdCall.objects.exists() or not opening(branch).is_open(date):
        return
    with at(_time(date, 10, 31)):
        call = calls.call(by=lobby)
    with at(_time(date, 10, 32) + datetime.timedelta(seconds=38)):
        calls.answer(call.pk, by=head, answer="on_my_way")
