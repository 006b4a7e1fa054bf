"""Loads of files: done once, kept in a history, the last one of a kind taken back (B-15)."""

import hashlib
from pathlib import Path

import pghistory
from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from rmflow.privacy.actions import log
from rmflow.privacy.models import AccessEvent
from rmflow.staff import permissions
from rmflow.staff.permissions import Permission
from rmflow.workflow import Conflict, Refused

from ..importing import FileFault, Spoilt, take
from ..importing.load import take_turn, taken_back
from ..importing.run import KINDS, OBJECTS
from ..load_rules import FileKind, LoadState
from ..models import Client, Evaluation, EvaluationRun, FileLoad, Holding, MonthlyBalance
from ..scoring.rules import RunKind

NAME, FAULT = 120, 300  # characters kept


def load_file(path, column_map, *, kind, source, by=None, branches=(), again=False, progress=None):
    """(the load, its outcome): a file loaded by the same map before is told and left, unless `again`.

    Raises FileFault; the failure stands in the history.
    """
    if column_map.kind != kind:
        raise FileFault(_("The map is for another kind of file."))
    load = FileLoad.objects.create(
        kind=kind,
        name=Path(path).name[:NAME],
        sha256=fingerprint(path),
        size=Path(path).stat().st_size,
        source=source,
        map_name=column_map.name[:80],
        map_body=body_with(column_map.body, branches),
        state=LoadState.RUNNING,
        by=by,
        started_at=timezone.now(),
    )
    return run(load, path, column_map, again=again, progress=progress)


def body_with(body, branches):
    """The body of a map with the outlets that were asked for."""
    return {**body, "file": {**body.get("file", {}), "branches": sorted(branches)}} if branches else body


def run(load, path, column_map, *, again=False, progress=None):
    """(the load, its outcome): the rows of `path` and the state of their load, in one transaction."""
    if not again and _loaded_before(load):
        return _settle(load, state=LoadState.REPEATED), None
    branches = load.map_body.get("file", {}).get("branches", ())
    try:
        with transaction.atomic():
            outcome = take(
                path, column_map, branches=branches, by=load.by, progress=progress, load_id=load.pk
            )
            return _settle(load, state=LoadState.DONE, fault="", **_counts(outcome)), outcome
    except Spoilt as spoilt:
        counts = {"rows": spoilt.outcome.rows, "refused": len(spoilt.outcome.broken)}
        _settle(load, state=LoadState.FAILED, fault=str(spoilt)[:FAULT], **counts)
        raise
    except FileFault as fault:
        _settle(load, state=LoadState.FAILED, fault=str(fault)[:FAULT])
        raise


def fingerprint(path):
    """The hash of a file, read in pieces."""
    try:
        with Path(path).open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise FileFault(_("The file cannot be read: {why}").format(why=error.strerror)) from None


def _loaded_before(load):
    """Whether the same bytes were loaded by the same map and are still in force."""
    same = {name: getattr(load, name) for name in ("sha256", "kind", "map_body")}
    return FileLoad.objects.filter(state=LoadState.DONE, **same).exists()


def _counts(outcome):
    return {
        "rows": outcome.rows,
        "new": outcome.new,
        "changed": outcome.changed,
        "unchanged": outcome.unchanged,
        "refused": len(outcome.broken),
        "more": {"balances_new": outcome.balances_new, "balances_changed": outcome.balances_changed},
        "month": outcome.month,
        "context": outcome.context,
    }


def _settle(load, **fields):
    for name, value in {**fields, "finished_at": timezone.now()}.items():
        setattr(load, name, value)
    load.save()
    return load


@transaction.atomic
def begin_undo(load_id, *, by) -> FileLoad:
    """Refuse at once what cannot be undone; else the load waits for its undo."""
    load = _undoable(load_id, by, (LoadState.DONE,))
    load.state, load.undone_by, load.fault = LoadState.UNDOING, by, ""
    load.save(update_fields=["state", "undone_by", "fault"])
    return load


def finish_undo(load) -> FileLoad:
    """Undo what waits for it; what can no longer be undone is in force again and says why."""
    try:
        return undo(load.pk, by=load.undone_by)
    except Refused as refused:
        load.state, load.undone_by, load.fault = LoadState.DONE, None, str(refused.message)[:FAULT]
        load.save(update_fields=["state", "undone_by", "fault"])
        return load


@transaction.atomic
def undo(load_id, *, by) -> FileLoad:
    """Take back the last load of its kind: new rows go, changed ones say again what they said.

    Refused once an evaluation has read what was loaded: its results must stay explainable by what is
    on record (decision 0085). What somebody has worked on since the load stays as it is.
    """
    take_turn()
    taken_back()
    load = _undoable(load_id, by, (LoadState.DONE, LoadState.UNDOING))
    with pghistory.context(command="undo_load", load=load.pk, user=by.pk):
        removed, restored, kept = KINDS[FileKind(load.kind)].undo(load.pk, load.context)
    load.state, load.undone_at, load.undone_by = LoadState.UNDONE, timezone.now(), by
    load.more = {**load.more, "undone": {"removed": removed, "restored": restored, "kept": kept}}
    load.save(update_fields=["state", "undone_at", "undone_by", "more"])
    log(
        AccessEvent.Kind.IMPORT,
        by=by,
        object_type=OBJECTS[FileKind(load.kind)],
        rows=removed + restored,
        item_key=f"undo:{load.pk}",
    )
    return load


def _undoable(load_id, by, states):
    permissions.require(by, Permission.LOAD_FILES)
    load = FileLoad.objects.select_for_update(of=("self",), no_key=True).get(pk=load_id)
    if load.state not in states:
        raise Conflict(_("Only a load in force can be undone."), code="state")
    last = FileLoad.objects.last_done(load.kind)
    if last.pk != load.pk:
        raise Refused(_("Only the last load of its kind can be undone; a later one stands on it."))
    if _used(load):
        raise Refused(
            _("An evaluation has used this load. Load a corrected file instead and evaluate again.")
        )
    return load


def _used(load):
    """Whether an evaluation has read what the load wrote, or is about to: one of the base, begun, computed
    or computed anew since; one by event when it looked at a client of the load."""
    since = load.finished_at
    read = Q(finished_at__gt=since) | Q(parts__computed_at__gt=since)
    runs = EvaluationRun.objects.filter(read | Q(cut_at__gt=since))
    base = runs.exclude(kind=RunKind.EVENT)
    if load.kind == FileKind.BALANCES:
        first = MonthlyBalance.objects.filter(load=load).order_by("month").values("month")[:1]
        base = base.filter(month__gte=first)
    if base.exists():
        return True
    seen = Evaluation.objects.filter(run__in=runs.filter(kind=RunKind.EVENT).values("pk"))
    return seen.filter(_of_load(load)).exists()


def _of_load(load):
    """The clients whose data the load wrote."""
    if load.kind == FileKind.HOLDINGS:
        return Q(client__in=Holding.objects.filter(load=load).values("client"))
    balances = Q(client__in=MonthlyBalance.objects.filter(load=load).values("client"))
    if load.kind == FileKind.BALANCES:
        return balances
    history = Client._meta.get_field("history").related_model
    return balances | Q(client__in=history.objects.filter(pgh_context=load.context).values("pgh_obj"))
