"""Scheduled looks at the lobbies, the month's statistics, large exports: doors to `actions`."""

from celery import shared_task

from rmflow.doors.jobs import scheduled
from rmflow.privacy import exports
from rmflow.workdays import clock

from . import workbook
from .actions import closing_clock, months, repeats, watch
from .stats import rollup


@shared_task(name="referrals.watch_lobbies")
@scheduled("watch the lobbies")
def watch_lobbies() -> dict[str, int]:
    """Each minute: tell heads of lobbies without a name, close forgotten shifts and calls."""
    return watch.watch(clock.now())


@shared_task(name="referrals.compile_months")
@scheduled("compile the month's statistics")
def compile_months() -> dict[str, int]:
    """Each morning: from the first working day on, last month's draft of every branch, once."""
    return months.compile_due(today=clock.today())


@shared_task(name="referrals.forget_keys")
@scheduled("forget digests of repeats")
def forget_keys() -> dict[str, int]:
    """Each night: the digests of ID numbers whose slips no repeat warning looks back to."""
    return {"keys": repeats.forget_keys()}


@shared_task(name="referrals.refresh_figures")
@scheduled("fold in changed days")
def refresh_figures() -> dict[str, int]:
    """Each five minutes: count days anew that were locked, reopened or judged since."""
    return {"days": rollup.refresh()}


@shared_task(name="referrals.make_export", acks_late=True)
def make_export(export_id: int) -> None:
    """One large workbook, in the background; made again from the start when the worker died."""
    exports.make(export_id, workbook.write)


@shared_task(name="referrals.remind_closing")
@scheduled("remind of the closing")
def remind_closing() -> dict[str, int]:
    """Each five minutes: from a branch's hour on, tell those with something open, once a day."""
    return {"people": closing_clock.remind(now=clock.now())}


@shared_task(name="referrals.escalate_closing")
@scheduled("tell heads of open days")
def escalate_closing() -> dict[str, int]:
    """Each five minutes: half an hour later tell the head which day is not locked, once."""
    return {"days": closing_clock.escalate(now=clock.now())}


@shared_task(name="referrals.keep_custody")
@scheduled("seal and release records")
def keep_custody() -> dict[str, int]:
    """Each five minutes: seal branches past their hour, release those whose morning has come."""
    return closing_clock.keep_custody(now=clock.now())
