"""销毁: the archivist proposes a list, supervisor and head approve, two people carry it out (B-13, §4.5).

Locks go in one order: the list, the persons by number, their archives. A hold locks the person too, so a hold
that is set while a list is being carried out either stops its file or comes too late; never both, never neither.
"""

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from rmflow.notices.actions import notify
from rmflow.staff import permissions
from rmflow.staff.models import User
from rmflow.staff.permissions import Permission, Role
from rmflow.workdays import clock
from rmflow.workdays.actions import custody as seals
from rmflow.workflow import Conflict, Refused

from .. import neighbours
from ..custody_rules import (
    BATCH_MOST,
    DESTRUCTION_TRANSITIONS,
    DestructionState,
    FileState,
    ItemState,
    Link,
    Stop,
    check_text,
    stop_of,
)
from ..models import Archive, Client, CustodyEvent, Destruction, DestructionItem, FileSerial, Hold
from .erasing import erase
from .verdicts import next_serial

PROPOSED = gettext_noop("{who} proposes to destroy {n} archives, list {number}.")
SIGNED = gettext_noop("List {number} is approved by both; it may be carried out.")
ENDED = gettext_noop("List {number} was refused.")
WITNESS = gettext_noop("{who} asks you to be present at the destruction of list {number}.")


def link_of(batch):
    return f"/archives/destructions/{batch.pk}/"


@transaction.atomic
def propose(branch, *, by, archive_ids, reason):
    """List files whose clock has run. All of them, or why not: nothing is left out in silence."""
    permissions.require(by, Permission.DESTROY_ARCHIVE, branch)
    why, wanted = check_text(reason, "reason"), set(archive_ids)
    if not wanted:
        raise Refused(_("Choose the archives for the list."), field="archives")
    if len(wanted) > BATCH_MOST:
        raise Refused(_("At most {n} archives on one list.").format(n=BATCH_MOST), field="archives")
    today = clock.today()
    due = Archive.objects.filter(branch=branch, pk__in=wanted).due(today)
    files = list(due.select_for_update(of=("self",), no_key=True).order_by("pk"))
    busy = neighbours.with_open_work([file.client_id for file in files])
    if len(files) < len(wanted) or busy:
        raise Conflict(
            _("Some of these archives are no longer due, on hold, or the client is being served; reload."),
            code="due",
        )
    batch = open_list(branch, by=by, reason=why, count=len(files))
    items = [
        DestructionItem(
            batch=batch,
            archive=file,
            file_no=file.file_no,
            opened_on=file.opened_at.astimezone(clock.SHANGHAI).date(),
            keep_until=file.keep_until,
        )
        for file in files
    ]
    try:
        with transaction.atomic():
            DestructionItem.objects.bulk_create(items)
    except IntegrityError as error:
        if "destruction_item_on_one_list" not in str(error):
            raise
        raise Conflict(_("One of these archives is on another list already."), code="listed") from None
    _events(batch, [file.pk for file in files], "proposed", by=by, reason=why)
    return batch


def open_list(branch, *, by, reason, count):
    """A list without files yet, told to supervisor and head; the caller puts its files on it."""
    batch = Destruction.objects.create(
        number=_number(branch, clock.today()), branch=branch, reason=reason, proposed_by=by
    )
    people = User.objects.holding_at(branch.pk, Role.SUPERVISOR, Role.BRANCH_HEAD)
    params = {"who": by.name, "n": count, "number": batch.number}
    notify(people, "destruction", PROPOSED, key=f"destruction:{batch.pk}", link=link_of(batch), params=params)
    return batch


def _number(branch, today):
    """XH-0817-2026-003: by branch and year, without gaps."""
    number = next_serial(branch, today.year, FileSerial.Kind.DESTRUCTION)
    return f"XH-{branch.code}-{today.year}-{number:03d}"


def _events(batch, archive_ids, name, *, by, reason="", approved_by=None):
    CustodyEvent.objects.bulk_create(
        CustodyEvent(
            archive_id=pk,
            branch_id=batch.branch_id,
            link=Link.DESTRUCTION,
            name=name,
            by=by,
            approved_by=approved_by,
            reason=reason,
            data={"list": batch.number},
        )
        for pk in archive_ids
    )


def _locked(batch_id, name, *, by):
    """The list, locked, if this step may be taken with it by this person."""
    rows = Destruction.objects.visible_to(by).select_for_update(of=("self",), no_key=True)
    batch = rows.select_related("branch", "proposed_by", "supervisor", "head", "carried_by").get(pk=batch_id)
    arrow = DESTRUCTION_TRANSITIONS[name]
    if arrow.permission:
        permissions.require(by, arrow.permission, batch.branch)
    arrow.check(batch.state)
    return batch


@transaction.atomic
def approve(batch_id, *, by):
    """The supervisor's approval."""
    return _sign(batch_id, "approve", "supervisor", by)


@transaction.atomic
def order(batch_id, *, by):
    """The head's approval."""
    return _sign(batch_id, "order", "head", by)


def _sign(batch_id, name, slot, by):
    batch = _locked(batch_id, name, by=by)
    if getattr(batch, f"{slot}_id"):
        raise Conflict(_("This approval is given already."), code="signed")
    if by.pk in (batch.proposed_by_id, batch.supervisor_id, batch.head_id):
        raise Refused(
            _("Who proposes, who approves first and who approves second are three people."), code="own"
        )
    setattr(batch, slot, by)
    setattr(batch, f"{slot}_at", clock.now())
    if batch.supervisor_id and batch.head_id:
        batch.state = DestructionState.APPROVED
    batch.save(update_fields=[slot, f"{slot}_at", "state"])
    _events(batch, _listed(batch), f"signed_{slot}", by=by, approved_by=by)
    if batch.state == DestructionState.APPROVED:
        key, params = f"destruction:{batch.pk}:signed", {"number": batch.number}
        notify([batch.proposed_by], "destruction", SIGNED, key=key, link=link_of(batch), params=params)
    return batch


