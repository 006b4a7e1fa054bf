"""The register of archives (C-07): what was done with each, loans, checks, assessments."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from rmflow.staff.permissions import Permission, scope

from ..custody_rules import LOAN_OPEN, Finding, Grade, Link, LoanState
from .records import Archive

USER = settings.AUTH_USER_MODEL


def _who(null=True, **more):
    return models.ForeignKey(USER, models.PROTECT, null=null, related_name="+", db_index=False, **more)


class CustodyEvent(models.Model):
    """One of the eight links happened: to which file, who, when, why, approved by whom.

    An assessment is about a manager and has no file.
    """

    archive = models.ForeignKey(Archive, models.CASCADE, null=True, related_name="events", db_index=False)
    person = _who()
    branch = models.ForeignKey("staff.Branch", models.PROTECT, related_name="+", db_index=False)
    link = models.CharField(_("Link"), max_length=12, choices=Link)
    name = models.CharField(max_length=20)
    at = models.DateTimeField(_("When"), default=timezone.now)
    by = _who(verbose_name=_("By"))
    approved_by = _who(verbose_name=_("Approved by"))
    reason = models.CharField(_("Reason"), max_length=300, blank=True)
    #: Codes and numbers the sentence is made from; never personal data.
    data = models.JSONField(default=dict, blank=True)

    class Meta:
        verbose_name = _("Event of an archive")
        verbose_name_plural = _("Events of archives")
        indexes = [
            models.Index(fields=["archive", "-at", "-id"], name="custody_event_of_archive"),
            models.Index(fields=["branch", "link", "-at"], name="custody_event_of_branch"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(link__in=Link.values),
                name="custody_event_link_known",
                violation_error_message=_("An event belongs to one of the eight links."),
            ),
            models.CheckConstraint(
                condition=Q(archive__isnull=False) | Q(person__isnull=False),
                name="custody_event_about_something",
                violation_error_message=_("An event is about an archive or a manager."),
            ),
        ]

    def __str__(self):
        return f"{self.archive_id} {self.name}"


class LoanQuerySet(models.QuerySet):
    """Loans, as the lending desk asks for them."""

    def visible_to(self, user):
        """Those of the branches whose register one reads, and one's own."""
        reach = scope(user, Permission.QUERY_ARCHIVE)
        return (
            self.filter(reach.q("archive__branch") | Q(borrower=user))
            if reach
            else self.filter(borrower=user)
        )

    def overdue(self, today):
        return self.filter(state=LoanState.LENT, due_on__lt=today)


class Loan(models.Model):
    """调阅: a file asked for, approved, handed out, taken back."""

    archive = models.ForeignKey(Archive, models.CASCADE, related_name="loans")
    borrower = models.ForeignKey(USER, models.PROTECT, related_name="+", verbose_name=_("Borrower"))
    purpose = models.CharField(_("Purpose"), max_length=300)
    state = models.CharField(_("State"), max_length=10, choices=LoanState)
    asked_at = models.DateTimeField(default=timezone.now)
    asked_by = _who(null=False)
    settled_by = _who(verbose_name=_("Approved by"))
    settled_at = models.DateTimeField(null=True)
    lent_at = models.DateTimeField(_("Handed out"), null=True)
    lent_by = _who()
    due_on = models.DateField(_("Back by"))
    returned_at = models.DateTimeField(_("Returned"), null=True)
    returned_by = _who()
    note = models.CharField(_("Note"), max_length=300, blank=True)

    objects = LoanQuerySet.as_manager()

    class Meta:
        verbose_name = _("Loan of an archive")
        verbose_name_plural = _("Loans of archives")
        ordering = ["-asked_at", "-pk"]
        indexes = [
            models.Index(fields=["due_on"], name="loan_due", condition=Q(state="lent")),
            models.Index(fields=["state", "-asked_at"], name="loan_state"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["archive"],
                condition=Q(state__in=LOAN_OPEN),
                name="loan_one_at_a_time",
                violation_error_message=_("This archive is asked for or lent out already."),
            ),
            models.CheckConstraint(
                condition=Q(state__in=LoanState.values),
                name="loan_state_known",
                violation_error_message=_("A loan has one of the known states."),
            ),
            models.CheckConstraint(
                condition=~Q(state__in=("lent", "returned"))
                | Q(lent_at__isnull=False, lent_by__isnull=False),
                name="loan_lent_by_somebody",
                violation_error_message=_("A loan was handed out by somebody."),
            ),
            models.CheckConstraint(
                condition=Q(state="returned", returned_at__isnull=False, returned_by__isnull=False)
                | (~Q(state="returned") & Q(returned_at__isnull=True)),
                name="loan_returned_to_somebody",
                violation_error_message=_("A loan was taken back by somebody."),
            ),
            models.CheckConstraint(
                condition=Q(settled_by__isnull=True) | ~Q(settled_by=F("borrower")),
                name="loan_approved_by_another",
                violation_error_message=_("Somebody else approves what you ask for."),
            ),
        ]

    def __str__(self):
        return f"{self.archive_id} → {self.borrower_id}"


