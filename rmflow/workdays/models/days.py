"""Business days of branches, their closing rules, signatures and opinion boxes (deck 20–21, 60)."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from . import hours
from .calendar import tracked

USER = settings.AUTH_USER_MODEL


class BranchDayQuerySet(models.QuerySet):
    """Business days of branches."""

    def open(self):
        """The days business is being written to: at most one a branch."""
        return self.filter(ended_at__isnull=True)

    def unlocked(self):
        """Days not yet checked and locked, whether or not a later one has opened."""
        return self.filter(closed_at__isnull=True)

    def in_custody(self, now):
        """The days after whose close the branch's records are still sealed at `now`."""
        return self.filter(sealed_at__lte=now, released_at__isnull=True, sealed_until__gt=now)


class BranchDay(models.Model):
    """A branch's business day (deck 21). Its date is the business date, whatever the clock says.

    Ended: a later day has opened, or this one was closed. Closed: checked and locked (stage 2).
    An ended day may wait for its close; it never blocks the next (W1-10).
    """

    branch = models.ForeignKey(
        "staff.Branch", models.PROTECT, related_name="business_days", verbose_name=_("Branch")
    )
    date = models.DateField(_("Business date"))
    opened_at = models.DateTimeField(_("Opened at"))
    opened_by = models.ForeignKey(
        USER, models.PROTECT, null=True, related_name="+", verbose_name=_("Opened by")
    )
    ended_at = models.DateTimeField(_("Business ended"), null=True)
    closed_at = models.DateTimeField(_("Locked at"), null=True)
    closed_by = models.ForeignKey(
        USER, models.PROTECT, null=True, related_name="+", verbose_name=_("Locked by")
    )
    # Custody (W2-07): records and archives of the branch are sealed from the close to the morning release.
    sealed_at = models.DateTimeField(_("Sealed at"), null=True)
    sealed_until = models.DateTimeField(_("Sealed until"), null=True)
    released_at = models.DateTimeField(_("Released at"), null=True)
    # The clock of the closing: each is told once a day, however often the job runs.
    reminded_at = models.DateTimeField(_("Reminded at"), null=True)
    escalated_at = models.DateTimeField(_("Head told at"), null=True)

    objects = BranchDayQuerySet.as_manager()

    class Meta:
        verbose_name = _("Business day")
        verbose_name_plural = _("Business days")
        ordering = ["-date"]
        constraints = [
            models.UniqueConstraint(
                fields=["branch", "date"],
                name="workdays_branch_day_once",
                violation_error_message=_("This business day exists already."),
            ),
            models.UniqueConstraint(
                fields=["branch"],
                condition=Q(ended_at__isnull=True),
                name="workdays_one_open_day",
                violation_error_message=_("Another business day of this branch is open."),
            ),
            models.CheckConstraint(
                condition=Q(ended_at__isnull=True) | Q(ended_at__gte=F("opened_at")),
                name="workdays_day_ends_after_it_opened",
                violation_error_message=_("A business day ends after it opened."),
            ),
            models.CheckConstraint(
                condition=Q(closed_at__isnull=True) | Q(ended_at__isnull=False),
                name="workdays_closed_day_has_ended",
                violation_error_message=_("A locked business day has ended."),
            ),
            models.CheckConstraint(
                condition=Q(sealed_at__isnull=True, released_at__isnull=True)
                | Q(sealed_at__isnull=False, sealed_until__isnull=False),
                name="workdays_sealed_until_a_time",
                violation_error_message=_("What is sealed has a time of release."),
            ),
        ]
        indexes = [
            models.Index(
                fields=["branch", "sealed_until"],
                condition=Q(sealed_at__isnull=False, released_at__isnull=True),
                name="workdays_in_custody",
            )
        ]

    def __str__(self):
        return f"{self.branch} {self.date}"

    @property
    def is_open(self):
        return self.ended_at is None


