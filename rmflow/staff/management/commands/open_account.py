"""`manage.py open_account 100001 --name 黄淑芬`: the first security administrator of a new bank.

Everybody else is created by an administrator and given roles by the security administrator on the
pages; this command is the way in for whoever holds the server.
"""

import pghistory
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from rmflow.staff import actions
from rmflow.staff.models import Branch, RoleHolding, User
from rmflow.staff.permissions import Role

OFFERED = [Role.SECURITY_ADMIN, Role.ADMIN, Role.AUDITOR]


class Command(BaseCommand):
    help = "Open the account of an administrator and print the initial password once."

    def add_arguments(self, parser):
        parser.add_argument("employee_no")
        parser.add_argument("--name", required=True)
        parser.add_argument("--role", choices=[str(role) for role in OFFERED], default=OFFERED[0])
        parser.add_argument("--branch", default="", help="code of a branch; default: the head office")

    def handle(self, *args, employee_no, name, role, branch, **options):
        with pghistory.context(command="open_account"), transaction.atomic():
            place = self._branch(branch)
            user = User(employee_no=employee_no, name=name, home_branch=place)
            initial = actions.initial_password()
            user.set_password(initial)
            try:
                user.full_clean()
            except ValidationError as error:
                raise CommandError("; ".join(error.messages)) from None
            user.save()
            RoleHolding.objects.create(user=user, role=role, branch=place)
        self.stdout.write(f"{employee_no} {name}: {Role(role).label}. Initial password: {initial}")

    def _branch(self, code):
        if code:
            try:
                return Branch.objects.get(code=code)
            except Branch.DoesNotExist:
                raise CommandError(f"There is no branch {code}.") from None
        office = Branch.objects.filter(kind=Branch.Kind.HEAD_OFFICE).first()
        return office or Branch.objects.create(code="0001", name="总行", kind=Branch.Kind.HEAD_OFFICE)
