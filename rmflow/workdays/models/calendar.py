"""The calendar as data, and branch opening days."""

import pghistory
import pgtrigger
from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from ..rules import DayKind
from . import hours


def tracked(model):
    """Keep every version of a row; trackers remember their model, so each needs its own."""
    return pghistory.track(pghistory.InsertEvent(), pghistory.UpdateEvent(), pghistory.DeleteEvent())(model)


#: Every change of a year or a day, by whatever door, gives the calendar a new version.
RESTAMP = pgtrigger.Trigger(
    name="workdays_restamp",
    level=pgtrigger.Statement,
    when=pgtrigger.After,
    operation=pgtrigger.Insert | pgtrigger.Update | pgtrigger.Delete,
    func="""
        INSERT INTO workdays_calendarstamp (id, version) VALUES (1, gen_random_uuid())
        ON CONFLICT (id) DO UPDATE SET version = EXCLUDED.version;
        RETURN NULL;
    """,
)


DAY_KINDS = [(DayKind.OFF.value, _("Day off")), (DayKind.WORK.value, _("Make-up working day"))]


def every_day():
    """ISO weekdays of a branch that never rests."""
    return list(range(1, 8))


@tracked
class CalendarYear(models.Model):
    """One year of the calendar and the notice it rests on; without a row the year is refused."""

    class State(models.TextChoices):
        OFFICIAL = "official", _("Official")
        PROVISIONAL = "provisional", _("Provisional")

    year = models.PositiveSmallIntegerField(
        _("Year"), primary_key=True, validators=[MinValueValidator(2000), MaxValueValidator(2100)]
    )
    state = models.CharField(_("State"), max_length=12, choices=State, default=State.PROVISIONAL)
    notice_no = models.CharField(
        _("Notice number"), max_length=60, blank=True, help_text=_("For example 国办发明电〔2025〕7号.")
    )
    updated_at = models.DateTimeField(_("Changed at"), auto_now=True)

    class Meta:
        verbose_name = _("Calendar year")
        verbose_name_plural = _("Calendar years")
        ordering = ["-year"]
        triggers = [RESTAMP]
        constraints = [
            models.CheckConstraint(
                condition=Q(year__range=(2000, 2100)),
                name="workdays_year_plausible",
                violation_error_message=_("The year must lie between 2000 and 2100."),
            ),
            models.CheckConstraint(
                condition=Q(state="provisional") | (Q(state="official") & ~Q(notice_no="")),
                name="workdays_official_has_notice",
                violation_error_message=_("An official year needs the number of its notice."),
            ),
        ]

    def __str__(self):
        return str(self.year)


@tracked
class CalendarDay(models.Model):
    """A day that breaks the rule of the week: off by notice, or a weekend made a working day."""

    date = models.DateField(_("Date"), primary_key=True)
    year = models.ForeignKey(
        CalendarYear, models.CASCADE, related_name="days", verbose_name=_("Year"), db_index=True
    )
    kind = models.CharField(_("Kind"), max_length=4, choices=DAY_KINDS)
    label = models.CharField(_("Label"), max_length=40, blank=True)

    class Meta:
        verbose_name = _("Calendar day")
        verbose_name_plural = _("Calendar days")
        ordering = ["date"]
        triggers = [RESTAMP]
        constraints = [
            models.CheckConstraint(
                condition=Q(date__year=F("year")),
                name="workdays_day_in_its_year",
                violation_error_message=_("The day lies in another year."),
            ),
            models.CheckConstraint(
                condition=Q(kind=DayKind.OFF.value)
                | (Q(kind=DayKind.WORK.value) & Q(date__iso_week_day__gte=6)),
                name="workdays_only_weekends_made_up",
                violation_error_message=_("Only a Saturday or Sunday can be a make-up working day."),
            ),
        ]

    def __str__(self):
        return f"{self.date} {self.get_kind_display()}"


