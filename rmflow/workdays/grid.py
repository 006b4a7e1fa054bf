"""A year as twelve months of weeks, ready for a template."""

import calendar as gregorian
import datetime

from .rules import festival

MONDAY_FIRST = gregorian.Calendar(firstweekday=0)


def month_grids(calendar, year: int, today: datetime.date):
    """Twelve dicts: number, working days, weeks; a week is seven cells, None outside the month."""
    return [_month(calendar, year, number, today) for number in range(1, 13)]


def _month(calendar, year, number, today):
    weeks = [
        [_cell(calendar, day, today) if day.month == number else None for day in week]
        for week in MONDAY_FIRST.monthdatescalendar(year, number)
    ]
    working = sum(1 for week in weeks for cell in week if cell and cell["working"])
    return {"first": datetime.date(year, number, 1), "weeks": weeks, "working": working}


def _cell(calendar, day, today):
    kind, why = calendar.reason(day)
    return {
        "date": day,
        "kind": kind,
        "working": kind in ("working", "make_up"),
        "label": festival(calendar.days[day][1]) if day in calendar.days else "",
        "why": why,
        "is_today": day == today,
    }
