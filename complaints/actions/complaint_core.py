"""What every action on a complaint shares: locking in scope, events, the stored clock, who is told."""

import datetime

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils.translation import gettext as _

from followups.actions import sources
from followups.rules import PlanKind
from rmflow.notices.actions import notify
from rmflow.staff import permissions
from rmflow.staff.models import BANK_TIME, Branch, User
from rmflow.staff.permissions import Permission, Role, scope
from rmflow.workdays import clock as bank
from rmflow.workdays.current import calendar as calendar_in_force
from rmflow.workdays.rules import YearMissing
from rmflow.workflow import Conflict

from ..models import Complaint, ComplaintEvent, LadderStep, Recusal
from ..rules import complaint_clock as clocks
from ..rules.complaint import CALL_BACK_DAYS, TRANSITIONS, Decision, Status
from ..rules.complaint_ladder import times
from ..rules.complaint_recusal import Reach

OFFICE = (Role.COMPLAINT_OFFICE,)


def address(complaint):
    """Where a complaint is read."""
    return f"/complaints/{complaint.pk}/"


def source_key(complaint):
    """The key under which plans of its handler stand."""
    return f"complaint:{complaint.pk}"


def hours():
    """The hours of a working day, as the bank has set them."""
    opens, due = (datetime.time.fromisoformat(t) for t in (settings.COMPLAINT_OPENS, settings.COMPLAINT_DUE))
    return clocks.Hours(opens, due)


def locked(pk, *, by):
    """One complaint in scope, locked; DoesNotExist (404) outside it and for whoever is recused. Nothing is done
    any more about a file that was destroyed."""
    complaint = (
        Complaint.objects.visible_to(by)
        .select_for_update(of=("self",), no_key=True)
        .select_related("branch", "handler")
        .get(pk=pk)
    )
    if complaint.destroyed_at is not None:
        raise Conflict(_("This file was destroyed; nothing is changed any more."), code="state")
    return complaint


def require_work(complaint, *, by):
    """403 unless `by` handles this complaint, or assigns those of its branch."""
    permissions.require(by, Permission.WORK_COMPLAINT)
    if by.pk != complaint.handler_id and not scope(by, Permission.ASSIGN_COMPLAINT).covers(complaint.branch):
        raise PermissionDenied(_("Your role does not allow this."))


def write(complaint, name, *, by, note="", data=None, due=None, at=None, **fields):
    """Make the transition `name` when it is one, set `fields`, and leave an event."""
    before = complaint.status
    if name in TRANSITIONS:
        TRANSITIONS[name].check(before)
        fields.setdefault("status", TRANSITIONS[name].target)
    for field, value in fields.items():
        setattr(complaint, field, value)
    if fields:
        complaint.save(update_fields=list(fields))
    due_from, due_to = due or (None, None)
    return ComplaintEvent.objects.create(
        complaint=complaint,
        name=name,
        status_from=before,
        status_to=complaint.status,
        by=by,
        note=note,
        data=data or {},
        due_from=due_from,
        due_to=due_to,
        **({"at": at} if at else {}),
    )


# -- the clock ------------------------------------------------------------------------------------


def pauses(complaint):
    """The appraisals of a complaint."""
    return [clocks.Pause(row.begins_on, row.ends_on) for row in complaint.suspensions.order_by("begins_on")]


def reckon(complaint, calendar=None, stops=None):
    """Both clocks of a complaint as its facts stand now."""
    return clocks.reckon(
        complaint.counted_at.astimezone(BANK_TIME).date(),
        calendar=calendar or calendar_in_force(),
        extended=complaint.extended,
        law_days=complaint.law_days,
        pauses=pauses(complaint) if stops is None else stops,
    )


def stored(clock):
    """The columns that keep a clock."""
    return {
        "normal_on": clock.normal_on,
        "extended_on": clock.extended_on,
        "law_on": clock.law_on,
        "due_on": clock.effective_on,
        "due_at": clocks.due_at(clock.effective_on, hours(), BANK_TIME),
        "ruling": clock.ruling,
        "provisional_year": clock.provisional_year,
    }


def count(complaint, *, anew=False):
    """Reckon again, store, plan the warnings; (due before, due now) for the event. A deadline a changed
    calendar did not move into the past stays, unless both clocks begin `anew`."""
    before = complaint.due_on
    clock = reckon(complaint)
    if not anew:
        clock = clocks.held(clock, due_on=before, today=bank.today())
    columns = stored(clock)
    for name, value in columns.items():
        setattr(complaint, name, value)
    complaint.save(update_fields=list(columns))
    plan_steps(complaint, clock)
    keep_plan(complaint)
    return before, complaint.due_on


def plan_steps(complaint, clock):
    """Put the steps of the ladder that lie ahead; one that already went out is not sent again at once."""
    LadderStep.objects.filter(complaint=complaint, fired_at__isnull=True).delete()
    if not complaint.is_running:
        return
    start = complaint.counted_at.astimezone(BANK_TIME)
    ahead = times(start, clock, calendar=calendar_in_force(), hours=hours(), zone=BANK_TIME)
    sent = set(
        LadderStep.objects.filter(complaint=complaint, fired_at__gte=complaint.counted_at).values_list(
            "step", flat=True
        )
    )
    now = bank.now()
    LadderStep.objects.bulk_create(
        [
            LadderStep(complaint=complaint, step=step, at=at)
            for step, at in ahead.items()
            if at > now or step not in sent
        ],
        ignore_conflicts=True,
    )


