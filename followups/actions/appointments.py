"""Agreed meetings: made with a contact, kept in step with their plan item (deck 27)."""

import datetime

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from clients import actions as clients
from clients.rules import TimelineKind
from rmflow.staff.models import BANK_TIME
from rmflow.workflow import Refused

from .. import rules
from ..models import Appointment, DayEntry
from ..rules import PlanKind
from . import log

MEETING_MINUTES = 45
State = Appointment.State


def make(contact, item, step):
    """Write the appointment agreed in `contact`; it stands on `item` and in the log of its day."""
    starts = datetime.datetime.combine(step.on, step.at, tzinfo=BANK_TIME)
    if starts < timezone.now():
        raise Refused(_("An appointment cannot lie in the past."), field="next_at")
    appointment = Appointment(
        client=contact.client,
        manager=contact.by,
        branch=contact.branch,
        record=contact.record,
        starts_at=starts,
        ends_at=starts + datetime.timedelta(minutes=MEETING_MINUTES),
        purpose=item.purpose,
        item=item,
    )
    _save(appointment, field="next_at")
    data = {"starts_at": starts.isoformat()}
    clients.note(
        contact.client,
        TimelineKind.APPOINTMENT,
        by=contact.by,
        branch=contact.branch,
        data=data,
    )
    log.enter(contact.by, DayEntry.Kind.APPOINTMENT, client=contact.client, data=data, on=step.on)
    return appointment


def _save(appointment, *, field):
    """Save, with the database's own check that one manager meets one client at a time."""
    try:
        with transaction.atomic():
            appointment.save()
    except IntegrityError as error:
        raise Refused(_("You already have an appointment at that time."), field=field) from error


def follow(item, name, *, result=""):
    """Let the appointment of a plan item go the way its item went (`rules.PLAN_TRANSITIONS`)."""
    if item.kind != PlanKind.APPOINTMENT:
        return
    appointment = Appointment.objects.filter(item=item).select_for_update().first()
    if appointment is None:
        return
    if name == "postpone":
        _move(appointment, item.plan_on)
    elif name == "done":
        appointment.state = State(rules.appointment_state(result))
    elif name == "drop":
        appointment.state = State.CANCELLED
    else:
        appointment.state = State.AGREED
    _save(appointment, field="plan_on")


def _move(appointment, day):
    """The same hour on another day."""
    length = appointment.ends_at - appointment.starts_at
    hour = appointment.starts_at.astimezone(BANK_TIME).time()
    appointment.starts_at = datetime.datetime.combine(day, hour, tzinfo=BANK_TIME)
    appointment.ends_at = appointment.starts_at + length
