"""Who handles a complaint: assigning with recusal enforced, stepping back, passing a question on."""

from django.db import transaction
from django.db.models import Count, Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from rmflow.staff import permissions, person
from rmflow.staff.models import Branch, User
from rmflow.staff.permissions import Permission, Role
from rmflow.workdays import clock as bank
from rmflow.workflow import Conflict, Refused

from ..models import Complaint, PassOn, Recusal
from ..rules import complaint_intake as intakes
from ..rules.complaint import OPEN, REASON_LENGTH, RUNNING, STILL, TRANSITIONS, Status
from ..rules.complaint_recusal import Basis
from . import complaint_core as core

ASSIGNED = gettext_noop("Complaint {number} is yours to handle; answer by {day}.")
ASKED = gettext_noop("Complaint {number} asks your unit for an answer; its deadline stays {day}.")
ANSWERED = gettext_noop("The unit asked has answered on complaint {number}.")
BACK = gettext_noop("Complaint {number} needs another handler; answer by {day}.")
BACK_STILL = gettext_noop("Complaint {number} needs another handler; its clock does not run.")
HANDED = gettext_noop("Complaint {number} was handed over to you; its clock does not run.")

#: Roles that may handle a complaint of the branch; against a head only the institution above.
BRANCH_HANDLERS = (
    Role.LOBBY_MANAGER,
    Role.WEALTH_MANAGER,
    Role.MARKETING_MANAGER,
    Role.SUPERVISOR,
    Role.BRANCH_HEAD,
    Role.EBANK_MANAGER,
)
UPPER_HANDLERS = (Role.REGION_HEAD, Role.COMPLAINT_OFFICE)


def candidates(complaint):
    """Who may handle it: nobody named, nobody below them, nobody with an interest. Three queries."""
    roles = UPPER_HANDLERS if complaint.upper else (*BRANCH_HANDLERS, *UPPER_HANDLERS)
    return core.without_recused(complaint, core.holders(complaint, *roles))


def give(complaint, *, by):
    """Give a complaint to the lobby manager with the fewest running ones; above, nobody is chosen."""
    if complaint.upper:
        return
    lobby = core.without_recused(complaint, core.holders(complaint, Role.LOBBY_MANAGER))
    if not lobby:
        return
    running = Count("pk", filter=Q(status__in=RUNNING))
    loads = dict(
        Complaint.objects.filter(handler__in=lobby, status__in=RUNNING)
        .order_by()
        .values_list("handler")
        .annotate(n=running)
    )
    chosen = min(lobby, key=lambda user: (loads.get(user.pk, 0), user.pk))
    name = "assign" if complaint.is_running else "hand_over"
    core.write(complaint, name, by=None, handler=chosen, data={"handler": chosen.name, "auto": True})
    _plans(complaint, by=by)


def _plans(complaint, *, by):
    """What the handler has on his plan of it: the answer, or the call-back after it."""
    core.keep_plan(complaint, by=by)
    if complaint.status == Status.REPLIED:
        core.keep_call_back(complaint, by=by)


@transaction.atomic
def assign(pk, *, by, handler_id, note=""):
    """Give it to another handler; the clock is not touched (W3-11)."""
    complaint = core.locked(pk, by=by)
    permissions.require(by, Permission.ASSIGN_COMPLAINT, complaint.branch)
    TRANSITIONS["assign"].check(complaint.status)
    return _to_another(complaint, "assign", ASSIGNED, by=by, handler_id=handler_id, note=note)


@transaction.atomic
def hand_over(pk, *, by, handler_id, note=""):
    """Another has it while it is suspended, or answered with the call-back still to come; the state stays."""
    complaint = core.locked(pk, by=by)
    permissions.require(by, Permission.ASSIGN_COMPLAINT, complaint.branch)
    if complaint.status not in STILL:
        raise Conflict(_("This step is no longer possible; the record has moved on."), code="state")
    return _to_another(complaint, "hand_over", HANDED, by=by, handler_id=handler_id, note=note)


