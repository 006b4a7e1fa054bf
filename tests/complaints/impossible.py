"""Rows of complaints that PostgreSQL must refuse (read by tests/test_constraints.py)."""

import datetime

from clients.models import Destruction, Product
from complaints.models import (
    Attachment,
    Complaint,
    ComplaintCode,
    ComplaintListing,
    ComplaintSerial,
    Extension,
    LadderStep,
    PassOn,
    Recusal,
    Representative,
    Review,
    Suspension,
)
from followups.models import SalesChance

NOON = datetime.datetime(2026, 3, 4, 4, 0, tzinfo=datetime.UTC)
DAY = datetime.date(2026, 3, 4)
MONTH = datetime.date(2026, 3, 19)
NUMBERS = iter(range(1, 10_000))


def complaint(w, **fields):
    """A possible complaint, unless `fields` say otherwise."""
    usual = {
        "number": f"TS-20260304-{next(NUMBERS)}",
        "branch": w.branch,
        "way": "counter",
        "received_at": NOON,
        "taken_by": w.lobby,
        "name": "马建国",
        "title": "到账晚了",
        "request": "说明原因",
        "counted_at": NOON,
        "law_on": MONTH,
        "due_on": DAY,
        "due_at": NOON,
        "ruling": "normal",
    }
    return Complaint.objects.create(**{**usual, **fields})


def code(w, **fields):
    return ComplaintCode.objects.create(**{"kind": "cause", "code": "Z1", "name": "x", **fields})


def own_parent(w):
    row = code(w)
    ComplaintCode.objects.filter(pk=row.pk).update(parent=row)


def step(w, on, **fields):
    return LadderStep.objects.create(**{"complaint": on, "step": "half", "at": NOON, **fields})


def twice(make):
    def call(w):
        on = complaint(w)
        return [make(w, on) for _n in "ab"]

    return call


def recusal(w, on, **fields):
    return Recusal.objects.create(
        **{"complaint": on, "person": w.wealth, "basis": "named", "by": w.lobby, **fields}
    )


def extension(w, on, **fields):
    usual = {"complaint": on, "kind": "working", "reason": "x", "asked_by": w.lobby}
    return Extension.objects.create(**{**usual, **fields})


def decided(w, **fields):
    usual = {"decision": "granted", "decided_by": w.wealth, "decided_at": NOON}
    return extension(w, complaint(w), **{**usual, **fields})


def suspension(w, on, **fields):
    usual = {"complaint": on, "agency": "x", "begins_on": DAY, "by": w.lobby}
    return Suspension.objects.create(**{**usual, **fields})


def review(w, on, **fields):
    usual = {"complaint": on, "asked_on": DAY, "reason": "x", "due_on": MONTH, "by": w.lobby}
    return Review.objects.create(**{**usual, **fields})


def attachment(w, on):
    row = {"name": "a.pdf", "kind": "pdf", "size": 1, "digest": "d", "by": w.lobby}
    return Attachment.objects.create(complaint=on, stored_as=f"f{next(NUMBERS)}", **row)


def chance(w, **fields):
    usual = {"client": w.person, "product": Product.objects.first(), "owner": w.wealth, "branch": w.branch}
    return SalesChance.objects.create(**{**usual, "source_key": "x", "by": w.wealth, **fields})


def listing(w, on, batch=None, **fields):
    batch = batch or Destruction.objects.create(
        number=f"XH-{next(NUMBERS)}", branch=w.branch, reason="x", proposed_by=w.lobby
    )
    usual = {"complaint": on, "file_no": "x", "received_on": DAY, "keep_until": DAY}
    return ComplaintListing.objects.create(batch=batch, **{**usual, **fields})


def listed_twice(w):
    first = listing(w, complaint(w), state="stopped", stop="hold")
    return listing(w, first.complaint, first.batch, state="stopped", stop="hold")


IMPOSSIBLE = {
    "complaint_listing_once": listed_twice,
    "complaint_listing_on_one_list": twice(listing),
    "complaint_listing_stopped_says_why": lambda w: listing(w, complaint(w), state="stopped"),
    "complaint_destroyed_after_its_end": lambda w: complaint(w, destroyed_at=NOON),
    "chance_once": lambda w: [chance(w) for _n in "ab"],
    "chance_amount_is_positive": lambda w: chance(w, amount=0),
    "chance_likelihood_is_a_share": lambda w: chance(w, likelihood=101),
    "chance_dropped_says_why": lambda w: chance(w, state="lost", settled_at=NOON),
    "chance_settled_has_a_time": lambda w: chance(w, state="won"),
    "complaint_number_once": lambda w: [complaint(w, number="TS-1") for _n in "ab"],
    "complaint_never_later_than_the_law": lambda w: complaint(w, due_on=MONTH + datetime.timedelta(days=1)),
    "complaint_law_days_known": lambda w: complaint(w, law_days=45),
    "complaint_closed_only_with_reply": lambda w: complaint(w, status="closed", over_at=NOON),
    "complaint_reply_is_whole": lambda w: complaint(w, replied_at=NOON, replied_by=w.lobby),
    "complaint_end_has_a_time": lambda w: complaint(w, status="withdrawn"),
    "complaint_merged_into_another": lambda w: complaint(w, status="merged", over_at=NOON),
    "complaint_has_a_person": lambda w: complaint(w, people=0),
    "complaint_worked_by_somebody": lambda w: complaint(w, status="working"),
    "complaint_code_once": lambda w: [code(w) for _n in "ab"],
    "complaint_code_kind_known": lambda w: code(w, kind="colour"),
    "complaint_code_not_its_own_parent": own_parent,
    "complaint_serial_once": lambda w: [
        ComplaintSerial.objects.create(branch=w.branch, day=DAY) for _n in "ab"
    ],
    "recusal_once": twice(recusal),
    "recusal_below_a_branch": lambda w: recusal(w, complaint(w), basis="below"),
    "pass_on_answer_has_a_name": lambda w: PassOn.objects.create(
        complaint=complaint(w), unit=w.branch, question="x", by=w.lobby, answered_at=NOON
    ),
    "ladder_once_ahead": twice(lambda w, on: step(w, on, at=NOON + datetime.timedelta(hours=next(NUMBERS)))),
    "ladder_once": twice(lambda w, on: step(w, on, fired_at=NOON)),
    "extension_one_waiting": twice(extension),
    "extension_decided_by_somebody": lambda w: extension(w, complaint(w), decision="granted"),
    "extension_four_eyes": lambda w: decided(w, decided_by=w.lobby),
    "extension_told_when_granted": lambda w: decided(w, decision="refused", told_at=NOON),
    "suspension_one_open": twice(suspension),
    "suspension_ends_after_it_begins": lambda w: suspension(
        w, complaint(w), ends_on=DAY - datetime.timedelta(days=1)
    ),
    "review_one_open": twice(review),
    "review_told_once_decided": lambda w: review(w, complaint(w), told_at=NOON, told_way="phone"),
    "review_decided_by_somebody": lambda w: review(w, complaint(w), outcome="changed"),
    "representative_once": twice(
        lambda w, on: Representative.objects.create(complaint=on, position=1, name="x")
    ),
    "representative_five_at_most": lambda w: Representative.objects.create(
        complaint=complaint(w), position=6, name="x"
    ),
    "attachment_once": twice(attachment),
}
