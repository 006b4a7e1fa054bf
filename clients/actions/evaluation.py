"""Runs of the evaluation (C-04): begun once a month, computed branch by branch; by event for some clients.

Every step may be killed and done again: a branch is computed in one transaction under its own lock, and a
client has one row a run by the primary key. What becomes of the results: `signing`.
"""

import time

from django.db import connection, transaction
from django.db.models import Exists, OuterRef
from django.utils.translation import gettext as _

from rmflow.staff import permissions
from rmflow.staff.models import Branch
from rmflow.staff.permissions import Permission
from rmflow.workdays import clock
from rmflow.workdays.current import calendar
from rmflow.workflow import Conflict, Refused

from ..importing.load import read_by_evaluation
from ..models import Client, Evaluation, EvaluationRun, MonthlyBalance, RunPart, Scorecard
from ..scoring import sql
from ..scoring.months import first_of, is_review, next_first
from ..scoring.rules import UPGRADES_AFTER_WORKING_DAYS, PartState, RunKind, RunState, Upgrade
from . import signing

PARTITION_LOCK = 7304  # advisory lock: partitions are made one after the other
INSERT = """
    INSERT INTO clients_evaluation (run_id, month, scorecard_id, {columns})
    SELECT %(run)s, %(month)s, %(card)s, {columns} FROM ({select}) found {only} ON CONFLICT DO NOTHING"""
NOT_YET = """
    WHERE NOT EXISTS (SELECT FROM clients_evaluation k
           WHERE k.client_id = found.client_id AND k.run_id = %(run)s AND k.month = %(month)s)"""
CLIENTS = "c.id = ANY(%(clients)s) AND c.branch_id = %(branch)s"


def card_in_force():
    """The published scorecard with all its rows."""
    card = whole(Scorecard.objects.in_force()).first()
    if card is None:
        raise Refused(_("No scorecard is in force; publish one first."))
    return card


def whole(cards):
    """Scorecards with their tiers, dimensions, indicators and bands."""
    return cards.prefetch_related("tiers", "dimensions__indicators__bands")


def start_due(*, today):
    """Begin the run of last month, once its balances are there; None when it has been or cannot be."""
    month = first_of(today, back=1)
    if EvaluationRun.objects.filter(month=month).exclude(kind=RunKind.EVENT).exists():
        return None
    if not MonthlyBalance.objects.filter(month=month).exists():
        return None
    return start(month)


@transaction.atomic
def start(month, *, by=None):
    """Begin the run of `month` over the whole base; a month of a formal review asks for more at signing."""
    if by is not None:
        permissions.require(by, Permission.KEEP_SCORECARDS)
    month = month.replace(day=1)
    if next_first(month) > clock.today():
        raise Refused(_("A month is evaluated when it is over."), field="month")
    card = card_in_force()
    kind = RunKind.FORMAL if is_review(month, card.formal_review) else RunKind.MONTHLY
    run, made = _begin(kind, month, card, effective=next_first(month), by=by)
    if not made:
        raise Conflict(_("This month is evaluated already."), code="month")
    with_clients = Client.objects.filter(branch=OuterRef("pk"), created_at__lte=run.cut_at)
    branches = Branch.objects.filter(Exists(with_clients)).values_list("pk", flat=True)
    RunPart.objects.bulk_create(RunPart(run=run, branch_id=pk) for pk in sorted(branches))
    return run


def _begin(kind, month, card, *, effective, by=None, cause=""):
    """The run's row and its partition; `(run, made)`."""
    make_partition(month)
    days = calendar()
    fields = {
        "kind": kind,
        "scorecard": card,
        "effective_on": effective,
        "upgrades_on": days.add(
            max(effective, clock.today()) if kind != RunKind.EVENT else effective,
            UPGRADES_AFTER_WORKING_DAYS if kind != RunKind.EVENT else 0,
        ),
        "cut_at": clock.now(),
        "by": by,
        "cause": cause,
    }
    if kind == RunKind.EVENT:
        return EvaluationRun.objects.create(month=month, **fields), True
    rows = EvaluationRun.objects.filter(kind__in=(RunKind.MONTHLY, RunKind.FORMAL), month=month)
    found = rows.first()
    if found is not None:
        return found, False
    EvaluationRun.objects.bulk_create([EvaluationRun(month=month, **fields)], ignore_conflicts=True)
    found = rows.get()
    return found, found.cut_at == fields["cut_at"]


def make_partition(month):
    """The month's own table, so that a month is read, and one day dropped, by itself."""
    name = f"clients_evaluation_{month:%Y%m}"
    with connection.cursor() as cursor:
        cursor.execute("SELECT to_regclass(%s)", [name])
        if cursor.fetchone()[0]:
            return
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [PARTITION_LOCK])
        cursor.execute(
            f"CREATE TABLE IF NOT EXISTS {name} PARTITION OF clients_evaluation FOR VALUES FROM (%s) TO (%s)",
            [month, next_first(month)],
        )


