"""What referrals are asked, by noun: the desk and its lists; figures; the roll-up; drafts of months."""

from .desk import (
    MOST_WAITING,
    UNSETTLED,
    branch_day,
    changed_since,
    diverted,
    managers,
    midnight,
    patrols,
    slips_of_the_day,
    tallies,
    timeline,
    unclaimed,
    waiting,
    waiting_for,
)

__all__ = [
    "MOST_WAITING",
    "UNSETTLED",
    "branch_day",
    "changed_since",
    "diverted",
    "managers",
    "midnight",
    "patrols",
    "slips_of_the_day",
    "tallies",
    "timeline",
    "unclaimed",
    "waiting",
    "waiting_for",
]
