"""File drop (B-15): files arrive by browser or inbox, wait for their map, are loaded once by a worker.

A file waits in the loads folder, readable by the server alone, and is removed when it was loaded, given up
or forgotten. A load belongs to whoever holds its advisory lock; a killed worker lets go of it, the rows it wrote
are gone with its transaction, and the next worker begins anew.
"""

import datetime
import fnmatch
import os
import uuid
from contextlib import contextmanager
from pathlib import Path

from django.conf import settings
from django.core.cache import cache
from django.db import connection, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from rmflow.notices.actions import notify
from rmflow.staff import permissions
from rmflow.staff.models import User
from rmflow.staff.permissions import Permission, Role
from rmflow.workflow import Conflict, Refused

from ..importing import FileFault, Spoilt, faults, parse_map, shipped
from ..load_rules import OPEN, RETRY, LoadSource, LoadState
from ..models import ColumnMap, FileLoad
from . import loads

LOCK = 7203  # advisory lock, with the number of the load
QUIET = 30  # seconds a file in the inbox must not have grown
HALF = (".part", ".tmp", ".filepart", ".crdownload")
KEPT_DAYS = 7  # a file nobody loaded
PROGRESS = 600  # seconds
CLAIMED = "inbox-"

ENDED = gettext_noop("The file {name}: {new} new, {changed} changed, {refused} left out.")
FAILED = gettext_noop("The file {name} was not loaded. See why.")
WAITS = gettext_noop("The file {name} lies in the inbox and fits no saved column map.")


def folder(name="loads"):
    """`var/loads` or `var/inbox`, made when missing, closed to other accounts."""
    path = Path(settings.VAR_DIR) / name
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    return path


def stored_at(load):
    """Where the file of a load lies; refused when it is gone."""
    if not load.stored:
        raise Conflict(_("The file is no longer here; send it again."), code="state")
    return folder() / load.stored


# -- arriving ---------------------------------------------------------------------------------------


def receive(upload, *, by) -> FileLoad:
    """Keep an uploaded file; it waits for its preview."""
    permissions.require(by, Permission.LOAD_FILES)
    name = Path(upload.name).name[-loads.NAME :]
    stored = f"{uuid.uuid4().hex}{Path(name).suffix.lower()[:6]}"
    path = folder() / stored
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as out:
        for part in upload.chunks():
            out.write(part)
    return _arrived(path, name, LoadSource.UPLOAD, by=by)


def take_inbox(*, now=None) -> list[int]:
    """Claim the files of the inbox that have stopped growing; ids of those a saved map takes at once.

    The rename is the claim: of two workers one gets the file. What a killed worker claimed and did not
    write down is found in the loads folder by its name.
    """
    now = now or timezone.now()
    for path in sorted(folder("inbox").iterdir()):
        if _is_whole(path, now):
            claimed = folder() / f"{CLAIMED}{uuid.uuid4().hex[:8]}-{path.name}"
            try:
                path.rename(claimed)
            except FileNotFoundError:
                continue  # the other worker was faster
            claimed.chmod(0o600)
    return [load.pk for load in map(_adopt, sorted(folder().glob(f"{CLAIMED}*"))) if load]


def _is_whole(path, now):
    """A plain file, not hidden, not named as half, that nobody has written to for a while."""
    if path.name.startswith(".") or path.suffix.lower() in HALF or path.is_symlink() or not path.is_file():
        return False
    stat = path.stat()
    return stat.st_size > 0 and now.timestamp() - stat.st_mtime >= QUIET


@transaction.atomic
def _adopt(path):
    """Write a claimed file down once; its load when a map takes it at once."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, 0)", [LOCK])
    if not path.exists() or FileLoad.objects.filter(stored=path.name).exists():
        return None
    name = path.name.removeprefix(CLAIMED)[9:]
    load = _arrived(path, name[-loads.NAME :], LoadSource.INBOX)
    if load.map_body and load.state == LoadState.WAITING:
        load.state = LoadState.QUEUED
        load.save(update_fields=["state"])
        return load
    _tell(load, WAITS)
    return None


def _arrived(path, name, source, *, by=None):
    found = map_for(name)
    return FileLoad.objects.create(
        name=name,
        stored=path.name,
        sha256=loads.fingerprint(path),
        size=path.stat().st_size,
        source=source,
        by=by,
        **({"kind": found.kind, "map_name": found.name[:80], "map_body": found.body} if found else {}),
    )


def map_for(name):
    """The saved map whose pattern fits the file's name; saved ones before those shipped."""
    saved = (parse_map(row.name, row.body) for row in ColumnMap.objects.exclude(pattern=""))
    both = [*saved, *(column_map for column_map in shipped.maps() if column_map.pattern)]
    return next((m for m in both if fnmatch.fnmatch(name.lower(), m.pattern.lower())), None)


def map_named(name):
    """The body of a saved or shipped map; None without a name, refused when there is none of it."""
    if not name:
        return None
    row = ColumnMap.objects.filter(name=name).first()
    body = row.body if row else next((m.body for m in shipped.maps() if name in (m.name, m.name[:-5])), None)
    if body is None:
        raise Refused(_("There is no column map of this name."), field="map")
    return body


# -- choosing, checking, loading --------------------------------------------------------------------


@transaction.atomic
def choose(load_id, *, by, body, map_name="") -> FileLoad:
    """By which map the file is read; FileFault when it cannot be followed."""
    load = _open(load_id, by, RETRY)
    column_map = parse_map(map_name or _("Made in the browser"), body)
    load.kind, load.map_name, load.map_body = column_map.kind, column_map.name[:80], body
    load.state, load.fault = LoadState.WAITING, ""
    load.save(update_fields=["kind", "map_name", "map_body", "state", "fault"])
    return load


