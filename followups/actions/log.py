"""The work log that writes itself (W2-02): one line per deed, on the branch's business date."""

from rmflow.workdays import clock

from ..models import DayEntry


def enter(user, kind, *, client=None, data=None, link="", on=None):
    """Write a line into `user`'s work log; `data` holds codes and numbers, no personal data."""
    return DayEntry.objects.create(
        user=user,
        on=on or clock.today(),
        kind=kind,
        client=client,
        data=data or {},
        link=link,
    )
