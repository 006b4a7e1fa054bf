"""What may move a deadline: an extension by the office, complexity, an external appraisal. Nothing else."""

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from rmflow.staff import permissions
from rmflow.staff.permissions import Permission, Role
from rmflow.workdays import clock as bank
from rmflow.workflow import Conflict, Refused

from ..models import Extension, Suspension
from ..rules import complaint_intake as intakes
from ..rules.complaint import NOTE_LENGTH, TRANSITIONS, Decision, ExtensionKind, Level, next_law_days
from ..rules.complaint_clock import LAW_COMPLEX, LAW_SIMPLE
from . import complaint_core as core

WANTED = gettext_noop("Complaint {number}: an extension waits for the office; due {day}.")
GRANTED = gettext_noop("Complaint {number}: extended, answer by {day}. Tell the client.")
REFUSED = gettext_noop("Complaint {number}: the extension was refused; the deadline stays {day}.")
COMPLEX = gettext_noop("Complaint {number} was classified as complex; answer by {day}.")


@transaction.atomic
def ask_extension(pk, *, by, reason, kind=ExtensionKind.WORKING):
    """Ask the office for more time, with a reason, before the deadline is past."""
    complaint = core.locked(pk, by=by)
    core.require_work(complaint, by=by)
    if not complaint.is_running:
        raise Conflict(_("This step is no longer possible; the record has moved on."), code="state")
    if kind not in ExtensionKind.values:
        raise Refused(_("Choose from the list."), field="kind")
    reason = intakes.needed(reason, "reason", _("Say why more time is needed."), NOTE_LENGTH)
    if bank.now() > complaint.due_at:
        raise Refused(_("The deadline is past; an extension can no longer be asked for."))
    if kind == ExtensionKind.WORKING and complaint.extended:
        raise Conflict(_("This complaint is extended to 7 working days already."))
    if kind == ExtensionKind.LAW:
        next_law_days(complaint.law_days)
    if complaint.extensions.filter(decision=Decision.ASKED).exists():
        raise Conflict(_("An extension has been asked for already."))
    asked = Extension.objects.create(complaint=complaint, kind=kind, reason=reason, asked_by=by)
    core.write(complaint, "ask_extension", by=by, note=reason, data={"kind": str(kind)})
    office = core.holders(complaint, Role.COMPLAINT_OFFICE)
    core.tell(
        complaint, office, WANTED, key=f"extension:{asked.pk}", by=by, urgent=True, day=complaint.due_on
    )
    return asked


@transaction.atomic
def decide_extension(pk, extension_id, *, by, grant, note=""):
    """The office agrees or refuses, with its words; a request of the last day may be agreed to after it."""
    complaint = core.locked(pk, by=by)
    permissions.require(by, Permission.RULE_COMPLAINT)
    asked = (
        Extension.objects.select_for_update(of=("self",))
        .select_related("asked_by")
        .get(pk=extension_id, complaint=complaint)
    )
    if asked.decision != Decision.ASKED:
        raise Conflict(_("This request has been decided already."))
    if asked.asked_by_id == by.pk:
        raise Refused(_("Nobody decides on his own request."))
    if grant and not complaint.is_running:
        raise Conflict(_("This step is no longer possible; the record has moved on."), code="state")
    note = intakes.needed(note, "note", _("Give the reason of the decision."), NOTE_LENGTH)
    asked.decision = Decision.GRANTED if grant else Decision.REFUSED
    asked.decided_by, asked.decided_at, asked.note = by, bank.now(), note
    asked.save(update_fields=["decision", "decided_by", "decided_at", "note"])
    if not grant:
        core.write(complaint, "refuse_extension", by=by, note=note)
        text = REFUSED
    else:
        _extend(complaint, asked, by=by, note=note)
        text = GRANTED
    people = [asked.asked_by, complaint.handler]
    core.tell(complaint, people, text, key=f"extension:{asked.pk}:decided", by=by, day=complaint.due_on)
    return asked


def _extend(complaint, asked, *, by, note):
    fields = {"extended": True}
    if asked.kind == ExtensionKind.LAW:
        fields = {"law_days": next_law_days(complaint.law_days)}
    event = core.write(complaint, "grant_extension", by=by, note=note, **fields)
    event.due_from, event.due_to = core.count(complaint)
    event.save(update_fields=["due_from", "due_to"])


@transaction.atomic
def told_of_extension(pk, extension_id, *, by):
    """The client was told of the new date and its reason; without it nothing is closed."""
    complaint = core.locked(pk, by=by)
    core.require_work(complaint, by=by)
    asked = Extension.objects.select_for_update(of=("self",)).get(pk=extension_id, complaint=complaint)
    if asked.decision != Decision.GRANTED:
        raise Conflict(_("Only an extension that was granted is told to the client."))
    if asked.told_at is not None:
        raise Conflict(_("The client has been told already."))
    asked.told_at = bank.now()
    asked.save(update_fields=["told_at"])
    core.write(complaint, "told", by=by, told_at=asked.told_at, data={"day": complaint.due_on.isoformat()})
    return asked


@transaction.atomic
def make_complex(pk, *, by, note):
    """The office classifies as complex: the law's 30 days instead of 15."""
    complaint = core.locked(pk, by=by)
    permissions.require(by, Permission.RULE_COMPLAINT)
    TRANSITIONS["complex"].check(complaint.status)
    if complaint.law_days != LAW_SIMPLE:
        raise Conflict(_("This complaint is classified as complex already."))
    if complaint.handler is None:
        raise Refused(_("Assign the complaint first."))
    note = intakes.needed(note, "note", _("Give the reason of the decision."), NOTE_LENGTH)
    fields = {"law_days": LAW_COMPLEX}
    if complaint.level == Level.NORMAL:
        fields["level"] = Level.COMPLEX
    event = core.write(complaint, "complex", by=by, note=note, **fields)
    event.due_from, event.due_to = core.count(complaint)
    event.save(update_fields=["due_from", "due_to"])
    core.tell(complaint, [complaint.handler], COMPLEX, key="complex", by=by, day=complaint.due_on)
    return complaint


@transaction.atomic
def suspend(pk, *, by, agency, note=""):
    """An external appraisal begins: the only thing for which the law stops the clock."""
    complaint = core.locked(pk, by=by)
    permissions.require(by, Permission.ASSIGN_COMPLAINT, complaint.branch)
    TRANSITIONS["suspend"].check(complaint.status)
    agency = intakes.needed(agency, "agency", _("Name the appraiser."), 60)
    note = intakes.needed(note, "note", _("Say what is appraised and on which ground."), NOTE_LENGTH)
    Suspension.objects.create(complaint=complaint, agency=agency, begins_on=bank.today(), by=by)
    core.write(complaint, "suspend", by=by, note=note, data={"agency": agency})
    core.stop_steps(complaint)
    core.keep_plan(complaint, by=by)
    return complaint


@transaction.atomic
def resume(pk, *, by, note=""):
    """The appraisal is there: the clocks go on, its whole days left out."""
    complaint = core.locked(pk, by=by)
    permissions.require(by, Permission.ASSIGN_COMPLAINT, complaint.branch)
    TRANSITIONS["resume"].check(complaint.status)
    if complaint.handler is None:
        raise Refused(_("Assign the complaint first."))
    Suspension.objects.filter(complaint=complaint, ends_on__isnull=True).update(ends_on=bank.today())
    note = intakes.text(note, NOTE_LENGTH, field_name="note")
    event = core.write(complaint, "resume", by=by, note=note)
    event.due_from, event.due_to = core.count(complaint)
    event.save(update_fields=["due_from", "due_to"])
    return complaint