@transaction.atomic
def begin(load_id, *, by, check=False) -> FileLoad:
    """Hand the file to the workers: to be loaded, or only checked from its first to its last row."""
    load = _open(load_id, by, RETRY)
    if not load.map_body:
        raise Refused(_("Choose the column map first."))
    load.state, load.by, load.fault = LoadState.CHECKING if check else LoadState.QUEUED, by, ""
    load.save(update_fields=["state", "by", "fault"])
    return load


@transaction.atomic
def give_up(load_id, *, by) -> FileLoad:
    """Remove the file without loading it."""
    load = _open(load_id, by, RETRY)
    return _remove(load, LoadState.DROPPED)


def _open(load_id, by, states):
    permissions.require(by, Permission.LOAD_FILES)
    load = FileLoad.objects.select_for_update(of=("self",), no_key=True).get(pk=load_id)
    if load.state not in states:
        raise Conflict(_("This file is being loaded, or was; nothing is changed any more."), code="state")
    stored_at(load)
    return load


def _remove(load, state=None):
    path, load.stored = folder() / load.stored, ""
    load.state = state or load.state
    load.save(update_fields=["stored", "state"])
    transaction.on_commit(lambda: path.unlink(missing_ok=True))
    return load


@contextmanager
def _alone(load_id):
    """Whether this worker may work on the load; the lock falls with the connection."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s, %s)", [LOCK, load_id])
        mine = cursor.fetchone()[0]
    try:
        yield mine
    finally:
        if mine:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(%s, %s)", [LOCK, load_id])


def work(load_id):
    """Load, or check, one file; nothing when another worker has it or it is done."""
    with _alone(load_id) as mine:
        load = FileLoad.objects.select_related("by", "undone_by").get(pk=load_id)
        if not mine or load.state not in OPEN:
            return load
        if load.state == LoadState.UNDOING:
            return loads.finish_undo(load)
        try:
            return _check(load) if load.state == LoadState.CHECKING else _load(load)
        except Exception as error:
            load.state, load.fault = (
                LoadState.FAILED,
                str(_("The load broke off ({kind}).")).format(kind=type(error).__name__),
            )
            load.save(update_fields=["state", "fault"])
            raise
        finally:
            cache.delete(_progress_key(load_id))


def _load(load):
    load.state, load.started_at = LoadState.RUNNING, timezone.now()
    load.save(update_fields=["state", "started_at"])
    try:
        column_map = parse_map(load.map_name, load.map_body)
        _load_row, outcome = loads.run(load, stored_at(load), column_map, progress=_progress(load.pk))
    except Spoilt as spoilt:
        _list(load, spoilt.outcome.broken)
    except FileFault as fault:
        load.state, load.fault = LoadState.FAILED, str(fault)[: loads.FAULT]
        load.save(update_fields=["state", "fault"])
    else:
        _list(load, outcome.broken if outcome else [])
        _remove(load)
    _tell(load, FAILED if load.state == LoadState.FAILED else ENDED)
    return load


def _check(load):
    """Everything a load does, undone again: what would be new, changed, left out."""
    found = {}
    try:
        column_map = parse_map(load.map_name, load.map_body)
        column_map = column_map.without_whole()
        with transaction.atomic():
            outcome = loads.take(
                stored_at(load), column_map, by=load.by, progress=_progress(load.pk), checked=True
            )
            transaction.set_rollback(True)
        found = {"rows": outcome.rows, "new": outcome.new, "changed": outcome.changed}
        found |= {"refused": len(outcome.broken), "unchanged": outcome.unchanged}
        _list(load, outcome.broken)
    except FileFault as fault:
        load.fault = str(fault)[: loads.FAULT]
    load.state, load.more = LoadState.WAITING, {**load.more, "check": found}
    load.save(update_fields=["state", "fault", "more"])
    return load


def _progress_key(load_id):
    return f"loads:progress:{load_id}"


def _progress(load_id):
    return lambda read, size, rows: cache.set(_progress_key(load_id), (read, size, rows), PROGRESS)


def progress_of(load_id):
    """(bytes read, bytes in all, rows) of a load at work, or None."""
    return cache.get(_progress_key(load_id))


def errors_at(load):
    """Where the error file of a load lies."""
    return folder() / f"{load.pk}-errors.csv"


def _list(load, broken):
    if broken:
        faults.write(errors_at(load), broken)
        errors_at(load).chmod(0o600)
    else:
        errors_at(load).unlink(missing_ok=True)


def _tell(load, text):
    """Tell whoever began the load, or the administrators for a file of the inbox."""
    people = [load.by] if load.by_id else User.objects.active().holding(Role.ADMIN)
    params = {"name": load.name, "new": load.new, "changed": load.changed, "refused": load.refused}
    key = f"load:{load.pk}:{load.state}:{timezone.now():%Y%m%d%H%M%S}"
    notify(people, "load", text, key=key, link=f"/loads/{load.pk}/", params=params)


# -- going on, forgetting ----------------------------------------------------------------------------


def unfinished() -> list[int]:
    """Loads a worker should have: those in the queue, and those a killed worker left."""
    waiting = Q(stored__gt="") | Q(state=LoadState.UNDOING)
    return list(FileLoad.objects.filter(waiting, state__in=OPEN).values_list("pk", flat=True))


def forget_old(*, now=None) -> int:
    """Remove files nobody loaded for a week; they hold personal data."""
    limit = (now or timezone.now()) - datetime.timedelta(days=KEPT_DAYS)
    gone = 0
    for load in FileLoad.objects.filter(state__in=RETRY, stored__gt="", at__lt=limit):
        with transaction.atomic():
            _remove(load, LoadState.DROPPED)
        gone += 1
    return gone
