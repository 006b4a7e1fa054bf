"""Handling: classifying, key point and plan, what was found out, the time promised, notes, merging."""

import datetime

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from clients.actions import retention
from clients.custody_rules import Record
from rmflow.staff import permissions
from rmflow.staff.models import BANK_TIME
from rmflow.staff.permissions import Permission
from rmflow.workdays import clock as bank
from rmflow.workflow import Conflict, Refused

from ..rules import complaint_intake as intakes
from ..rules.complaint import NOTE_LENGTH, OPEN, TRANSITIONS, Level
from ..rules.complaint_clock import LAW_SIMPLE
from . import complaint_core as core
from . import complaint_hold
from .complaint_hand import give, keep_out_too
from .complaint_take import CODES, code

RESTARTED = gettext_noop("New facts on complaint {number}: the clock counts anew, answer by {day}.")


def _open(complaint):
    if complaint.status not in OPEN:
        raise Conflict(_("This complaint has ended; nothing is changed any more."), code="state")


@transaction.atomic
def classify(pk, *, by, channel_id=None, business_id=None, cause_id=None, level=None, product_id=None):
    """Set the three classifications, the level and the product."""
    complaint = core.locked(pk, by=by)
    core.require_work(complaint, by=by)
    _open(complaint)
    given = {"channel": channel_id, "business": business_id, "cause": cause_id}
    fields = {f"{kind}_id": code(kind, given[kind]) for kind in CODES if given[kind] is not None}
    if level is not None:
        if level not in Level.values:
            raise Refused(_("Choose ordinary, complex or major."), field="level")
        fields["level"] = level
    if product_id is not None:
        from clients.models import Product

        if not Product.objects.filter(pk=product_id).exists():
            raise Refused(_("Choose from the list."), field="product")
        fields["product_id"] = product_id
    if fields:
        core.write(complaint, "classify", by=by, **fields)
    return complaint


@transaction.atomic
def set_plan(pk, *, by, key_point, plan="", findings=None):
    """The key point, the plan, and what was found out so far (W3-08)."""
    complaint = core.locked(pk, by=by)
    core.require_work(complaint, by=by)
    _open(complaint)
    fields = {
        "key_point": intakes.needed(key_point, "key_point", _("Write down the key point."), NOTE_LENGTH),
        "plan": intakes.text(plan, field_name="plan"),
    }
    if findings is not None:
        fields["findings"] = intakes.text(findings, field_name="findings")
    core.write(complaint, "plan", by=by, **fields)
    return complaint


@transaction.atomic
def promise(pk, *, by, at):
    """The time the client was told; never behind the deadline (deck 62)."""
    complaint = core.locked(pk, by=by)
    core.require_work(complaint, by=by)
    if not complaint.is_running:
        raise Conflict(_("This step is no longer possible; the record has moved on."), code="state")
    now = bank.now()
    if at <= now:
        raise Refused(_("The time promised lies ahead."), field="at")
    if at > complaint.due_at:
        due = complaint.due_at.astimezone(BANK_TIME)
        raise Refused(
            _("The time promised lies behind the deadline, {day}.").format(day=f"{due:%Y-%m-%d %H:%M}"),
            field="at",
        )
    core.write(complaint, "promise", by=by, promised_at=at, told_at=now, data={"at": at.isoformat()})
    return complaint


@transaction.atomic
def add_note(pk, *, by, note):
    """One more line of what was done."""
    complaint = core.locked(pk, by=by)
    if by.pk != complaint.taken_by_id or not complaint.is_open:
        core.require_work(complaint, by=by)
    note = intakes.needed(note, "note", _("Write down what was done."), NOTE_LENGTH)
    return core.write(complaint, "note", by=by, note=note)


@transaction.atomic
def withdraw(pk, *, by, note, on=None):
    """The client withdraws: the procedure ends the day it is received (domain-rules §1.8)."""
    complaint = core.locked(pk, by=by)
    permissions.require(by, Permission.TAKE_COMPLAINT)
    if by.pk != complaint.taken_by_id:
        core.require_work(complaint, by=by)
    TRANSITIONS["withdraw"].check(complaint.status)
    note = intakes.needed(note, "note", _("Write down how the client withdrew."), NOTE_LENGTH)
    end(complaint, "withdraw", by=by, note=note, over_at=bank.now())
    return complaint


def end(complaint, name, *, by, **fields):
    """The end of a complaint: no warning and no plan any more; the hold on the archive goes."""
    fields.setdefault("keep_until", retention.kept_until(Record.COMPLAINT, bank.today()))
    core.write(complaint, name, by=by, **fields)
    core.stop_steps(complaint)
    core.keep_plan(complaint, by=by)
    core.keep_call_back(complaint, by=by)
    core.lapse_extension(complaint)
    complaint_hold.release(complaint, by=by)


@transaction.atomic
def merge(pk, *, by, into_id, note=""):
    """A repeat of the same matter goes into the earlier one, whose clock stays."""
    first, second = sorted((pk, into_id))
    if first == second:
        raise Refused(_("A complaint is not merged into itself."), field="into")
    rows = {row.pk: row for row in (core.locked(first, by=by), core.locked(second, by=by))}
    complaint, into = rows[pk], rows[into_id]
    permissions.require(by, Permission.ASSIGN_COMPLAINT, complaint.branch)
    TRANSITIONS["merge"].check(complaint.status)
    if into.status not in OPEN:
        raise Refused(_("The other complaint has ended; with new facts its clock counts anew."), field="into")
    if into.received_at > complaint.received_at:
        raise Refused(_("Merge the later complaint into the earlier one."), field="into")
    if into.branch_id != complaint.branch_id:
        raise Refused(_("Only complaints of one branch are merged."), field="into")
    note = intakes.text(note, NOTE_LENGTH, field_name="note")
    data = {"into": into.number}
    end(complaint, "merge", by=by, note=note, data=data, merged_into=into, over_at=bank.now())
    core.write(into, "merged_in", by=by, data={"from": complaint.number})
    keep_out_too(into, complaint, by=by)
    return complaint


@transaction.atomic
def restart(pk, *, by, facts, at=None):
    """New facts: both clocks count anew from the day they were received."""
    complaint = core.locked(pk, by=by)
    permissions.require(by, Permission.ASSIGN_COMPLAINT, complaint.branch)
    TRANSITIONS["restart"].check(complaint.status)
    facts = intakes.needed(facts, "facts", _("Write down the new facts."))
    at = at or bank.now()
    if at > bank.now() + datetime.timedelta(minutes=5) or at < complaint.received_at:
        raise Refused(_("New facts come after the complaint and not in the future."), field="at")
    if complaint.handler is None or not complaint.handler.is_active:
        give(complaint, by=by)
    if complaint.handler is None:
        raise Refused(_("Assign the complaint first."), field="handler")
    event = core.write(complaint, "restart", by=by, note=facts, counted_at=at, **FRESH)
    event.due_from, event.due_to = core.count(complaint, anew=True)
    event.save(update_fields=["due_from", "due_to"])
    core.keep_call_back(complaint, by=by)
    complaint_hold.place(complaint, by=by)
    core.tell(
        complaint, [complaint.handler], RESTARTED, key=f"restart:{event.pk}", by=by, day=complaint.due_on
    )
    return complaint


#: What a fresh count begins with; the earlier reply stays in the history of the row.
FRESH = {
    "extended": False,
    "law_days": LAW_SIMPLE,
    "replied_at": None,
    "replied_by": None,
    "reply_way": "",
    "promised_at": None,
    "told_at": None,
    "satisfaction": "",
    "called_back_at": None,
    "over_at": None,
}
