"""What a branch's notice on complaints says."""

from django.db import transaction

from rmflow.staff import permissions
from rmflow.staff.permissions import Permission

from ..models import ComplaintPoint


@transaction.atomic
def set_point(branch, *, by, window, person, phone, hours="", upper=""):
    """Set window, person, phone and hours of one's branch."""
    permissions.require(by, Permission.ASSIGN_COMPLAINT, branch)
    facts = {"window": window, "person": person, "phone": phone, "hours": hours, "upper": upper}
    point, _made = ComplaintPoint.objects.update_or_create(branch=branch, defaults=facts)
    return point
