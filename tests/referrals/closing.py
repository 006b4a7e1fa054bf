"""A day to close: slips as people file them, and the steps of a closing in one line each."""

import datetime

from referrals import actions, closing
from referrals.actions import closing as slips
from referrals.actions import closing_day as days
from rmflow.workdays.actions import business_day

SHANGHAI = datetime.timezone(datetime.timedelta(hours=8))


def at(hour, minute=0, day=8):
    """A moment of October 2026 in Shanghai."""
    return datetime.datetime(2026, 10, day, hour, minute, tzinfo=SHANGHAI)


def met(filed, wealth, **fields):
    """A slip whose client the manager has met."""
    slip = filed(**{"manager_id": wealth.pk, **fields})
    actions.perform("accept", slip.pk, by=wealth)
    return actions.perform("meet", slip.pk, by=wealth)


def day_of(branch):
    return business_day(branch)


def ready(day, *, lobby, managers=()):
    """Everything but the lock: matched slips checked, box looked at, managers signed."""
    slips.check_matched(day.pk, by=lobby)
    days.look_into_box(day.pk, by=lobby)
    for manager in managers:
        days.confirm_side(day.pk, by=manager, side="manager")


def locked(day, *, lobby, managers=()):
    ready(day, lobby=lobby, managers=managers)
    return days.lock(day.pk, by=lobby)


def kinds(day):
    return {str(kind): len(keys) for kind, keys in closing.Closing(day).matters}
