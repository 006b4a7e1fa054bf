"""What became of the past's cards: the record opened, the first contact made, the type decided, in bulk."""

import datetime

from clients.models import Verdict
from clients.rules import ClientType
from followups.models import Contact, FollowUp, FollowUpEvent, PlanEvent, PlanItem
from followups.rules import PlanKind, PlanState, RecordStatus, Result
from referrals.models import Referral
from rmflow.staff.models import BANK_TIME

#: How a record ended, and the result of the contact, by what the client proved to be.
ENDS = {
    ClientType.EXISTING_PREMIUM: (RecordStatus.CONVERTED, Result.INTERESTED),
    ClientType.EXISTING_POTENTIAL: (RecordStatus.ABANDONED, Result.CONSIDERING),
    ClientType.PROSPECTIVE_PREMIUM: (RecordStatus.ABANDONED, Result.CONSIDERING),
    ClientType.ORDINARY: (RecordStatus.NON_PREMIUM, Result.REFUSED),
}
#: Of a hundred first contacts so many come on their day, the others a day or two late.
IN_TIME = 93


def make(slips, rng):
    """A closed record for each card whose client is judged, with the contact that closed it."""
    cards = [slip for slip in slips if slip.agreed_on and slip.client.type in ENDS]
    for slip in cards:
        late = 0 if rng.randrange(100) < IN_TIME else rng.randint(1, 2)
        slip.called_at = datetime.datetime.combine(
            slip.agreed_on + datetime.timedelta(days=late), datetime.time(rng.randint(9, 16), 15), BANK_TIME
        )
        slip.follow_up = FollowUp(
            client=slip.client, branch=slip.branch, manager=slip.manager, referrer=slip.referrer,
            source_key=f"referral:{slip.pk}", status=ENDS[slip.client.type][0], opened_at=slip.filed_at,
            closed_at=slip.called_at,
        )  # fmt: skip
    FollowUp.objects.bulk_create([slip.follow_up for slip in cards], batch_size=500)
    Referral.objects.bulk_update(cards, ["follow_up"], batch_size=500)
    items = [_item(slip) for slip in cards]
    PlanItem.objects.bulk_create(items, batch_size=500)
    pairs = list(zip(cards, items, strict=True))
    PlanEvent.objects.bulk_create([_done(slip, item) for slip, item in pairs], batch_size=1000)
    Contact.objects.bulk_create([_contact(slip, item) for slip, item in pairs], batch_size=500)
    FollowUpEvent.objects.bulk_create([event for slip in cards for event in _events(slip)], batch_size=1000)
    Verdict.objects.bulk_create([_verdict(slip) for slip in cards], batch_size=500)


def _item(slip):
    return PlanItem(
        owner=slip.manager, branch=slip.branch, client=slip.client, record=slip.follow_up,
        kind=PlanKind.FOLLOW_UP, channel="phone", plan_on=slip.agreed_on, must_by=slip.agreed_on,
        state=PlanState.DONE, settled_at=slip.called_at, source_key=f"referral:{slip.pk}:first",
        created_at=slip.filed_at,
    )  # fmt: skip


def _done(slip, item):
    return PlanEvent(
        item=item, name="done", state_from=PlanState.OPEN, state_to=PlanState.DONE, on_from=item.plan_on,
        on_to=item.plan_on, by=slip.manager, at=slip.called_at,
    )  # fmt: skip


def _contact(slip, item):
    return Contact(
        client=slip.client, record=slip.follow_up, item=item, branch=slip.branch, by=slip.manager,
        at=slip.called_at, channel="phone", result=ENDS[slip.client.type][1],
    )  # fmt: skip


def _events(slip):
    record = slip.follow_up
    yield FollowUpEvent(
        record=record, name="open", status_to=RecordStatus.OPEN, by=slip.referrer, at=slip.filed_at
    )
    yield FollowUpEvent(
        record=record, name="close", status_from=RecordStatus.OPEN, status_to=record.status, by=slip.manager,
        at=slip.called_at,
    )  # fmt: skip


def _verdict(slip):
    return Verdict(
        client=slip.client, type=slip.client.type, level=slip.client.level, type_before=ClientType.UNJUDGED,
        branch=slip.branch, by=slip.manager, at=slip.called_at, source_key=f"followup:{slip.follow_up.pk}",
    )  # fmt: skip
