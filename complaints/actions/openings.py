"""An account opening: prepared by the manager, carried out by a teller who is not the manager (W3-03)."""

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from clients import actions as clients
from clients.actions.archive import change_profile
from clients.models import Client, Profile
from clients.rules import TimelineKind
from followups.actions import log, record_deal
from followups.models import Appointment, DayEntry
from followups.rules import DEAL_AT_MOST
from rmflow.notices.actions import notify
from rmflow.staff import permissions
from rmflow.staff.models import User
from rmflow.staff.permissions import Permission, Role
from rmflow.workdays import clock
from rmflow.workflow import Conflict, Refused

from ..models import KitItem, Offer, Opening, OpeningEvent
from ..rules import account_tail
from ..rules import openings as rules
from ..rules.openings import OPENING_TRANSITIONS, Answer, State

READY = gettext_noop("{client}: the kit for {kind} is ready; the client comes to the counter.")
EXECUTED = gettext_noop("{client}: {kind} was carried out by {name}.")


@transaction.atomic
def prepare(client_id, kind, *, by):
    """Begin an opening for a client one looks after; the kit is laid out from the catalogue of the day."""
    permissions.require(by, Permission.PREPARE_OPENING)
    if by.branch is None:
        raise Refused(_("You have no branch today; ask the administrator."))
    client = Client.objects.visible_to(by).select_for_update(of=("self",), no_key=True).get(pk=client_id)
    if kind is None or not kind.active:
        raise Refused(_("Choose the kind of opening."), field="kind")
    if Opening.objects.open().filter(client=client, kind=kind).exists():
        raise Conflict(_("This opening is being prepared already."), code="open")
    opening = Opening.objects.create(
        client=client,
        branch=by.branch,
        manager=by,
        kind=kind,
        appointment=_appointment(client, by),
    )
    KitItem.objects.bulk_create(
        KitItem(opening=opening, name=form.name, required=form.required, position=form.position)
        for form in kind.forms.all()
    )
    today = clock.today()
    Offer.objects.bulk_create(
        Offer(opening=opening, product=product)
        for product in kind.products.on_sale()
        if not gate(client, product, today=today)
    )
    _event(opening, "prepare", by=by, before="")
    _note(opening, by=by, step="prepare")
    return opening


def _appointment(client, manager):
    """The meeting this is prepared for: the next one agreed, when there is one without an opening."""
    agreed = Appointment.objects.filter(
        client=client, manager=manager, state=Appointment.State.AGREED, opening__isnull=True
    )
    since = clock.now().replace(hour=0, minute=0, second=0, microsecond=0)
    return agreed.filter(starts_at__gte=since).order_by("starts_at").first()


def gate(client, product, *, today):
    """Why this product may not be offered to this client; "" when it may (`rules.unsuitable`)."""
    profile = Profile.objects.filter(client=client).only("risk_tolerance", "risk_valid_until").first()
    tolerance = profile.risk_tolerance if profile else ""
    until = profile.risk_valid_until if profile else None
    return rules.unsuitable(product, tolerance=tolerance, valid_until=until, today=today)


def locked(opening_id, *, by):
    """The opening, locked, if `by` may see it; DoesNotExist (404) otherwise."""
    return (
        Opening.objects.visible_to(by)
        .select_for_update(of=("self",), no_key=True)
        .select_related("client", "branch", "manager", "kind")
        .get(pk=opening_id)
    )


def _mine(opening_id, *, by):
    """The opening of its manager, locked; 403 for others."""
    opening = locked(opening_id, by=by)
    permissions.require(by, Permission.PREPARE_OPENING)
    if opening.manager_id != by.pk:
        raise PermissionDenied(_("Your role does not allow this."))
    return opening


def _still_open(opening):
    if not opening.is_open:
        raise Conflict(_("This step is no longer possible; the record has moved on."), code="state")
    return opening


@transaction.atomic
def tick(opening_id, item_id, *, by, ready=True):
    """A form lies ready, or does not after all."""
    opening = _still_open(_mine(opening_id, by=by))
    item = opening.forms.select_for_update().get(pk=item_id)
    if ready != (item.ready_at is not None):
        if opening.state == State.SEATED and not ready:
            raise Conflict(_("The client sits at the counter already."), code="state")
        item.ready_at, item.ready_by = (timezone.now(), by) if ready else (None, None)
        item.save(update_fields=["ready_at", "ready_by"])
        if not ready and opening.state == State.READY and item.required:
            _back_to_preparing(opening, by=by)
    return opening


def _back_to_preparing(opening, *, by):
    before, opening.state, opening.ready_at = opening.state, State.PREPARING, None
    opening.save(update_fields=["state", "ready_at"])
    _event(opening, "unready", by=by, before=before)


@transaction.atomic
def learn(opening_id, *, by, person=None, **facts):
    """What the client told goes to the archive, by the archive's own door."""
    opening = _still_open(_mine(opening_id, by=by))
    change_profile(opening.client_id, by=by, person=person or {}, **facts)
    return opening


@transaction.atomic
def step(name, opening_id, *, by, note=""):
    """Make "ready", "seat" or "cancel"; what is missing is named."""
    if name not in ("ready", "seat", "cancel"):
        raise Refused(_("There is no such step."), code="step")
    opening = _mine(opening_id, by=by)
    OPENING_TRANSITIONS[name].check(opening.state)
    now = timezone.now()
    if name == "ready":
        _whole_kit(opening)
        opening.ready_at = now
    elif name == "seat":
        opening.seated_at = now
    elif not note.strip():
        raise Refused(_("Say why the opening is cancelled."), field="note")
    _move(opening, name, by=by, note=note.strip())
    if name == "seat":
        _tell_the_counter(opening, by=by)
    return opening


