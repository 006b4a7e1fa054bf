"""核查: asked for in writing within 30 days, decided by the institution above within 30 more, told to the client."""

import datetime

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from followups.actions import sources
from followups.rules import PlanKind
from rmflow.staff import permissions
from rmflow.staff.models import BANK_TIME
from rmflow.staff.permissions import Permission, Role
from rmflow.workdays import clock as bank
from rmflow.workflow import Conflict, Refused

from ..models import Review
from ..rules import complaint_intake as intakes
from ..rules.complaint import (
    NOTE_LENGTH,
    REVIEW_DAYS,
    REVIEW_WARN_DAYS,
    Finding,
    ReplyWay,
    ReviewOutcome,
    Status,
)
from . import complaint_core as core

REVIEWED = gettext_noop("Complaint {number}: the client asks for a review, due {day}.")
DECIDED = gettext_noop("Complaint {number}: the review is decided. Tell the client.")
SOON = gettext_noop("Complaint {number}: 80 % of the time for the review is used, due {day}.")
TODAY = gettext_noop("Complaint {number}: the review must be decided today.")
LATE = gettext_noop("Complaint {number}: the review was not decided by {day}.")


def reviewers(complaint, office):
    """Of the office, those who did not handle the complaint themselves."""
    return [user for user in office if user.pk not in (complaint.handler_id, complaint.replied_by_id)]


def _key(asked):
    return f"review:{asked.pk}"


@transaction.atomic
def ask_review(pk, *, by, asked_on, reason):
    """核查: in writing, within 30 days of the decision; the institution above looks again."""
    complaint = core.locked(pk, by=by)
    permissions.require(by, Permission.TAKE_COMPLAINT)
    if by.pk != complaint.taken_by_id:
        core.require_work(complaint, by=by)
    if complaint.status not in (Status.REPLIED, Status.CLOSED):
        raise Conflict(_("A review follows the reply."), code="state")
    replied_on = complaint.replied_at.astimezone(BANK_TIME).date()
    if not replied_on <= asked_on <= bank.today():
        raise Refused(_("The request lies between the reply and today."), field="asked_on")
    if asked_on > replied_on + datetime.timedelta(days=REVIEW_DAYS):
        raise Refused(
            _("A review is asked for within 30 days of the reply; take it as a new complaint."),
            field="asked_on",
        )
    reason = intakes.needed(reason, "reason", _("Write down what the client objects to."), NOTE_LENGTH)
    if complaint.reviews.filter(outcome="").exists():
        raise Conflict(_("A review is under way already."))
    due = asked_on + datetime.timedelta(days=REVIEW_DAYS)
    asked = Review.objects.create(complaint=complaint, asked_on=asked_on, reason=reason, due_on=due, by=by)
    core.write(complaint, "ask_review", by=by, note=reason, data={"day": due.isoformat()})
    office = core.holders(complaint, Role.COMPLAINT_OFFICE)
    core.tell(complaint, reviewers(complaint, office), REVIEWED, key=_key(asked), by=by, day=due)
    return asked


@transaction.atomic
def decide_review(pk, review_id, *, by, outcome, findings, finding=""):
    """The office confirms or changes the decision; never who handled the complaint. A changed decision carries
    the new finding: figures and letter follow it."""
    complaint = core.locked(pk, by=by)
    permissions.require(by, Permission.RULE_COMPLAINT)
    asked = Review.objects.select_for_update(of=("self",)).get(pk=review_id, complaint=complaint)
    if asked.outcome:
        raise Conflict(_("This review has been decided already."))
    if by.pk in (complaint.handler_id, complaint.replied_by_id):
        raise PermissionDenied(_("Whoever handled the complaint does not review it."))
    if outcome not in ReviewOutcome.values:
        raise Refused(_("Choose from the list."), field="outcome")
    changed = outcome == ReviewOutcome.CHANGED
    if changed and (finding not in Finding.values or finding == complaint.finding):
        raise Refused(_("Choose what was found instead; it differs from the decision."), field="finding")
    asked.findings = intakes.needed(findings, "findings", _("Write down the findings."))
    asked.outcome, asked.decided_by, asked.decided_at = outcome, by, bank.now()
    asked.save(update_fields=["findings", "outcome", "decided_by", "decided_at"])
    fields = {"finding": finding} if changed else {}
    core.write(complaint, "decide_review", by=by, note=asked.findings, data={"outcome": outcome}, **fields)
    _plan_telling(complaint, asked, by=by)
    people = [complaint.handler] if complaint.handler else core.holders(complaint, Role.LOBBY_MANAGER)
    core.tell(complaint, people, DECIDED, key=f"{_key(asked)}:decided", by=by)
    return asked


def _plan_telling(complaint, asked, *, by):
    """Whoever has the complaint tells the client what the review found: today's work."""
    if complaint.handler is None:
        return
    sources.keep(
        f"{core.source_key(complaint)}:review",
        owner=complaint.handler,
        branch=complaint.branch,
        kind=PlanKind.COMPLAINT,
        plan_on=max(bank.today(), asked.decided_at.astimezone(BANK_TIME).date()),
        purpose=complaint.number,
        link=core.address(complaint),
        by=by,
    )


@transaction.atomic
def told_of_review(pk, review_id, *, by, way):
    """The client was told what the review found: how and when."""
    complaint = core.locked(pk, by=by)
    core.require_work(complaint, by=by)
    asked = Review.objects.select_for_update(of=("self",)).get(pk=review_id, complaint=complaint)
    if not asked.outcome:
        raise Conflict(_("The client is told once the review is decided."), code="state")
    if asked.told_at is not None:
        raise Conflict(_("The client has been told already."))
    if way not in ReplyWay.values:
        raise Refused(_("Choose how the client was told."), field="way")
    asked.told_at, asked.told_way = bank.now(), way
    asked.save(update_fields=["told_at", "told_way"])
    core.write(complaint, "told_review", by=by, data={"way": way})
    sources.settle(f"{core.source_key(complaint)}:review", kind=PlanKind.COMPLAINT, by=by)
    return asked


def remind(*, today):
    """Each morning the office hears of reviews with 80 % of the time used, due today, or late: each once.
    {"reviews": how many stand so}. Repeat-safe: a notice has a key."""
    soon = Review.objects.filter(
        outcome="", due_on__lte=today + datetime.timedelta(days=REVIEW_DAYS - REVIEW_WARN_DAYS)
    )
    rows = list(soon.select_related("complaint__branch", "complaint__handler").order_by("due_on", "pk"))
    for asked in rows:
        text, step = SOON, "soon"
        if asked.due_on <= today:
            text, step = (TODAY, "day") if asked.due_on == today else (LATE, "late")
        complaint = asked.complaint
        office = reviewers(complaint, core.holders(complaint, Role.COMPLAINT_OFFICE))
        core.tell(
            complaint, office, text, key=f"{_key(asked)}:{step}", urgent=step != "soon", day=asked.due_on
        )
    return {"reviews": len(rows)}
