"""Counts of first identification: one query each."""

import datetime

from django.db.models import Count, F, Func, Q

from .candidate_rules import CandidateState
from .models import Candidate

LATELY = 30  # days that a manager's tally looks back


def by_rule(rows):
    """{rule: n} of candidates; a client counts under each rule that names it."""
    named = Candidate.objects.filter(pk__in=rows.values("pk")).annotate(
        code=Func(F("rules"), function="unnest")
    )
    return dict(named.values_list("code").annotate(n=Count("pk")).order_by())


def by_manager(user, today):
    """A row per manager: open now, taken and dismissed lately; clients nobody looks after last."""
    lately = Q(settled_at__date__gt=today - datetime.timedelta(days=LATELY))
    rows = Candidate.objects.visible_to(user).values(owner=F("client__owner"), name=F("client__owner__name"))
    found = rows.annotate(
        open=Count("pk", filter=Q(state=CandidateState.OPEN)),
        taken=Count("pk", filter=Q(state=CandidateState.TAKEN) & lately),
        dismissed=Count("pk", filter=Q(state=CandidateState.DISMISSED) & lately),
    ).order_by(F("client__owner__name").asc(nulls_last=True))
    return [row for row in found if row["open"] or row["taken"] or row["dismissed"]]