class CheckRoundQuerySet(models.QuerySet):
    def visible_to(self, user):
        """Those of the branches whose register one reads."""
        reach = scope(user, Permission.QUERY_ARCHIVE)
        return self.filter(reach.q("branch")) if reach else self.none()


class CheckRound(models.Model):
    """核对: files drawn by the server, compared with cabinet and system one by one, then signed."""

    branch = models.ForeignKey("staff.Branch", models.PROTECT, related_name="+")
    at = models.DateTimeField(_("Drawn at"), default=timezone.now)
    by = _who(null=False)
    signed_at = models.DateTimeField(_("Signed at"), null=True)
    note = models.CharField(_("Note"), max_length=300, blank=True)

    objects = CheckRoundQuerySet.as_manager()

    class Meta:
        verbose_name = _("Check of archives")
        verbose_name_plural = _("Checks of archives")
        ordering = ["-at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["branch"],
                condition=Q(signed_at__isnull=True),
                name="check_one_at_a_time",
                violation_error_message=_("A check of this branch is under way."),
            )
        ]

    def __str__(self):
        return f"{self.branch_id} {self.at:%Y-%m-%d}"


class CheckItem(models.Model):
    """One file of a check, what was found, and how a fault was put right."""

    round = models.ForeignKey(CheckRound, models.CASCADE, related_name="items", db_index=False)
    archive = models.ForeignKey(Archive, models.CASCADE, related_name="checks")
    finding = models.CharField(_("Finding"), max_length=10, choices=Finding, blank=True)
    note = models.CharField(_("Note"), max_length=300, blank=True)
    settled_at = models.DateTimeField(_("Put right"), null=True)
    settled_by = _who()
    settled_note = models.CharField(max_length=300, blank=True)

    class Meta:
        verbose_name = _("Item of a check")
        verbose_name_plural = _("Items of a check")
        ordering = ["archive__file_no"]
        constraints = [
            models.UniqueConstraint(fields=["round", "archive"], name="check_item_once"),
            models.CheckConstraint(
                condition=Q(finding__in=["", *Finding.values]),
                name="check_finding_known",
                violation_error_message=_("Choose what you found."),
            ),
            models.CheckConstraint(
                condition=Q(finding__in=("", "ok")) | ~Q(note=""),
                name="check_fault_is_described",
                violation_error_message=_("Describe what is wrong."),
            ),
        ]

    def __str__(self):
        return f"{self.round_id}:{self.archive_id}"


class AssessmentQuerySet(models.QuerySet):
    def visible_to(self, user):
        """Those of the branches whose register one reads, and one's own."""
        reach = scope(user, Permission.QUERY_ARCHIVE)
        return self.filter(reach.q("branch") | Q(manager=user)) if reach else self.filter(manager=user)


class Assessment(models.Model):
    """考核: how one manager kept the archives in a month; the figures as they stood, the grade given."""

    branch = models.ForeignKey("staff.Branch", models.PROTECT, related_name="+")
    manager = models.ForeignKey(
        USER,
        models.PROTECT,
        related_name="+",
        db_index=False,
        verbose_name=pgettext_lazy("client", "Manager"),
    )
    month = models.DateField(_("Month"))
    figures = models.JSONField(default=dict)
    grade = models.CharField(_("Grade"), max_length=10, choices=Grade)
    note = models.CharField(_("Note"), max_length=300, blank=True)
    by = _who(null=False)
    at = models.DateTimeField(default=timezone.now)
    confirmed_by = _who()
    confirmed_at = models.DateTimeField(null=True)

    objects = AssessmentQuerySet.as_manager()

    class Meta:
        verbose_name = _("Assessment of archives")
        verbose_name_plural = _("Assessments of archives")
        ordering = ["-month", "manager__name"]
        constraints = [
            models.UniqueConstraint(
                fields=["manager", "branch", "month"],
                name="assessment_once_a_month",
                violation_error_message=_("This manager is assessed for this month already."),
            ),
            models.CheckConstraint(
                condition=Q(month__day=1),
                name="assessment_month_is_its_first_day",
                violation_error_message=_("A month is written as its first day."),
            ),
            models.CheckConstraint(
                condition=Q(grade__in=Grade.values),
                name="assessment_grade_known",
                violation_error_message=_("Choose a grade."),
            ),
            models.CheckConstraint(
                condition=Q(confirmed_by__isnull=True)
                | (~Q(confirmed_by=F("by")) & ~Q(confirmed_by=F("manager"))),
                name="assessment_confirmed_by_another",
                violation_error_message=_("Somebody else confirms an assessment."),
            ),
        ]

    def __str__(self):
        return f"{self.manager_id} {self.month:%Y-%m}"
