"""The reply to the client, the call-back, the cause and what is improved, closing (W3-09 to W3-11)."""

import datetime

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from clients.rules import ClientType
from followups.actions import sources
from followups.rules import PlanKind
from rmflow.staff import permissions, person
from rmflow.staff.models import BANK_TIME
from rmflow.staff.permissions import Permission
from rmflow.workdays import clock as bank
from rmflow.workflow import Conflict, Refused

from ..models import Improvement
from ..rules import complaint_intake as intakes
from ..rules.complaint import (
    NOTE_LENGTH,
    TRANSITIONS,
    Finding,
    ReplyWay,
    Satisfaction,
    Status,
)
from ..rules.complaint_closing import Facts, missing
from . import complaint_core as core
from . import complaint_improve
from .complaint_work import end

IMPROVE = gettext_noop("Complaint {number}: an improvement is yours, due {day}.")


@transaction.atomic
def reply(pk, *, by, way, text, finding, basis="", at=None, satisfaction=""):
    """Record what the client was told, how and when: what meets the deadline."""
    complaint = core.locked(pk, by=by)
    _may_reply(complaint, by=by)
    TRANSITIONS["reply"].check(complaint.status)
    now = bank.now()
    at = at or now
    errors = {}
    if way not in ReplyWay.values:
        errors["way"] = _("Choose how the client was told.")
    if finding not in Finding.values:
        errors["finding"] = _("Choose what was found.")
    if not complaint.counted_at <= at <= now + datetime.timedelta(minutes=5):
        errors["at"] = _("The reply lies between the receipt and now.")
    if satisfaction and satisfaction not in Satisfaction.values:
        errors["satisfaction"] = _("Choose from the list.")
    if errors:
        raise Refused.many(errors)
    fields = {
        "reply": intakes.needed(text, "text", _("Write down what the client was told.")),
        "reply_basis": intakes.needed(basis, "basis", _("Give the basis and the reasons.")),
        "reply_way": way,
        "finding": finding,
        "replied_at": at,
        "replied_by": by,
    }
    if satisfaction:
        fields |= {"satisfaction": satisfaction, "called_back_at": at}
    on_spot = at.astimezone(BANK_TIME).date() == complaint.received_at.astimezone(BANK_TIME).date()
    core.write(complaint, "reply", by=by, data={"way": way, "on_spot": on_spot}, **fields)
    core.stop_steps(complaint)
    core.keep_plan(complaint, by=by)
    core.keep_call_back(complaint, by=by)
    core.lapse_extension(complaint)
    return complaint


def _may_reply(complaint, *, by):
    """The handler, those who assign, and whoever took it while the client is still there."""
    taken_today = complaint.taken_at.astimezone(BANK_TIME).date() == bank.today()
    if by.pk == complaint.taken_by_id and taken_today:
        permissions.require(by, Permission.TAKE_COMPLAINT)
        return
    core.require_work(complaint, by=by)


@transaction.atomic
def call_back(pk, *, by, satisfaction, note=""):
    """How content the client is with the answer."""
    complaint = core.locked(pk, by=by)
    core.require_work(complaint, by=by)
    if complaint.status not in (Status.REPLIED, Status.CLOSED):
        raise Conflict(_("The client is called back after the reply."), code="state")
    if satisfaction not in Satisfaction.values:
        raise Refused(_("Choose from the list."), field="satisfaction")
    note = intakes.text(note, NOTE_LENGTH, field_name="note")
    fields = {"satisfaction": satisfaction, "called_back_at": bank.now()}
    core.write(complaint, "call_back", by=by, note=note, data={"said": satisfaction}, **fields)
    core.keep_call_back(complaint, by=by)
    return complaint


@transaction.atomic
def trace(pk, *, by, root_cause, responsibility=""):
    """Where it came from, and who answers for it."""
    complaint = core.locked(pk, by=by)
    core.require_work(complaint, by=by)
    if complaint.status not in (Status.WORKING, Status.REPLIED, Status.CLOSED):
        raise Conflict(_("This step is no longer possible; the record has moved on."), code="state")
    fields = {
        "root_cause": intakes.needed(root_cause, "root_cause", _("Write down the root cause."), NOTE_LENGTH),
        "responsibility": intakes.text(responsibility, NOTE_LENGTH, field_name="responsibility"),
    }
    core.write(complaint, "trace", by=by, **fields)
    return complaint


