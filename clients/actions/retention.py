"""Retention clocks: set with the end of the relation, reviewed once a year, run out into lists (B-13)."""

import datetime

from django.db import IntegrityError, connection, transaction
from django.db.models import Exists, F, Max, OuterRef, Q
from django.db.models.functions import Coalesce, Greatest
from django.utils.translation import gettext_noop

from rmflow.notices.actions import notify
from rmflow.staff import permissions
from rmflow.staff.models import BANK_TIME, Branch, User
from rmflow.staff.permissions import Permission, Role
from rmflow.workdays import clock

from .. import neighbours
from ..custody_rules import FileState, Link, Record, keep_until
from ..models import (
    Archive,
    Client,
    CustodyEvent,
    Hold,
    Holding,
    RetentionReview,
    RetentionRule,
    TimelineEntry,
)
from ..rules import ClientType, TimelineKind
from .erasing import erase

DUE = gettext_noop("{n} archives are past their retention; look through them.")

#: What a dealing with a person leaves on the timeline; looking after the record is none.
DEALINGS = (
    *(TimelineKind.REGISTERED, TimelineKind.REFERRED, TimelineKind.ACCEPTED, TimelineKind.MET),
    *(TimelineKind.DECLINED, TimelineKind.LEFT, TimelineKind.WITHDRAWN, TimelineKind.VERDICT),
    *(TimelineKind.FOLLOW_UP, TimelineKind.FOLLOW_UP_CLOSED, TimelineKind.CONTACT),
    *(TimelineKind.APPOINTMENT, TimelineKind.DEAL, TimelineKind.RIGHTS),
)
#: Types of people who are no clients of the bank.
NEVER_CLIENTS = (ClientType.UNJUDGED, ClientType.PROSPECTIVE_PREMIUM, ClientType.ORDINARY)
CHUNK = 500  # persons made anonymous in one transaction

#: The clock of every archive of one branch, from the end of the relation: one statement.
CLOCKS = """
    UPDATE clients_archive a SET keep_until = n.until
      FROM (SELECT b.id, (p.relation_ended_on + make_interval(years => %(years)s, days => %(days)s))::date
                   + CASE WHEN extract(day FROM p.relation_ended_on) = 29
                           AND extract(month FROM p.relation_ended_on) = 2
                           AND extract(day FROM p.relation_ended_on + make_interval(years => %(years)s)) = 28
                          THEN 1 ELSE 0 END AS until
              FROM clients_archive b LEFT JOIN clients_profile p ON p.client_id = b.client_id
             WHERE b.state <> 'destroyed' AND {which}) n
     WHERE n.id = a.id AND a.keep_until IS DISTINCT FROM n.until
"""


def _clocks(which, **params):
    rule = RetentionRule.objects.get(record=Record.CLIENT_FILE)
    with connection.cursor() as cursor:
        cursor.execute(CLOCKS.format(which=which), {"years": rule.years, "days": rule.days, **params})
        return cursor.rowcount


def kept_until(record, start):
    """The last day a record of this class is kept whose clock begins at `start`, by the period in force."""
    rule = RetentionRule.objects.get(record=record)
    return keep_until(start, years=rule.years, days=rule.days)


def set_clock(client):
    """The relation has ended, or goes on after all: the day the file is kept until follows."""
    _clocks("b.client_id = %(client)s", client=client.pk)


