"""First identification: the rules have looked at every branch; managers took some clients and left some off."""

from clients.models import Client
from followups.actions import candidates
from followups.models import Candidate
from rmflow.staff.models import User
from rmflow.staff.permissions import Role

REASONS = ("过路资金，月末已转出", "客户明确表示不需要理财服务")


def make(branches, today):
    """Each branch by the night's action; then two taken and two left off by its first manager."""
    for branch in branches.values():
        candidates.find(branch.pk, today=today)
        manager = User.objects.holding_at(branch.pk, Role.WEALTH_MANAGER).order_by("pk").first()
        if manager is None:
            continue
        reach = (
            Candidate.objects.visible_to(manager).open().filter(client__in=Client.objects.filter(owner=None))
        )
        rows = list(reach.order_by("-amount", "pk").values_list("pk", flat=True)[:4])
        for pk in rows[:2]:
            candidates.take(pk, by=manager)
        for pk, reason in zip(rows[2:], REASONS, strict=False):
            candidates.dismiss(pk, by=manager, reason=reason)
