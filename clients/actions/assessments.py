"""考核: the archivist grades how each manager kept the archives in a month; supervisor or head confirms."""

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from rmflow.staff import permissions
from rmflow.staff.models import User
from rmflow.staff.permissions import Permission
from rmflow.workdays import clock
from rmflow.workflow import Conflict, Refused

from .. import custody_stats
from ..custody_rules import Grade, Link
from ..models import Assessment, CustodyEvent


@transaction.atomic
def assess(branch, *, by, manager_id, month, grade, note=""):
    """Give a grade; the figures of that moment are kept with it."""
    permissions.require(by, Permission.ASSESS_ARCHIVE, branch)
    if month >= clock.today().replace(day=1):
        raise Refused(_("A month is assessed when it is over."), field="month")
    if grade not in Grade.values:
        raise Refused(_("Choose a grade."), field="grade")
    if grade == Grade.POOR and not note.strip():
        raise Refused(_("Say what has to become better."), field="note")
    figures = custody_stats.by_manager(branch, month).get(manager_id)
    if figures is None:
        raise User.DoesNotExist
    kept = {name: value for name, value in figures.items() if name not in ("manager", "name")}
    try:
        with transaction.atomic():
            row = Assessment.objects.create(
                branch=branch,
                manager_id=manager_id,
                month=month,
                figures=kept,
                grade=grade,
                note=note.strip()[:300],
                by=by,
            )
    except IntegrityError as error:
        if "assessment_once_a_month" not in str(error):
            raise
        raise Conflict(_("This manager is assessed for this month already."), code="done") from None
    _event(row, "assessed", by)
    return row


@transaction.atomic
def confirm(assessment_id, *, by):
    """Supervisor or head confirms a grade; never one's own."""
    rows = Assessment.objects.visible_to(by).select_for_update(of=("self",), no_key=True)
    row = rows.select_related("branch").get(pk=assessment_id)
    permissions.require(by, Permission.APPROVE_CUSTODY, row.branch)
    if row.confirmed_at:
        raise Conflict(_("This assessment is confirmed already."), code="done")
    if by.pk in (row.by_id, row.manager_id):
        raise Refused(_("Somebody else confirms an assessment."), code="own")
    row.confirmed_by, row.confirmed_at = by, clock.now()
    row.save(update_fields=["confirmed_by", "confirmed_at"])
    _event(row, "confirmed", by, approved_by=by)
    return row


def _event(row, name, by, approved_by=None):
    CustodyEvent.objects.create(
        branch_id=row.branch_id,
        person_id=row.manager_id,
        link=Link.ASSESSMENT,
        name=name,
        by=by,
        approved_by=approved_by,
        reason=row.note,
        data={"month": row.month.isoformat(), "grade": row.grade},
    )