def _listed(batch):
    rows = batch.items.filter(state=ItemState.LISTED)
    return list(rows.values_list("archive_id", flat=True))


@transaction.atomic
def refuse(batch_id, *, by, note):
    """Supervisor or head refuse the whole list; its files are free for another."""
    batch = _locked(batch_id, "approve", by=by) if by.has(Permission.APPROVE_DESTRUCTION) else None
    batch = batch or _locked(batch_id, "order", by=by)
    why = check_text(note, "note")
    _end(batch, DestructionState.REFUSED, by, why)
    key, params = f"destruction:{batch.pk}:refused", {"number": batch.number}
    notify([batch.proposed_by], "destruction", ENDED, key=key, link=link_of(batch), params=params)
    return batch


@transaction.atomic
def withdraw(batch_id, *, by, note):
    """The archivist takes a list back that is not carried out yet."""
    batch = _locked(batch_id, "withdraw", by=by)
    _end(batch, DestructionState.WITHDRAWN, by, check_text(note, "note"))
    return batch


def _end(batch, state, by, why):
    now = clock.now()
    _events(batch, _listed(batch), str(state), by=by, reason=why)
    rows = batch.items.filter(state=ItemState.LISTED)
    rows.update(state=ItemState.STOPPED, stop=Stop.BATCH, stopped_by=by, at=now)
    neighbours.end_list(batch, by=by)
    batch.state, batch.ended_by, batch.ended_at, batch.end_note = state, by, now, why
    batch.save(update_fields=["state", "ended_by", "ended_at", "end_note"])


def witnesses(batch, by):
    """Who may be present: anybody of the branch but the one who carries it out."""
    return User.objects.holding_at(batch.branch_id, *Role).exclude(pk=by.pk).order_by("name", "employee_no")


@transaction.atomic
def begin(batch_id, *, by, witness_id, method):
    """The archivist says how the papers are destroyed and who is present; the witness signs by own login."""
    batch = _locked(batch_id, "begin", by=by)
    seals.require_unsealed(batch.branch_id)
    how = check_text(method, "method", most=100)
    witness = witnesses(batch, by).filter(pk=witness_id).first()
    if witness is None:
        raise Refused(_("Choose a colleague of this branch who is present."), field="witness")
    batch.state, batch.carried_by, batch.witness, batch.method = DestructionState.UNDERWAY, by, witness, how
    batch.save(update_fields=["state", "carried_by", "witness", "method"])
    key = f"destruction:{batch.pk}:witness:{witness.pk}"
    params = {"who": by.name, "number": batch.number}
    notify([witness], "destruction", WITNESS, key=key, link=link_of(batch), urgent=True, params=params)
    return batch


@transaction.atomic
def witness(batch_id, *, by):
    """The witness signs: the files still due are destroyed now, held ones stay, the certificate is made."""
    batch = _locked(batch_id, "witness", by=by)
    if batch.witness_id != by.pk:
        raise Refused(_("Only the colleague who was named can sign as witness."), code="witness")
    seals.require_unsealed(batch.branch_id)
    now, today = clock.now(), clock.today()
    gone = _sort_out(batch, by=by, now=now, today=today)
    archives = [item.archive for item in gone]
    erase([archive.client_id for archive in archives], by=batch.carried_by, why="destruction")
    ids = [archive.pk for archive in archives]
    Archive.objects.filter(pk__in=ids).update(state=FileState.DESTROYED, destroyed_at=now)
    DestructionItem.objects.filter(pk__in=[item.pk for item in gone]).update(
        state=ItemState.DESTROYED, at=now
    )
    _events(batch, ids, "destroyed", by=batch.carried_by, approved_by=batch.head, reason=batch.reason)
    neighbours.carry_out(batch, by=by, today=today)
    batch.state, batch.done_at = DestructionState.DONE, now
    batch.save(update_fields=["state", "done_at"])
    return batch


def _sort_out(batch, *, by, now, today):
    """Lock persons and archives; take off what may not be destroyed any more; returns the rest."""
    listed = batch.items.filter(state=ItemState.LISTED)
    people = Client.objects.select_for_update(of=("self",)).filter(pk__in=listed.values("archive__client"))
    people = list(people.order_by("pk").values_list("pk", flat=True))
    rows = Archive.objects.select_for_update(of=("self",)).filter(client__in=people)
    archives = {archive.pk: archive for archive in rows.order_by("pk")}
    # Asked anew under the locks: a hold set since has taken its item off, or stands now.
    items = list(batch.items.filter(state=ItemState.LISTED))
    held = set(Hold.objects.in_force().filter(client__in=people).values_list("client", flat=True))
    busy = neighbours.with_open_work(people)
    going = []
    for item in items:
        archive = archives[item.archive_id]
        stop = stop_of(
            state=archive.state,
            on_hold=archive.client_id in held,
            busy=archive.client_id in busy,
            keep_until=archive.keep_until,
            today=today,
        )
        item.archive = archive
        if stop:
            item.state, item.stop, item.stopped_by, item.at = ItemState.STOPPED, stop, by, now
            item.save(update_fields=["state", "stop", "stopped_by", "at"])
            _events(batch, [archive.pk], "stopped", by=by)
        else:
            going.append(item)
    return going
