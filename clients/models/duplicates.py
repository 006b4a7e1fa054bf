"""Two records that may be one person, who said so, and the journal of a merge (B-21)."""

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from rmflow.privacy.fields import EncryptedField
from rmflow.staff.permissions import Permission, scope

from ..duplicate_rules import WAITING, Likeness, State
from .person import Client

USER = settings.AUTH_USER_MODEL


class DuplicateQuerySet(models.QuerySet):
    """Pairs, as staff ask for them."""

    def visible_to(self, user):
        """Those with a person of a branch one speaks for; the other side is read masked."""
        reach = scope(user, Permission.MERGE_CLIENTS)
        return self.filter(reach.q("branch_of_one") | reach.q("branch_of_other"))

    def waiting(self):
        """Those to settle: both persons still stand by themselves."""
        return self.filter(state__in=WAITING, one__merged_into=None, other__merged_into=None)


class Duplicate(models.Model):
    """A pair; `one` is the older row. What was found and what came of it stays on record."""

    one = models.ForeignKey(Client, models.CASCADE, related_name="+")
    other = models.ForeignKey(Client, models.CASCADE, related_name="+")
    # The branches that have to agree, as they were when the pair was found or last confirmed.
    branch_of_one = models.ForeignKey("staff.Branch", models.PROTECT, related_name="+")
    branch_of_other = models.ForeignKey("staff.Branch", models.PROTECT, related_name="+")
    reasons = ArrayField(models.CharField(max_length=16, choices=Likeness), default=list)
    weight = models.SmallIntegerField(_("Likely"), default=0)
    state = models.CharField(_("State"), max_length=10, choices=State, default=State.OPEN)
    #: Field → "winner" or "loser": whose value is kept; never a value.
    keep = models.JSONField(default=dict, blank=True)
    found_at = models.DateTimeField(_("Found"), default=timezone.now)
    settled_at = models.DateTimeField(null=True)
    settled_by = models.ForeignKey(USER, models.PROTECT, null=True, related_name="+", db_index=False)
    note = models.CharField(_("Reason"), max_length=300, blank=True)
    winner = models.ForeignKey(Client, models.SET_NULL, null=True, related_name="+", db_index=False)
    undo_until = models.DateTimeField(_("May be undone until"), null=True)

    objects = DuplicateQuerySet.as_manager()

    class Meta:
        verbose_name = _("Pair of records")
        verbose_name_plural = _("Pairs of records")
        ordering = ["-weight", "-pk"]
        indexes = [
            models.Index(fields=["undo_until"], name="duplicate_undo", condition=Q(state="merged")),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["one", "other"],
                name="duplicate_once",
                violation_error_message=_("This pair is on the list already."),
            ),
            models.CheckConstraint(
                condition=Q(one__lt=F("other")),
                name="duplicate_of_two",
                violation_error_message=_("A pair has two persons."),
            ),
            models.CheckConstraint(
                condition=Q(state__in=State.values),
                name="duplicate_state_known",
                violation_error_message=_("A pair has one of the known states."),
            ),
            models.CheckConstraint(
                condition=~Q(state="merged") | Q(winner__isnull=False, undo_until__isnull=False),
                name="duplicate_merged_into_somebody",
                violation_error_message=_("A merge has somebody who stays, and a day to undo it by."),
            ),
            models.CheckConstraint(
                condition=Q(state__in=WAITING) | Q(settled_at__isnull=False),
                name="duplicate_settled_has_a_time",
                violation_error_message=_("A settled pair carries its time."),
            ),
        ]

    def __str__(self):
        return f"{self.one_id} + {self.other_id}"

    @property
    def loser_id(self):
        """Who was folded in; None before a merge."""
        if self.winner_id is None:
            return None
        return self.other_id if self.winner_id == self.one_id else self.one_id


class DuplicateConfirmation(models.Model):
    """One branch's word that both records are one person; taken back when the choice of values changes."""

    pair = models.ForeignKey(Duplicate, models.CASCADE, related_name="confirmations", db_index=False)
    branch = models.ForeignKey("staff.Branch", models.PROTECT, related_name="+", db_index=False)
    by = models.ForeignKey(USER, models.PROTECT, related_name="+", db_index=False)
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["at"]
        constraints = [
            models.UniqueConstraint(
                fields=["pair", "branch"],
                name="duplicate_branch_speaks_once",
                violation_error_message=_("This branch has confirmed already."),
            ),
            models.UniqueConstraint(
                fields=["pair", "by"],
                name="duplicate_two_persons",
                violation_error_message=_("Nobody confirms for two branches."),
            ),
        ]


class MergeStep(models.Model):
    """The journal: rows whose pointer moved, or one row whose columns changed. Erased after the undo's days."""

    pair = models.ForeignKey(Duplicate, models.CASCADE, related_name="steps")
    model = models.CharField(max_length=60)
    #: Moved: the pointer's column, and the keys of the rows.
    field = models.CharField(max_length=60, blank=True)
    rows = ArrayField(models.BigIntegerField(), default=list)
    #: Changed: {column: value} before and after; they hold personal data.
    before = EncryptedField(blank=True, default="")
    after = EncryptedField(blank=True, default="")

    class Meta:
        ordering = ["pk"]
