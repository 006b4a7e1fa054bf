"""Retention clocks, yearly reviews, and destruction by two people with a certificate (B-13)."""

import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from rmflow.staff.permissions import Permission, scope

from ..custody_rules import DestructionState, Ending, ItemState, Record, Start, Stop
from .kept import kept_history
from .records import Archive

USER = settings.AUTH_USER_MODEL


def _who(null=True, **more):
    return models.ForeignKey(USER, models.PROTECT, null=null, related_name="+", db_index=False, **more)


@kept_history("RetentionHistory")
class RetentionRule(models.Model):
    """How long one class of record is kept, from when, and what happens then (domain-rules §4.5)."""

    record = models.CharField(_("Record"), max_length=12, choices=Record, unique=True)
    years = models.PositiveSmallIntegerField(_("Years"), default=0)
    days = models.PositiveSmallIntegerField(_("Days"), default=0)
    start = models.CharField(_("Runs from"), max_length=14, choices=Start)
    ending = models.CharField(_("At the end"), max_length=10, choices=Ending)
    basis = models.CharField(_("Basis"), max_length=120, blank=True)

    class Meta:
        verbose_name = _("Retention period")
        verbose_name_plural = _("Retention periods")
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(years__gt=0, days=0) | Q(years=0, days__gt=0),
                name="retention_in_years_or_days",
                violation_error_message=_("A period is a number of years or of days."),
            ),
            models.CheckConstraint(
                condition=~Q(record__in=("client_file", "maintenance")) | Q(years__gte=10),
                name="retention_file_ten_years",
                violation_error_message=_("The law keeps client files for ten years at least."),
            ),
            models.CheckConstraint(
                condition=~Q(record="complaint") | Q(years__gte=3),
                name="retention_complaint_three_years",
                violation_error_message=_("Complaints are kept for three years at least."),
            ),
            models.CheckConstraint(
                condition=~Q(record="audit_log") | Q(years__gte=1) | Q(days__gte=180),
                name="retention_log_six_months",
                violation_error_message=_("The access log is kept for six months at least."),
            ),
        ]

    def __str__(self):
        return self.get_record_display()


class RetentionReviewQuerySet(models.QuerySet):
    def visible_to(self, user):
        """Those of the branches whose register one reads."""
        reach = scope(user, Permission.QUERY_ARCHIVE)
        return self.filter(reach.q("branch")) if reach else self.none()


class RetentionReview(models.Model):
    """One look at all clocks of a branch: by the job once a year, or by hand."""

    branch = models.ForeignKey("staff.Branch", models.PROTECT, related_name="+", db_index=False)
    year = models.PositiveSmallIntegerField(pgettext_lazy("date", "Year"))
    at = models.DateTimeField(default=timezone.now)
    by = _who()
    files = models.PositiveIntegerField(_("Files"), default=0)
    running = models.PositiveIntegerField(_("Relation goes on"), default=0)
    kept = models.PositiveIntegerField(_("Clock runs"), default=0)
    due = models.PositiveIntegerField(_("Due for destruction"), default=0)
    held = models.PositiveIntegerField(_("Due, on hold"), default=0)
    changed = models.PositiveIntegerField(_("Dates corrected"), default=0)

    objects = RetentionReviewQuerySet.as_manager()

    class Meta:
        verbose_name = _("Retention review")
        verbose_name_plural = _("Retention reviews")
        ordering = ["-at", "-pk"]
        indexes = [models.Index(fields=["branch", "-at"], name="retention_review_of_branch")]
        constraints = [
            models.UniqueConstraint(
                fields=["branch", "year"],
                condition=Q(by__isnull=True),
                name="retention_review_once_a_year",
                violation_error_message=_("This year is reviewed already."),
            )
        ]

    def __str__(self):
        return f"{self.branch_id} {self.year}"


class DestructionQuerySet(models.QuerySet):
    def visible_to(self, user):
        """Those of the branches whose register one reads, and those one is to witness."""
        reach = scope(user, Permission.QUERY_ARCHIVE)
        return self.filter(reach.q("branch") | Q(witness=user)) if reach else self.filter(witness=user)


