"""One import from end to end, in one transaction: all good rows or, when it is stopped, none."""

from dataclasses import dataclass, field
from pathlib import Path

import pghistory
from django.db import transaction
from django.utils.translation import gettext as _

from rmflow.privacy.actions import log
from rmflow.privacy.models import AccessEvent, PrivacyNotice
from rmflow.staff.models import Branch, User
from rmflow.workdays import clock

from . import load
from .faults import Broken, FileFault, RowFault
from .rows import Known, Reader
from .sources import open_table

REPORT_EACH = 500  # rows


@dataclass
class Outcome:
    """What an import did; balances count rows of the labelled month."""

    rows: int = 0
    new: int = 0
    changed: int = 0
    matched: int = 0
    balances_new: int = 0
    balances_changed: int = 0
    broken: list[Broken] = field(default_factory=list)

    @property
    def unchanged(self):
        return self.rows - len(self.broken) - self.new - self.changed


def import_clients(path, column_map, *, branches=(), by=None, progress=None) -> Outcome:
    """Take over the clients of `path`. `branches`: codes for rows whose map names none, in turn.

    `progress(bytes read, bytes in all, rows)` is called now and then. Raises FileFault.
    """
    table = open_table(
        path, encoding=column_map.encoding, delimiter=column_map.delimiter, sheet=column_map.sheet
    )
    reader = Reader(column_map, table.headings, _known(column_map, branches))
    outcome = Outcome()
    context = pghistory.context(
        command="import_clients", file=Path(path).name, map=column_map.name, user=by.pk if by else None
    )
    with context, transaction.atomic():
        load.stage(_lines(table, reader, outcome, progress or (lambda *_: None)))
        if "id_number" in column_map.fields:
            source = column_map.fields["id_number"]
            outcome.matched, taken = load.settle_identities(source.column or "id_number")
            outcome.broken += taken
        if "address" in column_map.fields:
            load.keep_addresses()
        outcome.new, outcome.changed = load.write_clients()
        if column_map.balance:
            outcome.balances_new, outcome.balances_changed = load.write_balances(column_map.balance)
        load.unstage()
        log(
            AccessEvent.Kind.IMPORT,
            by=by,
            object_type="clients.client",
            rows=outcome.rows - len(outcome.broken),
            item_key=column_map.name[:80],
        )
    outcome.broken.sort(key=lambda fault: fault.row)
    return outcome


def _lines(table, reader, outcome, progress):
    """The lines for COPY; what cannot be taken is set aside in `outcome.broken`."""
    for number, cells, read in table.rows:
        outcome.rows += 1
        if outcome.rows % REPORT_EACH == 0:
            progress(read, table.size, outcome.rows)
        try:
            if isinstance(cells, RowFault):
                raise cells
            line = reader.line(outcome.rows, cells)
        except RowFault as fault:
            outcome.broken.append(Broken(number, fault.column, fault.reason))
        else:
            yield line
    progress(table.size, table.size, outcome.rows)


def _known(column_map, codes):
    """What the rows refer to; refuses branches that do not exist."""
    outlets = dict(Branch.objects.outlets().values_list("code", "pk"))
    unknown = sorted(set(codes) - set(outlets))
    if unknown:
        raise FileFault(_("There is no outlet with the code: {names}").format(names=", ".join(unknown)))
    if not codes and "branch" not in column_map.fields:
        if len(outlets) != 1:
            raise FileFault(_("Say with --branch to which outlets the clients belong."))
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
