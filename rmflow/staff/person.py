"""One person with branches and roles in one statement: what every request begins with."""

from functools import cache

from django.contrib.auth.backends import ModelBackend

from rmflow.doors.rows import Parts, Prepared, joined

from .models import Branch, RoleHolding, User, bank_today

PARTS = Parts(u=User, home=Branch, duty=Branch, h=RoleHolding, place=Branch)
HELD = "user_id = u.id AND valid_from <= $2 AND (valid_to IS NULL OR valid_to >= $2)"


def load(pk, *, lock=False) -> User | None:
    """The person with `holdings`, home and duty branch loaded, or None.

    `lock` also locks the person's row until the end of the transaction.
    """
    statement = _statement(lock)
    rows = PARTS.all((statement.rows if lock else statement.first)(pk, bank_today()))
    if not rows:
        return None
    user, home, duty, *_first = rows[0]
    joined(user, home_branch=home, duty_branch=duty)
    user.holdings = []
    if user.is_active:
        for _user, _home, _duty, holding, place in rows:
            if holding is not None:
                user.holdings.append(joined(holding, user=user, branch=place))
    return user


@cache
def _statement(lock):
    return Prepared(
        "person_locked" if lock else "person",
        "bigint, date",
        f"SELECT {PARTS.columns} FROM staff_user u"
        f" {_one('home', 'staff_branch', 'id = u.home_branch_id')}"
        f" {_one('duty', 'staff_branch', 'id = u.duty_branch_id')}"
        f" {_one('h', 'staff_roleholding', HELD)}"
        f" {_one('place', 'staff_branch', 'id = h.branch_id')}"
        " WHERE u.id = $1 ORDER BY h.id" + (" FOR NO KEY UPDATE OF u" if lock else ""),
    )


def _one(alias, table, condition):
    """A join as a look-up: for one person a join by hashing reads whole tables first."""
    return f"LEFT JOIN LATERAL (SELECT * FROM {table} WHERE {condition} OFFSET 0) {alias} ON true"


class StaffBackend(ModelBackend):
    """Django's own, with `load` for the person of a session."""

    def get_user(self, user_id):
        user = load(user_id)
        return user if user is not None and self.user_can_authenticate(user) else None
