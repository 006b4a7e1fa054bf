"""The day's closing as it stands: slips, statements, signatures, in a fixed number of queries (B-03)."""

from dataclasses import dataclass, field
from typing import Any

from django.db.models import Q
from django.utils.functional import cached_property

from clients.custody_rules import FileState
from clients.models import Archive
from followups.models import Deal, FollowUp
from followups.rules import LIVE
from rmflow.staff.models import User
from rmflow.staff.permissions import ROLE_PERMISSIONS, Permission, Role
from rmflow.workdays import clock
from rmflow.workdays.actions import custody
from rmflow.workdays.models import BranchDay, DayConfirmation, DayReopening, OpinionBoxCheck
from rmflow.workdays.rules.closing import ClosingHours

from .models import Referral, Statement
from .rules import Status
from .rules import closing as rules

#: Who answers for the managers' side: whoever holds a role that may state what was received.
MANAGER_ROLES = tuple(role for role in Role.values if Permission.SIGN_RECEIVED in ROLE_PERMISSIONS[role])
LOBBY_ROLES = tuple(role for role in Role.values if Permission.SIGN_LOBBY in ROLE_PERMISSIONS[role])
COUNTED = (Status.REFERRED, Status.TO_FOLLOW_UP)


def slips_of(day):
    """The slips a day's closing has to settle: those filed on it, and those earlier days left over.

    One left over comes back on each later day until it is checked; it then stays with the day that
    checked it.
    """
    over = Q(sender_branch=day.branch_id, carried_on__isnull=False, day__date__lt=day.date) & (
        Q(counted_on=day) | Q(counted_on__isnull=True, carried_on__date__lt=day.date) | Q(carried_on=day)
    )
    return Referral.objects.filter(Q(day=day) | over, status__in=COUNTED)


@dataclass
class Row:
    """One row of the screen: a slip, or a client without one, with both statements."""

    line: rules.Line
    slip: Any = None
    statement: Any = None
    deals: list = field(default_factory=list)

    @cached_property
    def finding(self):
        return rules.finding(self.line)

    @property
    def is_open(self):
        return not self.line.is_settled

    @property
    def is_difference(self):
        return self.is_open and self.finding not in rules.AGREED

    @property
    def manager(self):
        return self.slip.manager if self.slip else self.statement.manager


def line_of(slip, statement, *, day, repeats=False):
    """A slip as the rules need it."""
    return rules.Line(
        key=slip.pk,
        status=slip.status,
        reception=slip.reception,
        guidance=slip.guidance,
        manager_id=slip.manager_id,
        client_id=slip.client_id,
        has_record=slip.follow_up_id is not None,
        repeats=repeats,
        check_result=slip.check_result,
        is_counted=slip.counted_on_id is not None,
        is_carried=slip.carried_on is not None and slip.carried_on.date >= day.date,
        is_foreign=slip.branch_id != day.branch_id,
        said=(statement.received, statement.met) if statement else None,
    )


def line_without_slip(statement):
    """A client whom a manager received and nobody filed."""
    return rules.Line(key=statement.pk, manager_id=statement.manager_id, is_ruled=bool(statement.ruling))


