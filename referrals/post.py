"""What the desk says of its own post: who stands there since when, and the call for help (W1-08, W1-09)."""

from dataclasses import dataclass
from typing import Any

from django.db.models import Q
from django.utils.functional import cached_property

from rmflow.staff.permissions import Permission, scope
from rmflow.workdays import clock

from .actions import duty
from .models import CrowdCall
from .rules.duty import ANSWER_SHOWN, Answer, Duty


@dataclass
class Post:
    """Lazy parts, each one query; for one member of staff in the branch worked in today."""

    user: Any
    branch: Any

    @cached_property
    def may_stand(self):
        return self.branch is not None and scope(self.user, Permission.STAND_DUTY).covers(self.branch)

    @cached_property
    def shift(self):
        return duty.open_shift(self.branch)

    @property
    def is_mine(self):
        return self.shift is not None and self.shift.person_id == self.user.pk

    @property
    def is_offered(self):
        return self.shift is not None and self.shift.state == Duty.OFFERED

    @property
    def is_offered_to_me(self):
        return self.shift is not None and self.shift.offered_to_id == self.user.pk

    @cached_property
    def colleagues(self):
        """To whom one may hand over."""
        return list(duty.candidates(self.branch).exclude(pk=self.user.pk))

    @cached_property
    def is_open_hour(self):
        return duty.is_opening_hour(self.branch, clock.now())

    @cached_property
    def call(self):
        """The call to show: the open one, or one answered a short while ago."""
        recently = Q(answered_at__gt=clock.now() - ANSWER_SHOWN)
        return (
            CrowdCall.objects.filter(branch=self.branch)
            .filter(Q(answered_at__isnull=True, over_at__isnull=True) | recently)
            .select_related("by", "answered_by")
            .order_by("-at")
            .first()
        )


def calls_for(user):
    """Open calls `user` may answer, the oldest first."""
    reach = scope(user, Permission.ANSWER_CALL)
    if not reach:
        return []
    return list(
        CrowdCall.objects.open().filter(reach.q("branch")).select_related("by", "branch").order_by("at")
    )


ANSWERS = Answer.choices
