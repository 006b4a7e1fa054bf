"""The work log of a day (客户经理工作日志): what was planned, agreed and done; read-only."""

import datetime

from django.core.exceptions import PermissionDenied
from django.shortcuts import render
from django.urls import reverse
from django.utils.dateparse import parse_date
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from rmflow.privacy.actions import Kind, log
from rmflow.staff.models import BANK_TIME
from rmflow.staff.permissions import Permission
from rmflow.workdays import clock
from rmflow.workdays.rules import day_text, weekday

from .. import stats
from . import lines
from .rows import Moment, row

FARTHEST = datetime.timedelta(days=366 * 3)  # how far from today a day may be asked for


@require_GET
def worklog(request):
    """`?on=2026-10-08` chooses the day; `?who=` a manager of one's branches."""
    return render(request, "followups/worklog.html", _shown(request))


@never_cache
@require_GET
def paper(request):
    """The same day on A4, marked with who printed it; each print is on record (B-14)."""
    shown = _shown(request)
    lines = len(shown["plans"]) + len(shown["appointments"]) + len(shown["entries"])
    worker = shown["worker"]
    log(
        Kind.PRINT,
        by=request.user,
        object_type="followups.dayentry",
        rows=lines,
        item_key=f"worklog:{worker.pk if worker else ''}:{shown['day']}",
        request=request,
    )
    back = f"{reverse('followups:worklog')}{shown['here']}"
    return render(request, "followups/worklog_print.html", {**shown, "now": clock.now(), "back": back})


def _shown(request):
    """The day's log as its reader may see it."""
    user = request.user
    if not (user.has(Permission.WORK_FOLLOW_UP) or user.has(Permission.SEE_FOLLOW_UPS)):
        raise PermissionDenied(_("Your role does not allow this."))
    moment = Moment(user)
    managers = list(stats.managers_in_reach(user))
    worker = _worker(request, managers)
    day = _day(request.GET.get("on", ""), moment.today)
    query = f"&who={worker.pk}" if worker and worker.pk != user.pk else ""
    plans = [row(item, moment) for item in stats.plans_of(worker, day)] if worker else []
    return {
        "worker": worker,
        "managers": [{"pk": m.pk, "name": m.name, "current": worker and m.pk == worker.pk} for m in managers],
        "day": day,
        "day_text": f"{day_text(day, moment.today)} {weekday(day)}",
        "is_today": day == moment.today,
        "before": f"?on={day - datetime.timedelta(days=1):%Y-%m-%d}{query}",
        "after": f"?on={day + datetime.timedelta(days=1):%Y-%m-%d}{query}",
        "now": f"?on={moment.today:%Y-%m-%d}{query}",
        "plans": plans,
        "kept": sum(1 for plan in plans if not plan["open"]),
        "appointments": [_appointment(a, user) for a in stats.appointments_of(worker, day)] if worker else [],
        "entries": [lines.of_entry(e, user, moment.today) for e in stats.entries_of(worker, day)]
        if worker
        else [],
        "mine": worker is not None and worker.pk == user.pk,
        "off": _off(day, moment),
        "here": f"?on={day:%Y-%m-%d}{query}",
    }


def _worker(request, managers):
    """Whose log: the one asked for (404 outside one's reach), else one's own, else the first one's."""
    wanted = request.GET.get("who", "")
    user = request.user
    if wanted and wanted != str(user.pk):
        pk = int(wanted) if wanted.isascii() and wanted.isdigit() and len(wanted) < 19 else 0
        return stats.managers_in_reach(user).get(pk=pk)
    if user.has(Permission.WORK_FOLLOW_UP):
        return user
    return managers[0] if managers else None


def _day(text, today):
    """The day asked for; today for anything that is no day near enough."""
    try:
        day = parse_date(text) or today
    except ValueError:
        return today
    return day if abs(day - today) <= FARTHEST else today


def _off(day, moment):
    """Why the day does not work, in words; "" for a working day."""
    if day.year not in moment.calendar.years or moment.calendar.is_working(day):
        return ""
    return moment.calendar.reason(day)[1]


def _appointment(appointment, viewer):
    starts = appointment.starts_at.astimezone(BANK_TIME)
    state = appointment.state
    return {
        "hour": f"{starts:%H:%M}",
        "name": lines.reads_name(appointment.client, appointment.manager_id, viewer),
        "purpose": appointment.purpose,
        "state": {"agreed": "open", "kept": "met"}.get(state, "done"),
        "word": appointment.get_state_display(),
    }
