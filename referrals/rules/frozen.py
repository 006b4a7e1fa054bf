"""The rows a signed month was made of, chosen from what was signed: pure (W1-12)."""

import datetime

from .slip import CheckResult, Status

#: A row of `content["slips"]` and of `content["deals"]`, in this order.
SLIP_FIELDS = (
    "pk", "employee_no", "date", "role", "channel", "status", "check", "outcome", "employee", "hour", "reached",
    "in_time",
)  # fmt: skip
DEAL_FIELDS = (
    "pk", "slip", "product", "amount", "done_on", "referrer", "manager", "first", "date", "status", "role", "channel",
    "hour", "employee", "seller",
)  # fmt: skip

_TRUE = (CheckResult.MATCHED, CheckResult.CORRECTED)
_TYPES = {
    "premium": ("existing_premium",),
    "potential": ("existing_potential",),
    "prospective": ("prospective_premium",),
    "ordinary": ("ordinary",),
    "good": ("existing_premium", "existing_potential", "prospective_premium"),
}

_SLIPS = {
    "total": lambda row: True,
    "referred": lambda row: row["status"] == Status.REFERRED,
    "to_follow_up": lambda row: row["status"] == Status.TO_FOLLOW_UP,
    "verified": lambda row: row["check"] in _TRUE,
    "repeats": lambda row: row["check"] == CheckResult.REPEAT,
    "invalid": lambda row: row["check"] == CheckResult.INVALID,
    "checked": lambda row: row["check"] in (*_TRUE, CheckResult.INVALID),
    "reached": lambda row: bool(row["reached"]),
    "in_time": lambda row: bool(row["in_time"]),
}
_DEALS = {
    "deals": lambda row: True,
    "spot_deals": lambda row: row["status"] == Status.REFERRED,
    "follow_deals": lambda row: row["status"] == Status.TO_FOLLOW_UP,
    "converted": lambda row: row["status"] == Status.TO_FOLLOW_UP and row["first"],
}


def slips(content, measure="total", only=None):
    """The signed slips behind a figure, as dicts of `SLIP_FIELDS`."""
    found = (dict(zip(SLIP_FIELDS, row, strict=True)) for row in content["slips"])
    return [row for row in found if _counts(row, measure) and _chosen(row, only or {})]


def _counts(row, measure):
    if measure in _TYPES:
        return row["check"] in _TRUE and row["outcome"] in _TYPES[measure]
    return _SLIPS[measure](row)


def deals(content, measure="deals", only=None):
    """The signed deals behind a figure; of a person those referred and, by 双算, those sold."""
    left = dict(only or {})
    person, role = left.pop("employee", None), None
    if person is not None:
        role = left.pop("role", None)
    found = (dict(zip(DEAL_FIELDS, row, strict=True)) for row in content["deals"])
    return [
        row
        for row in found
        if _DEALS[measure](row) and _chosen(row, left) and (person is None or _shares(row, person, role))
    ]


def _shares(row, person, role):
    if row["employee"] == person and role in (None, row["role"]):
        return True
    return row["seller"] == person != row["employee"] and role in (None, "wealth_manager")


def _chosen(row, only):
    """Whether a row is one of those a filter leaves; a month of one branch needs no filter for the branch."""
    day = datetime.date.fromisoformat(row["date"])
    facts = {**row, "date": day, "weekday": day.isoweekday()}
    return all(facts[name] == value for name, value in only.items() if name != "branch")