@transaction.atomic
def review(branch, *, year, by=None):
    """Look at every clock of a branch: dates corrected, files counted, what is due marked and told.

    By the job once a year (a second run finds the first and changes nothing), by hand whenever wanted.
    """
    if by is not None:
        permissions.require(by, Permission.DESTROY_ARCHIVE, branch)
    try:
        with transaction.atomic():
            made = RetentionReview.objects.create(branch=branch, year=year, by=by, at=clock.now())
    except IntegrityError as error:
        if "retention_review_once_a_year" not in str(error):
            raise
        return None
    today = clock.today()
    made.changed = _clocks("b.branch_id = %(branch)s", branch=branch.pk)
    files = Archive.objects.filter(branch=branch).exclude(state=FileState.DESTROYED)
    past = files.filter(keep_until__lt=today)
    held = Exists(Hold.objects.in_force().filter(client=OuterRef("client")))
    made.files = files.count()
    made.running = files.filter(keep_until__isnull=True).count()
    made.held = past.filter(held).count()
    due = list(past.filter(~held).values_list("pk", flat=True))
    made.due = len(due)
    made.kept = made.files - made.running - made.held - made.due
    made.save()
    _mark_due(branch, due, by=by, year=year)
    return made


def _mark_due(branch, due, *, by, year):
    """One line in the register of each file that is due, and word to the archivists."""
    known = CustodyEvent.objects.filter(name="due", archive__in=due, data__year=year)
    there = set(known.values_list("archive_id", flat=True))
    CustodyEvent.objects.bulk_create(
        CustodyEvent(
            archive_id=pk, branch=branch, link=Link.DESTRUCTION, name="due", by=by, data={"year": year}
        )
        for pk in due
        if pk not in there
    )
    if due and by is None:
        keepers = User.objects.holding_at(branch.pk, Role.ARCHIVIST)
        key, link = f"retention:{branch.pk}:{year}", "/archives/retention/"
        notify(keepers, "retention", DUE, key=key, link=link, params={"n": len(due)})


def branches_with_archives():
    """Ids of the branches that keep archives."""
    kept = Archive.objects.exclude(state=FileState.DESTROYED)
    return list(
        Branch.objects.filter(Exists(kept.filter(branch=OuterRef("pk")))).values_list("pk", flat=True)
    )


def never_clients(branch_id, *, today):
    """People of a branch who never became clients and whose days are over (domain-rules §4.5).

    No customer number, archive or contract; nothing under way, no hold; the last dealing is older than
    the set days.
    """
    rule = RetentionRule.objects.get(record=Record.PROSPECT)
    start = today - datetime.timedelta(days=rule.days + rule.years * 365)
    before = datetime.datetime.combine(start, datetime.time(), tzinfo=BANK_TIME)
    dealt = (
        TimelineEntry.objects.filter(client=OuterRef("pk"), kind__in=DEALINGS)
        .order_by()
        .values("client")
        .annotate(last=Max("at"))
        .values("last")
    )
    people = Client.objects.filter(
        Q(branch=branch_id),
        ~Exists(Archive.objects.filter(client=OuterRef("pk"))),
        ~Exists(Holding.objects.filter(client=OuterRef("pk"))),
        ~Exists(Hold.objects.in_force().filter(client=OuterRef("pk"))),
        customer_no__isnull=True,
        merged_into__isnull=True,  # what is left of a merge is nobody's record
        erased_at__isnull=True,
        type__in=NEVER_CLIENTS,
        created_at__lt=before,
    )
    people = people.annotate(dealt=Greatest(F("created_at"), Coalesce(dealt, F("created_at"))))
    return neighbours.without_open_work(people.filter(dealt__lt=before))


def anonymise(branch_id, *, today):
    """Make anonymous who is due at one branch, in transactions of CHUNK persons; returns how many.

    Each is asked again under the lock: a hold or a slip that came meanwhile keeps the person.
    """
    due = never_clients(branch_id, today=today)
    waiting = list(due.order_by("pk").values_list("pk", flat=True))
    done = 0
    for first in range(0, len(waiting), CHUNK):
        with transaction.atomic():
            chunk = Client.objects.select_for_update(of=("self",)).filter(
                pk__in=waiting[first : first + CHUNK]
            )
            ids = list(chunk.order_by("pk").values_list("pk", flat=True))
            done += erase(list(due.filter(pk__in=ids).values_list("pk", flat=True)), why="retention")
    return done
