"""Who may do what, and where (spec "Who uses it").

`ROLE_PERMISSIONS` says what a role may do; a `RoleHolding` says at which branch and how long a person
holds it; `scope()` turns both into the rows a permission reaches. Pages, API, exports and tasks ask
here and nowhere else.
"""

from dataclasses import dataclass

from django.core.exceptions import PermissionDenied
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from .names import Permission, Role
from .table import EVERYWHERE_ROLES, LOBBY_WORK, ROLE_PERMISSIONS, SECOND_FACTOR_ROLES, SUBTREE_ROLES

__all__ = [
    "EVERYWHERE_ROLES",
    "LOBBY_WORK",
    "ROLE_PERMISSIONS",
    "SECOND_FACTOR_ROLES",
    "SUBTREE_ROLES",
    "Permission",
    "Role",
    "Scope",
    "require",
    "scope",
]


@dataclass(frozen=True)
class Scope:
    """The branches one permission reaches: everywhere, some branches, or whole subtrees."""

    everywhere: bool = False
    branch_ids: frozenset[int] = frozenset()
    paths: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return self.everywhere or bool(self.branch_ids) or bool(self.paths)

    def q(self, field: str = "branch") -> Q:
        """A filter on `field`, a foreign key to Branch; `field=""` filters branches themselves."""
        if self.everywhere:
            return Q()
        prefix = f"{field}__" if field else ""
        reach = Q(**{f"{prefix}pk__in" if not field else f"{field}_id__in": self.branch_ids})
        for path in self.paths:
            reach |= Q(**{f"{prefix}path__startswith": path})
        return reach

    def covers(self, branch) -> bool:
        """Whether `branch` (a Branch) lies inside."""
        return self.holds(branch.pk, branch.path)

    def holds(self, pk, path) -> bool:
        """`covers` for a branch of which a row has only the key and the path."""
        return self.everywhere or pk in self.branch_ids or any(path.startswith(own) for own in self.paths)


def scope(user, permission: str) -> Scope:
    """Where `user` may do `permission` today. Costs no query once the roles are loaded."""
    everywhere, ids, paths = False, set(), set()
    for holding in user.holdings:
        if permission not in ROLE_PERMISSIONS[holding.role]:
            continue
        if holding.role in EVERYWHERE_ROLES:
            everywhere = True
        elif holding.role in SUBTREE_ROLES:
            paths.add(holding.branch.path)
        else:
            ids.add(holding.branch_id)
            if permission in LOBBY_WORK and user.works_elsewhere:
                ids.add(user.duty_branch_id)
    return Scope(everywhere, frozenset(ids), tuple(sorted(paths)))


def require(user, permission: str, branch=None) -> None:
    """Raise PermissionDenied (403) unless `user` holds `permission` (at `branch`, when given)."""
    reach = scope(user, permission)
    if not reach or (branch is not None and not reach.covers(branch)):
        raise PermissionDenied(_("Your role does not allow this."))
