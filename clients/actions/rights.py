"""Requests of clients about their data: taken, settled, answered within their days (B-22, PIPL 44–50)."""

import datetime

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from rmflow.notices.actions import notify, notify_each
from rmflow.staff import permissions
from rmflow.staff.models import User
from rmflow.staff.permissions import Permission, Role
from rmflow.workdays import clock, current
from rmflow.workflow import Conflict, Refused

from .. import neighbours
from ..custody_rules import HoldKind, check_text
from ..models import Archive, Client, Consent, Hold, Profile, RightsEvent, RightsRequest, TimelineEntry
from ..profile_rules import ConsentPurpose, Secrecy
from ..rights_rules import (
    REASONED,
    RIGHTS_TRANSITIONS,
    AnswerWay,
    Applicant,
    Ground,
    Identity,
    Outcome,
    Right,
    check_outcome,
)
from ..rules import ClientType, TimelineKind
from .consents import stop_use
from .erasing import erase
from .holds import place_hold, release_hold
from .timeline import note

LATEST = 60  # days a request may lie back when it is entered
NEAR = 3  # working days before the day an answer is due: a reminder
#: Consents that end when use is restricted; serving the contract and keeping what the law wants go on.
RESTRICTED_PURPOSES = (ConsentPurpose.MARKETING, ConsentPurpose.EVALUATION, ConsentPurpose.PARTNERS)
CAME = gettext_noop("A client asks about personal data; to be answered by {day}.")
NEAR_TEXT = gettext_noop("A request about personal data is to be answered by {day}.")
LATE_TEXT = gettext_noop("A request about personal data was to be answered by {day}.")


def due_on(received_on):
    """The day an answer is due: so many working days after the day it came."""
    return current.calendar().add(received_on, settings.RIGHTS_WORKING_DAYS)


def _key(row):
    return f"rights:{row.pk}"


def _link(row):
    return f"/rights/{row.pk}/"


@transaction.atomic
def take(client_id, *, by, kind, applicant, identity, wish, received_on, purposes=()):
    """Write a request down, with who asks and how the identity was checked; the clock runs."""
    client = Client.objects.visible_to(by).select_related("branch").get(pk=client_id)
    permissions.require(by, Permission.TAKE_RIGHTS, client.branch)
    _check_taken(client, kind, applicant, identity, purposes, received_on)
    row = RightsRequest(
        client=client,
        branch=client.branch,
        kind=kind,
        applicant=applicant,
        identity=identity,
        wish=check_text(wish, "wish", most=500),
        purposes=sorted(purposes) if kind == Right.WITHDRAW else [],
        received_on=received_on,
        due_on=due_on(received_on),
        taken_by=by,
    )
    try:
        with transaction.atomic():
            row.save()
    except IntegrityError as error:
        if "rights_one_open" not in str(error):
            raise
        raise Conflict(_("The same request of this client is in hand already."), code="open") from None
    place_hold(client.pk, kind=HoldKind.RIGHTS, source_key=_key(row), reason=str(Right(kind).label), by=by)
    _event(row, "take", "", by=by)
    people = User.objects.holding_at(row.branch_id, Role.BRANCH_HEAD, Role.SUPERVISOR).exclude(pk=by.pk)
    notify(people, "rights", CAME, key=f"{_key(row)}:came", link=_link(row), params={"day": row.due_on})
    return row


def _check_taken(client, kind, applicant, identity, purposes, received_on):
    today = clock.today()
    errors = {}
    if kind not in Right.values:
        errors["kind"] = _("Choose what the client asks for.")
    if applicant not in Applicant.values:
        errors["applicant"] = _("Choose who asks.")
    if identity not in Identity.values:
        errors["identity"] = _("Say how the identity was checked.")
    if kind == Right.WITHDRAW and (not purposes or set(purposes) - set(ConsentPurpose.values)):
        errors["purposes"] = _("Choose which consents are withdrawn.")
    if received_on is None or received_on > today:
        errors["received_on"] = _("This day has not come yet.")
    elif received_on < today - datetime.timedelta(days=LATEST):
        errors["received_on"] = _("At most {n} days back.").format(n=LATEST)
    if errors:
        raise Refused.many(errors)
    if client.erased_at:
        raise Refused(_("The data of this client were made anonymous; nothing is left to ask about."))


def _event(row, name, before, *, by, text=""):
    RightsEvent.objects.create(
        request=row, name=name, state_from=before, state_to=row.state, by=by, note=text[:500]
    )
    data = {"right": str(row.kind), "step": name}
    if row.outcome:
        data["outcome"] = str(row.outcome)
    note(row.client, TimelineKind.RIGHTS, by=by, branch=row.branch, data=data, link=_link(row))


def _locked(request_id, name, *, by):
    """The request and its person, locked, if this step may be taken by this person."""
    rows = RightsRequest.objects.visible_to(by).select_for_update(of=("self",), no_key=True)
    row = rows.select_related("branch").get(pk=request_id)
    row.client = (
        Client.objects.select_for_update(of=("self",), no_key=True)
        .select_related("branch")
        .get(pk=row.client_id)
    )
    arrow = RIGHTS_TRANSITIONS[name]
    permissions.require(by, arrow.permission, row.branch)
    arrow.check(row.state)
    before, row.state = row.state, arrow.target
    return row, before