@tracked
class ClosingRule(models.Model):
    """How one branch closes its day. A branch without a row follows these defaults."""

    branch = models.OneToOneField(
        "staff.Branch",
        models.CASCADE,
        primary_key=True,
        related_name="closing_rule",
        verbose_name=_("Branch"),
    )
    remind_at = models.TimeField(_("Closing reminder at"), default=hours.reminds)
    escalate_minutes = models.PositiveSmallIntegerField(
        _("Minutes until the head is told and others may sign"), default=30
    )
    seal_at = models.TimeField(
        _("Sealed at the latest"),
        default=hours.seals,
        help_text=_("Records are sealed then even if the day was not locked."),
    )
    release_at = models.TimeField(_("Released in the morning at"), default=hours.releases)
    full_sealing = models.BooleanField(
        _("Full sealing until the morning release"),
        default=False,
        help_text=_("Follow-up records and archives cannot be read either."),
    )

    class Meta:
        verbose_name = _("Closing of the day")
        verbose_name_plural = _("Closing of the day")
        constraints = [
            models.CheckConstraint(
                condition=Q(release_at__lt=F("remind_at"), remind_at__lte=F("seal_at")),
                name="workdays_closing_hours_in_order",
                violation_error_message=_("Release, reminder and sealing follow each other in the day."),
            ),
            models.CheckConstraint(
                condition=Q(escalate_minutes__lte=240),
                name="workdays_closing_escalates_soon",
                violation_error_message=_("The head is told within four hours."),
            ),
        ]

    def __str__(self):
        return str(self.branch)


class DayConfirmation(models.Model):
    """One signature under a day's closing: whose side it stands for, and by whose hand.

    `slips` is how many slips it was given for: one that comes later needs a new signature. A
    reopening or a changed statement withdraws it; withdrawn ones stay.
    """

    class Side(models.TextChoices):
        LOBBY = "lobby", _("Lobby")
        MANAGER = "manager", _("Wealth managers")

    day = models.ForeignKey(BranchDay, models.PROTECT, related_name="confirmations")
    side = models.CharField(_("Side"), max_length=8, choices=Side)
    person = models.ForeignKey(USER, models.PROTECT, related_name="+", verbose_name=_("For"))
    by = models.ForeignKey(USER, models.PROTECT, related_name="+", verbose_name=_("Signed by"))
    at = models.DateTimeField(_("When"))
    reason = models.CharField(_("Reason for standing in"), max_length=200, blank=True)
    slips = models.PositiveIntegerField(default=0)
    withdrawn_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("Signature of a closing")
        verbose_name_plural = _("Signatures of a closing")
        ordering = ["at"]
        constraints = [
            models.UniqueConstraint(
                fields=["day", "side", "person"],
                condition=Q(withdrawn_at__isnull=True),
                name="workdays_one_signature_each",
                violation_error_message=_("This side has signed already."),
            ),
            models.UniqueConstraint(
                fields=["day"],
                condition=Q(withdrawn_at__isnull=True, side="lobby"),
                name="workdays_one_lobby_signature",
                violation_error_message=_("The lobby has signed already."),
            ),
            models.CheckConstraint(
                condition=Q(by=F("person")) | ~Q(reason=""),
                name="workdays_standing_in_has_a_reason",
                violation_error_message=_("Say why you sign for somebody else."),
            ),
        ]

    def __str__(self):
        return f"{self.day_id} {self.side} {self.person_id}"


class OpinionBoxCheck(models.Model):
    """意见箱、意见簿 were looked at (W3-07): how many were found, by whom, who was present."""

    day = models.ForeignKey(BranchDay, models.PROTECT, related_name="box_checks")
    by = models.ForeignKey(USER, models.PROTECT, related_name="+", verbose_name=_("Looked at by"))
    at = models.DateTimeField(_("When"))
    box_found = models.PositiveSmallIntegerField(_("In the opinion box"), default=0)
    book_found = models.PositiveSmallIntegerField(_("In the opinion book"), default=0)
    witness = models.ForeignKey(
        USER, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("Present")
    )
    note = models.CharField(_("Note"), max_length=200, blank=True)

    class Meta:
        verbose_name = _("Look into the opinion box")
        verbose_name_plural = _("Looks into the opinion box")
        ordering = ["-at"]
        constraints = [
            models.CheckConstraint(
                condition=Q(witness__isnull=True) | ~Q(witness=F("by")),
                name="workdays_witness_is_another",
                violation_error_message=_("The witness is somebody else."),
            ),
        ]

    def __str__(self):
        return f"{self.day_id} {self.at:%H:%M}"
