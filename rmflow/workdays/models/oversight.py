"""What watches over closed days: reopenings, the register of the cabinet, inspections, writes past the lock."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from rmflow.staff.permissions import Permission, scope

from .days import BranchDay

USER = settings.AUTH_USER_MODEL


class DayReopening(models.Model):
    """A locked day was opened again: by whom, why, and what differed when it was locked anew."""

    day = models.ForeignKey(BranchDay, models.PROTECT, related_name="reopenings")
    by = models.ForeignKey(USER, models.PROTECT, related_name="+", verbose_name=_("Reopened by"))
    at = models.DateTimeField(_("When"))
    reason = models.CharField(_("Reason"), max_length=200)
    before = models.JSONField(default=dict)
    after = models.JSONField(null=True)
    settled_at = models.DateTimeField(_("Locked again at"), null=True)

    class Meta:
        verbose_name = _("Reopening of a day")
        verbose_name_plural = _("Reopenings of days")
        ordering = ["-at"]
        constraints = [
            models.UniqueConstraint(
                fields=["day"],
                condition=Q(settled_at__isnull=True),
                name="workdays_one_reopening_at_a_time",
                violation_error_message=_("The day is open again already."),
            ),
            models.CheckConstraint(
                condition=~Q(reason=""),
                name="workdays_reopening_has_a_reason",
                violation_error_message=_("Say why the day is opened again."),
            ),
        ]

    def __str__(self):
        return f"{self.day_id} {self.at:%Y-%m-%d %H:%M}"


class CustodyLine(models.Model):
    """A line of the register 入柜 / 出柜: what went into the locked cabinet, what came out."""

    class Way(models.TextChoices):
        IN = "in", _("Into custody")
        OUT = "out", _("Out of custody")

    branch = models.ForeignKey("staff.Branch", models.PROTECT, related_name="custody_lines")
    day = models.ForeignKey(BranchDay, models.PROTECT, related_name="custody_lines")
    way = models.CharField(_("Way"), max_length=3, choices=Way)
    at = models.DateTimeField(_("When"))
    by = models.ForeignKey(USER, models.PROTECT, null=True, related_name="+", verbose_name=_("By"))
    slips = models.PositiveIntegerField(_("Referral slips"), default=0)
    records = models.PositiveIntegerField(_("Follow-up records"), default=0)
    archives = models.PositiveIntegerField(_("Archives"), default=0)
    note = models.CharField(_("Note"), max_length=200, blank=True)

    class Meta:
        verbose_name = _("Line of the custody register")
        verbose_name_plural = _("Custody register")
        ordering = ["-at"]
        constraints = [
            models.UniqueConstraint(
                fields=["day", "way"],
                name="workdays_custody_once_a_day",
                violation_error_message=_("This day is in the register already."),
            ),
        ]

    def __str__(self):
        return f"{self.day_id} {self.way}"


class InspectionQuerySet(models.QuerySet):
    """Inspections, as staff ask for them."""

    def visible_to(self, user):
        """Those of the branches one inspects."""
        reach = scope(user, Permission.INSPECT)
        return self.filter(reach.q("branch")) if reach else self.none()


class Inspection(models.Model):
    """定期检查 (deck 29): the server draws a sample, the inspector writes down and signs what he found.

    `sample` lists the items drawn as [kind, id] pairs; it holds keys only, and cannot be chosen.
    """

    branch = models.ForeignKey("staff.Branch", models.PROTECT, related_name="inspections")
    by = models.ForeignKey(USER, models.PROTECT, related_name="+", verbose_name=_("Inspected by"))
    at = models.DateTimeField(_("Drawn at"))
    sample = models.JSONField(default=list)
    faulty = models.JSONField(default=list)
    finding = models.CharField(_("Finding"), max_length=500, blank=True)
    signed_at = models.DateTimeField(_("Signed at"), null=True)

    objects = InspectionQuerySet.as_manager()

    class Meta:
        verbose_name = _("Inspection")
        verbose_name_plural = _("Inspections")
        ordering = ["-at"]
        constraints = [
            models.CheckConstraint(
                condition=Q(signed_at__isnull=True) | ~Q(finding=""),
                name="workdays_signed_inspection_says_something",
                violation_error_message=_("Write down what you found."),
            ),
            models.UniqueConstraint(
                fields=["branch", "by"],
                condition=Q(signed_at__isnull=True),
                name="workdays_one_inspection_at_a_time",
                violation_error_message=_("Sign the inspection you have begun first."),
            ),
        ]

    def __str__(self):
        return f"{self.branch_id} {self.at:%Y-%m-%d}"


class FreezePass(models.Model):
    """Somebody wrote to a locked day past its trigger, under a name that may: written by the trigger.

    One line per transaction, table and day; it outlives the rows it tells about.
    """

    at = models.DateTimeField(_("When"))
    name = models.CharField(_("Reason"), max_length=12)
    table = models.CharField(max_length=60)
    day_id = models.BigIntegerField()
    row_id = models.BigIntegerField()
    transaction = models.BigIntegerField()

    class Meta:
        verbose_name = _("Write to a locked day")
        verbose_name_plural = _("Writes to locked days")
        ordering = ["-at"]
        constraints = [
            models.UniqueConstraint(
                fields=["transaction", "table", "day_id"],
                name="workdays_pass_logged_once",
            ),
        ]

    def __str__(self):
        return f"{self.day_id} {self.name}"
