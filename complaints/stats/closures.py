"""Questions about closures: one question, one query, plain rows (W3-06)."""

from django.db.models import Avg, Count, DurationField, ExpressionWrapper, F, Max, Min, Q, Sum
from django.db.models.functions import TruncMonth

from rmflow.staff.permissions import Permission, scope

from ..models import Closure, Opening
from ..rules.closures import OPEN, Result, State
from .complaint import is_key, last_day, month_of

#: What a group of cases is measured by.
MEASURES = {
    "cases": Count("pk"),
    "churn": Count("pk", filter=Q(result__in=[Result.KEPT, Result.PARTLY, Result.LOST])),
    "kept": Count("pk", filter=Q(result=Result.KEPT)),
    "partly": Count("pk", filter=Q(result=Result.PARTLY)),
    "left": Count("pk", filter=Q(result=Result.LOST)),
    "served": Count("pk", filter=Q(result=Result.SERVED)),
    "unended": Count("pk", filter=Q(state__in=OPEN)),
    "saved_sum": Sum("saved"),
    "lost_sum": Sum("lost"),
}
#: Ways to group: key → the columns of the group's name.
GROUPS = {
    "reason": ("reason",),
    "product": ("product__name", "product_id"),
    "destination": ("destination__name", "destination_id"),
    "manager": ("manager__name", "manager__employee_no", "manager_id"),
    "movement": ("movement",),
    "branch": ("branch__name", "branch__code", "branch_id"),
}
#: What a list may be drilled by: name in the address → column.
DRILLS = {
    "reason": "reason",
    "movement": "movement",
    "product": "product_id",
    "destination": "destination_id",
    "manager": "manager_id",
    "branch": "branch_id",
}
#: Results a figure stands for: name in the address → condition.
OUTCOMES = {
    "churn": Q(result__in=[Result.KEPT, Result.PARTLY, Result.LOST]),
    "held": Q(result__in=[Result.KEPT, Result.PARTLY]),
    "lost": Q(result=Result.LOST),
    "served": Q(result=Result.SERVED),
    "leak": Q(lost__gt=0),
    "saved": Q(saved__gt=0),
}


#: States a list shows together: name in the address → condition.
SHOWS = {
    "open": Q(state__in=OPEN),
    "mine": Q(state=State.FLAGGED),
    "called": Q(state__in=(State.CALLED, State.HEAD)),
    "ended": Q(state=State.ENDED),
    "all": Q(),
}


def shown(rows, show):
    return rows.filter(SHOWS[show])


def drilled(rows, asked):
    """`rows` as an address asks for them; "none" is what nobody has said, a value that is none no filter."""
    first = month_of(asked.get("month", ""))
    if first is not None:
        rows = of_month(rows, first, last_day(first))
    for name, column in DRILLS.items():
        value = asked.get(name, "")
        if value == "none" and name in ("reason", "movement"):
            rows = rows.filter(**{column: ""})
        elif value == "none":
            rows = rows.filter(**{f"{column}__isnull": True})
        elif value and name in ("reason", "movement"):
            rows = rows.filter(**{column: value[:12]})
        elif is_key(value):
            rows = rows.filter(**{column: int(value)})
    return rows.filter(OUTCOMES[asked["outcome"]]) if asked.get("outcome") in OUTCOMES else rows


def by_month(rows, first, last):
    """Kept and lost amounts of each month in which cases were found: {first day: row}. One query."""
    months = of_month(rows, first, last).order_by().annotate(month=TruncMonth("found_on"))
    return {row["month"]: row for row in months.values("month").annotate(**MEASURES)}


def of_month(rows, first, last):
    """Cases found from `first` to `last`, both included."""
    return rows.filter(found_on__gte=first, found_on__lte=last)


def total(rows):
    """All cases together."""
    return rows.aggregate(**MEASURES)


def grouped(rows, by):
    """A row for each group of `GROUPS[by]`, the largest loss first."""
    names = GROUPS[by]
    found = rows.order_by().values(*names).annotate(**MEASURES)
    return list(found.order_by(F("lost_sum").desc(nulls_last=True), "-cases", *names))


#: From the first report to the claim, and to the end.
TO_CLAIM = ExpressionWrapper(F("claimed_at") - F("found_at"), DurationField())
TO_OPEN = ExpressionWrapper(F("executed_at") - F("seated_at"), DurationField())
JUDGED = {
    "marked": Count("pk", filter=Q(accurate__isnull=False)),
    "accurate": Count("pk", filter=Q(accurate=True)),
    "first_time": Count("pk", filter=Q(first_time=True)),
}


def service_of_closures(rows):
    """Accuracy, first-time resolution and speed of cases (W3-01)."""
    return rows.aggregate(
        **JUDGED, cases=Count("pk"), speed=Avg(TO_CLAIM, filter=Q(found="counter")), worst=Max(TO_CLAIM)
    )


def service_of_openings(rows):
    """The same of openings: from sitting down to the end at the counter."""
    return rows.aggregate(
        **JUDGED,
        cases=Count("pk"),
        speed=Avg(TO_OPEN),
        worst=Max(TO_OPEN),
        first=Min("executed_at"),
    )


def openings_of(rows, first, last):
    """Openings carried out from `first` to `last`."""
    return rows.filter(executed_at__date__gte=first, executed_at__date__lte=last)


def waiting(branch):
    """Open cases of a branch by what they wait for: {state: n}."""
    found = Closure.objects.filter(branch=branch).open().order_by().values_list("state")
    return dict(found.annotate(n=Count("pk")))


def claim_until(rows):
    """By when the next case that waits for its manager is to be claimed; None when none waits."""
    return rows.filter(state=State.FLAGGED).aggregate(first=Min("claim_due_at"))["first"]


def under_way(user):
    """Open cases of the branches `user` answers for, those that wait for a claim, and until when."""
    rows = Closure.objects.filter(scope(user, Permission.SEE_CASES).q("branch")).open().order_by()
    flagged = Q(state=State.FLAGGED)
    return rows.aggregate(
        open=Count("pk"),
        flagged=Count("pk", filter=flagged),
        until=Min("claim_due_at", filter=flagged),
    )


def called_in(user, most=5):
    """Open cases into which the head was called and nobody has stepped in, the longest first."""
    rows = Closure.objects.filter(scope(user, Permission.SEE_CASES).q("branch"), state=State.CALLED)
    return list(rows.select_related("client", "branch", "manager").order_by("called_at", "pk")[:most])


def openings_waiting(branch):
    return dict(
        Opening.objects.filter(branch=branch).open().order_by().values_list("state").annotate(n=Count("pk"))
    )
