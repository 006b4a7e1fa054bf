"""A closure from the counter on (W3-04, W3-05). The counter never waits: it goes on when the client wishes."""

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from clients.models import Client
from clients.rules import ClientType
from rmflow.staff import permissions
from rmflow.staff.permissions import Permission
from rmflow.workdays import clock
from rmflow.workflow import Conflict, Refused

from ..models import Closure, ClosureEvent, ClosureFlag, ClosureRule
from ..rules import closures as rules
from ..rules.closures import CLOSURE_TRANSITIONS, Called, Found, State, Suspicion
from . import closure_news as news


@transaction.atomic
def flag(client_id, *, by, movement, suspicion, went_on=False):
    """Report a movement at the counter; returns (closure, flag, whether it is a new case).

    The client is locked: two counters, or the counter and the night, make one case. A second report of an
    open case is told to the manager as well. `client_id` is of a client the counter has recognised.
    """
    permissions.require(by, Permission.FLAG_CLOSURE)
    if by.branch is None:
        raise Refused(_("You have no branch today; ask the administrator."))
    _check_words(movement, suspicion)
    clients = Client.objects.select_related("branch", "owner", "backup")
    client = clients.select_for_update(of=("self",), no_key=True).get(pk=client_id)
    if client.type != ClientType.EXISTING_PREMIUM:
        raise Refused(_("Only premium clients are recorded; serve this client as usual."), code="premium")
    found = Closure.objects.open().filter(client=client).select_for_update(of=("self",)).first()
    closure = found or _open(client, movement=movement, suspicion=suspicion)
    seen = ClosureFlag.objects.create(
        closure=closure,
        branch=by.branch,
        by=by,
        at=timezone.now(),
        movement=movement,
        suspicion=suspicion,
    )
    _event(closure, "again" if found else "flag", by=by, before=closure.state if found else "")
    if found is not None and suspicion == Suspicion.CHURN and found.suspicion != Suspicion.CHURN:
        found.suspicion = suspicion
        found.save(update_fields=["suspicion"])
    news.flagged(closure, seen, again=found is not None)
    if went_on:
        _go_on(closure, seen, by=by)
    return closure, seen, found is None


def _check_words(movement, suspicion):
    wrong = {}
    if movement not in dict(rules.AT_COUNTER):
        wrong["movement"] = _("Choose what moves.")
    if suspicion not in Suspicion.values:
        wrong["suspicion"] = _("Say whether the client may be leaving us.")
    if wrong:
        raise Refused.many(wrong)


def _open(client, *, movement, suspicion):
    now = timezone.now()
    rule = ClosureRule.objects.filter(branch=client.branch_id).first() or ClosureRule()
    closure = Closure(
        client=client,
        branch=client.branch,
        manager=client.owner,
        backup=client.backup,
        tier=client.tier,
        level=client.level,
        movement=movement,
        suspicion=suspicion,
        found=Found.COUNTER,
        found_at=now,
        found_on=clock.today(),
        claim_due_at=rules.claim_due_at(now, minutes=rule.claim_minutes),
        aum_before=news.assets_of(client),
    )
    closure.save(force_insert=True)
    return closure


@transaction.atomic
def go_on(closure_id, *, by):
    """The counter carries out the client's wish, whatever stands open: recorded at any moment, once."""
    permissions.require(by, Permission.FLAG_CLOSURE)
    closure = locked(closure_id, by=by)
    seen = closure.flags.filter(branch=by.branch_id).order_by("-at", "-pk").first()
    if seen is None:
        raise Refused(_("Your counter has not reported this case."), code="state")
    if seen.went_on_at is None:
        _go_on(closure, seen, by=by)
    return closure


def _go_on(closure, seen, *, by):
    seen.went_on_at, seen.went_on_by = timezone.now(), by
    seen.save(update_fields=["went_on_at", "went_on_by"])
    _event(closure, "went_on", by=by, before=closure.state)
    news.went_on(closure, seen)


def locked(closure_id, *, by):
    """The case, locked, if `by` may see it or a part of it; DoesNotExist (404) otherwise."""
    return (
        Closure.objects.visible_to(by)
        .select_for_update(of=("self",), no_key=True)
        .select_related("client", "branch", "manager", "backup", "head", "product")
        .get(pk=closure_id)
    )


