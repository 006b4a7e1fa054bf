"""First identification: the rules have looked at every branch; managers took some clients and left some off."""

from clients.models import Client, MonthlyBalance
from clients.rules import ClientType
from clients.scoring.months import first_of
from followups.actions import candidates
from followups.models import Candidate
from rmflow.staff.models import User
from rmflow.staff.permissions import Role

#: Averages of the last month and the one before, in yuan, of people nobody has judged yet.
FRESH = ((268_000, 31_000), (415_000, 402_000), (156_000, 12_500), (122_000, 118_000), (233_000, 229_500))

REASONS = ("过路资金，月末已转出", "客户明确表示不需要理财服务")


def make(branches, today):
    """Each branch by the night's action; then two taken and two left off by its first manager."""
    for branch in branches.values():
        _fresh(branch, today)
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


def _fresh(branch, today):
    """Money that came to clients nobody has judged: what the rules are there to see."""
    without = Client.objects.filter(branch=branch, type=ClientType.UNJUDGED, owner=None, balances=None)
    for client, amounts in zip(without.order_by("-pk"), FRESH, strict=False):
        for back, amount in enumerate(amounts, 1):
            MonthlyBalance.objects.create(
                client=client,
                month=first_of(today, back=back),
                amount=amount,
                deposits=amount,
                label="月日均",
            )
