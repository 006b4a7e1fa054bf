"""Runs of the evaluation and their results (deck 12, C-04): one row per client, run and version.

Results lie in partitions by month, carry no history and no foreign keys in the database: a million
of them are written at once and never changed.
"""

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from rmflow.staff.permissions import Permission, scope

from ..profile_rules import Secrecy
from ..rules import ClientType, Level
from ..scoring.rules import Move, PartState, Reason, RunKind, RunState, TypeReason
from .kept import kept_history
from .person import Client
from .profile import Profile
from .scoring import Scorecard

USER = settings.AUTH_USER_MODEL


class EvaluationRun(models.Model):
    """One evaluation of the base for one month; its branches are `parts`."""

    kind = models.CharField(_("Kind"), max_length=8, choices=RunKind)
    month = models.DateField(_("Month"))
    scorecard = models.ForeignKey(Scorecard, models.PROTECT, related_name="+")
    state = models.CharField(_("State"), max_length=10, choices=RunState, default=RunState.COMPUTING)
    effective_on = models.DateField(_("Takes effect on"))
    #: From when the upgrades of branches that nobody signed take effect: the third working day.
    upgrades_on = models.DateField(_("Upgrades unsigned from"))
    #: Clients made later are the next run's.
    cut_at = models.DateTimeField(default=timezone.now)
    finished_at = models.DateTimeField(null=True)
    cause = models.CharField(_("Cause"), max_length=20, blank=True)
    by = models.ForeignKey(USER, models.PROTECT, null=True, related_name="+")

    class Meta:
        verbose_name = _("Evaluation")
        verbose_name_plural = _("Evaluations")
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["month"],
                condition=Q(kind__in=("monthly", "formal")),
                name="run_once_a_month",
                violation_error_message=_("This month is evaluated already."),
            ),
            models.CheckConstraint(
                condition=Q(month__day=1),
                name="run_month_is_its_first_day",
                violation_error_message=_("A month is written as its first day."),
            ),
        ]

    def __str__(self):
        return f"{self.month:%Y-%m} {self.get_kind_display()}"


class RunPartQuerySet(models.QuerySet):
    def visible_to(self, user):
        return self.filter(scope(user, Permission.SEE_TIERS).q("branch"))


class RunPart(models.Model):
    """One branch of a run: computed once, then signed by the head of the scope."""

    run = models.ForeignKey(EvaluationRun, models.CASCADE, related_name="parts")
    branch = models.ForeignKey("staff.Branch", models.PROTECT, related_name="+")
    state = models.CharField(_("State"), max_length=10, choices=PartState, default=PartState.WAITING)
    clients = models.IntegerField(_("Clients"), default=0)
    milliseconds = models.IntegerField(default=0)
    computed_at = models.DateTimeField(null=True)
    upgraded_at = models.DateTimeField(null=True)
    signed_at = models.DateTimeField(_("Signed at"), null=True)
    signed_by = models.ForeignKey(USER, models.PROTECT, null=True, related_name="+")
    opinion = models.CharField(_("Opinion"), max_length=300, blank=True)

    objects = RunPartQuerySet.as_manager()

    class Meta:
        verbose_name = _("Branch of an evaluation")
        verbose_name_plural = _("Branches of an evaluation")
        ordering = ["run", "branch"]
        constraints = [
            models.UniqueConstraint(fields=["run", "branch"], name="run_part_once"),
            models.CheckConstraint(
                condition=Q(state="signed", signed_at__isnull=False, signed_by__isnull=False)
                | (~Q(state="signed") & Q(signed_at__isnull=True)),
                name="run_part_signed_has_a_name",
                violation_error_message=_("A signature has a name and a time."),
            ),
        ]


class EvaluationQuerySet(models.QuerySet):
    def visible_to(self, user):
        """Those of branches whose tiers one sees, and of clients one looks after."""
        return self.filter(
            scope(user, Permission.SEE_TIERS).q("branch") | Q(client__owner=user) | Q(client__backup=user)
        )

    def open_to(self, user):
        """Without those whose archive is kept from `user`: what `sheet.record.Record.closed` says, of many."""
        reveals = scope(user, Permission.REVEAL_CLIENT).q("client__branch")
        assigns = scope(user, Permission.ASSIGN_CLIENT).q("client__branch")
        kept = Profile.objects.filter(secrecy=Secrecy.MANAGERS)
        kept = kept.exclude(Q(client__owner=user) | Q(client__backup=user))
        kept = kept.exclude(reveals & Q(client__owner=None)).exclude(reveals & assigns)
        return self.exclude(client__in=kept.values("client"))


