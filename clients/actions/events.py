"""Evaluation out of turn (deck 12 不定期): what was recorded of whom and not looked at yet, found by query.

News count from when they were recorded, however late that was, and wait for a look however long none came:
what a client was not evaluated for since is unseen (decision 0170).
"""

import datetime
from decimal import Decimal

from django.db.models import Exists, F, OuterRef, Q, Subquery, TextChoices
from django.db.models.functions import Abs, Greatest
from django.utils.translation import gettext_lazy as _

from rmflow.workdays import clock

from ..custody_rules import HoldKind
from ..models import Client, Evaluation, EvaluationRun, Hold, Holding, LifeEvent, MonthlyBalance, Profile
from ..scoring.months import first_of
from ..scoring.rules import RunKind
from .evaluation import evaluate_clients

#: A movement is large from this much, and from this share of the month before.
LARGE, SHARE = 200_000, Decimal("0.3")
MOST = 50_000  # clients of one look; the next look has the others
LOOK_BACK = datetime.timedelta(days=31)  # what is older, the month's own run has seen


class Cause(TextChoices):
    MOVEMENT = "movement", _("Large movement")
    PRODUCT = "product", _("New product")
    LIFE = "life", _("Life event")
    JOB = "job", _("Change of occupation")
    COMPLAINT = "complaint", _("Complaint")
    MANUAL = "manual", _("Asked for")


def evaluate_due(*, today):
    """Evaluate who has a cause; each cause is one run. Run twice a day, the second finds nobody."""
    did, since = {}, clock.now() - LOOK_BACK
    known = Client.objects.standing().filter(no_profiling=False, erased_at=None)
    for cause, find in FINDERS.items():
        rows = find(since, today).filter(client__in=known).order_by("client")
        clients = list(rows.values_list("client", flat=True).distinct()[:MOST])
        if clients:
            evaluate_clients(clients, cause=cause)
        did[str(cause)] = len(clients)
    return did


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
    return rows.exclude(client__in=seen.values("client"))


def bought(since, today):
    """Who holds a new contract; one of long ago that is loaded only now is no news."""
    rows = Holding.objects.filter(opened_on__gte=since.date(), opened_on__lte=today)
    return _unseen(rows, Cause.PRODUCT, F("recorded_at"), since)


def lived(since, today):
    """Whose life changed: work, marriage, a child."""
    return _unseen(LifeEvent.objects.filter(on__lte=today), Cause.LIFE, F("at"), since)


def worked(since, _today):
    """Whose profile says another class of occupation than before."""
    versions = Profile.history.rel.related_model.objects
    before = versions.filter(pgh_obj=OuterRef("pgh_obj"), pgh_id__lt=OuterRef("pgh_id")).order_by("-pgh_id")
    rows = versions.annotate(before=Subquery(before.values("job_class")[:1]))
    rows = rows.filter(before__isnull=False).exclude(before=F("job_class"))
    return _unseen(rows, Cause.JOB, F("pgh_created_at"), since)


def complained(since, _today):
    """Who has a complaint opened or settled: it holds the archive as long as it is open.

    A complaint whose persons must keep out of it tells nothing here either; its hold is of another kind.
    """
    rows = Hold.objects.filter(Q(placed_at__gte=since) | Q(released_at__gte=since), kind=HoldKind.COMPLAINT)
    return _unseen(rows, Cause.COMPLAINT, Greatest("placed_at", "released_at"), since)


def _unseen(rows, cause, recorded, since):
    """Rows recorded since then whose clients no run by this cause has evaluated afterwards."""
    looked = Evaluation.objects.filter(
        client=OuterRef("client"),
        run__kind=RunKind.EVENT,
        run__cause=cause,
        run__cut_at__gte=OuterRef("recorded"),
    )
    return rows.annotate(recorded=recorded).filter(~Exists(looked), recorded__gte=since)


FINDERS = {
    Cause.MOVEMENT: moved,
    Cause.PRODUCT: bought,
    Cause.LIFE: lived,
    Cause.JOB: worked,
    Cause.COMPLAINT: complained,
}