def _to_another(complaint, name, text, *, by, handler_id, note):
    chosen = next((user for user in candidates(complaint) if user.pk == handler_id), None)
    if chosen is None:
        raise Refused(_why_not(complaint, handler_id), field="handler")
    if complaint.handler_id == chosen.pk:
        raise Conflict(_("{name} handles this complaint already.").format(name=chosen.name), field="handler")
    note = intakes.text(note, REASON_LENGTH, field_name="note")
    core.write(complaint, name, by=by, note=note, handler=chosen, data={"handler": chosen.name})
    _plans(complaint, by=by)
    key = f"assigned:{bank.now():%H%M%S%f}"
    core.tell(complaint, [chosen], text, key=key, by=by, day=complaint.due_on)
    return complaint


def _why_not(complaint, handler_id):
    """Recused, above or simply not somebody who handles complaints."""
    who = User.objects.filter(pk=handler_id).first()
    if who is not None and not core.without_recused(complaint, [who]):
        return _("{name} must keep out of this complaint.").format(name=who.name)
    if complaint.upper:
        return _("A complaint against a head is handled by the institution above.")
    return _("Choose somebody who handles complaints of this branch.")


@transaction.atomic
def step_back(pk, *, by, note, person_id=None):
    """Say that somebody (oneself, or another when one assigns) has an interest of his own and keeps out."""
    complaint = core.locked(pk, by=by)
    who = by if person_id in (None, by.pk) else person.load(person_id)
    if who is None:
        raise Refused(_("Choose from the list."), field="person")
    if who.pk != by.pk:
        permissions.require(by, Permission.ASSIGN_COMPLAINT, complaint.branch)
    note = intakes.needed(note, "note", _("Say what the interest is."), REASON_LENGTH)
    row = {"complaint": complaint, "person": who, "below_path": "", "below_roles": []}
    Recusal.objects.get_or_create(**row, defaults={"basis": Basis.INTEREST, "by": by, "note": note})
    core.write(complaint, "recuse", by=by, data={"person": who.name})
    take_back(complaint, by=by)
    from .complaint_take import forget_timeline

    forget_timeline(complaint)
    return complaint


def take_back(complaint, *, by):
    """Take a complaint from a handler who must keep out (or has left) and look for another."""
    if complaint.handler is None or complaint.status not in OPEN:
        return
    if complaint.handler.is_active and core.without_recused(complaint, [complaint.handler]):
        return
    running = complaint.is_running
    core.write(
        complaint, "unassign", by=by, handler=None, status=Status.TAKEN if running else complaint.status
    )
    core.keep_plan(complaint, by=by)
    core.keep_call_back(complaint, by=by)
    give(complaint, by=by)
    roles = UPPER_HANDLERS if complaint.upper else (Role.LOBBY_MANAGER, Role.BRANCH_HEAD)
    people = [complaint.handler] if complaint.handler else core.holders(complaint, *roles)
    text = BACK if running else BACK_STILL
    core.tell(complaint, people, text, key=f"back:{bank.now():%d%H%M%S%f}", day=complaint.due_on)


def keep_out_too(into, complaint, *, by):
    """Whoever keeps out of a complaint keeps out of the one it was merged into; against a head it goes above."""
    rows = list(complaint.recusals.all())
    if not rows:
        return
    named = [row.person_id for row in rows if row.basis == Basis.NAMED]
    for row in rows:
        row.pk, row.complaint, row._state.adding = None, into, True
    Recusal.objects.bulk_create(rows, ignore_conflicts=True)
    into.recusals.filter(person__in=named, basis=Basis.INTEREST).update(basis=Basis.NAMED)
    if complaint.upper and not into.upper:
        into.upper = True
        into.save(update_fields=["upper"])
    from .complaint_take import forget_timeline

    forget_timeline(into)
    take_back(into, by=by)


