"""One person with branches and roles in one statement: what every request begins with."""

from functools import cache

from django.contrib.auth.backends import ModelBackend

from rmflow.doors.rows import Parts, Prepared

from .models import Branch, RoleHolding, User, bank_today

PARTS = Parts(u=User, home=Branch, duty=Branch, h=RoleHolding, place=Branch)


def load(pk, *, lock=False) -> User | None:
    """The person with `holdings`, home and duty branch loaded, or None.

    `lock` also locks the person's row until the end of the transaction.
    """
    rows = [PARTS.read(row) for row in _statement(lock).rows(pk, bank_today())]
    if not rows:
        return None
    user, home, duty, *_first = rows[0]
    user.home_branch, user.duty_branch = home, duty
    user.holdings = []
    if user.is_active:
        for _user, _home, _duty, holding, place in rows:
            if holding is not None:
                holding.user, holding.branch = user, place
                user.holdings.append(holding)
    return user


@cache
def _statement(lock):
    return Prepared(
        "person_locked" if lock else "person",
        "bigint, date",
        f"SELECT {PARTS.columns} FROM staff_user u"
        " LEFT JOIN staff_branch home ON home.id = u.home_branch_id"
        " LEFT JOIN staff_branch duty ON duty.id = u.duty_branch_id"
        " LEFT JOIN staff_roleholding h ON h.user_id = u.id"
        " AND h.valid_from <= $2 AND (h.valid_to IS NULL OR h.valid_to >= $2)"
        " LEFT JOIN staff_branch place ON place.id = h.branch_id"
        " WHERE u.id = $1 ORDER BY h.id" + (" FOR NO KEY UPDATE OF u" if lock else ""),
    )


class StaffBackend(ModelBackend):
    """Django's own, with `load` for the person of a session."""

    def get_user(self, user_id):
        user = load(user_id)
        return user if user is not None and self.user_can_authenticate(user) else None
