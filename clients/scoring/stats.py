"""What a run or a simulation does to the base: one grouped question, read into a picture."""

from collections import Counter, defaultdict
from dataclasses import dataclass, field

from django.db import connection, transaction
from django.db.models import Count, F, Q

from rmflow.staff.models import Branch, User

from ..models import Client, Evaluation, EvaluationRun
from . import sql
from .names import tier_names
from .rules import Flag, Move, Reason, RunKind

GROUPED = ("branch_id", "owner_id", "tier_before", "tier", "move", "reason")
COUNTS = """count(*), count(short), count(*) FILTER (WHERE watched AND NOT watched_before),
    count(*) FILTER (WHERE type <> type_before OR level <> level_before),
    count(*) FILTER (WHERE flags & {conflict} > 0), count(*) FILTER (WHERE flags & {override} > 0),
    count(*) FILTER (WHERE average IS NULL)"""


@dataclass(frozen=True)
class Group:
    """Clients alike in branch, manager, tiers, move and reason."""

    branch: int
    owner: int | None
    before: str
    after: str
    move: str
    reason: str
    clients: int
    near: int = 0
    newly_watched: int = 0
    types: int = 0
    conflicts: int = 0
    overrides: int = 0
    missing: int = 0


def of_run(run, branches=None, owner=None):
    """The groups of a run, in some branches."""
    rows = Evaluation.objects.filter(run=run, month=run.month)
    if branches is not None:
        rows = rows.filter(branch__in=branches)
    if owner is not None:
        rows = rows.filter(owner=owner)
    found = rows.values_list(*GROUPED).annotate(
        n=Count("client_id"),
        near=Count("short"),
        fresh=Count("client_id", filter=Q(watched=True, watched_before=False)),
        types=Count("client_id", filter=~Q(type=F("type_before")) | ~Q(level=F("level_before"))),
        conflicts=Count("client_id", filter=Q(flags__in=_having(Flag.CONFLICT))),
        overrides=Count("client_id", filter=Q(flags__in=_having(Flag.OVERRIDE))),
        missing=Count("client_id", filter=Q(average__isnull=True)),
    )
    return [Group(*row) for row in found.order_by()]


def _having(flag):
    """All values of `flags` with this bit: an index or a filter can use them."""
    return [value for value in range(16) if value & flag]


def simulate(card, *, month, cut, effective, branches=None):
    """The same groups for a scorecard over the base as it is; reads only, writes nothing."""
    query = sql.select(card)
    counts = COUNTS.format(conflict=int(Flag.CONFLICT), override=int(Flag.OVERRIDE))
    text = f"SELECT {', '.join(GROUPED)}, {counts} FROM ({query.sql}) found GROUP BY {', '.join(GROUPED)}"
    if branches is None:
        branches = Branch.objects.order_by("pk").values_list("pk", flat=True)
    groups = []
    for branch in branches:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET LOCAL jit = off")
            run = {"month": month, "cut": cut, "effective": effective, "branch": branch}
            cursor.execute(text, {**query.params, **run})
            groups += [Group(*row) for row in cursor.fetchall()]
    return groups


def latest(kinds=(RunKind.MONTHLY, RunKind.FORMAL)):
    """The newest run over the whole base."""
    return EvaluationRun.objects.filter(kind__in=kinds).select_related("scorecard").order_by("-month").first()


@dataclass
class Picture:
    """Groups read as the page shows them."""

    groups: list[Group]
    names: dict[str, str] = field(default_factory=tier_names)

    @property
    def codes(self):
        """Tiers, highest first; those without one last when there are any."""
        codes = list(reversed(self.names))
        strange = {code for g in self.groups for code in (g.before, g.after)} - set(codes)
        return [*codes, *sorted(strange, reverse=True)]

    @property
    def total(self):
        return sum(group.clients for group in self.groups)

    def moves(self):
        """{Move: clients}."""
        counts = Counter()
        for group in self.groups:
            counts[group.move] += group.clients
        return counts

    def sums(self, name):
        return sum(getattr(group, name) for group in self.groups)

    def matrix(self):
        """{(before, after): clients}."""
        counts = Counter()
        for group in self.groups:
            counts[group.before, group.after] += group.clients
        return counts

    def reasons(self, *moves):
        """[(Reason, clients)] of some moves, most first."""
        counts = Counter()
        for group in self.groups:
            if group.move in moves:
                counts[group.reason] += group.clients
        return [(Reason(reason), n) for reason, n in counts.most_common()]

    def by(self, name):
        """{owner or branch: Counter of moves with "clients" and "near"}."""
        found = defaultdict(Counter)
        for group in self.groups:
            row = found[getattr(group, name)]
            row["clients"] += group.clients
            row["near"] += group.near
            row[group.move] += group.clients
        return found


LISTS = {
    "up": Q(move__in=(Move.UP, Move.NEW)),
    "down": Q(move=Move.DOWN),
    "watch": Q(move=Move.WATCH),
    "near": Q(
        short__isnull=False, client__merged_into=None, client__erased_at=None, client__restricted_at=None
    ),
    "conflict": Q(flags__in=_having(Flag.CONFLICT)),
    "override": Q(flags__in=_having(Flag.OVERRIDE)),
}


def rows(run, branches, *, which="", owner="", before=None, after=None):
    """The results behind a figure, ready for the page: the nearest first, else the largest balances."""
    found = Evaluation.objects.filter(run=run, month=run.month, branch__in=branches)
    if which in LISTS:
        found = found.filter(LISTS[which])
    if owner:
        found = found.filter(owner=None if owner == "none" else owner)
    if before is not None and after is not None:
        found = found.filter(tier_before=before, tier=after)
    order = ("short", "client_id") if which == "near" else (F("average").desc(nulls_last=True), "client_id")
    return found.select_related("client", "owner", "branch").order_by(*order)


def people(ids):
    """{id: name} of managers."""
    return dict(User.objects.filter(pk__in=[pk for pk in ids if pk]).values_list("pk", "name"))


def whole_base():
    return Client.objects.count()