def reassign_left():
    """Complaints whose handler has left the bank look for another, call-backs too; {"complaints": n}.
    Repeat-safe."""
    left = Complaint.objects.filter(status__in=OPEN, handler__is_active=False)
    done = 0
    for pk in left.order_by("due_at").values_list("pk", flat=True):
        with transaction.atomic():
            complaint = (
                left.select_for_update(of=("self",), no_key=True, skip_locked=True)
                .select_related("branch", "handler")
                .filter(pk=pk)
                .first()
            )
            if complaint is not None:
                take_back(complaint, by=None)
                done += 1
    return {"complaints": done}


def refresh_lines():
    """Who is named in an open complaint may come to lead others since: they keep out from then on as well.
    {"lines": complaints with a new line of command}. Repeat-safe."""
    from .complaint_take import keep_out_named

    done = 0
    named = Recusal.objects.filter(basis=Basis.NAMED, complaint__status__in=OPEN)
    for row in named.select_related("by").order_by("complaint", "pk"):
        who = person.load(row.person_id)
        with transaction.atomic():
            complaints = Complaint.objects.select_for_update(of=("self",), no_key=True)
            complaint = complaints.select_related("branch", "handler").get(pk=row.complaint_id)
            before = (complaint.upper, complaint.recusals.count())
            keep_out_named(complaint, who, by=row.by)
            if (complaint.upper, complaint.recusals.count()) != before:
                core.write(complaint, "name", by=None, data={"person": who.name, "line": True})
                take_back(complaint, by=None)
                done += 1
    return {"lines": done}


@transaction.atomic
def name_person(pk, *, by, person_id):
    """Somebody turns out to be complained of: he and those below him keep out from now on."""
    from .complaint_take import keep_out_named

    complaint = core.locked(pk, by=by)
    core.require_work(complaint, by=by)
    who = person.load(person_id)
    if who is None:
        raise Refused(_("Choose the person complained of from the list."), field="named")
    keep_out_named(complaint, who, by=by)
    core.write(complaint, "name", by=by, data={"person": who.name})
    take_back(complaint, by=by)
    return complaint


@transaction.atomic
def pass_on(pk, *, by, unit_id, question):
    """Pass on to another unit what only it can answer; the clock runs on unchanged (W3-10)."""
    complaint = core.locked(pk, by=by)
    core.require_work(complaint, by=by)
    if not complaint.is_running:
        raise Conflict(_("This step is no longer possible; the record has moved on."), code="state")
    unit = Branch.objects.filter(pk=unit_id, is_active=True).exclude(pk=complaint.branch_id).first()
    if unit is None:
        raise Refused(_("Choose another unit."), field="unit")
    question = intakes.needed(question, "question", _("Write down what the unit is to answer."))
    passed = PassOn.objects.create(complaint=complaint, unit=unit, question=question, by=by)
    core.write(complaint, "pass_on", by=by, note=question, data={"unit": unit.name})
    people = list(User.objects.holding_at(unit.pk, Role.LOBBY_MANAGER, Role.BRANCH_HEAD, Role.REGION_HEAD))
    core.tell(complaint, people, ASKED, key=f"pass:{passed.pk}", by=by, day=complaint.due_on)
    return passed


@transaction.atomic
def answer_pass(pk, pass_id, *, by, answer):
    """The unit asked answers."""
    complaint = core.locked(pk, by=by)
    passed = PassOn.objects.select_related("unit").get(pk=pass_id, complaint=complaint)
    permissions.require(by, Permission.WORK_COMPLAINT, passed.unit)
    if passed.answered_at is not None:
        raise Conflict(_("This has been answered already."))
    passed.answer = intakes.needed(answer, "answer", _("Write down the answer."))
    passed.answered_by, passed.answered_at = by, bank.now()
    passed.save(update_fields=["answer", "answered_by", "answered_at"])
    core.write(complaint, "unit_answer", by=by, note=passed.answer, data={"unit": passed.unit.name})
    core.tell(complaint, [complaint.handler], ANSWERED, key=f"pass:{passed.pk}:answer", by=by)
    return passed
