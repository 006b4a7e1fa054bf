"""A branch's part of an evaluation sent back by its head, and computed anew once the data are right (B-11)."""

from django.db import connection, transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from rmflow.notices.actions import notify
from rmflow.staff import permissions
from rmflow.staff.models import RoleHolding, User
from rmflow.staff.permissions import Permission, Role
from rmflow.workdays import clock
from rmflow.workflow import Conflict, Refused

from ..models import DowngradeRead, EvaluationRun, RunPart
from ..scoring.rules import PartState, RunKind, RunState


@transaction.atomic
def send_back(part_id, *, by, why):
    """Put a branch's part aside before any of it took effect, for the data to be corrected.

    Other branches sign meanwhile; this one waits until somebody says the data are right.
    """
    part = _locked(part_id, by=by)
    if not why.strip():
        raise Refused(_("Say what is wrong with the data."), field="note")
    if part.state != PartState.READY or part.run.kind == RunKind.EVENT or part.run.state != RunState.READY:
        raise Conflict(_("Only what waits for its signature is sent back."), code="state")
    part.state, part.opinion = PartState.BACK, why.strip()[:300]
    part.save(update_fields=["state", "opinion"])
    _tell(part, by)
    return part


def _locked(part_id, *, by):
    """A branch's part, for the head of the scope."""
    if not RunPart.objects.visible_to(by).filter(pk=part_id).exists():
        raise RunPart.DoesNotExist
    part = RunPart.objects.select_for_update(of=("self",)).select_related("run", "branch").get(pk=part_id)
    permissions.require(by, Permission.SIGN_TIERS, part.branch)
    return part


@transaction.atomic
def again(part_id, *, by):
    """The head says the data are right: the branch is computed anew."""
    part = _locked(part_id, by=by)
    if part.state != PartState.BACK:
        raise Conflict(_("Only what was sent back is computed anew."), code="state")
    return _begin(part.run_id, [part])


@transaction.atomic
def all_again(run_id, *, by):
    """Whoever loads the files says so for every branch that was sent back."""
    permissions.require(by, Permission.KEEP_SCORECARDS)
    rows = RunPart.objects.filter(run=run_id, state=PartState.BACK).order_by("pk")
    parts = list(rows.select_for_update(of=("self",)))
    if not parts:
        raise Conflict(_("Only what was sent back is computed anew."), code="state")
    return _begin(run_id, parts)


def _begin(run_id, parts):
    """Throw the results of these branches away; the run waits for them as it did at first.

    What the head has read is read anew.
    """
    run = EvaluationRun.objects.select_for_update(of=("self",)).get(pk=run_id)
    branches = [part.branch_id for part in parts]
    with connection.cursor() as cursor:
        cursor.execute(
            "DELETE FROM clients_evaluation WHERE run_id = %s AND month = %s AND branch_id = ANY(%s)",
            [run.pk, run.month, branches],
        )
    DowngradeRead.objects.filter(part__in=parts).delete()
    mine = run.parts.filter(pk__in=[part.pk for part in parts])
    mine.update(state=PartState.WAITING, computed_at=None, clients=0)
    run.state, run.finished_at = RunState.COMPUTING, None
    run.save(update_fields=["state", "finished_at"])
    return run


def _tell(part, by):
    """The administrators, who load the files."""
    holders = RoleHolding.objects.filter(role=Role.ADMIN).values("user")
    notify(
        User.objects.active().filter(pk__in=holders),
        "evaluation",
        gettext_noop("{who} of {branch} has sent the evaluation back: check the data of {month}."),
        key=f"sent-back:{part.pk}:{clock.now():%Y%m%d%H%M%S}",
        link="/tiers/cards/",
        params={"who": by.name, "branch": part.branch.name, "month": f"{part.run.month:%Y-%m}"},
    )
