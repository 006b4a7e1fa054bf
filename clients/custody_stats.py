"""Questions of the archive register: one question, one function."""

import datetime

from django.db.models import Count, Exists, F, OuterRef, Q
from django.utils import timezone

from rmflow.staff.models import BANK_TIME
from rmflow.workdays import clock

from .completeness import known_of, score
from .custody_rules import FileState, Finding, Link, LoanState
from .models import Archive, CheckItem, CustodyEvent, Hold, Loan
from .scoring.months import next_first

#: Figures of an assessment, in the order of the table.
FIGURES = ("files", "unfiled", "completeness", "updates", "loans", "late", "overdue", "faults")


def by_state(user, today):
    """{chip: n} of the register's chips; one query."""
    held = Exists(Hold.objects.in_force().filter(client=OuterRef("client")))
    late = Exists(Loan.objects.overdue(today).filter(archive=OuterRef("pk")))
    return (
        Archive.objects.visible_to(user)
        .annotate(is_held=held, is_late=late)
        .aggregate(
            all=Count("pk", filter=~Q(state=FileState.DESTROYED)),
            opened=Count("pk", filter=Q(state=FileState.OPENED)),
            filed=Count("pk", filter=Q(state=FileState.FILED)),
            lent=Count("pk", filter=Q(state=FileState.LENT)),
            late=Count("pk", filter=Q(is_late=True)),
            due=Count("pk", filter=Q(keep_until__lt=today, state=FileState.FILED, is_held=False)),
            held=Count("pk", filter=Q(is_held=True) & ~Q(state=FileState.DESTROYED)),
            destroyed=Count("pk", filter=Q(state=FileState.DESTROYED)),
        )
    )


def waiting_for(user, today):
    """What waits at the lending desk: {asked, approved, late}; one query."""
    return Loan.objects.visible_to(user).aggregate(
        asked=Count("pk", filter=Q(state=LoanState.ASKED)),
        approved=Count("pk", filter=Q(state=LoanState.APPROVED)),
        lent=Count("pk", filter=Q(state=LoanState.LENT)),
        late=Count("pk", filter=Q(state=LoanState.LENT, due_on__lt=today)),
    )


def by_manager(branch, month):
    """{manager id: figures} of those who look after archives of `branch`, for an assessment of `month`.

    Files, those not filed yet, completeness in percent, changes and loans of the month, loans that came
    back late, those overdue now, faults a check of the month found. Six queries.
    """
    span = _span(month)
    files = Archive.objects.filter(branch=branch, client__owner__isnull=False).exclude(
        state=FileState.DESTROYED
    )
    owned = files.values("client__owner_id", "client__owner__name").annotate(
        files=Count("pk"), unfiled=Count("pk", filter=Q(state=FileState.OPENED))
    )
    found = {
        row["client__owner_id"]: dict.fromkeys(FIGURES, 0)
        | {
            "manager": row["client__owner_id"],
            "name": row["client__owner__name"],
            "files": row["files"],
            "unfiled": row["unfiled"],
        }
        for row in owned.order_by("client__owner__name")
    }
    for name, counts in _counted(branch, span).items():
        for manager, count in counts:
            if manager in found:
                found[manager][name] = count
    for manager, percent in _completeness(files).items():
        found[manager]["completeness"] = percent
    return found


def _span(month):
    ends = next_first(month)
    return [
        timezone.make_aware(datetime.datetime.combine(day, datetime.time()), BANK_TIME)
        for day in (month, ends)
    ]


def _counted(branch, span):
    """Counts of the month per manager: {figure: [(manager id, n)]}."""
    begins, ends = span
    today = clock.today()
    changes = CustodyEvent.objects.filter(
        branch=branch, link=Link.UPDATE, at__gte=begins, at__lt=ends, archive__isnull=False
    )
    loans = Loan.objects.filter(archive__branch=branch)
    lent = loans.filter(lent_at__gte=begins, lent_at__lt=ends)
    back_late = loans.filter(returned_at__gte=begins, returned_at__lt=ends, returned_at__date__gt=F("due_on"))
    faults = CheckItem.objects.filter(
        round__branch=branch, round__signed_at__gte=begins, round__signed_at__lt=ends
    ).exclude(finding=Finding.OK)
    return {
        "updates": _per(changes, "archive__client__owner_id"),
        "loans": _per(lent, "borrower_id"),
        "late": _per(back_late, "borrower_id"),
        "overdue": _per(loans.overdue(today), "borrower_id"),
        "faults": _per(faults, "archive__client__owner_id"),
    }


def _per(rows, key):
    return list(rows.order_by().values_list(key).annotate(n=Count("pk")))


def _completeness(files):
    """{manager id: average completeness of the records} of these archives."""
    rows = files.select_related("client__profile").prefetch_related(
        "client__family", "client__dates", "client__consents"
    )
    today, sums = clock.today(), {}
    for file in rows:
        client = file.client
        consents = {row.purpose for row in client.consents.all() if row.withdrawn_at is None}
        known = known_of(
            client,
            getattr(client, "profile", None),
            family=len(client.family.all()),
            dates=len(client.dates.all()),
            consents=consents,
            today=today,
        )
        sums.setdefault(client.owner_id, []).append(score(known).percent)
    return {owner: round(sum(found) / len(found)) for owner, found in sums.items()}
