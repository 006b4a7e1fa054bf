"""Load holdings from a CSV or XLSX file: `manage.py import_holdings FILE --map MAP.toml`.

One row per product and contract; a second run changes nothing. Maps: docs in `clients/importing/maps.py`.
"""

from clients.load_rules import FileKind
from clients.management.loading import LoadCommand


class Command(LoadCommand):
    help = "Load holdings from a CSV or XLSX file by a column map; repeat-safe by product and contract."
    kind = FileKind.HOLDINGS