def _params(run, **more):
    return {
        "run": run.pk,
        "month": run.month,
        "card": run.scorecard_id,
        "cut": run.cut_at,
        "effective": run.effective_on,
        **more,
    }


def _insert(run, card, *, branch_id, clients=None, only=""):
    """Write the rows of a branch (or of some of its clients); how many."""
    event = run.kind == RunKind.EVENT
    where = {"where": CLIENTS} if clients is not None else {}
    query = sql.select(card, event=event, **where)
    text = INSERT.format(columns=", ".join(sql.COLUMNS), select=query.sql, only=only)
    with connection.cursor() as cursor:
        tune(cursor)
        cursor.execute(text, {**query.params, **_params(run, branch=branch_id, clients=clients)})
        return cursor.rowcount


def tune(cursor):
    """For this transaction: compiling the many CASEs would take longer than running them."""
    cursor.execute("SET LOCAL jit = off")


@transaction.atomic
def compute(part_id):
    """Evaluate one branch; False when somebody has done so already."""
    read_by_evaluation()
    part = RunPart.objects.select_for_update(of=("self",)).select_related("run").get(pk=part_id)
    if part.state != PartState.WAITING:
        return False
    began = time.monotonic()
    card = whole(Scorecard.objects.filter(pk=part.run.scorecard_id)).get()
    part.clients = _insert(part.run, card, branch_id=part.branch_id)
    part.state, part.computed_at = PartState.READY, clock.now()
    part.milliseconds = round(1000 * (time.monotonic() - began))
    part.save(update_fields=["clients", "state", "computed_at", "milliseconds"])
    return True


@transaction.atomic
def finish(run_id):
    """When the last branch is computed: evaluate who changed branch meanwhile, and wait for signatures."""
    read_by_evaluation()
    run = EvaluationRun.objects.select_for_update(of=("self",)).get(pk=run_id)
    waiting = run.parts.filter(state=PartState.WAITING).exists()
    if run.state != RunState.COMPUTING or waiting:
        return False
    _sweep(run)
    run.state, run.finished_at = RunState.READY, clock.now()
    run.save(update_fields=["state", "finished_at"])
    return True


def _sweep(run):
    """Clients moved from a branch not yet computed to one that was: none is missed."""
    done = Evaluation.objects.filter(client=OuterRef("pk"), run=run, month=run.month)
    missed = Client.objects.standing().filter(~Exists(done), created_at__lte=run.cut_at, no_profiling=False)
    branches = list(missed.order_by().values_list("branch", flat=True).distinct())
    card = whole(Scorecard.objects.filter(pk=run.scorecard_id)).get() if branches else None
    for branch_id in branches:
        part, _made = RunPart.objects.get_or_create(
            run=run, branch_id=branch_id, defaults={"state": PartState.READY, "computed_at": clock.now()}
        )
        part.clients += _insert(run, card, branch_id=branch_id, only=NOT_YET)
        part.save(update_fields=["clients"])


def unfinished():
    """Runs whose branches are all computed, and whose end was lost."""
    waiting = RunPart.objects.filter(run=OuterRef("pk"), state=PartState.WAITING)
    rows = EvaluationRun.objects.filter(~Exists(waiting), state=RunState.COMPUTING)
    return list(rows.values_list("pk", flat=True))


def run_now(run):
    """Compute a whole run in this process: for the demo, the bench and small banks."""
    for pk in run.parts.filter(state=PartState.WAITING).values_list("pk", flat=True):
        compute(pk)
    finish(run.pk)


# --- by event ---


@transaction.atomic
def evaluate_clients(clients, *, cause, by=None):
    """Evaluate some clients out of turn (large movement, new product, life event, by hand).

    Nobody falls by an event: only higher tiers and types take effect, at once or on the next first day.
    """
    read_by_evaluation()
    rows = Client.objects.standing().filter(pk__in=clients)
    if by is not None:
        permissions.require(by, Permission.SEE_TIERS)
        rows = Client.objects.visible_to(by).filter(pk__in=clients)
    wanted = {}
    for pk, branch_id in rows.values_list("pk", "branch_id"):
        wanted.setdefault(branch_id, []).append(pk)
    if not wanted:
        raise Client.DoesNotExist
    card, today = card_in_force(), clock.today()
    newest = (
        MonthlyBalance.objects.filter(month__lte=today).order_by("-month").values_list("month", flat=True)
    )
    month = newest.first() or first_of(today)
    effective = today if card.upgrade == Upgrade.IMMEDIATE else next_first(today)
    run, _made = _begin(RunKind.EVENT, month, card, effective=effective, by=by, cause=cause)
    for branch_id, pks in sorted(wanted.items()):
        count = _insert(run, card, branch_id=branch_id, clients=pks)
        RunPart.objects.create(
            run=run, branch_id=branch_id, state=PartState.READY, clients=count, computed_at=clock.now()
        )
    run.state, run.finished_at = RunState.READY, clock.now()
    run.save(update_fields=["state", "finished_at"])
    if effective <= today:
        for part in run.parts.all():
            signing.raise_now(part.pk)
        signing.open_archives(run, sorted(wanted))
    return run
