"""Runs of the evaluation (C-04, B-11): begun once a month, computed branch by branch, signed, put into effect.

Every step may be killed and done again: a branch is computed in one transaction under its own lock, a
client has one row a run by the primary key, and what was put into effect already changes nothing more.
"""

import time

import pghistory
from django.db import connection, transaction
from django.db.models import Exists, OuterRef
from django.utils.translation import gettext as _

from rmflow.staff import permissions
from rmflow.staff.models import Branch
from rmflow.staff.permissions import Permission
from rmflow.workdays import clock
from rmflow.workdays.current import calendar
from rmflow.workflow import Conflict, Refused

from .. import archives
from ..importing.load import read_by_evaluation
from ..models import Client, DowngradeRead, Evaluation, EvaluationRun, MonthlyBalance, RunPart, Scorecard
from ..scoring import effect, sql
from ..scoring.months import first_of, is_review, next_first
from ..scoring.rules import UPGRADES_AFTER_WORKING_DAYS, Move, PartState, RunKind, RunState, Upgrade

PARTITION_LOCK = 7304  # advisory lock: partitions are made one after the other
INSERT = """
    INSERT INTO clients_evaluation (run_id, month, scorecard_id, {columns})
    SELECT %(run)s, %(month)s, %(card)s, {columns} FROM ({select}) found {only} ON CONFLICT DO NOTHING"""
NOT_YET = """
    WHERE NOT EXISTS (SELECT FROM clients_evaluation k
           WHERE k.client_id = found.client_id AND k.run_id = %(run)s AND k.month = %(month)s)"""
PREMIUM_BY_RUN = """
    JOIN clients_evaluation e ON e.client_id = c.id AND e.run_id = %(run)s AND e.month = %(month)s
     AND e.branch_id = ANY(%(branches)s) WHERE e.type = 'existing_premium' AND e.type_before <> e.type"""
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
            _raise(part.pk)
        _open_archives(run, sorted(wanted))
    return run


# --- signature and effect ---


def _locked(part_id):
    return RunPart.objects.select_for_update(of=("self",)).select_related("run", "branch").get(pk=part_id)


def _open_archives(run, branches, by=None):
    """Whoever is premium by the run has a file from now on (C-05); called when all branches are written."""
    values = {"run": run.pk, "month": run.month, "branches": branches}
    with pghistory.context(run=run.pk):
        archives.open_missing(PREMIUM_BY_RUN, values, today=clock.today(), by=by)


@transaction.atomic
def sign(part_id, *, by, opinion=""):
    """The head of the scope signs a branch: upgrades, downgrades and types take effect."""
    part = _sign(part_id, by=by, opinion=opinion)
    _open_archives(part.run, [part.branch_id], by=by)
    return part


def _sign(part_id, *, by, opinion):
    if not RunPart.objects.visible_to(by).filter(pk=part_id).exists():
        raise RunPart.DoesNotExist
    part = _locked(part_id)
    permissions.require(by, Permission.SIGN_TIERS, part.branch)
    if part.state == PartState.SIGNED:
        raise Conflict(_("This evaluation is signed already."), code="signed")
    if part.state == PartState.BACK:
        raise Refused(_("This evaluation was sent back; it is computed anew first."), code="back")
    if part.run.state != RunState.READY or part.state == PartState.WAITING:
        raise Refused(_("The evaluation is still being computed."), code="computing")
    if part.run.kind == RunKind.FORMAL and unread(part).exists():
        raise Refused(
            _("A half-yearly review is signed when each downgrade was read; {n} are open.").format(
                n=unread(part).count()
            ),
            code="unread",
        )
    with pghistory.context(run=part.run_id, signed_by=by.pk):
        effect.apply(part, downgrades=True)
    part.state, part.signed_by, part.signed_at = PartState.SIGNED, by, clock.now()
    part.upgraded_at = part.upgraded_at or part.signed_at
    part.opinion = opinion.strip()[:300]
    part.save(update_fields=["state", "signed_by", "signed_at", "opinion", "upgraded_at"])
    _close(part.run_id)
    return part


@transaction.atomic
def sign_all(run_id, *, by, opinion=""):
    """Sign every branch of one's scope that is ready; returns how many."""
    settled = (PartState.SIGNED, PartState.BACK)
    parts = RunPart.objects.visible_to(by).filter(run=run_id).exclude(state__in=settled)
    reach = permissions.scope(by, Permission.SIGN_TIERS)
    permissions.require(by, Permission.SIGN_TIERS)
    parts = list(parts.filter(reach.q("branch")).order_by("pk").values_list("pk", flat=True))
    signed = [_sign(pk, by=by, opinion=opinion) for pk in parts]
    if signed:
        _open_archives(signed[0].run, [part.branch_id for part in signed], by=by)
    return len(signed)


def unread(part):
    """Downgrades of a branch that the head has not read yet."""
    seen = DowngradeRead.objects.filter(part=part, client=OuterRef("client"))
    rows = Evaluation.objects.filter(run=part.run_id, month=part.run.month, branch=part.branch_id)
    return rows.filter(~Exists(seen), move=Move.DOWN)


def read_downgrade(part_id, client_id, *, by):
    """Note that a downgrade was read."""
    part = RunPart.objects.visible_to(by).select_related("branch", "run").get(pk=part_id)
    permissions.require(by, Permission.SIGN_TIERS, part.branch)
    rows = Evaluation.objects.filter(run=part.run_id, month=part.run.month, branch=part.branch_id)
    found = rows.filter(client=client_id, move=Move.DOWN).values_list("client", flat=True).first()
    if found is None:
        raise Evaluation.DoesNotExist
    DowngradeRead.objects.bulk_create(
        [DowngradeRead(part=part, client_id=found, by=by)], ignore_conflicts=True
    )


@transaction.atomic
def _upgrade(part_id):
    """Put a branch's upgrades into effect without a signature, archives too; False when that was done."""
    part = _raise(part_id)
    if part:
        _open_archives(part.run, [part.branch_id])
    return bool(part)


def _raise(part_id):
    """The branch whose upgrades were written now; None when that was done."""
    part = _locked(part_id)
    if part.state != PartState.READY:
        return None
    with pghistory.context(run=part.run_id):
        effect.apply(part, downgrades=False)
    part.state, part.upgraded_at = PartState.UPGRADED, clock.now()
    part.save(update_fields=["state", "upgraded_at"])
    _close(part.run_id)
    return part


def upgrade_due(*, today):
    """From the third working day: upgrades of unsigned branches; runs by event when their day has come."""
    rows = RunPart.objects.filter(
        state=PartState.READY, run__state=RunState.READY, run__upgrades_on__lte=today
    )
    return sum(_upgrade(pk) for pk in rows.order_by("pk").values_list("pk", flat=True))


def _close(run_id):
    """A run is in effect when its last branch is signed; one by event when it took effect."""
    run = EvaluationRun.objects.select_for_update(of=("self",)).get(pk=run_id)
    done = {PartState.SIGNED, PartState.UPGRADED} if run.kind == RunKind.EVENT else {PartState.SIGNED}
    if not run.parts.exclude(state__in=done).exists():
        run.state = RunState.DONE
        run.save(update_fields=["state"])