def may(name, closure, user):
    """Whether `user` may take this step now: the same question as the action's."""
    arrow = CLOSURE_TRANSITIONS[name]
    if not arrow.allows(closure.state) or (name == "claim" and closure.claimed_at is not None):
        return False
    return _is_allowed(name, closure, user)


def _is_allowed(name, closure, user):
    arrow = CLOSURE_TRANSITIONS[name]
    if arrow.permission is None:
        return False
    if closure.is_headed_by(user):  # the branch's head, or the region's where the branch has none
        return name not in ("claim", "call_head")
    works = arrow.permission == Permission.WORK_CLOSURE and user.has(Permission.WORK_CLOSURE)
    return works and closure.is_worked_by(user)


def may_write(closure, user):
    """Whether `user` may write the record now: the manager or the head, once somebody has the case."""
    taken = closure.claimed_at is not None or closure.head_at is not None
    return closure.is_open and taken and _is_allowed("normal", closure, user)


def step(name, closure_id, *, by, note=""):
    """Make one step of `CLOSURE_TRANSITIONS` that is no ending: claim, normal, churn, call_head, step_in."""
    if name not in ("claim", "normal", "churn", "call_head", "step_in"):
        raise Refused(_("There is no such step."), code="step")
    with transaction.atomic():
        closure = locked(closure_id, by=by)
        require(name, closure, by=by)
        if name == "claim" and closure.claimed_at is not None:
            _who_was_first(closure, by)
            return closure
        CLOSURE_TRANSITIONS[name].check(closure.state)
        _take(name, closure, by=by, note=note.strip())
        return closure


def require(name, closure, *, by):
    """403 unless the step is one of `by`'s on this case."""
    if not _is_allowed(name, closure, by):
        raise PermissionDenied(_("Your role does not allow this."))


def _who_was_first(closure, by):
    if closure.claimed_by_id != by.pk:
        text = _("{name} has claimed this case already.")
        raise Conflict(text.format(name=closure.claimed_by.name), code="claimed")


def _take(name, closure, *, by, note):
    """The columns a step writes, its event, and who hears of it."""
    before, now = closure.state, timezone.now()
    closure.state = CLOSURE_TRANSITIONS[name].target
    if name == "claim":
        closure.claimed_at, closure.claimed_by = now, by
    elif name == "normal":
        closure.assessment, closure.assessed_at = Suspicion.ORDINARY, now
    elif name == "churn":
        closure.assessment, closure.assessed_at = Suspicion.CHURN, now
    elif name == "call_head":
        closure.called, closure.called_at = Called.CANNOT_HOLD, closure.called_at or now
    elif name == "step_in":
        closure.head, closure.head_at = by, now
        closure.assessment = closure.assessment or Suspicion.CHURN
        closure.assessed_at = closure.assessed_at or now
    closure.save()
    _event(closure, name, by=by, before=before, note=note)
    news.moved(closure, name, by=by)


def _event(closure, name, *, by, before, note=""):
    ClosureEvent.objects.create(
        closure=closure, name=name, state_from=before, state_to=closure.state, by=by, note=note
    )
    return closure


def climb(*, now):
    """Cases nobody claimed in time go to the head: one statement finds and moves them; {"cases": n}.

    Two workers, or the same worker twice, move each case once: the row is locked and its state asked again.
    """
    if not Closure.objects.unclaimed(now).exists():  # nearly every minute: one look at a small index
        return {"cases": 0}
    with transaction.atomic():
        due = Closure.objects.unclaimed(now).select_for_update(of=("self",), skip_locked=True, no_key=True)
        rows = list(due.select_related("client", "branch", "manager").order_by("claim_due_at")[:500])
        moved = [row.pk for row in rows]
        Closure.objects.filter(pk__in=moved).update(
            state=State.CALLED, called=Called.UNCLAIMED, called_at=now
        )
        ClosureEvent.objects.bulk_create(
            ClosureEvent(closure=row, name="climb", state_from=row.state, state_to=State.CALLED, at=now)
            for row in rows
        )
        news.climbed(rows)
    return {"cases": len(moved)}