class Destruction(models.Model):
    """A list of files to destroy: proposed, approved twice, carried out before a witness. Kept for ever."""

    number = models.CharField(_("Number"), max_length=24, unique=True)
    branch = models.ForeignKey("staff.Branch", models.PROTECT, related_name="+")
    state = models.CharField(_("State"), max_length=10, choices=DestructionState, default="proposed")
    reason = models.CharField(_("Reason"), max_length=300)
    proposed_at = models.DateTimeField(default=timezone.now)
    proposed_by = _who(null=False)
    supervisor = _who(verbose_name=_("Approved by the supervisor"))
    supervisor_at = models.DateTimeField(null=True)
    head = _who(verbose_name=_("Approved by the head"))
    head_at = models.DateTimeField(null=True)
    carried_by = _who(verbose_name=_("Carried out by"))
    witness = models.ForeignKey(USER, models.PROTECT, null=True, related_name="+", verbose_name=_("Witness"))
    method = models.CharField(_("Method"), max_length=100, blank=True)
    done_at = models.DateTimeField(_("Carried out at"), null=True)
    ended_by = _who()
    ended_at = models.DateTimeField(null=True)
    end_note = models.CharField(max_length=300, blank=True)

    objects = DestructionQuerySet.as_manager()

    class Meta:
        verbose_name = _("Destruction")
        verbose_name_plural = _("Destructions")
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=DestructionState.values) & ~Q(reason=""),
                name="destruction_state_and_reason",
                violation_error_message=_("Say why these archives are to be destroyed."),
            ),
            models.CheckConstraint(
                condition=~Q(state__in=("approved", "underway", "done"))
                | Q(supervisor__isnull=False, head__isnull=False),
                name="destruction_two_approvals",
                violation_error_message=_("Supervisor and head both approve a destruction."),
            ),
            models.CheckConstraint(
                condition=(Q(supervisor__isnull=True) | ~Q(supervisor=F("proposed_by")))
                & (Q(head__isnull=True) | ~Q(head=F("proposed_by")))
                & (Q(supervisor__isnull=True) | Q(head__isnull=True) | ~Q(supervisor=F("head"))),
                name="destruction_three_persons",
                violation_error_message=_(
                    "Who proposes, who approves first and who approves second are three people."
                ),
            ),
            models.CheckConstraint(
                condition=~Q(state__in=("underway", "done"))
                | (Q(carried_by__isnull=False, witness__isnull=False) & ~Q(witness=F("carried_by"))),
                name="destruction_two_present",
                violation_error_message=_("Two people carry out a destruction."),
            ),
            models.CheckConstraint(
                condition=Q(state="done", done_at__isnull=False)
                | (~Q(state="done") & Q(done_at__isnull=True)),
                name="destruction_done_has_a_time",
                violation_error_message=_("A destruction that was carried out has its time."),
            ),
        ]
        triggers = [
            pgtrigger.Protect(name="destruction_kept", operation=pgtrigger.Delete),
            pgtrigger.Protect(
                name="certificate_unchanged",
                operation=pgtrigger.Update,
                condition=pgtrigger.Q(old__state="done"),
            ),
        ]

    def __str__(self):
        return self.number


class DestructionItem(models.Model):
    """One file on a list: destroyed, or taken off with the reason."""

    batch = models.ForeignKey(Destruction, models.PROTECT, related_name="items", db_index=False)
    archive = models.ForeignKey(Archive, models.PROTECT, related_name="listings")
    file_no = models.CharField(_("File number"), max_length=24)
    opened_on = models.DateField(pgettext_lazy("archive", "Opened on"))
    keep_until = models.DateField(_("Kept until"))
    state = models.CharField(_("State"), max_length=10, choices=ItemState, default="listed")
    stop = models.CharField(_("Taken off because"), max_length=10, choices=Stop, blank=True)
    stopped_by = _who()
    at = models.DateTimeField(null=True)

    KEPT_WHEN_ERASED = ("file_no",)

    class Meta:
        verbose_name = _("Archive on a list")
        verbose_name_plural = _("Archives on a list")
        ordering = ["file_no"]
        constraints = [
            models.UniqueConstraint(
                fields=["batch", "archive"],
                name="destruction_item_once",
                violation_error_message=_("This archive is on the list already."),
            ),
            models.UniqueConstraint(
                fields=["archive"],
                condition=Q(state__in=("listed", "destroyed")),
                name="destruction_item_on_one_list",
                violation_error_message=_("This archive is on another list already."),
            ),
            models.CheckConstraint(
                condition=Q(state="stopped", stop__in=Stop.values)
                | (Q(state__in=("listed", "destroyed")) & Q(stop="")),
                name="destruction_item_stopped_says_why",
                violation_error_message=_("Say why the archive was taken off the list."),
            ),
        ]
        triggers = [pgtrigger.Protect(name="destruction_item_kept", operation=pgtrigger.Delete)]

    def __str__(self):
        return self.file_no

    @property
    def first_day(self):
        """The day the certificate names."""
        return self.opened_on
