"""Recording a contact and planning the next step in one go (deck 27, W2-04)."""

import datetime

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from clients import actions as clients
from clients.rules import TimelineKind
from rmflow.staff import permissions
from rmflow.staff.models import BANK_TIME
from rmflow.staff.permissions import Permission
from rmflow.workdays import clock
from rmflow.workflow import Refused

from .. import rules
from ..models import Appointment, Contact, DayEntry
from ..rules import PlanKind, RecordStatus, Result
from . import log, plans, records

MEETING_MINUTES = 45


@transaction.atomic
def record_contact(
    item_id, *, by, result, findings="", todo="", channel="", next_step=None
):
    """Record what came of a planned contact, settle the item, plan the next step.

    `next_step` is a `rules.NextStep` or None. Returns the Contact. Raises Refused beside "result",
    "next_on" or "next_at"; Conflict when the item is settled already (a double submit, a colleague).
    """
    permissions.require(by, Permission.WORK_FOLLOW_UP)
    item = plans.locked(item_id, by=by)
    if item.client is None:
        raise Refused(_("This plan has no client; tick it off instead."))
    rules.check_next(
        result,
        next_step,
        today=clock.today(),
        do_not_contact=item.client.do_not_contact,
    )
    plans.settle(item, "done", by=by, note=result)
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
    log.enter(contact.by, DayEntry.Kind.CONTACT, client=contact.client, data=data)


def _move_record(contact, next_step, *, by):
    """What the result means for the follow-up record."""
    record = records.locked(contact.record_id, by=by)
    if not record.is_live:
        return
    failed = record.contacts.filter(result__in=rules.FAILED).values_list(
        "at", flat=True
    )
    record.flagged = rules.is_flagged(
        [at.astimezone(BANK_TIME).date() for at in failed]
    )
    if contact.result == Result.DO_NOT_CONTACT:
        records.move(record, "stop", by=by)
    elif contact.result == Result.REFUSED and next_step is None:
        records.move(record, "abandon", by=by, note=str(Result.REFUSED.label))
        records.tell_referrer(
            record, gettext_noop("The follow-up of {client} was given up."), by=by
        )
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
        purpose=contact.todo or contact.item.purpose,
    )
    if agreed:
        _appoint(contact, item, step)


def _appoint(contact, item, step):
    starts = datetime.datetime.combine(step.on, step.at, tzinfo=BANK_TIME)
    if starts < timezone.now():
        raise Refused(_("An appointment cannot lie in the past."), field="next_at")
    try:
        with transaction.atomic():
            Appointment.objects.create(
                client=contact.client,
                manager=contact.by,
                branch=contact.branch,
                record=contact.record,
                starts_at=starts,
                ends_at=starts + datetime.timedelta(minutes=MEETING_MINUTES),
                purpose=item.purpose,
                item=item,
            )
    except IntegrityError as error:
        raise Refused(
            _("You already have an appointment at that time."), field="next_at"
        ) from error
    clients.note(
        contact.client,
        TimelineKind.APPOINTMENT,
        by=contact.by,
        branch=contact.branch,
        data={"starts_at": starts.isoformat()},
    )
    log.enter(
        contact.by,
        DayEntry.Kind.APPOINTMENT,
        client=contact.client,
        data={"starts_at": starts.isoformat()},
        on=step.on,
    )
