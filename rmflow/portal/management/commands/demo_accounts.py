"""`manage.py demo_accounts`: who may log in to the demonstration."""

from django.core.management.base import BaseCommand

from rmflow.portal.demo.people import PASSWORD

ACCOUNTS = (
    ("中山路支行", "teller1 lobby1 wealth1 marketing1 head1 supervisor1 archivist1"),
    ("人民路支行", "teller2 lobby2 wealth2 marketing2 head2 supervisor2 archivist2"),
    ("above", "region1 complaints1 phone1 ebank1 admin1 security1 auditor1"),
)


class Command(BaseCommand):
    help = "Print the demo accounts and their password."

    def handle(self, **options):
        self.stdout.write(f"Demo accounts (password {PASSWORD}):")
        for place, names in ACCOUNTS:
            self.stdout.write(f"  {place}: {names}")
