"""`manage.py tier_path --tier T3 60 45 44 48`: walk monthly averages (in 10,000 yuan) through the rules in force.

Prints a line per month: month, average, the tier in force after that month's run, `watch` or `-`.
"""

from decimal import Decimal, InvalidOperation

from django.core.management.base import BaseCommand, CommandError

from clients.models import Scorecard
from clients.scoring import rules

WAN = 10_000
MISSING = "-"  # a month without a balance, a client without a tier


def average(text):
    """A monthly average in yuan; None for a month without one."""
    if text == MISSING:
        return None
    try:
        amount = Decimal(text)
    except InvalidOperation as error:
        raise CommandError(f"{text} is no number.") from error
    if not amount.is_finite():
        raise CommandError(f"{text} is no number.")
    return amount * WAN


class Command(BaseCommand):
    help = "Walk monthly averages (in 10,000 yuan) through the published tier rules."

    def add_arguments(self, parser):
        parser.add_argument("--tier", default="", help="tier at the beginning, e.g. T3; none: a new client")
        parser.add_argument("averages", nargs="+", help="10,000 yuan a month; - for a month without data")

    def handle(self, *args, tier, averages, **options):
        card = Scorecard.objects.in_force().prefetch_related("tiers").first()
        if card is None:
            raise CommandError("No scorecard is published.")
        table = card.tier_rules()
        known = [row.code for row in table.tiers]
        if tier and tier not in known:
            raise CommandError(f"{tier} is no tier; there are {', '.join(known)}.")
        path = rules.walk(table, tier, [average(text) for text in averages])
        for month, (text, standing) in enumerate(zip(averages, path, strict=True), 1):
            watch = "watch" if standing.is_watched else MISSING
            self.stdout.write(f"{month} {text} {standing.tier or MISSING} {watch}")