def stop_steps(complaint):
    """No warning any more: answered, suspended or over."""
    LadderStep.objects.filter(complaint=complaint, fired_at__isnull=True).delete()


def keep_plan(complaint, *, by=None):
    """The handler's plan carries the number and the day, nothing else."""
    key = source_key(complaint)
    if not complaint.is_running or complaint.handler is None:
        sources.settle(key, kind=PlanKind.COMPLAINT, by=by, done=complaint.replied_at is not None)
        return
    sources.keep(
        key,
        owner=complaint.handler,
        branch=complaint.branch,
        kind=PlanKind.COMPLAINT,
        plan_on=complaint.due_on,
        purpose=complaint.number,
        link=address(complaint),
        by=by,
    )


def call_back_key(complaint):
    """The key of the plan to call the client back."""
    return f"{source_key(complaint)}:callback"


def keep_call_back(complaint, *, by=None):
    """The plan to call the client back, with whoever has the complaint; settled once he was or it is over."""
    key = call_back_key(complaint)
    if complaint.status != Status.REPLIED or complaint.satisfaction or complaint.handler is None:
        sources.settle(key, kind=PlanKind.COMPLAINT, by=by, done=bool(complaint.satisfaction))
        return
    sources.keep(
        key,
        owner=complaint.handler,
        branch=complaint.branch,
        kind=PlanKind.COMPLAINT,
        plan_on=_call_back_on(complaint),
        purpose=complaint.number,
        link=address(complaint),
        by=by,
    )


def _call_back_on(complaint):
    """Some working days after the reply; today when that is past."""
    replied_on = complaint.replied_at.astimezone(BANK_TIME).date()
    try:
        day = calendar_in_force().add(replied_on, CALL_BACK_DAYS)
    except YearMissing:
        day = replied_on + datetime.timedelta(days=CALL_BACK_DAYS)
    return max(day, bank.today())


def lapse_extension(complaint):
    """A request that still waits has no object any more: the complaint was answered or is over."""
    waiting = complaint.extensions.filter(decision=Decision.ASKED)
    waiting.update(decision=Decision.LAPSED, decided_at=bank.now())


# -- people ---------------------------------------------------------------------------------------


def keep_out(complaint):
    """(ids named, reaches below them): who must keep out of a complaint. One query."""
    rows = list(Recusal.objects.filter(complaint=complaint))
    ids = {row.person_id for row in rows if not row.below_path}
    reaches = [Reach(row.below_path, tuple(row.below_roles)) for row in rows if row.below_path]
    return ids, reaches


def stands_at(users):
    """{user id: (paths, roles)} of today: at home, where a role is held, where lent. Two queries."""
    from rmflow.staff.models import RoleHolding

    found = {user.pk: (set(), set()) for user in users}
    rows = RoleHolding.objects.current().filter(user__in=users).values_list("user_id", "role", "branch__path")
    for user_id, role, path in rows:
        found[user_id][0].add(path)
        found[user_id][1].add(role)
    places = {user.pk: [user.home_branch_id] + [user.duty_branch_id] * user.works_elsewhere for user in users}
    ids = {pk for place in places.values() for pk in place}
    paths = dict(Branch.objects.filter(pk__in=ids).values_list("pk", "path"))
    for user_id, place in places.items():
        found[user_id][0].update(paths[pk] for pk in place if pk in paths)
    return found


def without_recused(complaint, users):
    """`users` without those who must keep out."""
    ids, reaches = keep_out(complaint)
    users = [user for user in users if user.pk not in ids]
    if not reaches:
        return users
    places = stands_at(users)
    return [u for u in users if not any(reach.covers(*places[u.pk]) for reach in reaches)]


def holders(complaint, *roles):
    """Active staff with one of `roles` for the complaint's branch, or above it."""
    above = [path for path in _prefixes(complaint.branch.path) if path != complaint.branch.path]
    at_branch = User.objects.holding_at(complaint.branch_id, *(set(roles) - {Role.COMPLAINT_OFFICE}))
    found = list(at_branch)
    if Role.REGION_HEAD in roles:
        found += User.objects.active().filter(
            pk__in=_current(Role.REGION_HEAD).filter(branch__path__in=above).values("user_id")
        )
    if Role.COMPLAINT_OFFICE in roles:
        found += User.objects.active().filter(pk__in=_current(Role.COMPLAINT_OFFICE).values("user_id"))
    return list({user.pk: user for user in found}.values())


def _prefixes(path):
    from ..rules.complaint_recusal import prefixes

    return prefixes(path)


def _current(role):
    from rmflow.staff.models import RoleHolding

    return RoleHolding.objects.current().filter(role=role)


def tell(complaint, people, text, *, key, by=None, urgent=False, link="", **params):
    """Notices about a complaint: its number, never a name or a text of it; recused persons left out."""
    people = [p for p in people if p is not None and (by is None or p.pk != by.pk)]
    notify(
        without_recused(complaint, people),
        "complaint",
        text,
        key=f"complaint:{complaint.pk}:{key}",
        link=link or address(complaint),
        channels=("bell", "email"),
        urgent=urgent,
        params={"number": complaint.number, **params},
        outside=text,
    )


atomic = transaction.atomic
