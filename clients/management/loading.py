"""What the import commands share: arguments, progress, the error file, what is said at the end."""

import sys
from pathlib import Path

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from django.utils.translation import gettext as _

from clients.actions import loads
from clients.importing import FileFault, OutletsUnsaid, Spoilt, faults, read_map, shipped
from clients.load_rules import LoadSource, LoadState

from .bar import Bar

SHOWN = 5  # faults printed; all are in the error file


class LoadCommand(BaseCommand):
    """One file of one kind by one map; a file already loaded by the same map is told and left."""

    kind = ""

    def add_arguments(self, parser):
        parser.add_argument("file", metavar="FILE")
        parser.add_argument(
            "--map", required=True, metavar="MAP.toml", help="a file, or a name in clients/maps"
        )
        parser.add_argument("--errors", metavar="FILE.csv", help="where to list the rows left out")
        parser.add_argument("--again", action="store_true", help="read a file that was loaded before")
        parser.add_argument("--no-progress", action="store_true")

    def handle(self, *args, **options):
        bar = Bar(sys.stderr)
        try:
            column_map = read_map(self._map(options["map"]))
            load, outcome = loads.load_file(
                options["file"],
                column_map,
                kind=self.kind,
                branches=options.get("branch", ()),
                source=LoadSource.COMMAND,
                again=options.get("again", False),
                progress=None if options["no_progress"] else bar,
            )
        except Spoilt as fault:
            self._list(fault.outcome.broken, options)
            raise CommandError(str(fault)) from None
        except OutletsUnsaid:
            raise CommandError(_("Say with --branch to which outlets the clients belong.")) from None
        except FileFault as fault:
            raise CommandError(str(fault)) from None
        finally:
            bar.close()
        if load.state == LoadState.REPEATED:
            self.stdout.write("This file was loaded before; nothing was done (--again reads it anew).")
            return
        self.stdout.write(f"Load {load.pk}")
        self.tell(outcome)
        if outcome.broken:
            self._list(outcome.broken, options)

    def tell(self, outcome):
        """The counts."""
        self.stdout.write(
            f"{outcome.rows:,} rows: {outcome.new:,} new, {outcome.changed:,} changed,"
            f" {outcome.unchanged:,} unchanged, {len(outcome.broken):,} left out"
        )

    def _map(self, given):
        usual = shipped.FOLDER / f"{Path(given).stem}.toml"
        return usual if not Path(given).exists() and usual.exists() else given

    def _list(self, broken, options):
        stamp = f"{timezone.localtime():%Y%m%d-%H%M%S}"
        usual = settings.VAR_DIR / "imports" / f"{Path(options['file']).stem}-{stamp}-errors.csv"
        path = Path(options["errors"]) if options["errors"] else usual
        faults.write(path, broken)
        for fault in broken[:SHOWN]:
            self.stdout.write(f"  row {fault.row}, {fault.column or '(row)'}: {fault.reason}")
        self.stdout.write(f"Rows left out are listed in {path}")
