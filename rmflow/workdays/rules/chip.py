"""The deadline chip: date, then what remains in working days (design.md §2)."""

import datetime
from typing import Any

from django.utils.dateformat import format as format_date
from django.utils.translation import get_language, ngettext, pgettext, pgettext_lazy
from django.utils.translation import gettext as _

from .calendar import Calendar, YearMissing

#: Icon of each state; colour alone never says it.
ICONS = {"past": "alert-triangle", "today": "clock", "open": "calendar", "met": "check", "done": "minus"}
LONGEST_TRAIL = 16  # calendar days listed one by one in a tooltip; longer spans are summed up
CHIPS_KEPT = 4000
HOUR = datetime.timedelta(hours=1)

#: Django's own Chinese abbreviations are the long words; the bank writes 周四. Monday first.
WEEKDAYS = (
    pgettext_lazy("weekday", "Mon"),
    pgettext_lazy("weekday", "Tue"),
    pgettext_lazy("weekday", "Wed"),
    pgettext_lazy("weekday", "Thu"),
    pgettext_lazy("weekday", "Fri"),
    pgettext_lazy("weekday", "Sat"),
    pgettext_lazy("weekday", "Sun"),
)


def weekday(day: datetime.date) -> str:
    """周四, or Thu."""
    return str(WEEKDAYS[day.weekday()])


def short_day(day: datetime.date) -> str:
    """10月8日, or 8 Oct."""
    return format_date(day, pgettext("date format: day and month", "j M"))


def day_text(day: datetime.date, today: datetime.date | None = None) -> str:
    """10月8日; with the year when it is not that of `today`."""
    if today is None or day.year == today.year:
        return short_day(day)
    return format_date(day, pgettext("date format: day, month and year", "j M Y"))


def provisional_text(year: int) -> str:
    """What every date that rests on an unannounced year carries."""
    return _("Provisional: {year} holidays not announced yet").format(year=year)


def chip(
    due_on: datetime.date,
    today: datetime.date,
    calendar: Calendar,
    *,
    due_at: datetime.datetime | None = None,
    now: datetime.datetime | None = None,
    done_on: datetime.date | None = None,
) -> dict[str, Any]:
    """What the chip of a deadline shows: state, date_text, words, icon, title, provisional.

    `due_at` and `now` (aware) turn the last hour into minutes; `done_on` settles the chip.
    """
    if due_at is not None and now is not None and done_on is None and due_at - now <= HOUR:
        hourly = _within_the_hour(due_at, now)
        if hourly:
            return hourly
    key = (due_on, today, done_on, get_language())
    known = calendar._chips.get(key)
    if known is None:
        if len(calendar._chips) >= CHIPS_KEPT:
            calendar._chips.clear()
        known = calendar._chips[key] = _day_chip(due_on, today, calendar, done_on)
    return dict(known)


def _day_chip(due_on, today, calendar, done_on) -> dict[str, Any]:
    try:
        state, words = _settled(due_on, done_on, calendar) if done_on else _running(due_on, today, calendar)
        year = calendar.provisional_year(due_on - datetime.timedelta(days=1), due_on)
        if not done_on:
            year = year or calendar.provisional_year(today, due_on)
        title = _title(due_on, done_on or today, calendar)
    except YearMissing as missing:
        state, words, year, title = "open", str(missing), None, str(missing)
    if year:
        title = f"{title} · {provisional_text(year)}"
    return {
        "state": state,
        "date": due_on,
        "date_text": day_text(due_on, today),
        "words": words,
        "icon": ICONS[state],
        "title": title,
        "provisional": year is not None,
        "provisional_year": year,
    }


def _running(due_on, today, calendar) -> tuple[str, str]:
    """State and words of an open deadline; what falls between two working days stays in words."""
    if due_on == today:
        return "today", pgettext("deadline", "Today")
    left = calendar.between(today, due_on)
    if due_on < today:
        late = -left
        if not late:
            return "past", pgettext("deadline", "Overdue")
        return "past", ngettext("Overdue {n} working day", "Overdue {n} working days", late).format(n=late)
    if not left:
        return "today", _("No working day left")
    return "open", ngettext("{n} working day left", "{n} working days left", left).format(n=left)


def _settled(due_on, done_on, calendar) -> tuple[str, str]:
    if done_on <= due_on:
        return "met", _("Done on time")
    late = calendar.between(due_on, done_on)
    if not late:
        return "done", _("Done late")
    return "done", ngettext("Done {n} working day late", "Done {n} working days late", late).format(n=late)


def _within_the_hour(due_at, now) -> dict[str, Any] | None:
    """The chip of an agreed hour: from an hour before until the end of that day."""
    due_at = due_at.astimezone(now.tzinfo)
    if due_at.date() != now.date():
        return None
    minutes = int(abs(due_at - now).total_seconds() // 60)
    if due_at >= now:
        state, words = "today", ngettext("in {n} minute", "in {n} minutes", minutes).format(n=minutes)
    elif minutes < 60:
        state = "past"
        words = ngettext("Overdue {n} minute", "Overdue {n} minutes", minutes).format(n=minutes)
    else:
        hours = minutes // 60
        state, words = "past", ngettext("Overdue {n} hour", "Overdue {n} hours", hours).format(n=hours)
    return {
        "state": state,
        "date": due_at.date(),
        "date_text": f"{due_at:%H:%M}",
        "words": words,
        "icon": ICONS[state],
        "title": f"{short_day(due_at.date())} {due_at:%H:%M}",
        "provisional": False,
        "provisional_year": None,
    }


def _title(due_on, counted_from, calendar) -> str:
    """How the days were counted, day by day while that fits a tooltip."""
    start, end = min(counted_from, due_on), max(counted_from, due_on)
    if start == end:
        return day_text(due_on)
    if (end - start).days > LONGEST_TRAIL:
        days = calendar.between(start, end)
        return ngettext(
            "{n} working day from {start} to {end}", "{n} working days from {start} to {end}", days
        ).format(n=days, start=short_day(start), end=short_day(end))
    lines = calendar.days_from(start, end)[1:]
    return " · ".join(_line(line) for line in lines)


def _line(line) -> str:
    day = f"{short_day(line.date)} {weekday(line.date)}"
    if line.number is None:
        return f"{day} {pgettext('calendar mark', 'off')}"
    if line.kind == "make_up":
        return f"{day} {pgettext('calendar mark', 'work')} {line.number}"
    return f"{day} {line.number}"
