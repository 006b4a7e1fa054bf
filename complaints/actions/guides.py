"""Writing the priority register: a line when a client is led, struck out when it was wrong (§1.9)."""

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from clients import actions as clients
from clients.models import Client
from clients.rules import ClientType, TimelineKind
from rmflow.staff import permissions
from rmflow.staff.models import Branch
from rmflow.staff.permissions import Permission
from rmflow.workdays import clock
from rmflow.workflow import Conflict, Refused

from ..models import Guide
from ..rules import guides as rules
from ..rules.guides import Basis, Place


@transaction.atomic
def record(*, by, place, basis="", client_id=None, addressed_as="", ticket_no="", waited=None, note=""):
    """One line. `client_id` is of a client the desk has recognised; without one the form of address stands.

    The branch is locked: two desks that lead the same client, or call the same ticket, make one line.
    """
    permissions.require(by, Permission.RECOGNISE_CLIENT)
    if by.branch is None:
        raise Refused(_("You have no branch today; ask the administrator."))
    basis = Basis.RECOGNISED if client_id else basis
    _check(place, basis, client_id, addressed_as.strip(), waited)
    Branch.objects.select_for_update(no_key=True).get(pk=by.branch.pk)
    client = _client(client_id, by.branch) if client_id else None
    today, number = clock.today(), ticket_no.strip().upper()
    standing = Guide.objects.standing().filter(branch=by.branch, on=today)
    if number and standing.filter(ticket_no=number).exists():
        raise Refused(_("This ticket is in the register already."), field="ticket_no")
    made = Guide.objects.create(
        branch=by.branch,
        on=today,
        at=timezone.now(),
        client=client,
        addressed_as="" if client else addressed_as.strip(),
        ticket_no=number,
        basis=basis,
        place=place,
        waited=waited,
        note=note.strip(),
        by=by,
    )
    if client:
        clients.note(client, TimelineKind.GUIDED, by=by, branch=by.branch, data={"place": place})
    return made


def _check(place, basis, client_id, addressed_as, waited):
    wrong = {}
    if place not in Place.values:
        wrong["place"] = _("Choose where you led the client.")
    if basis not in Basis.values or (basis == Basis.RECOGNISED and not client_id):
        wrong["basis"] = _("Say how you knew.")
    if not client_id and not addressed_as:
        wrong["addressed_as"] = _("Say whom you led.")
    if waited is not None and not 0 <= waited <= rules.LONGEST_WAIT:
        wrong["waited"] = _("Type the minutes waited, 0 to 240.")
    if wrong:
        raise Refused.many(wrong)


def _client(client_id, branch):
    """The recognised client: premium, and not led a moment ago."""
    client = Client.objects.get(pk=client_id)
    if client.type != ClientType.EXISTING_PREMIUM:
        raise Refused(_("Only premium clients are recorded; serve this client as usual."), code="premium")
    since = timezone.now() - rules.ONCE_IN
    just = Guide.objects.standing().filter(branch=branch, client=client, at__gt=since)
    last = just.select_related("by").order_by("-at").first()
    if last is not None:
        raise Refused(
            _("{name} led this client at {time}.").format(
                name=last.by.name, time=f"{last.at.astimezone(clock.SHANGHAI):%H:%M}"
            ),
            code="led",
        )
    return client


@transaction.atomic
def strike(guide_id, *, by, why):
    """Strike out a wrong line: on the day who wrote it, later who answers for the lobby."""
    row = Guide.objects.visible_to(by).select_for_update(of=("self",), no_key=True).get(pk=guide_id)
    if not may_strike(row, by):
        raise PermissionDenied
    if row.struck_at is not None:
        raise Conflict(_("This line is struck out already."), code="struck")
    if not why.strip():
        raise Refused(_("Say why the line is wrong."), field="why")
    row.struck_at, row.struck_by, row.struck_why = timezone.now(), by, why.strip()[: rules.NOTE_LENGTH]
    row.save(update_fields=["struck_at", "struck_by", "struck_why"])
    return row


def may_strike(row, user):
    """The writer on the same day; the lobby manager, the head and the supervisor always."""
    if row.by_id == user.pk and row.on == clock.today():
        return True
    return permissions.scope(user, Permission.SEE_DUTY).covers(row.branch)