class Evaluation(models.Model):
    """What one run found of one client; the table is made by the migration, partitioned by month."""

    pk = models.CompositePrimaryKey("client_id", "run_id", "month")
    client = models.ForeignKey(
        Client, models.CASCADE, related_name="evaluations", db_constraint=False, db_index=False
    )
    run = models.ForeignKey(
        EvaluationRun, models.CASCADE, related_name="+", db_constraint=False, db_index=False
    )
    month = models.DateField(_("Month"))
    scorecard = models.ForeignKey(
        Scorecard, models.PROTECT, related_name="+", db_constraint=False, db_index=False
    )
    branch = models.ForeignKey(
        "staff.Branch", models.PROTECT, related_name="+", db_constraint=False, db_index=False
    )
    owner = models.ForeignKey(
        USER, models.PROTECT, null=True, related_name="+", db_constraint=False, db_index=False
    )
    #: One per indicator in the scorecard's order; NULL is "no data".
    points = ArrayField(models.SmallIntegerField(null=True), verbose_name=_("Points"))
    total = models.SmallIntegerField(_("Total"), null=True)
    average = models.DecimalField(_("Monthly average"), max_digits=16, decimal_places=2, null=True)
    #: What is missing to the next tier, when that is near.
    short = models.DecimalField(_("Short of the next tier"), max_digits=16, decimal_places=2, null=True)
    tier_before = models.CharField(max_length=2, blank=True)
    tier = models.CharField(_("Tier"), max_length=2, blank=True)
    misses = models.SmallIntegerField(_("Months below"), default=0)
    watched = models.BooleanField(_("Watched"), default=False)
    watched_before = models.BooleanField(default=False)
    move = models.CharField(max_length=5, choices=Move)
    reason = models.CharField(_("Reason"), max_length=14, choices=Reason)
    type_before = models.CharField(max_length=20, choices=ClientType)
    type = models.CharField(_("Type"), max_length=20, choices=ClientType)
    level_before = models.CharField(max_length=8, choices=Level, blank=True)
    level = models.CharField(_("Core or regular"), max_length=8, choices=Level, blank=True)
    type_reason = models.CharField(max_length=8, choices=TypeReason)
    flags = models.SmallIntegerField(default=0)

    objects = EvaluationQuerySet.as_manager()

    class Meta:
        managed = False
        db_table = "clients_evaluation"
        verbose_name = _("Result of an evaluation")
        verbose_name_plural = _("Results of an evaluation")


class OverrideQuerySet(models.QuerySet):
    def visible_to(self, user):
        return self.filter(
            scope(user, Permission.SEE_TIERS).q("client__branch")
            | Q(client__owner=user)
            | Q(client__backup=user)
        )

    def in_force(self, today):
        """Approved ones that hold on this day."""
        return self.filter(state=Override.State.APPROVED, starts_on__lte=today, expires_on__gte=today)


@kept_history("OverrideHistory")
class Override(models.Model):
    """A tier or type set by hand: asked for with a reason, approved by another person, ends (§2.3)."""

    class State(models.TextChoices):
        ASKED = "asked", _("Waiting for approval")
        APPROVED = "approved", _("Approved")
        REFUSED = "refused", _("Refused")
        ENDED = "ended", _("Ended early")
        WITHDRAWN = "withdrawn", _("Taken back before an answer")

    client = models.ForeignKey(Client, models.CASCADE, related_name="overrides")
    tier = models.CharField(_("Tier"), max_length=2, blank=True)
    type = models.CharField(_("Type"), max_length=20, choices=ClientType, blank=True)
    level = models.CharField(_("Core or regular"), max_length=8, choices=Level, blank=True)
    reason = models.CharField(_("Reason"), max_length=300)
    state = models.CharField(_("State"), max_length=9, choices=State, default=State.ASKED)
    starts_on = models.DateField(_("From"))
    expires_on = models.DateField(_("Ends on"))
    #: The client's `tier_since` while the tier stands on this setting; none once a run found the tier anew.
    tier_set_on = models.DateField(null=True, editable=False)
    asked_by = models.ForeignKey(USER, models.PROTECT, related_name="+")
    asked_at = models.DateTimeField(default=timezone.now)
    settled_by = models.ForeignKey(USER, models.PROTECT, null=True, related_name="+")
    settled_at = models.DateTimeField(null=True)
    note = models.CharField(_("Note"), max_length=300, blank=True)

    objects = OverrideQuerySet.as_manager()

    class Meta:
        verbose_name = _("Manual setting")
        verbose_name_plural = _("Manual settings")
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(expires_on__gt=F("starts_on")) | Q(state="ended", expires_on__gte=F("starts_on")),
                name="override_ends_after_it_starts",
                violation_error_message=_("A manual setting ends after it starts."),
            ),
            models.CheckConstraint(
                condition=~Q(tier="") | ~Q(type=""),
                name="override_sets_something",
                violation_error_message=_("Choose a tier or a type."),
            ),
            models.CheckConstraint(
                condition=Q(settled_by__isnull=True)
                | ~Q(settled_by=F("asked_by"))
                | Q(state__in=("ended", "withdrawn")),
                name="override_two_persons",
                violation_error_message=_("Somebody else approves what you asked for."),
            ),
            models.UniqueConstraint(
                fields=["client"],
                condition=Q(state="asked"),
                name="override_one_question",
                violation_error_message=_("A manual setting of this client waits for approval already."),
            ),
        ]


class DowngradeRead(models.Model):
    """A downgrade of a formal review that the head has read, one by one."""

    part = models.ForeignKey(RunPart, models.CASCADE, related_name="read")
    client = models.ForeignKey(Client, models.CASCADE, related_name="+")
    by = models.ForeignKey(USER, models.PROTECT, related_name="+")
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["part", "client"], name="downgrade_read_once")]
