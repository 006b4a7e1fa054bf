"""Rewrite all encrypted values with the first key of FIELD_KEYS."""

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from rmflow.privacy import actions, crypto, rotation


class Command(BaseCommand):
    """Put the new key first in FIELD_KEYS, restart, run this, then drop the old key."""

    help = "Encrypt every stored value again with the first key of FIELD_KEYS; may be stopped and run again."

    def add_arguments(self, parser):
        parser.add_argument("--check", action="store_true", help="only count values under each key")
        parser.add_argument("--batch", type=int, default=rotation.BATCH, help="rows a transaction")

    def handle(self, *, check=False, batch=rotation.BATCH, **options):
        tables = rotation.tables()
        if check:
            self._count(tables)
            return
        total = 0
        for table in tables:
            try:
                total += self._rotate(table, batch)
            except crypto.Unreadable as error:
                raise CommandError(f"{table.name}: {error}") from error
        actions.log(actions.Kind.ROTATE, by=None, rows=total, item_key=f"key:{crypto.keyring().current}")
        self.stdout.write(_("Done: {n} rows have the current key.").format(n=total))

    def _rotate(self, table, batch):
        stale, done = rotation.count_stale(table), 0
        for count in rotation.rotate(table, batch=batch):
            done += count
            self.stdout.write(f"{table.name}: {done} / {stale}")
        return done

    def _count(self, tables):
        for table in tables:
            for key, count in sorted(rotation.keys_in_use(table).items()):
                self.stdout.write(
                    _("{table}: {n} values under key {key}").format(table=table.name, n=count, key=key)
                )
