"""Taking over clients from a file of the bank's core system: CSV or XLSX, by a column map.

`maps` reads the map, `sources` the file, `rows` turns a line into a client, `load` writes them by COPY,
`run` ties them together. Nothing here keeps or prints a personal value that could not be taken.
"""

from .faults import FileFault, RowFault
from .maps import read_map
from .run import Outcome, import_clients

__all__ = ["FileFault", "Outcome", "RowFault", "import_clients", "read_map"]
