"""Whoever must know of log-ins is called from here (`settings.STAFF_LOGIN_HOOKS`).

The access log stands above this app, so it is named in the settings and not imported. Events:
login, logout, failure, lockout, unlock, password, second_factor.
"""

from django.conf import settings
from django.utils.module_loading import import_string


def tell(event, request, *, user=None, employee_no=""):
    """Call each hook as `hook(event, request, user=…, employee_no=…)`."""
    for path in getattr(settings, "STAFF_LOGIN_HOOKS", ()):
        import_string(path)(event, request, user=user, employee_no=employee_no)
