"""The day as a whole: both sides sign, it locks, the head opens it again (deck 20–21, W1-10, W1-11)."""

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from rmflow.notices.actions import notify
from rmflow.staff import permissions
from rmflow.staff.models import User
from rmflow.staff.permissions import Permission
from rmflow.workdays import actions as workdays
from rmflow.workdays import clock
from rmflow.workdays.models import BranchDay, DayConfirmation
from rmflow.workflow import Conflict, Refused

from .. import closing
from ..rules import closing as rules
from ..rules.closing import OpenKind

Side = DayConfirmation.Side


class DayOpen(Refused):
    """The day cannot be locked yet; `matters` is the whole list of why."""

    def __init__(self, matters):
        self.matters = matters
        words = [_line(kind, keys) for kind, keys in matters]
        super().__init__(_("The day cannot be locked yet."), code="day_open")
        self.errors = {"detail": [_("The day cannot be locked yet."), *words]}


def _line(kind, keys):
    label = OpenKind(kind).label
    return _("{matter}: {n}").format(matter=label, n=len(keys)) if keys else str(label)


def _in_scope(day_id, by):
    reach = permissions.scope(by, Permission.SEE_REFERRALS)
    if not reach or not BranchDay.objects.filter(reach.q("branch"), pk=day_id).exists():
        raise BranchDay.DoesNotExist


def _for_signing(day_id, *, by):
    _in_scope(day_id, by)
    day = workdays.for_signing(day_id)
    workdays.require_unlocked(day)
    return closing.Closing(day)


@transaction.atomic
def confirm_side(day_id, *, by, side):
    """Sign one's own side of a day: the lobby for all slips, a manager for what was sent to him."""
    permission = Permission.SIGN_LOBBY if side == Side.LOBBY else Permission.SIGN_RECEIVED
    _in_scope(day_id, by)
    permissions.require(by, permission, BranchDay.objects.select_related("branch").get(pk=day_id).branch)
    return _sign(_for_signing(day_id, by=by), side, person=by, by=by)


@transaction.atomic
def stand_in(day_id, *, by, side, person_id, reason):
    """Sign for somebody absent, after half an hour and with a reason; at once for who holds both sides."""
    _in_scope(day_id, by)
    branch = BranchDay.objects.select_related("branch").get(pk=day_id).branch
    _require_stand_in(by, side, branch)
    found = _for_signing(day_id, by=by)
    person = _person(found, side, person_id, by=by)
    rules.check_stand_in(
        now=clock.now(),
        allowed_from=found.stand_in_from.astimezone(clock.SHANGHAI),
        reason=reason,
        holds_both=person.pk in found.both,
    )
    return _sign(found, side, person=person, by=by, reason=reason)


def _require_stand_in(by, side, branch):
    """The head; for a manager also a colleague who receives clients there (the backup)."""
    backup = side == Side.MANAGER and permissions.scope(by, Permission.SIGN_RECEIVED).covers(branch)
    if not backup:
        permissions.require(by, Permission.STAND_IN, branch)


def may_stand_in(user, side, branch):
    """Whether `user` sees the button: the same question the action asks."""
    head = permissions.scope(user, Permission.STAND_IN).covers(branch)
    backup = side == Side.MANAGER and permissions.scope(user, Permission.SIGN_RECEIVED).covers(branch)
    return head or backup


def _person(found, side, person_id, *, by):
    """Whose signature it stands for; a lobby without a manager is signed in one's own name."""
    able = found.lobby_ids if side == Side.LOBBY else set(found.picture.managers())
    if side == Side.LOBBY and not able:
        return by
    person = User.objects.filter(pk=person_id).first() if person_id in able else None
    if person is None or person.pk == by.pk:
        raise Refused(_("This person does not sign on this day."), field="person")
    return person


def _sign(found, side, *, person, by, reason=""):
    rules.check_own_signature(found.picture, side=side, by_id=by.pk)
    if side == Side.LOBBY:
        left = [m for m in found.matters if m[0] not in (OpenKind.UNSIGNED, OpenKind.LOBBY)]
        slips = len(found.rows)
    else:
        slips = found.picture.managers().get(person.pk, 0)
        if not slips:
            raise Refused(_("Nothing was sent to {name} on this day.").format(name=person.name))
        left = _unanswered(found, person)
    if left:
        raise DayOpen(left)
    return workdays.sign(found.day, side=side, person=person, by=by, slips=slips, reason=reason)


def _unanswered(found, person):
    """What a manager has to say before signing: his clients without an answer, records not opened."""
    asked = (rules.Finding.MANAGER_MISSING, rules.Finding.NO_RECORD)
    kinds = {}
    for row in found.rows:
        if row.line.manager_id == person.pk and row.is_open and row.finding in asked:
            kinds.setdefault(OpenKind(str(row.finding)), []).append(row.line.key)
    return list(kinds.items())


@transaction.atomic
def lock(day_id, *, by):
    """Lock the day for good, or refuse with everything that is open; the lobby's signature comes with it."""
    _in_scope(day_id, by)
    permissions.require(
        by, Permission.CLOSE_DAY, BranchDay.objects.select_related("branch").get(pk=day_id).branch
    )
    day = workdays.for_locking(day_id)
    if day.closed_at is not None:
        raise Conflict(
            _("{name} has locked this day already.").format(name=day.closed_by.name), code="locked"
        )
    found = closing.Closing(day)
    lobby_only = [kind for kind, _keys in found.matters] == [OpenKind.LOBBY]
    if lobby_only and permissions.scope(by, Permission.SIGN_LOBBY).covers(day.branch):
        _sign(found, Side.LOBBY, person=by, by=by)
        found = closing.Closing(day)
    if found.matters:
        raise DayOpen(found.matters)
    return workdays.lock_day(day, by=by, picture=closing.snapshot(day), counts=closing.custody_counts(day))


@transaction.atomic
def reopen(day_id, *, by, reason):
    """Open a locked day for corrections: the head, a reason, and what it held before.

    A month that counts this day and is signed stays as it is; whoever keeps months asks
    `DayReopening` for the days reopened since its signature.
    """
    _in_scope(day_id, by)
    permissions.require(
        by, Permission.REOPEN_DAY, BranchDay.objects.select_related("branch").get(pk=day_id).branch
    )
    day = workdays.for_locking(day_id)
    reopening = workdays.reopen_day(day, by=by, reason=reason, picture=closing.snapshot(day))
    notify(
        [user for user in User.objects.filter(pk__in=closing.Closing(day).lobby_ids) if user.pk != by.pk],
        "closing",
        gettext_noop("{head} has opened {day} again; check it and lock it anew."),
        key=f"day:{day.pk}:reopened:{reopening.pk}",
        link=f"/closing/?day={day.date:%Y-%m-%d}",
        urgent=True,
        params={"head": by.name, "day": day.date},
    )
    return reopening


def look_into_box(day_id, *, by, **found):
    """Record the look into the opinion box of a day in scope (W3-07)."""
    _in_scope(day_id, by)
    return workdays.look_into_box(day_id, by=by, **found)
