"""One file from end to end, in one transaction: all good rows or, when it is stopped, none.

`KINDS` is the one shape of all three imports: a reader turns a line into a line of the staging table,
`write` puts the staged rows where they belong, `undo` takes them back.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from uuid import UUID

import pghistory
from django.db import connection, transaction
from django.utils.translation import gettext as _

from rmflow.privacy.actions import log
from rmflow.privacy.models import AccessEvent, PrivacyNotice
from rmflow.staff.models import Branch, User
from rmflow.workdays import clock

from .. import archives
from ..load_rules import FileKind
from ..rules import ClientType
from . import balances, holdings, load, rows, target, undo
from .faults import Broken, FileFault, OutletsUnsaid, RowFault
from .rows import Known, Reader
from .sources import open_table

REPORT_EACH = 500  # rows
OBJECTS = {
    FileKind.CLIENTS: "clients.client",
    FileKind.BALANCES: "clients.monthlybalance",
    FileKind.HOLDINGS: "clients.holding",
}


@dataclass
class Outcome:
    """What a load did; balances count rows of the labelled month that a file of clients brings along."""

    rows: int = 0
    new: int = 0
    changed: int = 0
    matched: int = 0
    balances_new: int = 0
    balances_changed: int = 0
    month: object = None
    context: UUID | None = None
    broken: list[Broken] = field(default_factory=list)

    @property
    def unchanged(self):
        return self.rows - len(self.broken) - self.new - self.changed


@dataclass(frozen=True)
class Kind:
    """One kind of file; `undo(load id, context)` gives (removed, restored, kept)."""

    stage: dict
    reader: Callable
    write: Callable
    undo: Callable


class Spoilt(FileFault):
    """A file taken whole or not at all had broken rows; `outcome` names them."""

    def __init__(self, outcome):
        super().__init__(_("{n} rows are broken, so nothing was loaded.").format(n=len(outcome.broken)))
        self.outcome = outcome


def import_clients(path, column_map, **kwargs) -> Outcome:
    """Take over the clients of `path`; see `take`."""
    if column_map.kind != FileKind.CLIENTS:
        raise FileFault(_("The map is not one of clients."))
    return take(path, column_map, **kwargs)


def take(path, column_map, *, branches=(), by=None, progress=None, load_id=None, checked=False) -> Outcome:
    """Load the rows of `path`. `branches`: codes for clients whose map names none, in turn.

    `progress(bytes read, bytes in all, rows)` is called now and then. Raises FileFault, Spoilt when a
    file that is to be taken whole has broken rows; then nothing was written. `checked`: the caller undoes
    what was written and only wants to know.
    """
    kind, seen = KINDS[column_map.kind], _seen(path)
    table = open_table(
        path, encoding=column_map.encoding, delimiter=column_map.delimiter, sheet=column_map.sheet
    )
    known = known_for(column_map, branches or column_map.branches)
    reader = kind.reader(column_map, table.headings, known)
    outcome = Outcome()
    context = pghistory.context(
        command=f"import_{column_map.kind}",
        file=Path(path).name,
        map=column_map.name,
        user=by.pk if by else None,
        load=load_id,
    )
    with context as history, transaction.atomic():
        outcome.context = history.id
        load.stage(kind.stage, _lines(table, reader, outcome, progress or (lambda *_: None)))
        if _seen(path) != seen:
            raise FileFault(_("The file was changed while it was read; nothing was loaded."))
        kind.write(column_map, outcome, load_id)
        outcome.broken.sort(key=lambda fault: fault.row)
        if column_map.whole and outcome.broken:
            raise Spoilt(outcome)
        if not checked:
            log(
                AccessEvent.Kind.IMPORT,
                by=by,
                object_type=OBJECTS[column_map.kind],
                rows=outcome.rows - len(outcome.broken),
                item_key=column_map.name[:80],
            )
    return outcome


def _seen(path):
    """What tells one state of a file from another."""
    try:
        stat = Path(path).stat()
    except OSError as error:
        raise FileFault(_("The file cannot be read: {why}").format(why=error.strerror)) from None
    return stat.st_ino, stat.st_size, stat.st_mtime_ns


def _lines(table, reader, outcome, progress):
    """The lines for COPY; what cannot be taken is set aside in `outcome.broken`."""
    for number, cells, read in table.rows:
        outcome.rows += 1
        if outcome.rows % REPORT_EACH == 0:
            progress(read, table.size, outcome.rows)
        try:
            if isinstance(cells, RowFault):
                raise cells
            line = reader.line(outcome.rows, cells, number)
        except RowFault as fault:
            outcome.broken.append(Broken(number, fault.column, fault.reason))
        else:
            yield line
    progress(table.size, table.size, outcome.rows)


# -- the three kinds ------------------------------------------------------------------------------


def _write_clients(column_map, outcome, load_id):
    if "id_number" in column_map.fields:
        source = column_map.fields["id_number"]
        outcome.matched, taken = load.settle_identities(source.column or "id_number")
        outcome.broken += taken
    if "address" in column_map.fields:
        load.keep_addresses()
    outcome.new, outcome.changed = load.write_clients()
    if column_map.balance:
        outcome.month = column_map.balance.month
        written = load.write_balances(column_map.balance, load_id)
        outcome.balances_new, outcome.balances_changed = written
    archives.open_missing(
        f"JOIN {target.STAGE} s ON s.customer_no = c.customer_no WHERE s.type = '{ClientType.EXISTING_PREMIUM}'",
        {},
        today=clock.today(),
        cause=json.dumps({"load": load_id}),
    )
    load.unstage()


def _undo_clients(load_id, context):
    target.undo_rows(FileKind.BALANCES, "clients_monthlybalance", ("amount", "label", "load_id"), load_id)
    return undo.undo_clients(context, load_id)


def _plain(kind_of_rows):
    """The shape of rows that belong to clients known already."""
    place = kind_of_rows.TARGET

    def write(column_map, outcome, load_id):
        def heading(name):
            source = column_map.fields.get(name)
            return (source.column if source else "") or name

        place.place()
        broken, _again = place.refuse(heading)
        outcome.broken += broken
        outcome.new, outcome.changed = place.write(load_id)
        outcome.month = _latest_month() if "month" in place.stage else None
        place.clear()

    def take_back(load_id, _context):
        return (*place.undo(load_id), 0)

    return Kind({"row": "integer", **place.stage}, kind_of_rows.reader, write, take_back)


def _latest_month():
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT max(month) FROM {target.PLACED}")
        return cursor.fetchone()[0]


KINDS = {
    FileKind.CLIENTS: Kind(rows.STAGE, Reader, _write_clients, _undo_clients),
    FileKind.BALANCES: _plain(balances),
    FileKind.HOLDINGS: _plain(holdings),
}


def known_for(column_map, codes):
    """What the rows refer to; refuses branches that do not exist."""
    if column_map.kind != FileKind.CLIENTS:
        return Known(today=clock.today(), branches=[], branch_by_code={}, owner_by_number={})
    outlets = dict(Branch.objects.outlets().values_list("code", "pk"))
    unknown = sorted(set(codes) - set(outlets))
    if unknown:
        raise FileFault(_("There is no outlet with the code: {names}").format(names=", ".join(unknown)))
    if not codes and "branch" not in column_map.fields:
        if len(outlets) != 1:
            raise OutletsUnsaid(_("Say to which outlets the clients belong."))
        codes = list(outlets)
    notice = PrivacyNotice.objects.in_force(clock.today())
    return Known(
        today=clock.today(),
        branches=[outlets[code] for code in codes],
        branch_by_code=outlets if "branch" in column_map.fields else {},
        owner_by_number=dict(User.objects.active().values_list("employee_no", "pk"))
        if "owner" in column_map.fields
        else {},
        notice_version=notice.version if notice else "",
    )
