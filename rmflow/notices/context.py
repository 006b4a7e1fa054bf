"""The bell for every page; nothing is asked until a template shows it."""

from django.utils.functional import SimpleLazyObject

from . import bell


def bell_of_user(request):
    """`bell`: version, unread, poll_seconds (context processor)."""
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated:
        return {}
    return {"bell": SimpleLazyObject(lambda: bell.summary(user))}
