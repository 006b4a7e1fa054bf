"""A branch with two people, written into the site under test; prints what a client needs, as JSON."""

import datetime
import json

import django

django.setup()

from rmflow.staff import sittings  # noqa: E402
from rmflow.staff.models import Branch, RoleHolding, User  # noqa: E402
from rmflow.staff.permissions import Role  # noqa: E402
from tests.conftest import PASSWORD  # noqa: E402

branch = Branch.objects.create(code="0817", name="中山路支行")
people = {}
for number, role in (("100102", Role.LOBBY_MANAGER), ("100103", Role.WEALTH_MANAGER)):
    user = User(employee_no=number, name=role, home_branch=branch, must_change_password=False)
    user.availability = User.Availability.FREE
    user.set_password(PASSWORD)
    user.save()
    RoleHolding.objects.create(user=user, role=role, branch=branch, valid_from=datetime.date(2020, 1, 1))
    people[role.value] = {"id": user.pk, "token": sittings.new_token(user), "number": number}
print(json.dumps(people))
