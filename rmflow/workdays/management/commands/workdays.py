"""Work out a deadline from the command line and show the count day by day."""

import datetime
import itertools
import json
import unicodedata

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from rmflow.workdays import current, rules
from rmflow.workflow import Refused

MOST_DAYS = 1000  # working days; four years, more than any clock of the bank


class Command(BaseCommand):
    help = "Print the deadline N working days after a receipt, and the days counted: workdays 2026-02-13 7"

    def add_arguments(self, parser):
        parser.add_argument("received", help="day of receipt, YYYY-MM-DD; counting starts the day after")
        parser.add_argument("days", help="number of working days, 0 or more")
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, *args, received, days, **options):
        day, count = read_day(received), read_count(days)
        try:
            calendar = current.calendar()
            trail = calendar.trail(day, count)
            year = calendar.provisional_year(day, trail[-1].date)
        except Refused as refused:
            raise CommandError(str(refused)) from refused
        show = as_json if options["json"] else as_text
        self.stdout.write(show(trail, year))


def read_day(text):
    """A date as typed, full-width digits included; a plain message when it is none."""
    try:
        return datetime.date.fromisoformat(unicodedata.normalize("NFKC", text).strip())
    except ValueError as error:
        raise CommandError(
            _("“{text}” is not a date. Write it as 2026-02-13.").format(text=text[:40])
        ) from error


def read_count(text):
    """The number of working days, 0 to MOST_DAYS."""
    plain = unicodedata.normalize("NFKC", text).strip()
    if not (plain.isascii() and plain.isdigit()) or len(plain) > 6 or int(plain) > MOST_DAYS:
        raise CommandError(
            _("“{text}” is not a number of working days. Write a whole number from 0 to {most}.").format(
                text=text[:40], most=MOST_DAYS
            )
        )
    return int(plain)


def as_text(trail, provisional_year):
    """The deadline, then one line a counted day; what was passed over stands between, marked by a dash."""
    lines = [trail[-1].date.isoformat()]
    if provisional_year:
        lines.append(f"    {rules.provisional_text(provisional_year)}")
    for (counted, why), days in itertools.groupby(
        trail[1:], key=lambda line: (line.number, "" if line.number else line.why)
    ):
        days = list(days)
        span = " – ".join(dict.fromkeys(f"{d.date} {rules.weekday(d.date)}" for d in (days[0], days[-1])))
        lines.append(f"{counted or '-':>4}  {span}  {why or days[0].why}")
    return "\n".join(lines)


def as_json(trail, provisional_year):
    days = [
        {
            "date": line.date.isoformat(),
            "number": line.number,
            "kind": line.kind,
            "why": line.why,
            "provisional": line.provisional,
        }
        for line in trail
    ]
    return json.dumps(
        {
            "received": days[0]["date"],
            "working_days": trail[-1].number,
            "deadline": days[-1]["date"],
            "provisional": provisional_year is not None,
            "provisional_year": provisional_year,
            "counted": [day for day in days[1:] if day["number"]],
            "trail": days,
        },
        ensure_ascii=False,
    )
