"""A branch's part of an evaluation sent back by its head, to be computed anew on corrected data (B-11)."""

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
    """Throw a branch's results away and let the workers compute them again; before any of it took effect.

    The run waits for the branch as it did at first. What the head has read is read anew.
    """
    if not RunPart.objects.visible_to(by).filter(pk=part_id).exists():
        raise RunPart.DoesNotExist
    part = RunPart.objects.select_for_update(of=("self",)).select_related("run", "branch").get(pk=part_id)
    permissions.require(by, Permission.SIGN_TIERS, part.branch)
    if not why.strip():
        raise Refused(_("Say what is wrong with the data."), field="note")
    run = EvaluationRun.objects.select_for_update(of=("self",)).get(pk=part.run_id)
    if part.state != PartState.READY or run.kind == RunKind.EVENT or run.state != RunState.READY:
        raise Conflict(_("Only what waits for its signature is sent back."), code="state")
    with connection.cursor() as cursor:
        cursor.execute(
            "DELETE FROM clients_evaluation WHERE run_id = %s AND month = %s AND branch_id = %s",
            [run.pk, run.month, part.branch_id],
        )
    DowngradeRead.objects.filter(part=part).delete()
    part.state, part.computed_at, part.clients = PartState.WAITING, None, 0
    part.opinion = why.strip()[:300]
    part.save(update_fields=["state", "computed_at", "clients", "opinion"])
    run.state, run.finished_at = RunState.COMPUTING, None
    run.save(update_fields=["state", "finished_at"])
    _tell(part, by)
    return part


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
