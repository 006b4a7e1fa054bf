"""回避: who may not handle a complaint, nor see it (B-10, domain-rules §3.1).

Nobody named in it, nobody under a person named in it, nobody with an interest of his own. Who stands
under whom follows from roles: the head over the branch, the supervisor over its client managers, the
region head over the branches below.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _

from rmflow.staff.permissions import Role


class Basis(TextChoices):
    """Why a person must recuse himself."""

    NAMED = "named", _("Complained of")
    BELOW = "below", _("Under the person complained of")
    INTEREST = "interest", _("Interest of his own")


#: Role → roles under it at the same branch; an empty tuple stands for everybody there and below.
UNDER: dict[str, tuple[str, ...]] = {
    Role.BRANCH_HEAD: (),
    Role.REGION_HEAD: (),
    Role.SUPERVISOR: (Role.WEALTH_MANAGER, Role.MARKETING_MANAGER),
}
#: Complaints against these go to the institution above.
HEADS = frozenset({Role.BRANCH_HEAD, Role.REGION_HEAD})


@dataclass(frozen=True)
class Held:
    """One role held at one branch."""

    role: str
    path: str


@dataclass(frozen=True)
class Reach:
    """Who stands under a person named: the branches under `path`, of `roles` (all when empty)."""

    path: str
    roles: tuple[str, ...] = ()

    def covers(self, paths: Iterable[str], roles: Iterable[str]) -> bool:
        """Whether who works at one of `paths` (home, where a role is held, where lent today) with `roles`
        stands under it. The scope of complaints asks the same in SQL."""
        return any(path.startswith(self.path) for path in paths) and (
            not self.roles or not set(self.roles).isdisjoint(roles)
        )


def reaches(holdings: Iterable[Held]) -> list[Reach]:
    """Everybody under a person with these roles."""
    return list(dict.fromkeys(Reach(held.path, UNDER[held.role]) for held in holdings if held.role in UNDER))


def is_upper(holdings: Iterable[Held]) -> bool:
    """Whether a complaint against a person with these roles goes to the institution above."""
    return any(held.role in HEADS for held in holdings)


def prefixes(path: str) -> list[str]:
    """Every path a branch lies under, its own included: "1.2.3." → ["1.", "1.2.", "1.2.3."]."""
    parts = path.rstrip(".").split(".")
    return [".".join(parts[: n + 1]) + "." for n in range(len(parts))] if path else []
