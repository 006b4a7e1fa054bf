"""How long a complaint may take: `complaint_clock 2026-02-13 [--extended] [--complex]`."""

import datetime

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from complaints.rules import complaint_clock as clocks
from rmflow.workdays.current import load
from rmflow.workdays.rules import provisional_text, weekday


class Command(BaseCommand):
    help = "The deadlines of a complaint received on a day, and how its days are counted."

    def add_arguments(self, parser):
        parser.add_argument("received", help="the day of receipt, as 2026-02-13")
        parser.add_argument("--extended", action="store_true", help="the office has agreed to 7 working days")
        parser.add_argument("--complex", action="store_true", help="classified as complex: the law's 30 days")

    def handle(self, *args, **options):
        calendar = load()
        law_days = clocks.LAW_COMPLEX if options["complex"] else clocks.LAW_SIMPLE
        clock = clocks.reckon(
            _day(options["received"]), calendar=calendar, extended=options["extended"], law_days=law_days
        )
        self.stdout.write(
            f"normal={clock.normal_on or 'none'} extended={clock.extended_on or 'none'} "
            f"law={clock.law_on} effective={clock.effective_on}"
        )
        for line in clocks.count_days(clock, calendar):
            self.stdout.write(_line(line))
        if clock.provisional_year:
            self.stdout.write(provisional_text(clock.provisional_year))


def _line(line):
    off, made_up = pgettext("calendar mark", "off"), pgettext("calendar mark", "make-up")
    sign = {"make_up": made_up, "holiday": off, "weekend": off}.get(line.kind, "  ")
    working = "" if line.working is None else line.working
    law = "" if line.law is None else line.law
    marks = f"  ← {', '.join(line.marks)}" if line.marks else ""
    return f"{line.date} {weekday(line.date)} {sign} {working!s:>3} {law!s:>3}  {line.why}{marks}"


def _day(text):
    try:
        return datetime.date.fromisoformat(text)
    except ValueError:
        raise CommandError(_("Write the day of receipt as 2026-02-13.")) from None
