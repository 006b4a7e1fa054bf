"""`manage.py compile_translations`: .po to .mo, without the gettext programs."""

from django.core.management.base import BaseCommand

from rmflow import translations


class Command(BaseCommand):
    help = "Compile the translations that changed."
    requires_system_checks = []

    def handle(self, **options):
        self.stdout.write(f"{translations.compile_all()} translation files compiled.")
