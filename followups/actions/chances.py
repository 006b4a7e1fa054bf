"""Sales chances: noted by whichever sub-process saw them, worked by the client's manager."""

import pghistory
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from clients.models import Product
from rmflow.staff import permissions
from rmflow.workdays import clock
from rmflow.workdays.current import calendar
from rmflow.workflow import Conflict, Refused

from ..models import CHANCE_TRANSITIONS, SalesChance
from ..rules import PlanKind
from .plans import plan

NOTE_LENGTH = 200


def open_chance(
    *, client, by, source_key, product_id, note="", amount=None, expected_on=None, likelihood=None, origin=""
):
    """Note a chance for the client's manager (else for oneself), once per source, client and product.

    Called inside the source's transaction, which has asked for its permission.
    """
    product = Product.objects.on_sale().filter(pk=product_id).first()
    errors = {}
    if product is None:
        errors["product"] = _("Choose a product on sale.")
    if amount is not None and amount <= 0:
        errors["amount"] = _("The amount must be more than 0.")
    if expected_on is not None and expected_on < clock.today():
        errors["expected_on"] = _("The day lies in the past.")
    if len(note.strip()) > NOTE_LENGTH:
        errors["note"] = _("At most {n} characters.").format(n=NOTE_LENGTH)
    if errors:
        raise Refused.many(errors)
    chance, made = SalesChance.objects.get_or_create(
        source_key=source_key,
        client=client,
        product=product,
        defaults={
            "amount": amount,
            "likelihood": likelihood,
            "expected_on": expected_on,
            "note": note.strip(),
            "origin": origin,
            "owner": client.owner or by,
            "branch": client.branch,
            "by": by,
        },
    )
    if not made:
        raise Conflict(_("This chance is noted already."), field="product")
    return chance


@transaction.atomic
def take(pk, *, by):
    """Its manager takes the chance on: the first contact stands on the plan of the next working day."""
    chance = _locked(pk, "take", by=by)
    if chance.taken_at is not None:
        raise Conflict(_("This chance is taken on already."), code="state")
    if chance.client.do_not_contact:
        raise Refused(_("This client does not want to be contacted."), field="client")
    plan(
        owner=by,
        branch=chance.branch,
        client=chance.client,
        kind=PlanKind.CONTACT,
        source_key=f"chance:{chance.pk}",
        plan_on=calendar().on_or_after(clock.today()),
        purpose=chance.product.name,
    )
    chance.taken_at = timezone.now()
    _save(chance, by, ["taken_at"])
    return chance


@transaction.atomic
def win(pk, *, by):
    """The client has decided for it; the deal itself is entered where deals are."""
    return _settle(_locked(pk, "win", by=by), "win", by)


@transaction.atomic
def drop(pk, *, by, reason):
    """Not now, and why."""
    chance = _locked(pk, "drop", by=by)
    chance.reason = reason.strip()
    if not chance.reason:
        raise Refused(_("Say why the chance is dropped."), field="reason")
    if len(chance.reason) > NOTE_LENGTH:
        raise Refused(_("At most {n} characters.").format(n=NOTE_LENGTH), field="reason")
    return _settle(chance, "drop", by)


def _locked(pk, name, *, by):
    """The chance, locked: in sight (else 404), one's own (else 403), and open (else 409)."""
    rows = SalesChance.objects.visible_to(by).select_for_update(of=("self",), no_key=True)
    chance = rows.select_related("client", "product", "branch").get(pk=pk)
    arrow = CHANCE_TRANSITIONS[name]
    permissions.require(by, arrow.permission)
    if chance.owner_id != by.pk:
        raise PermissionDenied(_("Your role does not allow this."))
    arrow.check(chance.state)
    return chance


def _settle(chance, name, by):
    chance.state = CHANCE_TRANSITIONS[name].target
    chance.settled_at, chance.settled_by = timezone.now(), by
    _save(chance, by, ["state", "settled_at", "settled_by", "reason"])
    return chance


def _save(chance, by, fields):
    with pghistory.context(user=by.pk):
        chance.save(update_fields=fields)
