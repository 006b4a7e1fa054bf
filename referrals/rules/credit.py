"""Which referral a deal credits, and what each person gets of it (W1-12, 双算): pure functions."""

import datetime
from decimal import Decimal

from .slip import CheckResult, Status

#: Slips that count: neither drafts nor withdrawn.
COUNTED = (Status.REFERRED, Status.TO_FOLLOW_UP)
#: Checks after which a slip earns no credit for a deal.
NOT_CREDITED = (CheckResult.REPEAT, CheckResult.INVALID)
#: A deal credits a referral made so many days before it, at the most (W1-12).
CREDIT_DAYS = 90


def credited_between(done_on):
    """The days, both included, of a referral that a deal of `done_on` may credit."""
    return done_on - datetime.timedelta(days=CREDIT_DAYS), done_on


def shares(credit_share, *, same_person):
    """Percent of a deal for referrer and manager. 双算: a share of 100 gives both 100; else they split."""
    if same_person:
        return Decimal(100), Decimal(100)
    return credit_share, Decimal(100) if credit_share == 100 else 100 - credit_share
