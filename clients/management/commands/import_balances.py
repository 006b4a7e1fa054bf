"""Load monthly balances from a CSV or XLSX file: `manage.py import_balances FILE --map MAP.toml`.

One row per client and month; a second run changes nothing. Maps: docs in `clients/importing/maps.py`.
"""

from clients.load_rules import FileKind
from clients.management.loading import LoadCommand


class Command(LoadCommand):
    help = "Load monthly balances from a CSV or XLSX file by a column map; repeat-safe by client and month."
    kind = FileKind.BALANCES