def ground_for(client, *, but=None):
    """What keeps a client's data from deletion, or "" (art. 47); `but`: a request whose own hold does not count."""
    held = Hold.objects.in_force().filter(client=client)
    if but is not None:
        held = held.exclude(source_key=_key(but))
    if held.exists():
        return Ground.HOLD
    if client.holdings.held(clock.today()).exists():
        return Ground.CONTRACT
    is_client = client.customer_no or client.type in (
        ClientType.EXISTING_PREMIUM,
        ClientType.EXISTING_POTENTIAL,
    )
    if is_client or Archive.objects.filter(client=client, destroyed_at__isnull=True).exists():
        return Ground.KEPT_BY_LAW
    return Ground.OPEN_WORK if neighbours.with_open_work([client.pk]) else Ground.NONE


@transaction.atomic
def settle(request_id, *, by, outcome, reasons=""):
    """Decide and carry out in one step: what is granted has happened when this returns."""
    row, before = _locked(request_id, "settle", by=by)
    ground = ground_for(row.client, but=row) if row.kind == Right.DELETE else ""
    check_outcome(row.kind, outcome, ground)
    if outcome in REASONED:
        reasons = check_text(reasons, "reasons", most=500)
    row.outcome, row.ground, row.reasons = outcome, ground, reasons.strip()[:500]
    row.settled_by, row.settled_at = by, clock.now()
    row.save(update_fields=["state", "outcome", "ground", "reasons", "settled_by", "settled_at"])
    _event(row, "settle", before, by=by, text=row.reasons)
    _carry_out(row, by)
    return row


def _carry_out(row, by):
    if row.kind == Right.CORRECT and row.outcome in (Outcome.GRANTED, Outcome.PARTLY):
        changed = TimelineEntry.objects.filter(
            client=row.client, kind__in=(TimelineKind.DATA, TimelineKind.CONSENT), at__gt=row.taken_at
        )
        if not changed.exists():
            raise Refused(_("Nothing was corrected since the request came in; correct the record first."))
    if row.kind == Right.WITHDRAW:
        for purpose in row.purposes:
            stop_use(row.client, purpose, by=by)
    if row.kind == Right.DELETE and row.outcome == Outcome.RESTRICTED:
        restrict(row.client, by=by)
    if row.kind == Right.DELETE and row.outcome == Outcome.GRANTED:
        release_hold(source_key=_key(row), by=by, note="")
        erase([row.client_id], by=by, why="request")


def restrict(client, *, by):
    """Keep the data and do nothing else with them (art. 47, last paragraph); the caller holds the lock."""
    for purpose in RESTRICTED_PURPOSES:
        stop_use(client, purpose, by=by)
    client.restricted_at = clock.now()
    client.save(update_fields=["restricted_at"])
    profile = Profile.objects.filter(client=client).first() or Profile(client=client)
    profile.secrecy, profile.updated_by = Secrecy.MANAGERS, by
    profile.save()


@transaction.atomic
def answer(request_id, *, by, way):
    """The client has the answer: how, when, by whom. The clock stops."""
    row, before = _locked(request_id, "answer", by=by)
    if way not in AnswerWay.values:
        raise Refused(_("Say how the answer was given."), field="way")
    row.answer_way, row.answered_by, row.answered_at = way, by, clock.now()
    row.save(update_fields=["state", "answer_way", "answered_by", "answered_at"])
    _event(row, "answer", before, by=by)
    release_hold(source_key=_key(row), by=by, note="")
    return row


@transaction.atomic
def drop(request_id, *, by, why):
    """The client takes the request back."""
    row, before = _locked(request_id, "drop", by=by)
    text = check_text(why, "why")
    row.save(update_fields=["state"])
    _event(row, "drop", before, by=by, text=text)
    release_hold(source_key=_key(row), by=by, note="")
    return row


def remind(*, today):
    """Tell head, supervisor and who took it: once when an answer is near due, each day when it is late."""
    near = current.calendar().add(today, NEAR)
    rows = list(RightsRequest.objects.open().filter(due_on__lte=near).select_related("taken_by"))
    people = {}
    late, soon = [], []
    for row in rows:
        if row.branch_id not in people:
            people[row.branch_id] = list(
                User.objects.holding_at(row.branch_id, Role.BRANCH_HEAD, Role.SUPERVISOR)
            )
        is_late = row.due_on < today
        key = f"{_key(row)}:late:{today}" if is_late else f"{_key(row)}:near"
        told = {person.pk: person for person in [row.taken_by, *people[row.branch_id]]}
        messages = [(person, key, {"day": row.due_on}, _link(row)) for person in told.values()]
        (late if is_late else soon).extend(messages)
    notify_each(late, "rights", LATE_TEXT, urgent=True)
    notify_each(soon, "rights", NEAR_TEXT)
    return {"late": sum(row.due_on < today for row in rows), "near": sum(row.due_on >= today for row in rows)}


def consents_of(client):
    """Purposes the client agreed to that are in force, for the form of a withdrawal."""
    rows = Consent.objects.filter(client=client, withdrawn_at__isnull=True)
    return list(rows.values_list("purpose", flat=True))
