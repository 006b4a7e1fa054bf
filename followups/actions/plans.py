"""Plan items: made, postponed, settled, restored. Each change leaves an event; undo adds one more."""

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from rmflow.staff import permissions
from rmflow.staff.permissions import Permission
from rmflow.workdays import clock
from rmflow.workflow import Conflict, Refused

from .. import rules, stats
from ..models import DayEntry, FollowUp, PlanEvent, PlanItem
from ..rules import PlanKind, PlanState
from . import appointments, log


def plan(*, owner, branch, client, kind, source_key, plan_on, **fields):
    """Put one item on `owner`'s plan; the same source, kind and day again changes nothing."""
    item, _created = PlanItem.objects.get_or_create(
        source_key=source_key,
        kind=kind,
        plan_on=plan_on,
        defaults={"owner": owner, "branch": branch, "client": client, **fields},
    )
    return item


@transaction.atomic
def add_plan(*, by, client, plan_on, purpose, channel="", at=None):
    """A manager's own plan for one of his clients or for himself (deck 25); DoesNotExist for others' clients."""
    permissions.require(by, Permission.WORK_FOLLOW_UP)
    if by.branch is None:
        raise Refused(_("You have no branch today; ask the administrator."))
    rules.check_plan_day(plan_on, today=clock.today())
    if not purpose.strip():
        raise Refused(_("Say what the plan is for."), field="purpose")
    if client is not None and client.do_not_contact:
        raise Refused(_("This client does not want to be contacted."), field="client")
    followed = None
    if client is not None:
        stats.own_clients(by).get(pk=client.pk)  # a due plan shows the phone: never for another's client
        followed = FollowUp.objects.live().filter(client=client, manager=by).first()
    now = timezone.now()
    return PlanItem.objects.create(
        owner=by,
        branch=by.branch,
        client=client,
        record=followed,
        kind=PlanKind.CONTACT,
        channel=channel,
        purpose=purpose.strip(),
        plan_on=plan_on,
        at=at,
        source_key=f"own:{by.pk}:{now.timestamp():.6f}",
    )


def locked(item_id, *, by):
    """One's own item, locked; DoesNotExist (404) for others' items."""
    return (
        PlanItem.objects.filter(owner=by)
        .select_for_update(of=("self",), no_key=True)
        .select_related("client", "branch", "record")
        .get(pk=item_id)
    )


def settle(item, name, *, by, note="", plan_on=None, result=""):
    """Make one transition of `rules.PLAN_TRANSITIONS` on a locked item and write its event.

    An appointment goes with its item: another day, kept, missed or cancelled (by `result`).
    """
    arrow = rules.PLAN_TRANSITIONS[name]
    arrow.check(item.state)
    if item.kind in rules.OWNED_ELSEWHERE:
        raise Refused(_("This is settled where it comes from; open the case."))
    event = PlanEvent(
        item=item,
        name=name,
        state_from=item.state,
        state_to=arrow.target,
        on_from=item.plan_on,
        on_to=plan_on or item.plan_on,
        by=by,
        note=note,
    )
    item.state = arrow.target
    item.plan_on = event.on_to
    item.day_counted = item.day_counted and not plan_on  # a day that somebody chose is not recounted
    item.settled_at = None if arrow.target == PlanState.OPEN else timezone.now()
    try:
        with transaction.atomic():
            item.save(update_fields=["state", "plan_on", "day_counted", "settled_at"])
    except IntegrityError as error:
        raise Refused(_("The same plan already stands on that day."), field="plan_on") from error
    event.save()
    appointments.follow(item, name, result=result)
    return item


@transaction.atomic
def prepare(item_id, *, by, expected, answer):
    """Note the reaction expected and the answer to it, before the contact (deck 26)."""
    permissions.require(by, Permission.WORK_FOLLOW_UP)
    item = locked(item_id, by=by)
    rules.PLAN_TRANSITIONS["done"].check(item.state)
    item.expected, item.answer = expected.strip(), answer.strip()
    item.save(update_fields=["expected", "answer"])
    return item


@transaction.atomic
def postpone(item_id, *, by, plan_on, note=""):
    """Move an item to another day; never past the day it must be done by."""
    permissions.require(by, Permission.WORK_FOLLOW_UP)
    item = locked(item_id, by=by)
    rules.check_plan_day(plan_on, today=clock.today())
    if item.must_by and plan_on > item.must_by:
        raise Refused(
            _("This must be done by {day}.").format(day=item.must_by.isoformat()),
            field="plan_on",
        )
    before = item.plan_on
    settle(item, "postpone", by=by, note=note, plan_on=plan_on)
    log.enter(
        by,
        DayEntry.Kind.PLAN,
        client=item.client,
        data={"name": "postpone", "from": str(before), "to": str(plan_on)},
    )
    return item


def _change(item_id, name, *, by, note=""):
    with transaction.atomic():
        permissions.require(by, Permission.WORK_FOLLOW_UP)
        return settle(locked(item_id, by=by), name, by=by, note=note)


@transaction.atomic
def done(item_id, *, by, note=""):
    """Tick off an item that has no contact to record; a contact ticks its own."""
    permissions.require(by, Permission.WORK_FOLLOW_UP)
    if locked(item_id, by=by).client_id is not None:
        raise Refused(_("Record the contact; that ticks the plan off."))
    return _change(item_id, "done", by=by, note=note)


def drop(item_id, *, by, note=""):
    """Take an item off the plan, with a reason."""
    if not note.strip():
        raise Refused(_("Say why the plan is dropped."), field="note")
    return _change(item_id, "drop", by=by, note=note)


def restore(item_id, *, by):
    """Undo a tick, a drop or a postponement by a second event; a recorded contact stays recorded."""
    with transaction.atomic():
        permissions.require(by, Permission.WORK_FOLLOW_UP)
        item = locked(item_id, by=by)
        if hasattr(item, "contact"):
            raise Conflict(_("A contact was recorded; it stays. Plan a new step instead."))
        if item.record is not None and not item.record.is_live:
            raise Conflict(_("The follow-up record is closed; its plans stay off."))
        last = item.events.order_by("-pk").first()
        if item.state != PlanState.OPEN:
            return settle(item, "restore", by=by)
        if last is None or last.name != "postpone":
            raise Conflict(_("There is nothing to undo."))
        return settle(item, "postpone", by=by, plan_on=last.on_from, note="undo")


def drop_open(*, client, owner=None, record=None, by, note):
    """Take all open items of a client (of one owner or record) off the plan; returns how many."""
    items = PlanItem.objects.open().filter(client=client).select_for_update(of=("self",))
    if owner is not None:
        items = items.filter(owner=owner)
    if record is not None:
        items = items.filter(record=record)
    count = 0
    for item in items:
        settle(item, "drop", by=by, note=note)
        count += 1
    return count
