"""What is counted of slips and deals: the roll-up by day, and the month a head signs (W1-10, W1-12)."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from rmflow.staff.permissions import Permission, scope
from rmflow.workdays.models import BranchDay

from ..rules.months import MonthState

USER = settings.AUTH_USER_MODEL


class DayFigure(models.Model):
    """The sums of one locked day for one branch: `stats.rollup` writes and reads it, nobody else.

    A deal may stand in another branch's day than the slip it credits; so `branch` is not always the day's.
    """

    day = models.ForeignKey(BranchDay, models.CASCADE, related_name="+", db_index=False)
    branch = models.ForeignKey("staff.Branch", models.CASCADE, related_name="+", db_index=False)
    date = models.DateField()
    total = models.IntegerField()
    referred = models.IntegerField()
    to_follow_up = models.IntegerField()
    verified = models.IntegerField()
    premium = models.IntegerField()
    potential = models.IntegerField()
    prospective = models.IntegerField()
    ordinary = models.IntegerField()
    repeats = models.IntegerField()
    invalid = models.IntegerField()
    reached = models.IntegerField(default=0)
    in_time = models.IntegerField(default=0)
    spot_deals = models.IntegerField()
    converted = models.IntegerField()
    follow_deals = models.IntegerField()
    spot_amount = models.DecimalField(max_digits=18, decimal_places=2)
    follow_amount = models.DecimalField(max_digits=18, decimal_places=2)
    #: Slips by the hour they were made in.
    h00 = models.SmallIntegerField(default=0)
    h01 = models.SmallIntegerField(default=0)
    h02 = models.SmallIntegerField(default=0)
    h03 = models.SmallIntegerField(default=0)
    h04 = models.SmallIntegerField(default=0)
    h05 = models.SmallIntegerField(default=0)
    h06 = models.SmallIntegerField(default=0)
    h07 = models.SmallIntegerField(default=0)
    h08 = models.SmallIntegerField(default=0)
    h09 = models.SmallIntegerField(default=0)
    h10 = models.SmallIntegerField(default=0)
    h11 = models.SmallIntegerField(default=0)
    h12 = models.SmallIntegerField(default=0)
    h13 = models.SmallIntegerField(default=0)
    h14 = models.SmallIntegerField(default=0)
    h15 = models.SmallIntegerField(default=0)
    h16 = models.SmallIntegerField(default=0)
    h17 = models.SmallIntegerField(default=0)
    h18 = models.SmallIntegerField(default=0)
    h19 = models.SmallIntegerField(default=0)
    h20 = models.SmallIntegerField(default=0)
    h21 = models.SmallIntegerField(default=0)
    h22 = models.SmallIntegerField(default=0)
    h23 = models.SmallIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["day", "branch"], name="day_figure_once")]
        indexes = [models.Index(fields=["branch", "date"], name="day_figure_branch")]


class StaleDay(models.Model):
    """A day whose sums no longer hold: written by triggers, emptied by `stats.rollup.refresh`.

    Rows are only added, so that nobody waits for anybody; a day may stand here many times.
    """

    day = models.ForeignKey(BranchDay, models.CASCADE, related_name="+")


class FiguresFolded(models.Model):
    """How often the roll-up of a branch was written anew; with the stale days it tells whether figures changed."""

    branch = models.OneToOneField("staff.Branch", models.CASCADE, primary_key=True, related_name="+")
    times = models.BigIntegerField(default=1)


class MonthReportQuerySet(models.QuerySet):
    """Months' tables, as staff ask for them."""

    def visible_to(self, user):
        return self.filter(scope(user, Permission.SEE_STATISTICS).q("branch"))


class MonthReport(models.Model):
    """推介统计表（月） of one branch: compiled as a draft, frozen by the head's signature.

    `content` is what was signed: rows, totals, cohort, the slips and deals behind them and the days
    left out; `digest` is its SHA-256. The database refuses every later change but `changed_at`.
    """

    branch = models.ForeignKey("staff.Branch", models.PROTECT, related_name="+")
    month = models.DateField(_("Month"))
    state = models.CharField(_("State"), max_length=8, choices=MonthState, default=MonthState.DRAFT)
    content = models.JSONField(default=dict)
    digest = models.CharField(max_length=64)
    compiled_at = models.DateTimeField(_("Compiled at"), default=timezone.now)
    signed_at = models.DateTimeField(_("Signed at"), null=True)
    signed_by = models.ForeignKey(USER, models.PROTECT, null=True, related_name="+")
    #: A day of the signed month was reopened, or its slips changed by another pass.
    changed_at = models.DateTimeField(_("Changed since"), null=True)

    objects = MonthReportQuerySet.as_manager()

    class Meta:
        verbose_name = _("Month's referral statistics")
        verbose_name_plural = _("Months' referral statistics")
        ordering = ["-month"]
        constraints = [
            models.UniqueConstraint(
                fields=["branch", "month"],
                name="month_report_once",
                violation_error_message=_("This month is compiled already."),
            ),
            models.CheckConstraint(
                condition=Q(month__day=1),
                name="month_report_is_its_first_day",
                violation_error_message=_("A month is written as its first day."),
            ),
            models.CheckConstraint(
                condition=Q(state="draft", signed_at__isnull=True, signed_by__isnull=True)
                | Q(state="signed", signed_at__isnull=False, signed_by__isnull=False),
                name="month_report_signed_by_somebody",
                violation_error_message=_("A signed month has its signature and time."),
            ),
            models.CheckConstraint(
                condition=Q(changed_at__isnull=True) | Q(state="signed"),
                name="month_report_changed_when_signed",
                violation_error_message=_("Only a signed month can have changed since."),
            ),
        ]

    def __str__(self):
        return self.number

    @property
    def number(self):
        """The form's number."""
        return f"TJ-Y-{self.month:%Y%m}-{self.branch.code}"

    @property
    def is_signed(self):
        return self.state == MonthState.SIGNED


class MonthEvent(models.Model):
    """One step of a month's table: compiled, compiled anew, signed."""

    report = models.ForeignKey(MonthReport, models.CASCADE, related_name="events")
    name = models.CharField(max_length=12)
    state_from = models.CharField(max_length=8, blank=True)
    state_to = models.CharField(max_length=8)
    by = models.ForeignKey(USER, models.PROTECT, null=True, related_name="+")
    at = models.DateTimeField(default=timezone.now)
    digest = models.CharField(max_length=64)
    note = models.CharField(max_length=200, blank=True)
