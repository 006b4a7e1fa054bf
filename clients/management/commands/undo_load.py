"""Take back the last load of its kind: `manage.py undo_load NUMBER --by EMPLOYEE_NO`."""

from django.core.exceptions import PermissionDenied
from django.core.management.base import BaseCommand, CommandError

from clients.actions import loads
from clients.models import FileLoad
from rmflow.staff.models import User
from rmflow.workflow import Refused


class Command(BaseCommand):
    help = "Take back the last load of its kind: new rows go, changed ones say again what they said."

    def add_arguments(self, parser):
        parser.add_argument("load", type=int, metavar="NUMBER")
        parser.add_argument("--by", required=True, metavar="EMPLOYEE_NO")

    def handle(self, *args, **options):
        try:
            by = User.objects.active().get(employee_no=options["by"])
            load = loads.undo(options["load"], by=by)
        except (User.DoesNotExist, FileLoad.DoesNotExist):
            raise CommandError("No such load, or no such person.") from None
        except (Refused, PermissionDenied) as refusal:
            raise CommandError(str(refusal)) from None
        done = load.more["undone"]
        self.stdout.write(
            f"{done['removed']:,} removed, {done['restored']:,} restored, {done['kept']:,} kept"
        )
