"""Take over clients from a CSV or XLSX file: `manage.py import_clients FILE --map MAP.toml --branch 0817`.

The good rows are loaded, in one transaction; the others are listed in an error file (row, column,
reason; never the value). A second run changes nothing. Maps: `clients/maps/`, docs in
`clients/importing/maps.py`.
"""

import sys
from pathlib import Path

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from clients.importing import FileFault, faults, import_clients, read_map

WIDTH = 40  # characters of the bar
SHOWN = 5  # faults printed; all are in the error file
MAPS = Path(__file__).resolve().parents[2] / "maps"


class Bar:
    """A progress bar on a terminal; a line each tenth of the way elsewhere."""

    def __init__(self, out):
        self.out, self.live, self.tenth = out, out.isatty(), -1

    def __call__(self, read, size, rows):
        share = read / size if size else 1
        if self.live:
            done = int(share * WIDTH)
            self.out.write(f"\r[{'#' * done}{'.' * (WIDTH - done)}] {share:4.0%} {rows:,} rows")
        elif int(share * 10) > self.tenth:
            self.tenth = int(share * 10)
            self.out.write(f"{share:4.0%} {rows:,} rows\n")
        self.out.flush()

    def close(self):
        if self.live:
            self.out.write("\n")


class Command(BaseCommand):
    help = "Take over clients from a CSV or XLSX file by a column map; repeat-safe by customer number."

    def add_arguments(self, parser):
        parser.add_argument("file", metavar="FILE")
        parser.add_argument(
            "--map", required=True, metavar="MAP.toml", help="a file, or a name in clients/maps"
        )
        parser.add_argument(
            "--branch", action="append", default=[], metavar="CODE", help="outlet; several take rows in turn"
        )
        parser.add_argument("--errors", metavar="FILE.csv", help="where to list the rows left out")
        parser.add_argument("--no-progress", action="store_true")

    def handle(self, *args, **options):
        bar = Bar(sys.stderr)
        try:
            column_map = read_map(self._map(options["map"]))
            outcome = import_clients(
                options["file"],
                column_map,
                branches=options["branch"],
                progress=None if options["no_progress"] else bar,
            )
        except FileFault as fault:
            raise CommandError(str(fault)) from None
        finally:
            bar.close()
        self.stdout.write(
            f"{outcome.rows:,} rows: {outcome.new:,} new, {outcome.changed:,} changed,"
            f" {outcome.unchanged:,} unchanged, {len(outcome.broken):,} left out"
        )
        if column_map.balance:
            self.stdout.write(f"Balances: {outcome.balances_new:,} new, {outcome.balances_changed:,} changed")
        if outcome.broken:
            self._list(outcome.broken, options)

    def _map(self, given):
        shipped = MAPS / f"{Path(given).stem}.toml"
        return shipped if not Path(given).exists() and shipped.exists() else given

    def _list(self, broken, options):
        stamp = f"{timezone.localtime():%Y%m%d-%H%M%S}"
        usual = settings.VAR_DIR / "imports" / f"{Path(options['file']).stem}-{stamp}-errors.csv"
        path = Path(options["errors"]) if options["errors"] else usual
        faults.write(path, broken)
        for fault in broken[:SHOWN]:
            self.stdout.write(f"  row {fault.row}, {fault.column or '(row)'}: {fault.reason}")
        self.stdout.write(f"Rows left out are listed in {path}")