class Closing:
    """One day of one branch, read when asked for; each part is one query."""

    def __init__(self, day: BranchDay):
        self.day = day
        self.branch = day.branch

    @cached_property
    def slips(self):
        return list(
            slips_of(self.day)
            .with_outcome()
            .select_related("client", "referrer", "manager", "branch", "statement", "carried_on", "day")
            .order_by("filed_at", "pk")
        )

    @cached_property
    def unfiled(self):
        found = Statement.objects.filter(day=self.day, referral__isnull=True)
        return list(found.select_related("manager", "sender").order_by("met_at", "pk"))

    @cached_property
    def deals(self):
        """Deals of these clients that count under this day, by client."""
        clients = {slip.client_id for slip in self.slips}
        found: dict[int, list] = {}
        rows = Deal.objects.filter(day=self.day, client__in=clients).select_related("product").order_by("pk")
        for deal in rows if clients else ():
            found.setdefault(deal.client_id, []).append(deal)
        return found

    @cached_property
    def rows(self):
        """Every row: slips in the order of filing, then clients without one."""
        named = [(slip.pk, slip.client_id, slip.repeat_reason) for slip in self.slips]
        again = rules.repeats_of_the_day(named)
        found = []
        for slip in self.slips:
            statement = getattr(slip, "statement", None)
            line = line_of(slip, statement, day=self.day, repeats=slip.pk in again)
            found.append(Row(line, slip, statement, self.deals.get(slip.client_id, [])))
        return found + [Row(line_without_slip(s), None, s) for s in self.unfiled]

    @cached_property
    def confirmations(self):
        found = DayConfirmation.objects.filter(day=self.day, withdrawn_at__isnull=True)
        return list(found.select_related("person", "by"))

    @cached_property
    def box(self):
        """The last look into the opinion box, if any."""
        found = OpinionBoxCheck.objects.filter(day=self.day).select_related("by", "witness")
        return found.order_by("-at").first()

    @cached_property
    def picture(self):
        signed = [rules.Signature(c.side, c.person_id, c.by_id, c.slips) for c in self.confirmations]
        return rules.Picture([row.line for row in self.rows], signed, self.box is not None)

    @cached_property
    def matters(self):
        """What keeps the day open: (OpenKind, keys of slips or people)."""
        return rules.open_matters(self.picture)

    @cached_property
    def hours(self):
        if "closing_rule" in self.branch._state.fields_cache:
            rule = getattr(self.branch, "closing_rule", None)
            return custody.as_hours(rule) if rule else ClosingHours()
        return custody.hours(self.day.branch_id)

    @cached_property
    def reopenings(self):
        return list(DayReopening.objects.filter(day=self.day).select_related("by").order_by("at"))

    @cached_property
    def lobby_ids(self):
        """Who may sign for the lobby on this day."""
        people = User.objects.holding_at(self.day.branch_id, *LOBBY_ROLES)
        return frozenset(people.values_list("pk", flat=True))

    @cached_property
    def stand_in_from(self):
        return self.hours.escalation(self.day.date, clock.SHANGHAI)

    @cached_property
    def both(self):
        """People on both sides of this closing, for whom another may sign at once."""
        return rules.both_sides(self.lobby_ids, self.picture.managers())

    @cached_property
    def totals(self):
        """The head of the screen: sent, received, and the gap between them."""
        sent = [row for row in self.rows if row.slip]
        follow = [row for row in sent if row.slip.status == Status.TO_FOLLOW_UP]
        missing = (rules.Finding.MANAGER_MISSING, rules.Finding.DISPUTED)
        received = [row for row in self.rows if row.finding not in missing]
        met = [row for row in received if _is_met(row)]
        no_record = [row for row in follow if row.finding == rules.Finding.NO_RECORD]
        return {
            "sent": len(sent),
            "referred": len(sent) - len(follow),
            "to_follow_up": len(follow),
            "received": len(received),
            "met": len(met),
            "no_record": len(no_record),
            "gap": abs(len(sent) - len(received)),
        }


def _is_met(row):
    if row.slip is None:
        return row.statement.met
    return row.slip.reception == "met" or bool(row.statement and row.statement.met)


def snapshot(day):
    """What a day holds, in keys and codes: the before and after of a reopening."""
    rows = slips_of(day).values_list("pk", "status", "reception", "check_result", "counted_on", "manager")
    return {
        "slips": {
            str(pk): {
                "status": status,
                "reception": reception,
                "check_result": result,
                "counted": counted == day.pk,
                "manager": manager,
            }
            for pk, status, reception, result, counted, manager in rows.order_by("pk")
        }
    }


def custody_counts(day):
    """What goes into the cabinet with a day: its slips, the branch's live records, archives opened on it.

    An archive that is lent out stands in the lending register, not in the cabinet.
    """
    midnight = clock.now().replace(hour=0, minute=0, second=0, microsecond=0)
    return {
        "slips": slips_of(day).count(),
        "records": FollowUp.objects.filter(branch=day.branch_id, status__in=LIVE).count(),
        "archives": Archive.objects.filter(client__branch=day.branch_id, opened_at__gte=midnight)
        .exclude(state__in=(FileState.LENT, FileState.DESTROYED))
        .count(),
    }


def day_for(branch, *, date=None):
    """The day a closing is about: the one asked for, else the open one, else the last; None before the first."""
    days = BranchDay.objects.filter(branch=branch).select_related("branch__closing_rule", "closed_by")
    if date is not None:
        return days.get(date=date)
    return days.filter(date__lte=clock.today()).order_by("-date").first()


def unlocked_before(day):
    """Earlier days of the branch that nobody has locked, the oldest first; the last thirty at most."""
    found = BranchDay.objects.unlocked().filter(branch=day.branch_id, date__lt=day.date)
    return list(found.order_by("-date")[:30])[::-1]


def is_late(branch, *, now):
    """Whether the branch's last day waits to be locked after the hour of its reminder."""
    day = BranchDay.objects.filter(branch=branch, date__lte=now.date()).order_by("-date").first()
    unlocked = day is not None and day.closed_at is None
    return unlocked and now >= custody.hours(branch.pk).reminder(day.date, clock.SHANGHAI)


def of_manager(user):
    """Slips sent to this manager whose day is not locked, or left over: what he states and signs."""
    waiting = Q(day__closed_at__isnull=True) | Q(carried_on__isnull=False, counted_on__isnull=True)
    return (
        Referral.objects.filter(waiting, manager=user, status__in=COUNTED)
        .select_related(
            "client", "referrer", "manager", "branch", "statement", "carried_on", "day", "sender_branch"
        )
        .order_by("day__date", "filed_at", "pk")
    )
