"""日终核对, slip by slip: checks, rulings, what is left over (deck 20, B-03); what managers say: `statements`.

Every action holds the day first and then locks the slip, so that a lock of the day waits for it or
stops it.
"""

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from rmflow.notices.actions import notify
from rmflow.staff import permissions
from rmflow.staff.permissions import Permission
from rmflow.workdays import actions as workdays
from rmflow.workdays import clock
from rmflow.workdays.current import calendar
from rmflow.workdays.models import BranchDay, DayConfirmation
from rmflow.workflow import Conflict, Refused

from .. import closing
from ..models import Referral, ReferralEvent, Statement
from ..rules import CheckResult, Reception, Status
from ..rules import closing as rules
from . import deals, filing

NOTE_LENGTH = 200


def held_day(day_id, *, by, permission):
    """A day in scope that one may close, held against its lock; DoesNotExist (404) outside scope."""
    reach = permissions.scope(by, Permission.SEE_REFERRALS)
    if not BranchDay.objects.filter(reach.q("branch"), pk=day_id).exists() or not reach:
        raise BranchDay.DoesNotExist
    day = workdays.hold(day_id)
    permissions.require(by, permission, day.branch)
    workdays.require_unlocked(day)
    return day


def slip_of(day, referral_id):
    """A slip of this closing, locked after its day."""
    slips = closing.slips_of(day).select_for_update(of=("self",), no_key=True)
    return slips.select_related("client", "branch", "referrer", "manager", "carried_on", "day").get(
        pk=referral_id
    )


def _line(day, slip):
    """The slip as the rules read it, with what else the day holds of its client."""
    statement = Statement.objects.filter(referral=slip).first()
    same = closing.slips_of(day).filter(client=slip.client_id).order_by("filed_at", "pk")
    named = same.values_list("pk", "client_id", "repeat_reason")
    return closing.line_of(slip, statement, day=day, repeats=slip.pk in rules.repeats_of_the_day(named))


def event_of(slip, name, before, *, by, note=""):
    return ReferralEvent.objects.create(
        referral=slip,
        name=name,
        state_from=before,
        state_to=slip.reception,
        by=by,
        manager=slip.manager,
        note=note[:NOTE_LENGTH],
    )


# What the lobby manager finds


def _count(slip, result, *, day):
    slip.check_result, slip.counted_on = result, day


@transaction.atomic
def check(day_id, referral_id, *, by, result, note=""):
    """Check one slip: 属实, 信息更正, 重复 or 无效; from now on it counts under this day."""
    day = held_day(day_id, by=by, permission=Permission.CLOSE_DAY)
    slip = slip_of(day, referral_id)
    rules.check_check(_line(day, slip), result, note)
    _count(slip, result, day=day)
    slip.save(update_fields=["check_result", "counted_on"])
    event_of(slip, "check", slip.reception, by=by, note=f"{CheckResult(result).label} {note}".strip())
    if result in (CheckResult.REPEAT, CheckResult.INVALID):
        deals.recredit(slip)
    return slip


@transaction.atomic
def check_matched(day_id, *, by):
    """Check every slip on which both sides agree, at once; returns how many. Differences stay open."""
    day = held_day(day_id, by=by, permission=Permission.CLOSE_DAY)
    waiting = closing.slips_of(day).filter(counted_on__isnull=True)
    list(waiting.select_for_update(of=("self",), no_key=True).order_by("pk").values_list("pk", flat=True))
    agreed = [
        row.slip
        for row in closing.Closing(day).rows
        if row.slip and row.is_open and row.finding in rules.AGREED
    ]
    keys = [slip.pk for slip in agreed]
    Referral.objects.filter(pk__in=keys).update(check_result=CheckResult.MATCHED, counted_on=day)
    now = clock.now()
    ReferralEvent.objects.bulk_create(
        ReferralEvent(
            referral=slip,
            name="check",
            state_from=slip.reception,
            state_to=slip.reception,
            by=by,
            manager_id=slip.manager_id,
            at=now,
            note=str(CheckResult.MATCHED.label),
        )
        for slip in agreed
    )
    return len(keys)


@transaction.atomic
def uncheck(day_id, referral_id, *, by, note):
    """Take a check back while the day is not locked (a slip wrongly checked, a day reopened), with a reason."""
    day = held_day(day_id, by=by, permission=Permission.CLOSE_DAY)
    slip = slip_of(day, referral_id)
    if slip.counted_on_id != day.pk:
        raise Conflict(_("This slip is not checked on this day."), code="unchecked")
    why = rules.check_note(note)
    _count(slip, CheckResult.UNCHECKED, day=None)
    slip.save(update_fields=["check_result", "counted_on"])
    event_of(slip, "uncheck", slip.reception, by=by, note=why)
    workdays.withdraw_signatures(day, side=DayConfirmation.Side.LOBBY)
    deals.recredit(slip)
    return slip


