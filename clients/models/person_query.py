"""Persons, as staff ask for them: scopes and look-ups of `Client`."""

from django.db import models
from django.db.models import Q

from rmflow.privacy import blind
from rmflow.staff.permissions import Permission, scope


class ClientQuerySet(models.QuerySet):
    """Persons, as staff ask for them."""

    def standing(self):
        """Without those that were folded into another record (B-21)."""
        return self.filter(merged_into=None)

    def who_took(self, pk):
        """The key of who stands today for a record that was folded in; None for any other."""
        found = None
        while pk := self.filter(pk=pk).values_list("merged_into", flat=True).first():
            found = pk
        return found

    def visible_to(self, user):
        """Those of one's branches, and those one looks after wherever they are."""
        return self.standing().filter(
            scope(user, Permission.SEE_CLIENTS).q("branch") | Q(owner=user) | Q(backup=user)
        )

    def of_branches(self, user):
        """Those of the branches `user` reaches; the list of a branch, without one's own elsewhere."""
        return self.standing().filter(scope(user, Permission.SEE_CLIENTS).q("branch"))

    def looked_after_by(self, user):
        """One's own: as manager or as backup, wherever they are."""
        return self.filter(Q(owner=user) | Q(backup=user))

    def unmanaged(self):
        """Premium clients who have no active manager: the repair list (W3-01)."""
        return self.filter(unmanaged_since__isnull=False)

    def with_phone(self, phone):
        """Everybody with this whole phone number; families share one."""
        return self.filter(phone_hash=blind.blind_index("phone", phone))

    def with_id_number(self, number):
        return self.filter(id_hash=blind.blind_index("id", number))
