"""Taking a complaint: anybody, in a minute, for one's own branch or, by phone, for any (W3-07, W3-08)."""

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from clients import actions as clients
from clients.models import Client, Product
from clients.rules import ClientType, TimelineKind
from rmflow.doors.idempotency import once
from rmflow.privacy import blind
from rmflow.staff import permissions, person
from rmflow.staff.models import BANK_TIME, Branch, User
from rmflow.staff.permissions import EVERYWHERE_ROLES, Permission, Role
from rmflow.workdays import clock as bank
from rmflow.workflow import Refused

from ..models import Complaint, ComplaintCode, ComplaintEvent, ComplaintSerial, Recusal, Representative
from ..rules import complaint_intake as intakes
from ..rules.complaint import Status
from ..rules.complaint_recusal import Basis, Held, is_upper, reaches
from . import complaint_core as core
from . import complaint_hold
from .complaint_hand import give

TAKEN = gettext_noop("Complaint {number} was taken; answer by {day}.")
NOBODY = gettext_noop("Complaint {number} has no handler yet; assign it. Answer by {day}.")


def take_once(intake, *, by, key, body):
    """Take a complaint once per key, however often the form is sent; returns it."""
    _status, answer = once(by, key, body, lambda: (201, {"id": take(intake, by=by).pk}))
    return Complaint.objects.select_related("branch", "handler").get(pk=answer["id"])


@transaction.atomic
def take(intake, *, by):
    """File a complaint from an `Intake`: number, both clocks, recusals, handler, notices."""
    permissions.require(by, Permission.TAKE_COMPLAINT)
    intake = intakes.checked(intake, now=bank.now(), office=by.has(Permission.RULE_COMPLAINT))
    branch = _branch(intake, by=by)
    client = _client(intake, by=by, branch=branch)
    named = _named(intake.named)
    complaint = _write(intake, client, by=by, branch=branch)
    for position, (name, phone) in enumerate(intake.representatives, 1):
        Representative.objects.create(complaint=complaint, position=position, name=name, phone=phone)
    for who in named:
        keep_out_named(complaint, who, by=by)
    ComplaintEvent.objects.create(
        complaint=complaint,
        name="take",
        status_to=complaint.status,
        by=by,
        due_to=complaint.due_on,
        data={"way": complaint.way},
    )
    if client is not None and not named:
        note_on_timeline(complaint, by=by)
    complaint_hold.place(complaint, by=by)
    core.plan_steps(complaint, core.reckon(complaint, stops=[]))
    give(complaint, by=by)
    _announce(complaint, by=by)
    return complaint


def _branch(intake, *, by):
    """The branch complained at: one's own; those who sit above the branches choose it."""
    chooses = any(holding.role in EVERYWHERE_ROLES for holding in by.holdings)
    own = by.branch
    if intake.branch_id is None or (own is not None and intake.branch_id == own.pk):
        if own is None or own.kind != Branch.Kind.BRANCH:
            raise Refused(_("Choose the branch the complaint is about."), field="branch")
        return own
    branch = Branch.objects.outlets().filter(pk=intake.branch_id).first()
    if branch is None or not (chooses or permissions.scope(by, Permission.SEE_COMPLAINTS).covers(branch)):
        raise Refused(_("You take complaints for your own branch only."), field="branch")
    return branch


def _client(intake, *, by, branch):
    """The person in our books: the one chosen in one's reach, else the only one of the branch with this phone."""
    if intake.client_id is not None:
        client = Client.objects.visible_to(by).filter(pk=intake.client_id).first()
        if client is None:
            raise Refused(_("This client is not in your reach; leave it empty."), field="client")
        return client
    if not intake.phone:
        return None
    found = list(Client.objects.with_phone(intake.phone).filter(branch=branch)[:2])
    return found[0] if len(found) == 1 else None


def _named(ids):
    """The persons complained of, with the roles they hold."""
    people = []
    for pk in dict.fromkeys(ids):
        who = person.load(pk)
        if who is None:
            raise Refused(_("Choose the person complained of from the list."), field="named")
        people.append(who)
    return people


