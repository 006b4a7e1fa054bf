"""Recording a contact and planning the next step in one go (deck 27, W2-04)."""

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from clients import actions as clients
from clients.rules import TimelineKind
from rmflow.staff import permissions
from rmflow.staff.models import BANK_TIME
from rmflow.staff.permissions import Permission
from rmflow.workdays import clock
from rmflow.workdays.actions import custody
from rmflow.workflow import Refused

from .. import rules
from ..models import Contact, DayEntry, PlanItem
from ..rules import PlanKind, RecordStatus, Result
from . import appointments, log, plans, records

PURPOSE_LENGTH = PlanItem._meta.get_field("purpose").max_length


@transaction.atomic
def record_contact(item_id, *, by, result, findings="", todo="", channel="", next_step=None):
    """Record what came of a planned contact, settle the item, plan the next step.

    `next_step` is a `rules.NextStep` or None. Returns the Contact. Raises Refused beside "result",
    "next_on" or "next_at"; Conflict when the item is settled already (a double submit, a colleague).
    """
    permissions.require(by, Permission.WORK_FOLLOW_UP)
    item = plans.locked(item_id, by=by)
    custody.require_readable(item.branch_id)
    if item.client is None:
        raise Refused(_("This plan has no client; tick it off instead."))
    rules.check_next(
        result,
        next_step,
        today=clock.today(),
        do_not_contact=item.client.do_not_contact,
    )
    if channel and channel not in rules.Channel.values:
        raise Refused(_("Choose the way of the contact."), field="channel")
    plans.settle(item, "done", by=by, note=result, result=result)
    contact = Contact.objects.create(
        client=item.client,
        record=item.record,
        item=item,
        branch=item.branch,
        by=by,
        channel=channel or item.channel or rules.Channel.PHONE,
        result=result,
        findings=findings,
        todo=todo,
        next_on=next_step.on if next_step else None,
        next_channel=next_step.channel if next_step else "",
    )
    _write_down(contact)
    if item.record_id:
        _move_record(contact, next_step, by=by)
    if result == Result.DO_NOT_CONTACT:
        clients.stop_contact(item.client, by=by)
        plans.drop_open(client=item.client, owner=by, by=by, note=result)
    if next_step is not None:
        _plan_next(contact, next_step, by=by)
    return contact


def _write_down(contact):
    """The contact on the client's timeline and in the manager's work log."""
    data = {"result": contact.result, "channel": contact.channel}
    clients.note(
        contact.client,
        TimelineKind.CONTACT,
        by=contact.by,
        branch=contact.branch,
        text=contact.findings[:500],
        data=data,
        at=contact.at,
    )
    on = custody.date_of_work(contact.branch_id)  # after the close it goes to the next opening day
    log.enter(contact.by, DayEntry.Kind.CONTACT, client=contact.client, data=data, on=on)


def _move_record(contact, next_step, *, by):
    """What the result means for the follow-up record."""
    record = records.locked(contact.record_id, by=by)
    if not record.is_live:
        return
    failed = record.contacts.filter(result__in=rules.FAILED).values_list("at", flat=True)
    record.flagged = rules.is_flagged([at.astimezone(BANK_TIME).date() for at in failed])
    stopped = contact.client.do_not_contact and contact.result in rules.NEEDS_NEXT
    if stopped or contact.result == Result.DO_NOT_CONTACT:
        records.move(record, "stop", by=by)
    elif contact.result == Result.REFUSED and next_step is None:
        records.move(record, "abandon", by=by, note=str(Result.REFUSED.label))
        records.tell_referrer(record, gettext_noop("The follow-up of {client} was given up."), by=by)
    elif contact.result == Result.APPOINTED:
        records.move(record, "appoint", by=by)
    elif record.status == RecordStatus.APPOINTED:
        records.move(record, "reopen", by=by)
    else:
        record.save(update_fields=["flagged"])


def _plan_next(contact, step, *, by):
    """The next plan; an agreed meeting is an appointment in the log of its day as well."""
    agreed = contact.result == Result.APPOINTED
    item = plans.plan(
        owner=by,
        branch=contact.branch,
        client=contact.client,
        kind=PlanKind.APPOINTMENT if agreed else PlanKind.FOLLOW_UP,
        source_key=f"contact:{contact.pk}",
        plan_on=step.on,
        at=step.at,
        record=contact.record,
        channel=step.channel,
        purpose=(contact.todo or contact.item.purpose)[:PURPOSE_LENGTH],
    )
    if agreed:
        appointments.make(contact, item, step)
