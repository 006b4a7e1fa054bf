"""Work on a past day: the actions of the lived days run at the hour they would have had.

Django's `timezone.now`, also where a field's default holds it, looks `datetime` up in its module; that
name is changed for the moment of one action. Demo data only; nothing else may import this.
"""

import contextlib
import datetime
from unittest import mock


@contextlib.contextmanager
def at(moment: datetime.datetime):
    """Run a block as if it were `moment` (aware)."""

    class Then(datetime.datetime):
        @classmethod
        def now(cls, tz=None):
            return moment.astimezone(tz)

    with mock.patch("django.utils.timezone.datetime", Then):
        yield
