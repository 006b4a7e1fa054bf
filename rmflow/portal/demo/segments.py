"""Segments as a branch keeps them: two shared ones and a manager's own, made by the action."""

from clients.actions.segments import save_segment
from rmflow.staff.models import User
from rmflow.staff.permissions import Role


def _all(*rows):
    return {"match": "all", "groups": [{"match": "all", "conditions": [_row(*row) for row in rows]}]}


def _row(field, op, *values):
    return {"field": field, "op": op, "values": list(values)}


SHARED = (
    (
        "定期三个月内到期、未持有理财",
        "到期承接名单，先约到店",
        _all(("matures", "next_days", 90), ("held", "none_of", "wealth"), ("do_not_contact", "no")),
    ),
    (
        "优质客户九十天未联络",
        "主管每周查看",
        _all(("type", "any_of", "existing_premium"), ("last_contact", "older_days", 90)),
    ),
)
OWN = (
    "养生与茶友",
    "秋季沙龙邀约",
    {
        "match": "all",
        "groups": [
            {"match": "all", "conditions": [_row("owner", "any_of", "me")]},
            {
                "match": "any",
                "conditions": [
                    _row("hobbies", "any_of", "tea", "wellbeing"),
                    _row("cares_most", "any_of", "salons"),
                ],
            },
        ],
    },
)


def make(branches):
    """Two shared segments a branch by its first manager, one of the manager's own."""
    for branch in branches.values():
        managers = User.objects.holding_at(branch.pk, Role.WEALTH_MANAGER).order_by("pk")
        for manager in managers[:1]:
            for name, note, conditions in SHARED:
                save_segment(by=manager, name=name, note=note, conditions=conditions, shared=True)
            name, note, conditions = OWN
            save_segment(by=manager, name=name, note=note, conditions=conditions)
