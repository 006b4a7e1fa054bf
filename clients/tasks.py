"""Evaluations and files by the clock and by event: doors to `actions`."""

from celery import group, shared_task
from django.db import transaction

from rmflow.doors.jobs import scheduled
from rmflow.privacy import exports
from rmflow.staff.models import Branch, User
from rmflow.workdays import clock

from .actions import (
    drop,
    duplicates,
    evaluation,
    events,
    lending,
    managers,
    merges,
    retention,
    rights,
    signing,
    simulation,
)
from .models import RunPart
from .scoring import workbook as of_tiers
from .scoring.rules import PartState, RunState
from .segments import workbook as of_segments


@shared_task(name="clients.evaluate_month")
@scheduled("evaluate the month")
def evaluate_month() -> dict[str, int]:
    """Each night: last month's run, as soon as its balances are there; the branches as a group."""
    run = evaluation.start_due(today=clock.today())
    return {"branches": _queue(run=run) if run else 0}


@shared_task(name="clients.resume_evaluations")
@scheduled("go on with evaluations")
def resume_evaluations() -> dict[str, int]:
    """Each ten minutes: branches that a killed worker left, and runs that wait for nothing but their end."""
    for run_id in evaluation.unfinished():
        evaluation.finish(run_id)
    return {"branches": _queue(run__state=RunState.COMPUTING)}


def queue_on_commit(run):
    """Let the workers begin when the run stands."""
    transaction.on_commit(lambda: _queue(run=run))


def _queue(**of):
    parts = RunPart.objects.filter(state=PartState.WAITING, **of).order_by("pk").values_list("pk", flat=True)
    group(evaluate_branch.s(pk) for pk in parts).delay()
    return len(parts)


@shared_task(name="clients.evaluate_branch", acks_late=True)
def evaluate_branch(part_id: int) -> None:
    """One branch of a run; the last one ends the run."""
    evaluation.compute(part_id)
    evaluation.finish(RunPart.objects.values_list("run", flat=True).get(pk=part_id))


@shared_task(name="clients.evaluate_events")
@scheduled("evaluate clients by event")
def evaluate_events() -> dict[str, int]:
    """Each night: large movements, new products, life events, occupations, complaints nobody looked at yet."""
    return events.evaluate_due(today=clock.today())


@shared_task(name="clients.upgrade_unsigned")
@scheduled("put upgrades into effect")
def upgrade_unsigned() -> dict[str, int]:
    """Each morning: upgrades of runs nobody signed by the third working day, and of events whose day it is."""
    return {"branches": signing.upgrade_due(today=clock.today())}


@shared_task(name="clients.check_managers")
@scheduled("check premium clients' managers")
def check_managers() -> dict[str, int]:
    """Each night: premium clients whose manager is gone stand on the repair list, and their heads hear it."""
    return managers.check(today=clock.today())


@shared_task(name="clients.simulate_card", acks_late=True)
def simulate_card(card_id: int, user_id: int) -> None:
    """A scorecard over a large base; the page waits and asks."""
    simulation.run(card_id, by=User.objects.get(pk=user_id))


@shared_task(name="clients.find_duplicates")
@scheduled("find duplicate persons")
def find_duplicates() -> dict[str, int]:
    """Each night: pairs of records that may be one person."""
    return duplicates.find()


@shared_task(name="clients.settle_merges")
@scheduled("settle merges")
def settle_merges() -> dict[str, int]:
    """Each five minutes: rows that were under way to a folded record; merges whose undo is over."""
    return merges.settle(now=clock.now())


@shared_task(name="clients.take_inbox")
@scheduled("take files from the inbox")
def take_inbox() -> dict[str, int]:
    """Each minute: files of the inbox that stopped growing; those a saved map fits are loaded."""
    taken = drop.take_inbox()
    for pk in taken:
        load_file.delay(pk)
    return {"files": len(taken)}


@shared_task(name="clients.load_file", acks_late=True)
def load_file(load_id: int) -> None:
    """One file, loaded, checked or undone; a second worker finds it taken."""
    drop.work(load_id)


@shared_task(name="clients.resume_loads")
@scheduled("go on with loads")
def resume_loads() -> dict[str, int]:
    """Each five minutes: loads that a killed worker left."""
    left = drop.unfinished()
    for pk in left:
        load_file.delay(pk)
    return {"files": len(left)}


@shared_task(name="clients.forget_files")
@scheduled("forget old files")
def forget_files() -> dict[str, int]:
    """Each night: files nobody loaded for a week."""
    return {"files": drop.forget_old()}


@shared_task(name="clients.review_retention")
@scheduled("review retention")
def review_retention() -> dict[str, int]:
    """Each year: the clocks of every branch that keeps archives, as a group."""
    ids, year = retention.branches_with_archives(), clock.today().year
    group(review_branch.s(pk, year) for pk in ids).delay()
    return {"branches": len(ids)}


@shared_task(name="clients.review_branch", acks_late=True)
def review_branch(branch_id: int, year: int) -> None:
    """One branch of the yearly review; a second run finds the first."""
    retention.review(Branch.objects.get(pk=branch_id), year=year)


@shared_task(name="clients.anonymise_prospects")
@scheduled("anonymise who never became a client")
def anonymise_prospects() -> dict[str, int]:
    """Each night: people who never became clients, after the set days, branch by branch."""
    today = clock.today()
    branches = Branch.objects.order_by("pk").values_list("pk", flat=True)
    return {"persons": sum(retention.anonymise(pk, today=today) for pk in branches)}


@shared_task(name="clients.remind_loans")
@scheduled("remind of overdue archives")
def remind_loans() -> dict[str, int]:
    """Each morning: archives that should be back."""
    return {"loans": lending.remind_overdue(today=clock.today())}


@shared_task(name="clients.remind_rights")
@scheduled("remind of requests about data")
def remind_rights() -> dict[str, int]:
    """Each morning: answers that are nearly due or late."""
    return rights.remind(today=clock.today())


@shared_task(name="clients.export_segment", acks_late=True)
def export_segment(export_id: int) -> None:
    """A long list of a segment's clients; made again from the start when the worker died."""
    exports.make(export_id, of_segments.write)


@shared_task(name="clients.export_tiers", acks_late=True)
def export_tiers(export_id: int) -> None:
    """A long list of an evaluation; made again from the start when the worker died."""
    exports.make(export_id, of_tiers.write)