def _write(intake, client, *, by, branch):
    now = bank.now()
    received = intake.received_at.astimezone(BANK_TIME)
    complaint = Complaint(
        number=_number(branch, received.date()),
        branch=branch,
        status=Status.TAKEN,
        way=intake.way,
        received_at=received,
        taken_by=by,
        taken_role=by.holdings[0].role if by.holdings else "",
        taken_at=now,
        client=client,
        is_premium=client is not None and client.type == ClientType.EXISTING_PREMIUM,
        name=intake.name,
        phone=intake.phone,
        phone_hash=blind.blind_index("phone", intake.phone),
        id_number=intake.id_number,
        proxy=intake.proxy,
        proxy_authorised=intake.proxy_authorised,
        people=intake.people,
        title=intake.title,
        request=intake.request,
        facts=intake.facts,
        basis=intake.basis,
        against=intake.against,
        product=_product(intake.product_id),
        level=intake.level,
        sensitivity=list(intake.sensitivity),
        counted_at=received,
        **{f"{kind}_id": code(kind, getattr(intake, f"{kind}_id")) for kind in CODES},
    )
    for name, value in core.stored(core.reckon(complaint, stops=[])).items():
        setattr(complaint, name, value)
    complaint.save(force_insert=True)
    return complaint


CODES = ("channel", "business", "cause")


def code(kind, pk):
    """A heading of one classification, by id; None for none."""
    if pk is None:
        return None
    if not ComplaintCode.objects.leaves(kind).filter(pk=pk).exists():
        raise Refused(_("Choose from the list."), field=kind)
    return pk


def _product(pk):
    product = None if pk is None else Product.objects.filter(pk=pk).first()
    if pk is not None and product is None:
        raise Refused(_("Choose from the list."), field="product")
    return product


def _number(branch, day):
    """TS-20260924-03: running by branch and day of receipt, without gaps."""
    ComplaintSerial.objects.get_or_create(branch=branch, day=day)
    serial = ComplaintSerial.objects.select_for_update().get(branch=branch, day=day)
    serial.last += 1
    serial.save(update_fields=["last"])
    return f"TS-{day:%Y%m%d}-{serial.last:02d}"


def keep_out_named(complaint, who, *, by):
    """A person complained of keeps out, and so does everybody below; against a head it goes above."""
    holdings = [Held(holding.role, holding.branch.path) for holding in who.holdings]
    row = {"complaint": complaint, "person": who, "by": by}
    rows = [Recusal(basis=Basis.NAMED, **row)]
    rows += [
        Recusal(basis=Basis.BELOW, below_path=r.path, below_roles=list(r.roles), **row)
        for r in reaches(holdings)
    ]
    Recusal.objects.bulk_create(rows, ignore_conflicts=True)
    complaint.recusals.filter(person=who, basis=Basis.INTEREST).update(basis=Basis.NAMED)
    if is_upper(holdings) and not complaint.upper:
        complaint.upper = True
        complaint.save(update_fields=["upper"])
    forget_timeline(complaint)


def note_on_timeline(complaint, *, by):
    """One line with the number on the client's timeline; never when somebody must keep out."""
    clients.note(
        complaint.client,
        TimelineKind.COMPLAINT,
        by=by,
        branch=complaint.branch,
        data={"number": complaint.number},
        link=core.address(complaint),
        at=complaint.received_at,
    )


def forget_timeline(complaint):
    """Whoever must keep out may read the client's timeline: the line goes."""
    if complaint.client_id:
        complaint_hold.forget_lines(complaint)


def _announce(complaint, *, by):
    """Tell the handler; without one, those who assign."""
    if complaint.handler is not None:
        people, text = [complaint.handler], TAKEN
    else:
        roles = (Role.REGION_HEAD, Role.COMPLAINT_OFFICE) if complaint.upper else (Role.BRANCH_HEAD,)
        people, text = core.holders(complaint, *roles), NOBODY
    core.tell(complaint, people, text, key="taken", by=by, day=complaint.due_on)


def staff_of(branch):
    """Who may be named as complained of: the branch's people, who is lent there today, the heads above; by name."""
    there = Q(home_branch=branch) | Q(duty_branch=branch, duty_on=bank.today())
    held = User.objects.holding_at(branch.pk, *Role).values("pk")
    above = User.objects.holding_above(branch, Role.REGION_HEAD).values("pk")
    return User.objects.active().filter(there | Q(pk__in=held) | Q(pk__in=above)).order_by("name", "pk")
