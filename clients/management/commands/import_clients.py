"""Take over clients from a CSV or XLSX file: `manage.py import_clients FILE --map MAP.toml --branch 0817`.

The good rows are loaded, in one transaction; the others are listed in an error file (row, column,
reason; never the value). A second run changes nothing. Maps: `clients/maps/`, docs in
`clients/importing/maps.py`.
"""

from clients.load_rules import FileKind
from clients.management.loading import LoadCommand


class Command(LoadCommand):
    help = "Take over clients from a CSV or XLSX file by a column map; repeat-safe by customer number."
    kind = FileKind.CLIENTS

    def add_arguments(self, parser):
        super().add_arguments(parser)
        parser.add_argument(
            "--branch", action="append", default=[], metavar="CODE", help="outlet; several take rows in turn"
        )

    def tell(self, outcome):
        super().tell(outcome)
        if outcome.month:
            self.stdout.write(f"Balances: {outcome.balances_new:,} new, {outcome.balances_changed:,} changed")