def _whole_kit(opening):
    lacking = rules.missing_forms(opening.forms.all())
    if lacking:
        text = _("Not ready yet: {forms}").format(forms=_(", ").join(lacking))
        raise Refused(text, field="forms", code="forms")


def _move(opening, name, *, by, note=""):
    before, opening.state = opening.state, OPENING_TRANSITIONS[name].target
    opening.save()
    _event(opening, name, by=by, before=before, note=note)


@transaction.atomic
def offer(opening_id, product, *, by):
    """Offer one more product with the opening; the gate stands before it."""
    opening = _mine(opening_id, by=by)
    _not_cancelled(opening)
    if product is None:
        raise Refused(_("Choose a product on sale."), field="product")
    if reason := gate(opening.client, product, today=clock.today()):
        raise Refused(reason, field="product", code="unsuitable")
    row, _made = Offer.objects.get_or_create(opening=opening, product=product)
    return row


@transaction.atomic
def answer(opening_id, offer_id, *, by, answer, amount=None):
    """The client's word on one product: agreed with an amount, or declined. The opening goes on either way."""
    opening = _mine(opening_id, by=by)
    _not_cancelled(opening)
    row = opening.offers.select_for_update(of=("self",)).select_related("product").get(pk=offer_id)
    if row.deal_id:
        raise Conflict(_("This deal is entered already."), code="deal")
    if answer not in (Answer.AGREED, Answer.DECLINED):
        raise Refused(_("Choose agreed or declined."), field="answer")
    if answer == Answer.AGREED:
        if reason := gate(opening.client, row.product, today=clock.today()):
            raise Refused(reason, field="answer", code="unsuitable")
        if amount is None or not 0 < amount < DEAL_AT_MOST:
            raise Refused(_("The amount must be more than 0."), field="amount")
    row.answer, row.amount = answer, amount if answer == Answer.AGREED else None
    row.answered_at, row.answered_by = timezone.now(), by
    row.save()
    if opening.state == State.EXECUTED:
        _deal(opening, row)
    return row


def _not_cancelled(opening):
    if opening.state == State.CANCELLED:
        raise Conflict(_("This opening was cancelled."), code="state")


@transaction.atomic
def execute(opening_id, *, by, account="", accurate=None, first_time=None):
    """A teller carries it out; never the manager, nor who looks after the client (also in the database)."""
    opening = locked(opening_id, by=by)
    permissions.require(by, Permission.EXECUTE_OPENING, opening.branch)
    if opening.is_looked_after_by(by):
        raise Refused(_("The manager never carries out the opening; a teller does."), code="duties")
    OPENING_TRANSITIONS["execute"].check(opening.state)
    wrong = {}
    if accurate is None:
        wrong["accurate"] = _("Say whether it was right at once.")
    if first_time is None:
        wrong["first_time"] = _("Say whether it was settled the first time.")
    if wrong:
        raise Refused.many(wrong)
    opening.client_owner_id, opening.client_backup_id = opening.client.owner_id, opening.client.backup_id
    opening.account, opening.accurate, opening.first_time = account_tail.tail(account), accurate, first_time
    opening.executed_at, opening.executed_by = timezone.now(), by
    _move(opening, "execute", by=by)
    for row in opening.offers.filter(answer=Answer.AGREED, deal__isnull=True).select_related("product"):
        _deal(opening, row)
    _note(opening, by=by, step="execute")
    log.enter(opening.manager, DayEntry.Kind.OPENING, client=opening.client, link=link(opening))
    facts = {"client": opening.client.addressed_as, "kind": opening.kind.name, "name": by.name}
    notify(
        [opening.manager],
        "opening",
        EXECUTED,
        key=f"opening:{opening.pk}:done",
        link=link(opening),
        params=facts,
    )
    return opening


def _deal(opening, row):
    """The agreed product as a deal of the manager; what hinders the deal never hinders the opening."""
    try:
        with transaction.atomic():
            row.deal, _created = record_deal(
                opening.client,
                row.product,
                row.amount,
                by=opening.manager,
                key=f"opening:{opening.pk}:{row.pk}",
                branch=opening.branch,
                manager=opening.manager,
            )
            row.save(update_fields=["deal"])
    except (Refused, PermissionDenied):
        row.deal = None  # shown beside the offer; the manager enters it by answering again


def _tell_the_counter(opening, *, by):
    tellers = User.objects.holding_at(opening.branch_id, Role.TELLER).exclude(pk=by.pk)
    params = {"client": opening.client.addressed_as, "kind": opening.kind.name}
    key = f"opening:{opening.pk}:seat"
    notify(tellers, "opening", READY, key=key, link=link(opening), params=params, urgent=True)


def link(opening):
    return f"/openings/{opening.pk}/"


def _note(opening, *, by, step):
    clients.note(
        opening.client,
        TimelineKind.OPENING,
        by=by,
        branch=opening.branch,
        data={"number": opening.number, "step": step, "product": opening.kind.name},
        link=link(opening),
    )


def _event(opening, name, *, by, before, note=""):
    OpeningEvent.objects.create(
        opening=opening, name=name, state_from=before, state_to=opening.state, by=by, note=note
    )