@transaction.atomic
def improve(pk, *, by, text, owner_id, due_on):
    """One measure, with an owner and a date (W3-09)."""
    complaint = core.locked(pk, by=by)
    core.require_work(complaint, by=by)
    owner = person.load(owner_id)
    errors = {}
    if owner is None or not owner.is_active or not core.without_recused(complaint, [owner]):
        errors["owner"] = _("Choose who sees to it; nobody who must keep out.")
    if due_on < bank.today():
        errors["due_on"] = _("The day lies in the past.")
    if errors:
        raise Refused.many(errors)
    text = intakes.needed(text, "text", _("Write down what is changed."), NOTE_LENGTH)
    made = Improvement.objects.create(complaint=complaint, text=text, owner=owner, due_on=due_on, by=by)
    core.write(complaint, "improve", by=by, note=text, data={"owner": owner.name, "day": due_on.isoformat()})
    link = complaint_improve.address(made)
    key, branch = f"improvement:{made.pk}", owner.home_branch or complaint.branch
    plan = {"kind": PlanKind.COMPLAINT, "plan_on": due_on, "purpose": complaint.number, "by": by}
    sources.keep(key, owner=owner, branch=branch, link=link, **plan)
    core.tell(complaint, [owner], IMPROVE, key=key, by=by, link=link, day=due_on)
    return made


@transaction.atomic
def improved(pk, improvement_id, *, by):
    """The owner has seen to it."""
    complaint = core.locked(pk, by=by)
    made = Improvement.objects.select_for_update(of=("self",)).get(pk=improvement_id, complaint_id=pk)
    if made.owner_id != by.pk:
        core.require_work(complaint, by=by)
    complaint_improve.settle(made, complaint, by=by)
    return made


def facts_of(complaint):
    """What closing looks at."""
    untold = any(row.decision == "granted" and row.told_at is None for row in complaint.extensions.all())
    return Facts(
        replied=complaint.replied_at is not None,
        classified=all((complaint.channel_id, complaint.business_id, complaint.cause_id)),
        told=not untold,
        called_back=bool(complaint.satisfaction),
        traced=bool(complaint.root_cause),
    )


@transaction.atomic
def close(pk, *, by):
    """Close it; never without the reply on record, nor with a step left open (W3-11)."""
    complaint = core.locked(pk, by=by)
    core.require_work(complaint, by=by)
    if complaint.status in (Status.TAKEN, Status.WORKING, Status.SUSPENDED):
        raise Refused(_("Nothing is closed without the reply to the client on record."), code="no_reply")
    TRANSITIONS["close"].check(complaint.status)
    left = missing(facts_of(complaint))
    if left:
        raise Refused(_("Still open: {steps}.").format(steps=_(", ").join(str(s.label) for s in left)))
    now = bank.now()
    fields = {
        "over_at": now,
        "archive_no": f"{complaint.branch.code}-{complaint.number}",
    }
    end(complaint, "close", by=by, **fields)
    return complaint


@transaction.atomic
def learn(pk, *, by, text):
    """What the complaint teaches about a premium client goes to the needs on the archive (W3-09)."""
    from clients.actions.archive import learn_want

    complaint = core.locked(pk, by=by)
    core.require_work(complaint, by=by)
    client = complaint.client
    if client is None or client.type != ClientType.EXISTING_PREMIUM:
        raise Refused(_("Only a premium client has an archive to which this can go."))
    text = intakes.needed(text, "text", _("Write down what the client needs."), 200)
    learn_want(client, by=by, text=text)
    core.write(complaint, "learn", by=by, note=text)
    return complaint


@transaction.atomic
def open_chance(pk, *, by, product_id, note="", amount=None, expected_on=None):
    """A sales chance seen in a complaint: never before it is closed."""
    from followups.actions.chances import open_chance as put

    complaint = core.locked(pk, by=by)
    core.require_work(complaint, by=by)
    if complaint.status != Status.CLOSED:
        raise Conflict(_("A sales chance is noted only after the complaint is closed."), code="state")
    if complaint.client is None:
        raise Refused(_("This complaint names no client in our books."))
    made = put(
        client=complaint.client,
        by=by,
        source_key=core.source_key(complaint),
        product_id=product_id,
        note=note,
        amount=amount,
        expected_on=expected_on,
        origin="" if complaint.recusals.exists() else complaint.number,
    )
    core.write(complaint, "chance", by=by, data={"product": made.product.name})
    return made
