"""Log-ins on record.

`staff` stands below `privacy` and cannot import it, so its views call each function named in
`settings.STAFF_LOGIN_HOOKS` (import_string) as

    hook(event, request, *, user=None, employee_no="")

with event one of login, logout, failure, lockout, unlock, password, second_factor. `user` is None when
no such employee exists; `employee_no` is what was typed then. People type passwords into the wrong
box, so an unknown number is kept as a keyed hash only: equal attempts can be told, not read.
"""

from . import actions, blind


def record(event, request, *, user=None, employee_no=""):
    """Append one event of the log-in desk."""
    key = ""
    if user is None and employee_no:
        key = f"unknown:{blind.blind_index('login', employee_no)[:12]}"
    actions.log(actions.Kind(event), by=user, item_key=key, request=request)
