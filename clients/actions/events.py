"""Evaluation out of turn (deck 12 不定期): what happened to whom since the last look, found by query."""

import datetime
from decimal import Decimal

from django.db.models import F, OuterRef, Subquery, TextChoices
from django.db.models.functions import Abs
from django.utils.translation import gettext_lazy as _

from ..models import Evaluation, EvaluationRun, Holding, LifeEvent, MonthlyBalance
from ..scoring.months import first_of
from ..scoring.rules import RunKind
from .evaluation import evaluate_clients

#: A movement is large from this much, and from this share of the month before.
LARGE, SHARE = 200_000, Decimal("0.3")
MOST = 50_000  # clients of one look; the next month's run has the others


class Cause(TextChoices):
    MOVEMENT = "movement", _("Large movement")
    PRODUCT = "product", _("New product")
    LIFE = "life", _("Life event")
    MANUAL = "manual", _("Asked for")


def evaluate_due(*, today):
    """Evaluate who has a cause; each cause is one run. Run twice a day, the second finds nobody."""
    did = {}
    for cause, find in FINDERS.items():
        since = _last_look(cause, today)
        clients = [] if since > today else list(find(since, today).filter(client__merged_into=None)[:MOST])
        if clients:
            evaluate_clients(clients, cause=cause)
        did[str(cause)] = len(clients)
    return did


def _last_look(cause, today):
    """The first day that no run by this cause has seen; yesterday at the earliest."""
    last = EvaluationRun.objects.filter(kind=RunKind.EVENT, cause=cause, by=None).order_by("-pk").first()
    seen = last.cut_at.date() if last else None
    yesterday = today - datetime.timedelta(days=1)
    return max(seen, yesterday) if seen else yesterday


def moved(_since, today):
    """Whose average of this month differs much from that of the last; once a month."""
    month = first_of(today)
    before = MonthlyBalance.objects.filter(client=OuterRef("client"), month=first_of(today, back=1))
    seen = Evaluation.objects.filter(
        month=month,
        run__in=EvaluationRun.objects.filter(kind=RunKind.EVENT, cause=Cause.MOVEMENT, month=month),
    )
    rows = MonthlyBalance.objects.filter(month=month).annotate(before=Subquery(before.values("amount")))
    rows = rows.annotate(change=Abs(F("amount") - F("before"))).filter(change__gte=LARGE)
    rows = rows.filter(change__gte=Abs(F("before")) * SHARE)
    return rows.exclude(client__in=seen.values("client")).order_by("client").values_list("client", flat=True)


def bought(since, today):
    """Who holds a product opened since."""
    rows = Holding.objects.filter(opened_on__gte=since, opened_on__lte=today)
    return _unseen(rows, Cause.PRODUCT, today)


def lived(since, today):
    """Whose life changed since: work, marriage, a child."""
    rows = LifeEvent.objects.filter(on__gte=since, on__lte=today)
    return _unseen(rows, Cause.LIFE, today)


def _unseen(rows, cause, today):
    runs = EvaluationRun.objects.filter(kind=RunKind.EVENT, cause=cause, cut_at__date__gte=today)
    seen = Evaluation.objects.filter(run__in=runs).values("client")
    return rows.exclude(client__in=seen).order_by("client").values_list("client", flat=True).distinct()


FINDERS = {Cause.MOVEMENT: moved, Cause.PRODUCT: bought, Cause.LIFE: lived}
