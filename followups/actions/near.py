"""Clients near a tier's threshold become plans of their managers (B-11)."""

from django.db import transaction
from django.utils.translation import gettext as _

from clients.models import Client, Evaluation
from clients.scoring.names import tier_names
from rmflow.staff import permissions
from rmflow.staff.permissions import Permission, scope
from rmflow.workdays import clock
from rmflow.workdays.current import calendar
from rmflow.workflow import Conflict, Refused

from ..models import FollowUp, PlanItem
from ..rules import PlanKind

MOST = 200  # plans made at once
WAN = 10_000


def source(run_id, client_id):
    """The key of the plan that a run's row brings: one for each."""
    return f"near:{run_id}:{client_id}"


def may_plan(row, user, reach=None):
    """Whether `user` may put this client on the manager's plan: the manager, or the head of the branch."""
    if row.owner_id is None or row.client.do_not_contact:
        return False
    if row.owner_id == user.pk:
        return user.has(Permission.WORK_FOLLOW_UP)
    return (reach or scope(user, Permission.SIGN_TIERS)).covers(row.branch)


@transaction.atomic
def plan(client_id, run_id, *, by):
    """Put one client on the manager's plan for the next working day."""
    if not (by.has(Permission.WORK_FOLLOW_UP) or by.has(Permission.SIGN_TIERS)):
        permissions.require(by, Permission.WORK_FOLLOW_UP)
    rows = Evaluation.objects.visible_to(by).select_related("client", "branch", "owner", "run")
    row = rows.get(client=client_id, run=run_id, short__isnull=False)
    if row.owner_id is None:
        raise Refused(_("Nobody looks after this client; assign a manager first."))
    if row.client.do_not_contact:
        raise Refused(_("This client does not want to be contacted."))
    if not may_plan(row, by):
        permissions.require(by, Permission.SIGN_TIERS, row.branch)
    if not _write([row]):
        raise Conflict(_("This client stands on the plan already."), code="planned")
    return row


@transaction.atomic
def plan_all(rows, *, by):
    """Put many rows on their managers' plans; returns how many were not there yet."""
    if not (by.has(Permission.WORK_FOLLOW_UP) or by.has(Permission.SIGN_TIERS)):
        permissions.require(by, Permission.WORK_FOLLOW_UP)
    reach = scope(by, Permission.SIGN_TIERS)
    return _write([row for row in rows[:MOST] if may_plan(row, by, reach)])


def _write(rows):
    """Plans that were not there; the lock on the clients lets two doors come one after the other."""
    keys = {source(row.run_id, row.client_id): row for row in rows}
    clients = Client.objects.filter(pk__in=[row.client_id for row in rows]).order_by("pk")
    list(clients.select_for_update(of=("self",), no_key=True).values_list("pk", flat=True))
    there = set(PlanItem.objects.filter(source_key__in=keys).values_list("source_key", flat=True))
    day, names = calendar().add(clock.today(), 1), tier_names()
    live = FollowUp.objects.live().filter(client__in=[row.client_id for row in rows])
    records = {(record.client_id, record.manager_id): record for record in live}
    made = [
        PlanItem(
            owner=row.owner,
            branch=row.branch,
            client=row.client,
            record=records.get((row.client_id, row.owner_id)),
            kind=PlanKind.CONTACT,
            purpose=_("{n} × 10,000 yuan to {tier}").format(
                n=f"{row.short / WAN:.1f}", tier=above(names, row.tier)
            ),
            plan_on=day,
            source_key=key,
            link=f"/tiers/client/{row.client_id}/",
        )
        for key, row in keys.items()
        if key not in there
    ]
    PlanItem.objects.bulk_create(made)
    return len(made)


def above(names, code):
    """The name of the tier after `code`."""
    codes = list(names)
    place = codes.index(code) + 1 if code in codes else len(codes)
    return names[codes[place]] if place < len(codes) else ""
