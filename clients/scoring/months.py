"""Months, written as their first day."""

import datetime


def first_of(day: datetime.date, *, back: int = 0) -> datetime.date:
    """The first day of `day`'s month, or of the month `back` months before it."""
    months = day.year * 12 + day.month - 1 - back
    return datetime.date(months // 12, months % 12 + 1, 1)


def next_first(day: datetime.date) -> datetime.date:
    """The first day of the month after `day`'s."""
    return first_of(day, back=-1)


def is_review(month: datetime.date, dates: list[str]) -> bool:
    """Whether one of the fixed dates ("06-30") lies in `month`: its run adds a signed review."""
    return any(date[:2] == f"{month.month:02d}" for date in dates)


def add_months(day: datetime.date, count: int) -> datetime.date:
    """The same day `count` months on, or the last of that month."""
    first = first_of(day, back=-count)
    return min(first + datetime.timedelta(days=day.day - 1), next_first(first) - datetime.timedelta(days=1))
