"""The scheduled jobs: when each last ran, how long it took, what it did (spec, "The clock")."""

from django.shortcuts import render
from django.views.decorators.http import require_GET

from rmflow.doors.models import JobRun
from rmflow.schedule import SCHEDULE
from rmflow.staff import permissions
from rmflow.staff.permissions import Permission


@require_GET
def jobs(request):
    """Every job of the schedule beside its last run; one that never ran says so."""
    permissions.require(request.user, Permission.SEE_JOBS)
    last = {run.name: run for run in JobRun.objects.latest_of_each()}
    rows = [
        {
            "name": name,
            "schedule": str(entry["schedule"]),
            "run": last.get(name),
            "did": _did(last.get(name)),
        }
        for name, entry in SCHEDULE.items()
    ]
    return render(request, "portal/jobs.html", {"rows": rows, "failed": sum(_failed(r["run"]) for r in rows)})


def _did(run):
    return ", ".join(f"{key} {value}" for key, value in run.did.items()) if run else ""


def _failed(run):
    return bool(run and run.ok is False)
