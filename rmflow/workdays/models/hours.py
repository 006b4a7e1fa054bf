"""The hours of a branch that has set none.

Columns take them by call: a fixed time as a default makes Django warn, at that very minute of the day,
that the clock was read at start.
"""

import datetime

from ..rules.closing import RELEASE_AT, REMIND_AT, SEAL_AT
from ..rules.opening import CLOSE_AT, OPEN_AT


def opens() -> datetime.time:
    """When a branch opens."""
    return OPEN_AT


def closes() -> datetime.time:
    """When a branch closes."""
    return CLOSE_AT


def reminds() -> datetime.time:
    """When those with something open are reminded."""
    return REMIND_AT


def seals() -> datetime.time:
    """When records are sealed whether or not the day was locked."""
    return SEAL_AT


def releases() -> datetime.time:
    """When records are released in the morning."""
    return RELEASE_AT
