"""Rows of closures and openings that PostgreSQL must refuse (read by tests/test_constraints.py)."""

import datetime

from clients.models import Client, Product
from complaints.models import (
    Closure,
    ClosureFlag,
    ClosureMonth,
    ClosureRule,
    Destination,
    Guide,
    KitForm,
    KitItem,
    MovementRule,
    Offer,
    Opening,
    OpeningKind,
    WinBack,
)
from followups.models import Deal

NOON = datetime.datetime(2026, 3, 4, 4, 0, tzinfo=datetime.UTC)
HOUR = datetime.timedelta(hours=1)
DAY = datetime.date(2026, 3, 4)
WHOLE = {
    "account": "x",
    "amount": 1,
    "aum_before": 1,
    "reason": "rates",
    "accurate": True,
    "first_time": True,
    "state": "ended",
    "ended_at": NOON,
    "result": "served",
}


def closure(w, **fields):
    """A possible case, unless `fields` say otherwise."""
    usual = {
        "client": w.person,
        "branch": w.branch,
        "movement": "closure",
        "suspicion": "churn",
        "found": "counter",
        "found_at": NOON,
        "found_on": DAY,
        "claim_due_at": NOON,
    }
    return Closure.objects.create(**{**usual, **fields})


def guide(w, **fields):
    usual = {
        "branch": w.branch,
        "on": DAY,
        "client": w.person,
        "basis": "card",
        "place": "room",
        "by": w.lobby,
    }
    return Guide.objects.create(**{**usual, **fields})


def ended(w, **fields):
    return closure(w, **{**WHOLE, **fields})


def another(w):
    return Client.objects.create(name="王", branch=w.branch)


def win_back(w, on):
    return WinBack.objects.create(closure=on, on=DAY, by=w.wealth)


def month(w, **fields):
    usual = {"branch": w.branch, "month": DAY.replace(day=1), "due_on": DAY}
    return ClosureMonth.objects.create(**{**usual, **fields})


def opening(w, **fields):
    usual = {"client": w.person, "branch": w.branch, "manager": w.wealth, "kind": OpeningKind.objects.first()}
    return Opening.objects.create(**{**usual, **fields})


def executed(w, **fields):
    usual = {"state": "executed", "executed_at": NOON, "executed_by": w.lobby}
    return opening(w, **{**usual, "accurate": True, "first_time": True, **fields})


def form(w, on, **fields):
    return KitItem.objects.create(**{"opening": on, "name": "x", **fields})


def offer(w, on, **fields):
    return Offer.objects.create(**{"opening": on, "product": Product.objects.first(), **fields})


def deal(w):
    facts = {
        "client": w.person,
        "product": Product.objects.first(),
        "amount": 1,
        "done_on": DAY,
        "day": w.day,
    }
    people = {"branch": w.branch, "manager": w.wealth, "by": w.wealth, "source_key": "x"}
    return Deal.objects.create(**facts, **people)


def twice(make, of):
    def call(w):
        on = of(w)
        return [make(w, on) for _n in "ab"]

    return call


IMPOSSIBLE = {
    "client_premium_has_a_manager": lambda w: [
        Client.objects.filter(pk=w.person.pk).update(owner=w.wealth, type="existing_premium"),
        Client.objects.filter(pk=w.person.pk).update(owner=None),
    ],
    "closure_one_open": lambda w: [closure(w) for _n in "ab"],
    "closure_fact_once": lambda w: [closure(w, client=who, source_key="x") for who in (w.person, another(w))],
    "closure_end_has_a_result": lambda w: ended(w, ended_at=None),
    "closure_ends_complete": lambda w: ended(w, reason=""),
    "closure_amounts_fit": lambda w: ended(w, result="kept", saved=1, lost=1),
    "closure_claim_has_a_name": lambda w: closure(w, claimed_at=NOON),
    "closure_head_has_a_name": lambda w: closure(w, head=w.lobby),
    "closure_call_has_a_cause": lambda w: closure(w, called_at=NOON),
    "closure_lost_was_heard": lambda w: ended(
        w, result="lost", saved=0, lost=1, destination=Destination.objects.first()
    ),
    "closure_account_is_a_tail": lambda w: closure(w, account="6217 0000 123"),
    "closure_amounts_not_negative": lambda w: closure(w, amount=-1),
    "closure_went_on_has_a_name": lambda w: ClosureFlag.objects.create(
        closure=closure(w),
        branch=w.branch,
        by=w.lobby,
        at=NOON,
        movement="closure",
        suspicion="churn",
        went_on_at=NOON,
    ),
    "win_back_once_a_day": twice(win_back, closure),
    "closure_claim_minutes_plausible": lambda w: ClosureRule.objects.create(branch=w.branch, claim_minutes=0),
    "movement_trigger_known": lambda w: MovementRule.objects.create(trigger="rumour"),
    "movement_thresholds_plausible": lambda w: MovementRule.objects.filter(trigger="day_out").update(share=0),
    "closure_month_once": lambda w: [month(w) for _n in "ab"],
    "closure_month_is_its_first_day": lambda w: month(w, month=DAY),
    "closure_month_received_by_a_name": lambda w: month(w, received_at=NOON),
    "kit_form_once": lambda w: [
        KitForm.objects.create(kind=OpeningKind.objects.first(), name="x") for _n in "ab"
    ],
    "opening_not_by_its_manager": lambda w: executed(w, executed_by=w.wealth),
    "opening_not_by_who_looks_after": lambda w: executed(w, client_backup=w.lobby),
    "opening_account_is_a_tail": lambda w: opening(w, account="6217000"),
    "opening_execution_whole": lambda w: executed(w, accurate=None),
    "opening_ready_before_seated": lambda w: opening(w, ready_at=NOON, seated_at=NOON - HOUR),
    "kit_item_once": twice(form, opening),
    "kit_item_ready_by_a_name": lambda w: form(w, opening(w), ready_at=NOON),
    "offer_once": twice(offer, opening),
    "offer_answer_whole": lambda w: offer(w, opening(w), answer="declined"),
    "offer_agreed_has_an_amount": lambda w: offer(
        w, opening(w), answer="agreed", answered_at=NOON, answered_by=w.wealth
    ),
    "guide_of_somebody": lambda w: guide(w, client=None),
    "guide_wait_plausible": lambda w: guide(w, waited=241),
    "guide_struck_by_somebody": lambda w: guide(w, struck_at=NOON, struck_by=w.lobby),
    "guide_ticket_once_a_day": lambda w: [guide(w, ticket_no="A012") for _n in "ab"],
    "offer_deal_was_agreed": lambda w: offer(w, opening(w), deal=deal(w)),
}
