"""Tiers and types set by hand (§2.3): asked with a reason, approved by another person, ended by a day."""

import pghistory
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from rmflow.notices.actions import notify
from rmflow.staff import permissions
from rmflow.staff.models import User
from rmflow.staff.permissions import Permission, Role
from rmflow.workdays import clock
from rmflow.workflow import Conflict, Refused

from .. import archives
from ..models import Client, Override
from ..rules import ClientType, Level, TimelineKind
from ..scoring.months import add_months
from ..scoring.names import tier_names
from ..scoring.rules import OVERRIDE_MONTHS, Move, Reason
from .timeline import note


def ask(client_id, *, by, reason, expires_on, tier="", type="", level=""):
    """Ask for a tier, a type or both; the supervisor is told."""
    client = Client.objects.visible_to(by).select_related("branch").get(pk=client_id)
    if not client.is_looked_after_by(by):
        permissions.require(by, Permission.ASK_OVERRIDE, client.branch)
    permissions.require(by, Permission.ASK_OVERRIDE)
    _check(reason, expires_on, tier, type, level)
    fields = {
        "client": client,
        "tier": tier,
        "type": type,
        "level": level,
        "reason": reason.strip()[:300],
        "starts_on": clock.today(),
        "expires_on": expires_on,
        "asked_by": by,
    }
    try:
        with transaction.atomic():
            made = Override.objects.create(**fields)
            _tell(made)
    except IntegrityError as error:
        raise Conflict(_("A manual setting of this client waits for approval already.")) from error
    return made


def _check(reason, expires_on, tier, type, level):
    today = clock.today()
    errors = {}
    if not reason.strip():
        errors["reason"] = _("Say why.")
    if not tier and not type:
        errors["tier"] = _("Choose a tier or a type.")
    if tier and tier not in tier_names():
        errors["tier"] = _("This tier is not in the table.")
    if type and (type not in ClientType.values or type == ClientType.UNJUDGED):
        errors["type"] = _("Choose the client's type.")
    if bool(level) and (type != ClientType.EXISTING_PREMIUM or level not in Level.values):
        errors["level"] = _("Only an existing premium client is core or regular.")
    if expires_on is None or expires_on <= today:
        errors["expires_on"] = _("Choose a day after today.")
    elif expires_on > add_months(today, OVERRIDE_MONTHS):
        errors["expires_on"] = _("At most {n} months.").format(n=OVERRIDE_MONTHS)
    if errors:
        raise Refused.many(errors)


def _tell(made):
    notify(
        User.objects.holding_at(made.client.branch_id, Role.SUPERVISOR),
        "override",
        gettext_noop("{who} asks to set a tier or type by hand for {client}."),
        key=f"override:{made.pk}",
        link="/tiers/overrides/",
        params={"who": made.asked_by.name, "client": made.client.addressed_as},
    )


def _locked(override_id, *, by):
    if not Override.objects.visible_to(by).filter(pk=override_id).exists():
        raise Override.DoesNotExist
    return (
        Override.objects.select_for_update(of=("self",))
        .select_related("client__branch", "asked_by")
        .get(pk=override_id)
    )


def _settle(override_id, state, *, by, why):
    """The supervisor's answer; never one's own question."""
    row = _locked(override_id, by=by)
    permissions.require(by, Permission.OVERRIDE_TIER, row.client.branch)
    if row.state != Override.State.ASKED:
        raise Conflict(_("This step is no longer possible; the record has moved on."), code="state")
    if row.asked_by_id == by.pk:
        raise Refused(_("Somebody else approves what you asked for."), code="own")
    row.state, row.settled_by, row.settled_at, row.note = state, by, clock.now(), why.strip()[:300]
    row.save(update_fields=["state", "settled_by", "settled_at", "note"])
    notify(
        [row.asked_by],
        "override",
        gettext_noop("{who} has answered your manual setting for {client}."),
        key=f"override:{row.pk}:answer",
        link=f"/tiers/client/{row.client_id}/",
        params={"who": by.name, "client": row.client.addressed_as},
    )
    return row


@transaction.atomic
def approve(override_id, *, by, why=""):
    """Approve: takes effect at once; an earlier setting of the client ends."""
    row = _settle(override_id, Override.State.APPROVED, by=by, why=why)
    if row.expires_on <= clock.today():
        raise Refused(_("This manual setting would have ended already."), code="late")
    earlier = Override.objects.filter(client=row.client_id, state=Override.State.APPROVED).exclude(pk=row.pk)
    earlier.update(state=Override.State.ENDED, expires_on=clock.today())
    client = Client.objects.select_for_update(of=("self",)).get(pk=row.client_id)
    before = client.tier
    if row.tier and row.tier != before:
        client.tier, client.tier_since, client.watch_since = row.tier, clock.today(), None
        client.overrides.filter(tier_set_on__isnull=False).update(tier_set_on=None)
        row.tier_set_on = client.tier_since
        row.save(update_fields=["tier_set_on"])
    if row.type:
        client.type, client.level = row.type, row.level
    with pghistory.context(override=row.pk):
        client.save(update_fields=["tier", "tier_since", "watch_since", "type", "level"])
    data = {"from": before, "to": client.tier, "reason": Reason.OVERRIDE, "move": Move.STAY}
    if client.tier != before:
        note(client, TimelineKind.TIER, by=by, data=data, link=f"/tiers/client/{client.pk}/")
    if row.type:
        note(client, TimelineKind.VERDICT, by=by, data={"type": row.type, "level": row.level})
        archives.open_missing("WHERE c.id = %(client)s", {"client": client.pk}, today=clock.today(), by=by)
    return row


@transaction.atomic
def refuse(override_id, *, by, why):
    """Refuse, with a reason."""
    if not why.strip():
        raise Refused(_("Say why."), field="why")
    return _settle(override_id, Override.State.REFUSED, by=by, why=why)


@transaction.atomic
def end(override_id, *, by):
    """End a setting before its day, and the next run finds the tier anew; or take a question back."""
    row = _locked(override_id, by=by)
    if row.asked_by_id != by.pk:
        permissions.require(by, Permission.OVERRIDE_TIER, row.client.branch)
    if row.state not in (Override.State.ASKED, Override.State.APPROVED):
        raise Conflict(_("This step is no longer possible; the record has moved on."), code="state")
    if row.state == Override.State.ASKED:
        row.state = Override.State.WITHDRAWN
    else:
        row.state, row.expires_on = Override.State.ENDED, min(row.expires_on, clock.today())
    row.settled_by, row.settled_at = row.settled_by or by, clock.now()
    row.save(update_fields=["state", "expires_on", "settled_by", "settled_at"])
    return row
