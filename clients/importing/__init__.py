"""Taking over files of the bank's core system: CSV or XLSX, by a column map.

`maps` reads the map, `sources` the file, `rows` and `plain` turn a line into a staged row, `load` and
`target` write what was staged, `run` ties them together for each kind of file. Nothing here keeps or
prints a personal value that could not be taken.
"""

from . import faults, shipped
from .faults import FileFault, OutletsUnsaid, RowFault
from .maps import parse_map, read_map
from .run import Outcome, Spoilt, import_clients, take

__all__ = [
    "FileFault",
    "Outcome",
    "OutletsUnsaid",
    "RowFault",
    "Spoilt",
    "faults",
    "import_clients",
    "parse_map",
    "read_map",
    "shipped",
    "take",
]
