"""Follow-up records: opened from a slip or a verdict, analysed, closed (deck 25–28)."""

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_noop

from clients import actions as clients
from clients.rules import TimelineKind
from rmflow.notices.actions import notify
from rmflow.staff import permissions
from rmflow.staff.permissions import Permission
from rmflow.workdays import clock
from rmflow.workdays.actions import custody
from rmflow.workdays.current import calendar

from .. import rules
from ..models import DayEntry, FollowUp, FollowUpEvent, PlanItem
from ..rules import Channel, PlanKind, RecordStatus
from . import log, plans


def locked(record_id, *, by):
    """A record in one's own hands, locked; DoesNotExist (404) otherwise."""
    return (
        FollowUp.objects.filter(manager=by)
        .select_for_update(of=("self",), no_key=True)
        .select_related("client", "branch")
        .get(pk=record_id)
    )


def move(record, name, *, by, note=""):
    """Make one transition of `rules.TRANSITIONS` on a locked record and write its event."""
    arrow = rules.TRANSITIONS[name]
    arrow.check(record.status)
    before, record.status = record.status, arrow.target
    record.closed_at = None if record.status in rules.LIVE else timezone.now()
    record.save(update_fields=["status", "closed_at", "flagged"])
    FollowUpEvent.objects.create(
        record=record,
        name=name,
        status_from=before,
        status_to=record.status,
        by=by,
        note=note,
    )
    if not record.is_live:
        plans.drop_open(client=record.client, record=record, by=by, note=name)
        clients.note(
            record.client,
            TimelineKind.FOLLOW_UP_CLOSED,
            by=by,
            branch=record.branch,
            text=note,
            data={"status": record.status},
        )
    return record


@transaction.atomic
def open_record(
    client,
    manager,
    *,
    by,
    branch,
    source_key,
    referrer=None,
    agreed_on=None,
    agreed_at=None,
    channel=Channel.PHONE,
    purpose="",
    needs="",
):
    """Open the record of a client to follow up and put the first contact on the plan.

    The plan falls on the agreed day, else on the next working day (deck 20, 25–26). A live record of
    the same manager is gone on with; nothing is retyped, nothing doubled.
    """
    record, created = FollowUp.objects.get_or_create(
        client=client,
        manager=manager,
        status__in=rules.LIVE,
        defaults={
            "branch": branch,
            "referrer": referrer,
            "source_key": source_key,
            "needs": needs,
            "status": RecordStatus.OPEN,
        },
    )
    if created:
        FollowUpEvent.objects.create(record=record, name="open", status_to=record.status, by=by)
        clients.note(
            client,
            TimelineKind.FOLLOW_UP,
            by=by,
            branch=branch,
            data={"manager": manager.name},
        )
        log.enter(manager, DayEntry.Kind.RECORD, client=client, data={"name": "open"})
    today, days = clock.today(), calendar()
    plan_on = rules.first_contact_on(filed_on=today, agreed_on=agreed_on, calendar=days)
    plans.plan(
        owner=manager,
        branch=branch,
        client=client,
        kind=PlanKind.FOLLOW_UP,
        source_key=f"{source_key}:first",
        plan_on=plan_on,
        at=agreed_at,
        record=record,
        channel=channel or Channel.PHONE,
        purpose=purpose,
        must_by=rules.first_contact_by(filed_on=today, plan_on=plan_on, calendar=days),
        counted_from=today,
        day_counted=agreed_on is None,
    )
    return record


@transaction.atomic
def take_back(record_id, *, source_key, by, reason):
    """The slip `source_key` that asked for a follow-up was withdrawn: nobody is to call because of it.

    The record ends when it stood on that slip alone and nobody was contacted; else only the slip's own
    plan drops. The caller has checked the right to withdraw.
    """
    items = PlanItem.objects.open().filter(record=record_id)
    list(items.select_for_update(of=("self",)))  # items before their record, as a contact locks them
    record = FollowUp.objects.select_for_update(of=("self",), no_key=True).get(pk=record_id)
    asked = {"source_key": f"{source_key}:first"}
    alone = record.source_key == source_key and not items.exclude(**asked).exists()
    if record.is_live and alone and not record.contacts.exists():
        return move(record, "abandon", by=by, note=reason)
    for item in items.filter(**asked):
        plans.settle(item, "drop", by=by, note=reason)
    return record


@transaction.atomic
def change_analysis(record_id, *, by, strength, character, needs):
    """Keep the analysis of strength, character and likely needs (deck 25)."""
    permissions.require(by, Permission.WORK_FOLLOW_UP)
    record = locked(record_id, by=by)
    custody.require_unsealed(record.branch_id)
    record.strength, record.character, record.needs = strength, character, needs
    record.save(update_fields=["strength", "character", "needs"])
    return record


@transaction.atomic
def abandon(record_id, *, by, reason):
    """Give a follow-up up, with a reason; the referrer is told (deck 27)."""
    permissions.require(by, Permission.WORK_FOLLOW_UP)
    rules.check_abandon(reason)
    held = locked(record_id, by=by)
    custody.require_unsealed(held.branch_id)
    record = move(held, "abandon", by=by, note=reason)
    log.enter(by, DayEntry.Kind.RECORD, client=record.client, data={"name": "abandon"})
    tell_referrer(record, gettext_noop("The follow-up of {client} was given up."), by=by)
    return record


@transaction.atomic
def give_up(item_id, *, by, reason):
    """Give up the follow-up that an item of one's own plan belongs to; an item without a record drops."""
    permissions.require(by, Permission.WORK_FOLLOW_UP)
    item = PlanItem.objects.get(owner=by, pk=item_id)
    if item.record_id:
        abandon(item.record_id, by=by, reason=reason)
    else:
        plans.drop(item_id, by=by, note=reason[:200])
    return item


def tell_referrer(record, text, *, by):
    """Tell whoever made the referral what became of it (W1-15, B-20); never oneself."""
    if record.referrer_id and record.referrer_id != by.pk:
        notify(
            [record.referrer],
            "outcome",
            text,
            key=f"record:{record.pk}:{record.status}",
            link="/referrals/mine/",
            params={"client": record.client.addressed_as},
        )