class CalendarChange(models.Model):
    """One change of a year: before, after, by whom. Apps above recompute what rests on those days.

    `days` lists each day that differs (date, before, after, label_before, label_after); `recomputed`
    holds what was done about it, filled once by the job that recomputes open deadlines.
    """

    year = models.PositiveSmallIntegerField(_("Year"))
    at = models.DateTimeField(_("When"), auto_now_add=True)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name=_("Changed by")
    )
    state_before = models.CharField(_("State before"), max_length=12, blank=True)
    state_after = models.CharField(_("State after"), max_length=12)
    notice_before = models.CharField(_("Notice before"), max_length=60, blank=True)
    notice_after = models.CharField(_("Notice after"), max_length=60, blank=True)
    days = models.JSONField(_("Days that changed"), default=list)
    recomputed_at = models.DateTimeField(_("Deadlines recomputed"), null=True)
    recomputed = models.JSONField(default=dict)

    class Meta:
        verbose_name = _("Calendar change")
        verbose_name_plural = _("Calendar changes")
        ordering = ["-at", "-pk"]
        indexes = [
            models.Index(
                fields=["at"], condition=Q(recomputed_at__isnull=True), name="workdays_change_pending"
            )
        ]

    def __str__(self):
        return f"{self.year} · {self.at:%Y-%m-%d %H:%M}"


@tracked
class OpeningRule(models.Model):
    """When a branch opens, week by week. A branch without a row opens every day but festivals."""

    branch = models.OneToOneField(
        "staff.Branch",
        models.CASCADE,
        primary_key=True,
        related_name="opening_rule",
        verbose_name=_("Branch"),
    )
    weekdays = ArrayField(
        models.PositiveSmallIntegerField(),
        default=every_day,
        verbose_name=_("Opens on"),
        help_text=_("Monday is 1, Sunday is 7."),
    )
    closed_on_holidays = models.BooleanField(
        _("Closed on public holidays"), default=True, help_text=_("Days off by the yearly notice.")
    )
    open_at = models.TimeField(_("Opens at"), default=hours.opens)
    close_at = models.TimeField(_("Closes at"), default=hours.closes)

    class Meta:
        verbose_name = _("Opening hours")
        verbose_name_plural = _("Opening hours")
        constraints = [
            models.CheckConstraint(
                condition=Q(open_at__lt=F("close_at")),
                name="workdays_rule_opens_before_it_closes",
                violation_error_message=_("A branch opens before it closes."),
            ),
            models.CheckConstraint(
                condition=Q(weekdays__contained_by=every_day()),
                name="workdays_rule_weekdays_known",
                violation_error_message=_("Weekdays are 1 (Monday) to 7 (Sunday)."),
            ),
        ]

    def __str__(self):
        return str(self.branch)


@tracked
class OpeningDay(models.Model):
    """One day on which a branch differs from its week: opened, closed, or other hours."""

    branch = models.ForeignKey(
        "staff.Branch", models.CASCADE, related_name="opening_days", verbose_name=_("Branch")
    )
    date = models.DateField(_("Date"))
    opens = models.BooleanField(_("Opens"), default=True)
    open_at = models.TimeField(_("Opens at"), null=True, blank=True)
    close_at = models.TimeField(_("Closes at"), null=True, blank=True)
    reason = models.CharField(_("Reason"), max_length=60, blank=True)

    class Meta:
        verbose_name = _("Opening day that differs")
        verbose_name_plural = _("Opening days that differ")
        ordering = ["-date"]
        constraints = [
            models.UniqueConstraint(
                fields=["branch", "date"],
                name="workdays_one_exception_a_day",
                violation_error_message=_("This day is already listed for the branch."),
            ),
            models.CheckConstraint(
                condition=Q(open_at__isnull=True) | Q(close_at__isnull=True) | Q(open_at__lt=F("close_at")),
                name="workdays_day_opens_before_it_closes",
                violation_error_message=_("A branch opens before it closes."),
            ),
        ]

    def __str__(self):
        return f"{self.branch} {self.date}"


class CalendarStamp(models.Model):
    """The version of the calendar: one row, renewed by the database on every change of a year or day."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    version = models.UUIDField()

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(id=1), name="workdays_one_stamp")]

    def __str__(self):
        return str(self.version)
