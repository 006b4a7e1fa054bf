"""Inspections of what is kept (deck 29): the sample is drawn by the server, the finding is signed."""

import random

from django.db import transaction
from django.utils.translation import gettext as _

from rmflow.staff.permissions import Permission, require
from rmflow.workflow import Conflict, Refused

from .. import clock
from ..models import Inspection
from .days import _lock as lock_branch

#: Nobody can foretell the draw, nor draw again until it suits: an unsigned inspection goes on.
DRAW = random.SystemRandom()
SAMPLE = 8
FINDING_LENGTH = 500


@transaction.atomic
def begin_inspection(branch, *, by, candidates) -> Inspection:
    """Draw up to SAMPLE of `candidates`, [kind, id] pairs; who has one unsigned goes on with that one."""
    require(by, Permission.INSPECT, branch)
    lock_branch(branch)
    begun = Inspection.objects.filter(branch=branch, by=by, signed_at__isnull=True).first()
    if begun:
        return begun
    if not candidates:
        raise Refused(_("There is nothing to inspect yet."))
    drawn = DRAW.sample(sorted(map(list, candidates)), min(SAMPLE, len(candidates)))
    return Inspection.objects.create(branch=branch, by=by, at=clock.now(), sample=drawn)


@transaction.atomic
def sign_inspection(inspection_id, *, by, finding, faulty=()) -> Inspection:
    """Write down what was found and which of the items were at fault, and sign; once."""
    inspection = (
        Inspection.objects.visible_to(by).filter(by=by).select_for_update(of=("self",)).get(pk=inspection_id)
    )
    require(by, Permission.INSPECT, inspection.branch)
    if inspection.signed_at is not None:
        raise Conflict(_("This inspection is signed already."), code="signed")
    if not finding.strip():
        raise Refused(_("Write down what you found."), field="finding")
    wrong = [list(item) for item in faulty]
    if any(item not in inspection.sample for item in wrong):
        raise Refused(_("Only items of the sample can be at fault."), field="faulty")
    inspection.finding, inspection.faulty = finding.strip()[:FINDING_LENGTH], wrong
    inspection.signed_at = clock.now()
    inspection.save(update_fields=["finding", "faulty", "signed_at"])
    return inspection
