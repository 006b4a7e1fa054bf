"""What an evaluation brings into effect (B-11): signed by the head of the scope, or raised without a signature.

What was put into effect already changes nothing more, however often a step is done again.
"""

import pghistory
from django.db import transaction
from django.db.models import Exists, OuterRef
from django.utils.translation import gettext as _

from rmflow.staff import permissions
from rmflow.staff.permissions import Permission
from rmflow.workdays import clock
from rmflow.workflow import Conflict, Refused

from .. import archives
from ..models import DowngradeRead, Evaluation, EvaluationRun, RunPart
from ..scoring import effect
from ..scoring.rules import Move, PartState, RunKind, RunState

PREMIUM_BY_RUN = """
    JOIN clients_evaluation e ON e.client_id = c.id AND e.run_id = %(run)s AND e.month = %(month)s
     AND e.branch_id = ANY(%(branches)s) WHERE e.type = 'existing_premium' AND e.type_before <> e.type"""


def _locked(part_id):
    return RunPart.objects.select_for_update(of=("self",)).select_related("run", "branch").get(pk=part_id)


def open_archives(run, branches, by=None):
    """Whoever is premium by the run has a file from now on (C-05); called when all branches are written."""
    values = {"run": run.pk, "month": run.month, "branches": branches}
    with pghistory.context(run=run.pk):
        archives.open_missing(PREMIUM_BY_RUN, values, today=clock.today(), by=by)


@transaction.atomic
def sign(part_id, *, by, opinion=""):
    """The head of the scope signs a branch: upgrades, downgrades and types take effect."""
    part = _sign(part_id, by=by, opinion=opinion)
    open_archives(part.run, [part.branch_id], by=by)
    return part


def _sign(part_id, *, by, opinion):
    if not RunPart.objects.visible_to(by).filter(pk=part_id).exists():
        raise RunPart.DoesNotExist
    part = _locked(part_id)
    permissions.require(by, Permission.SIGN_TIERS, part.branch)
    if part.state == PartState.SIGNED:
        raise Conflict(_("This evaluation is signed already."), code="signed")
    if part.state == PartState.BACK:
        raise Refused(_("This evaluation was sent back; it is computed anew first."), code="back")
    if part.run.state != RunState.READY or part.state == PartState.WAITING:
        raise Refused(_("The evaluation is still being computed."), code="computing")
    if part.run.kind == RunKind.FORMAL and unread(part).exists():
        raise Refused(
            _("A half-yearly review is signed when each downgrade was read; {n} are open.").format(
                n=unread(part).count()
            ),
            code="unread",
        )
    with pghistory.context(run=part.run_id, signed_by=by.pk):
        effect.apply(part, downgrades=True)
    part.state, part.signed_by, part.signed_at = PartState.SIGNED, by, clock.now()
    part.upgraded_at = part.upgraded_at or part.signed_at
    part.opinion = opinion.strip()[:300]
    part.save(update_fields=["state", "signed_by", "signed_at", "opinion", "upgraded_at"])
    _close(part.run_id)
    return part


@transaction.atomic
def sign_all(run_id, *, by, opinion=""):
    """Sign every branch of one's scope that is ready; returns how many."""
    settled = (PartState.SIGNED, PartState.BACK)
    parts = RunPart.objects.visible_to(by).filter(run=run_id).exclude(state__in=settled)
    reach = permissions.scope(by, Permission.SIGN_TIERS)
    permissions.require(by, Permission.SIGN_TIERS)
    parts = list(parts.filter(reach.q("branch")).order_by("pk").values_list("pk", flat=True))
    signed = [_sign(pk, by=by, opinion=opinion) for pk in parts]
    if signed:
        open_archives(signed[0].run, [part.branch_id for part in signed], by=by)
    return len(signed)


def unread(part):
    """Downgrades of a branch that the head has not read yet."""
    seen = DowngradeRead.objects.filter(part=part, client=OuterRef("client"))
    rows = Evaluation.objects.filter(run=part.run_id, month=part.run.month, branch=part.branch_id)
    return rows.filter(~Exists(seen), move=Move.DOWN)


def read_downgrade(part_id, client_id, *, by):
    """Note that a downgrade was read."""
    part = RunPart.objects.visible_to(by).select_related("branch", "run").get(pk=part_id)
    permissions.require(by, Permission.SIGN_TIERS, part.branch)
    rows = Evaluation.objects.filter(run=part.run_id, month=part.run.month, branch=part.branch_id)
    found = rows.filter(client=client_id, move=Move.DOWN).values_list("client", flat=True).first()
    if found is None:
        raise Evaluation.DoesNotExist
    DowngradeRead.objects.bulk_create(
        [DowngradeRead(part=part, client_id=found, by=by)], ignore_conflicts=True
    )


@transaction.atomic
def _upgrade(part_id):
    """Put a branch's upgrades into effect without a signature, archives too; False when that was done."""
    part = raise_now(part_id)
    if part:
        open_archives(part.run, [part.branch_id])
    return bool(part)


def raise_now(part_id):
    """The branch whose upgrades were written now; None when that was done."""
    part = _locked(part_id)
    if part.state != PartState.READY:
        return None
    with pghistory.context(run=part.run_id):
        effect.apply(part, downgrades=False)
    part.state, part.upgraded_at = PartState.UPGRADED, clock.now()
    part.save(update_fields=["state", "upgraded_at"])
    _close(part.run_id)
    return part


def upgrade_due(*, today):
    """From the third working day: upgrades of unsigned branches; runs by event when their day has come."""
    rows = RunPart.objects.filter(
        state=PartState.READY, run__state=RunState.READY, run__upgrades_on__lte=today
    )
    return sum(_upgrade(pk) for pk in rows.order_by("pk").values_list("pk", flat=True))


def _close(run_id):
    """A run is in effect when its last branch is signed; one by event when it took effect."""
    run = EvaluationRun.objects.select_for_update(of=("self",)).get(pk=run_id)
    done = {PartState.SIGNED, PartState.UPGRADED} if run.kind == RunKind.EVENT else {PartState.SIGNED}
    if not run.parts.exclude(state__in=done).exists():
        run.state = RunState.DONE
        run.save(update_fields=["state"])
