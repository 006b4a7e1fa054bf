"""The calendar page: a year at a glance, and the deadline calculator."""

import csv
import datetime

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from rmflow.staff.permissions import Permission
from rmflow.workflow import Refused

from . import clock, current, rules
from .forms import CountForm
from .grid import month_grids
from .models import CalendarDay, CalendarYear

USUAL_DAYS = 7  # working days the calculator starts with (domain-rules §3.2)


@require_GET
def calendar_page(request):
    """One year as twelve months, with the calculator above; `?year=2027` chooses."""
    today, calendar = clock.today(), current.calendar()
    row = _year(request.GET.get("year"), today)
    context = {
        "row": row,
        "weekdays": rules.WEEKDAYS,
        "months": month_grids(calendar, row.year, today),
        "working_days": sum(calendar.is_working(day) for day in _days_of(row.year)),
        "years": _year_links(calendar, row.year, today),
        "notices": [rules.provisional_text(year) for year in calendar.unannounced(today)],
        "may_edit": request.user.has(Permission.MANAGE_REFERENCE),
        **_count(request.GET, today, calendar),
    }
    return render(request, "workdays/calendar.html", context)


@require_GET
def count(request):
    """The calculator's answer alone, for htmx; the page answers the same without it."""
    context = _count(request.GET, clock.today(), current.calendar())
    status = 422 if context["form"].errors or context["refusal"] else 200
    return render(request, "workdays/_count.html", context, status=status)


@require_GET
def year_csv(request, year):
    """The days of one year that differ from the week, in the form the import reads."""
    if not CalendarYear.objects.filter(pk=year).exists():
        raise Http404
    answer = HttpResponse(
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="calendar-{year}.csv"'},
    )
    answer.write("\ufeff")
    writer = csv.writer(answer)
    writer.writerow(["date", "kind", "label"])
    writer.writerows(
        CalendarDay.objects.filter(year_id=year).order_by("date").values_list("date", "kind", "label")
    )
    return answer


def _year(text, today) -> CalendarYear:
    """The year asked for, else this one; 404 for a year without rows."""
    wanted = today.year if text is None else int(text) if text.isascii() and text.isdigit() else 0
    row = CalendarYear.objects.filter(pk=wanted).first() if wanted < 10_000 else None
    if row is None:
        raise Http404(_("{year} has no calendar; no deadline can be computed").format(year=(text or wanted)))
    return row


def _days_of(year):
    first = datetime.date(year, 1, 1)
    days = (first + datetime.timedelta(days=n) for n in range(366))
    return (day for day in days if day.year == year)


def _year_links(calendar, chosen, today):
    """Filter chips: the years around today, and the chosen one."""
    near = [year for year in calendar.years if abs(year - today.year) <= 2 or year == chosen]
    return [{"label": str(year), "url": f"?year={year}", "current": year == chosen} for year in near]


def _count(query, today, calendar):
    """What the calculator shows: the form, and the trail or why there is none."""
    asked = "received" in query
    form = CountForm(query if asked else {"received": today.isoformat(), "days": USUAL_DAYS})
    context = {"form": form, "trail": None, "chip": None, "refusal": ""}
    if not form.is_valid():
        return context
    received, days = form.cleaned_data["received"], form.cleaned_data["days"]
    try:
        trail = calendar.trail(received, days)
        provisional = calendar.provisional_year(received, trail[-1].date)
    except Refused as refused:
        return {**context, "refusal": str(refused)}
    due_on = trail[-1].date
    return {
        **context,
        "trail": [_cell(line, at, today, due_on) for at, line in enumerate(trail)],
        "due_on": due_on,
        "due_weekday": rules.weekday(due_on),
        "days": days,
        "chip": rules.chip(due_on, today, calendar),
        "provisional": rules.provisional_text(provisional) if provisional else "",
    }


def _cell(line, at, today, due_on):
    """One cell of the day strip: weekday, mark, date, working-day number, calendar-day number."""
    return {
        "line": line,
        "weekday": rules.weekday(line.date),
        "elapsed": at,
        "is_today": line.date == today,
        "is_due": line.date == due_on,
        "is_off": line.kind in ("holiday", "weekend"),
        "shows_month": at == 0 or line.date.day == 1,
    }
