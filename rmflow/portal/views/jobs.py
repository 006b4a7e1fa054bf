"""The scheduled jobs: when each last ran, how long it took, what it did (spec, "The clock")."""

import datetime

from django.shortcuts import render
from django.utils.translation import gettext, ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from complaints.stats.recounts import recounts
from rmflow.doors.models import JobRun
from rmflow.schedule import SCHEDULE
from rmflow.staff import permissions
from rmflow.staff.permissions import Permission
from rmflow.workdays import clock
from rmflow.workdays.rules import short_day

from ..job_words import COUNTS, NAMES

LEAP_YEAR = 2000  # has every day a schedule may name


@require_GET
def jobs(request):
    """Every job of the schedule beside its last run; one that never ran says so."""
    permissions.require(request.user, Permission.SEE_JOBS)
    last = {run.name: run for run in JobRun.objects.latest_of_each()}
    rows = [
        {
            "name": NAMES.get(name, name),
            "schedule": spoken(entry["schedule"]),
            "run": last.get(name),
            "did": _did(last.get(name)),
        }
        for name, entry in SCHEDULE.items()
    ]
    context = {"rows": rows, "failed": sum(_failed(r["run"]) for r in rows), **_recounts()}
    return render(request, "portal/jobs.html", context)


@never_cache
@require_GET
def calendar_changes(request):
    """How far deadlines have followed the last changes of the calendar: asked for again while one runs."""
    permissions.require(request.user, Permission.SEE_JOBS)
    return render(request, "portal/_recounts.html", _recounts())


def _recounts():
    found = [row | {"words": _figures(row)} for row in recounts(now=clock.now())]
    return {"recounts": found, "moving": any(row["state"] != "done" for row in found)}


def _figures(row):
    return {name: f"{row[name]:,}" for name in ("done", "total", "moved")}


def _did(run):
    return " · ".join(f"{COUNTS.get(key, key)} {value}" for key, value in run.did.items()) if run else ""


def spoken(schedule):
    """When a job runs, in words: every 5 seconds, every minute, every day at 03:20, once a year."""
    if isinstance(schedule, (int, float)):
        return ngettext("every second", "every {n} seconds", int(schedule)).format(n=int(schedule))
    if len(schedule.hour) == 1 and len(schedule.minute) == 1:
        time = f"{min(schedule.hour):02d}:{min(schedule.minute):02d}"
        if len(schedule.day_of_month) > 1:
            return gettext("every day at {time}").format(time=time)
        day = min(schedule.day_of_month)
        if len(schedule.month_of_year) > 1:
            return gettext("every month on day {day} at {time}").format(day=day, time=time)
        date = short_day(datetime.date(LEAP_YEAR, min(schedule.month_of_year), day))
        return gettext("every year on {day} at {time}").format(day=date, time=time)
    step = 60 // len(schedule.minute)
    return ngettext("every minute", "every {n} minutes", step).format(n=step)


def _failed(run):
    return bool(run and run.ok is False)
