"""The column maps that come with the house: `clients/maps/`, same body as those saved in the browser."""

import functools
from pathlib import Path

from .maps import read_map

FOLDER = Path(__file__).resolve().parent.parent / "maps"


@functools.cache
def maps():
    """All of them, by name."""
    return [read_map(path) for path in sorted(FOLDER.glob("*.toml"))]
