"""An improvement seen to by its owner, who need not see the complaint it came from (W3-09)."""

from django.db import transaction
from django.utils.translation import gettext as _

from followups.actions import sources
from followups.rules import PlanKind
from rmflow.workdays import clock as bank
from rmflow.workflow import Conflict

from ..models import Complaint, Improvement
from . import complaint_core as core


def address(improvement):
    """Where its owner reads it: the improvement and nothing of who complained."""
    return f"/complaints/improvements/{improvement.pk}/"


@transaction.atomic
def finish(improvement_id, *, by):
    """The owner has seen to it; DoesNotExist (404) for everybody else and for whoever must keep out."""
    found = Improvement.objects.owned_by(by).get(pk=improvement_id)
    complaint = Complaint.objects.select_for_update(of=("self",), no_key=True).get(pk=found.complaint_id)
    made = Improvement.objects.owned_by(by).select_for_update(of=("self",)).get(pk=improvement_id)
    settle(made, complaint, by=by)
    return made


def settle(made, complaint, *, by):
    """Done now: its line goes off the owner's plan in the same transaction. Both rows are locked."""
    if made.done_at is not None:
        raise Conflict(_("This is done already."))
    made.done_at = bank.now()
    made.save(update_fields=["done_at"])
    core.write(complaint, "improved", by=by, data={"owner": by.name})
    sources.settle(f"improvement:{made.pk}", kind=PlanKind.COMPLAINT, by=by)