@transaction.atomic
def carry_over(day_id, referral_id, *, by, note):
    """Leave a disputed or unmet slip over: marked, uncounted, back in the next day's closing."""
    day = held_day(day_id, by=by, permission=Permission.CLOSE_DAY)
    slip = slip_of(day, referral_id)
    rules.check_carry(_line(day, slip))
    why = rules.check_note(note)
    if slip.carried_on_id == day.pk:
        return slip
    slip.carried_on = day
    slip.save(update_fields=["carried_on"])
    event_of(slip, "carry", slip.reception, by=by, note=why)
    return slip


# Rulings


@transaction.atomic
def settle(day_id, referral_id, *, by, ruling, note, agreed_on=None):
    """Rule on a difference, with a note; the slip is checked with what follows from the ruling."""
    day = held_day(day_id, by=by, permission=Permission.CLOSE_DAY)
    slip = slip_of(day, referral_id)
    line = _line(day, slip)
    if line.is_counted:
        raise Conflict(_("This slip is checked already."), code="checked")
    if ruling not in rules.Ruling.values:
        raise Refused(_("Choose how the difference is settled."), field="ruling")
    why = rules.check_note(note)
    if ruling == rules.Ruling.SENDER and rules.finding(line) == rules.Finding.NO_RECORD:
        raise Refused(_("The follow-up record is missing; open it or leave the slip over."), code="open")
    before = slip.reception
    _rule(slip, ruling, agreed_on=agreed_on)
    _count(slip, rules.RULED[ruling], day=day)
    slip.save()
    label = rules.Ruling(ruling).label
    event_of(slip, "settle", before, by=by, note=_("{ruling}: {note}").format(ruling=label, note=why))
    if ruling == rules.Ruling.TO_FOLLOW_UP:
        filing.open_follow_up(slip, by=by)
    deals.recredit(slip)
    _tell_ruling(slip, label, day, by=by)
    return slip


def _rule(slip, ruling, *, agreed_on):
    """What a ruling makes of the slip's state."""
    introduced = slip.status == Status.REFERRED and slip.reception != Reception.NONE
    if ruling == rules.Ruling.TO_FOLLOW_UP:
        if slip.manager_id is None:
            raise Refused(_("Nobody is there to follow the client up; leave the slip over."), code="open")
        slip.status, slip.reception = Status.TO_FOLLOW_UP, Reception.LEFT
        slip.agreed_on = agreed_on or slip.agreed_on or calendar().add(clock.today(), 1)
    elif ruling == rules.Ruling.SENDER and introduced and slip.manager_id:
        slip.reception, slip.met_at = Reception.MET, slip.met_at or slip.referred_at
        slip.accepted_at = slip.accepted_at or slip.met_at
    elif ruling in (rules.Ruling.MANAGER, rules.Ruling.INVALID) and introduced:
        said = getattr(slip, "statement", None)
        if not (said and said.met):
            slip.reception = Reception.LEFT


def _tell_ruling(slip, label, day, *, by):
    people = {slip.referrer, slip.manager} - {None, by}
    notify(
        people,
        "closing",
        gettext_noop("The difference about {client} is settled: {ruling}."),
        key=f"referral:{slip.pk}:ruling:{day.pk}:{slip.events.count()}",
        link="/referrals/mine/",
        params={"client": slip.addressed_as, "ruling": label},
    )


@transaction.atomic
def open_missing_record(day_id, referral_id, *, by):
    """代建: open the follow-up record that a to-follow-up slip lacks, for its manager."""
    day = held_day(day_id, by=by, permission=Permission.CLOSE_DAY)
    slip = slip_of(day, referral_id)
    if slip.status != Status.TO_FOLLOW_UP or slip.follow_up_id is not None:
        raise Conflict(_("This slip has its follow-up record."), code="has_record")
    if slip.manager_id is None:
        raise Refused(_("A manager has to take the slip on first."), code="open")
    filing.open_follow_up(slip, by=by)
    return slip


@transaction.atomic
def settle_unfiled(day_id, statement_id, *, by, ruling, note, referral_id=None):
    """Rule on a client without a slip: the manager's own, invalid, or the slip was filed afterwards."""
    day = held_day(day_id, by=by, permission=Permission.CLOSE_DAY)
    unfiled = Statement.objects.filter(day=day, referral__isnull=True)
    statement = unfiled.select_for_update(of=("self",), no_key=True).get(pk=statement_id)
    if statement.ruling:
        raise Conflict(_("This is settled already."), code="settled")
    if ruling not in rules.UnfiledRuling.values:
        raise Refused(_("Choose how the difference is settled."), field="ruling")
    why = rules.check_note(note)
    if ruling == rules.UnfiledRuling.FILED:
        slip = closing.slips_of(day).filter(pk=referral_id, manager=statement.manager_id).first()
        if slip is None:
            raise Refused(_("Choose the slip that was filed afterwards."), field="referral")
        if not Statement.objects.filter(referral=slip).exists():
            statement.referral = slip
    statement.ruling, statement.ruled_by, statement.ruled_at = ruling, by, clock.now()
    statement.ruling_note = why[:NOTE_LENGTH]
    statement.save()
    return statement
