"""Check that the access log holds together; name the first broken link."""

import json
from pathlib import Path

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from rmflow.privacy import chain
from rmflow.privacy.reading import branch_names, why


class Command(BaseCommand):
    """One line per branch, then the tail not chained yet; exit 1 when a link is broken."""

    help = "Verify the chains of the access log; exit 1 and name the first broken link when one is."

    def add_arguments(self, parser):
        parser.add_argument(
            "--heads", metavar="FILE", help="write the chains' heads there, to keep elsewhere"
        )
        parser.add_argument("--against", metavar="FILE", help="compare with heads kept from an earlier run")

    def handle(self, *, heads=None, against=None, **options):
        known = self._known(against)
        names, results = branch_names(), []
        for result in chain.verify(known=known):
            results.append(result)
            name = names.get(result.key, f"#{result.key}")
            if result.broken:
                self.stderr.write(self.style.ERROR(f"{name}: {why(result.broken)}"))
            else:
                self.stdout.write(_("{name}: {n} links hold.").format(name=name, n=result.links))
        count, oldest = chain.unchained_tail()
        self.stdout.write(_("Not chained yet: {n} events.").format(n=count))
        if oldest:
            self.stdout.write(_("The oldest of them: {time}.").format(time=oldest.isoformat(" ", "seconds")))
        if heads:
            Path(heads).write_text(json.dumps({r.key: r.head for r in results}, indent=1) + "\n")
        broken = [result for result in results if result.broken]
        if broken:
            raise CommandError(_("Broken chains: {n}.").format(n=len(broken)), returncode=1)

    def _known(self, path):
        if not path:
            return None
        try:
            return {int(key): tuple(head) for key, head in json.loads(Path(path).read_text()).items()}
        except (OSError, ValueError, TypeError, AttributeError) as error:
            message = _("{path} is no file of heads: {error}").format(path=path, error=error)
            raise CommandError(message) from error
