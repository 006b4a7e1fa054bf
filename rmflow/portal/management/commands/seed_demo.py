"""`manage.py seed_demo`: an invented city of six branches with ninety days of work behind it."""

import datetime
import random
import time

import pghistory
from django.core.management.base import BaseCommand
from django.db import transaction

from rmflow.notices.models import Notice
from rmflow.portal.demo import (
    archives,
    chances,
    closing,
    closures,
    complaints,
    counted,
    custody,
    duplicates,
    files,
    guided,
    history,
    identified,
    lived,
    lobby,
    people,
    portfolio,
    rhythm,
    segments,
    statistics,
    tiering,
)
from rmflow.staff.models import Branch, bank_now


class Command(BaseCommand):
    help = "Make the demo data once: branches, staff, 2,000 clients, 90 days of referrals and follow-ups."

    def add_arguments(self, parser):
        parser.add_argument("--seed", type=int, default=817, help="for another, equally invented, city")

    def handle(self, *, seed, **options):
        if Branch.objects.filter(code="0817").exists():
            self.stdout.write("The demo data is there already; nothing changed.")
            return
        started, rng, now = time.monotonic(), random.Random(seed), bank_now()  # noqa: S311  # nosec B311
        today = now.date()
        with transaction.atomic():  # no context around it all: the last name told would stand on every change
            with pghistory.context(command="seed_demo"):
                branches = people.make()
            portfolio.make(branches, rng, today)
            archives.make(branches, today, seed)
            files.make()
            statistics.gather()
            before = today - datetime.timedelta(rhythm.LIVED)
            history.make(branches, rng, today - datetime.timedelta(90), before)
            counted.make(rng, today, before)
            lived.live(branches, rng, today, now)
            closures.prepare_openings(branches, today, now, seed)
            lobby.live(branches, today, now)
            guided.live(branches, today, now, seed)
            duplicates.make(branches, rng)
            closing.live(branches, rng, today)
            lived.this_moment(branches, rng, now)
            closing.dispute(branches["0817"], now)
            counted.months_due(today)
            tiering.make(branches, rng, today)
            closures.make(branches, today, now, seed)
            segments.make(branches)
            custody.make(branches, random.Random(seed + 9), today)  # noqa: S311  # nosec B311
            complaints.live(branches, rng, today, now)
            chances.make(branches["0817"], today)
            chances.sign(branches["0817"], today, now)
            identified.make(branches, today)
            quiet = now - datetime.timedelta(hours=4)
            Notice.objects.filter(created_at__lt=quiet, read_at=None).update(read_at=now)
        statistics.gather()
        self.stdout.write(f"Demo data made in {time.monotonic() - started:.0f} s.")
