"""What is kept about a person: archive, verdicts, timeline, balances."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from ..rules import ClientType, Level, TimelineKind
from .person import Client, kept_history


@kept_history("ArchiveHistory")
class Archive(models.Model):
    """A premium client's file (客户档案, deck 23): opened the moment the client is recognised."""

    client = models.OneToOneField(Client, models.PROTECT, related_name="archive")
    file_no = models.CharField(_("File number"), max_length=24, unique=True)
    branch = models.ForeignKey("staff.Branch", models.PROTECT, related_name="+")
    opened_at = models.DateTimeField(default=timezone.now)
    opened_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")

    class Meta:
        verbose_name = _("Archive")
        verbose_name_plural = _("Archives")

    def __str__(self):
        return self.file_no


class FileSerial(models.Model):
    """The last archive number given out, per branch and year; locked while the next is taken."""

    branch = models.ForeignKey("staff.Branch", models.CASCADE, related_name="+")
    year = models.SmallIntegerField()
    last = models.IntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["branch", "year"], name="file_serial_once")]


class Verdict(models.Model):
    """A manager's decision on a person's type (deck 22–23); rows are added, never changed."""

    client = models.ForeignKey(
        Client,
        models.CASCADE,
        related_name="verdicts",
        db_index=False,  # verdict_client_at
    )
    type = models.CharField(_("Type"), max_length=20, choices=ClientType)
    level = models.CharField(max_length=8, choices=Level, blank=True)
    type_before = models.CharField(max_length=20, choices=ClientType)
    reason = models.CharField(_("Reason"), max_length=200, blank=True)
    branch = models.ForeignKey("staff.Branch", models.PROTECT, related_name="+")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField(default=timezone.now)
    source_key = models.CharField(max_length=40, blank=True)

    class Meta:
        verbose_name = _("Verdict")
        verbose_name_plural = _("Verdicts")
        indexes = [
            models.Index(fields=["client", "-at"], name="verdict_client_at"),
            models.Index(
                fields=["source_key"],
                name="verdict_source",
                condition=~Q(source_key=""),
            ),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(type__in=ClientType.values) & ~Q(type="unjudged"),
                name="verdict_decides",
                violation_error_message=_("Choose the client's type."),
            )
        ]


class TimelineEntry(models.Model):
    """One thing that happened to a person, written by the action that did it (W4-01)."""

    client = models.ForeignKey(
        Client,
        models.CASCADE,
        related_name="timeline",
        db_index=False,  # timeline_client_at
    )
    kind = models.CharField(max_length=20, choices=TimelineKind)
    at = models.DateTimeField(default=timezone.now)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", db_index=False
    )
    branch = models.ForeignKey("staff.Branch", models.PROTECT, null=True, related_name="+", db_index=False)
    #: Codes and numbers the sentence is made from; never a phone, an ID or a name of a client.
    data = models.JSONField(default=dict, blank=True)
    note = models.CharField(max_length=500, blank=True)
    link = models.CharField(max_length=120, blank=True)

    class Meta:
        verbose_name = _("Timeline entry")
        verbose_name_plural = _("Timeline entries")
        indexes = [models.Index(fields=["client", "-at", "-id"], name="timeline_client_at")]


class MonthlyBalance(models.Model):
    """Assets of a client for one month, in yuan: the monthly average the tiers stand on."""

    client = models.ForeignKey(
        Client,
        models.CASCADE,
        related_name="balances",
        db_index=False,  # balance_once_a_month
    )
    month = models.DateField(_("Month"))
    amount = models.DecimalField(_("Monthly average"), max_digits=16, decimal_places=2)
    label = models.CharField(_("Label"), max_length=40, blank=True)
    point_amount = models.DecimalField(
        _("At the end of the month"), max_digits=16, decimal_places=2, null=True, blank=True
    )
    deposits = models.DecimalField(
        _("Deposits of it"), max_digits=16, decimal_places=2, null=True, blank=True
    )
    fee_income = models.DecimalField(_("Fee income"), max_digits=16, decimal_places=2, null=True, blank=True)
    #: The load that wrote the row last; loads are never deleted, so nothing has to be checked.
    load = models.ForeignKey(
        "clients.FileLoad",
        models.DO_NOTHING,
        null=True,
        related_name="+",
        db_constraint=False,
        db_index=False,
    )

    class Meta:
        verbose_name = _("Monthly balance")
        verbose_name_plural = _("Monthly balances")
        indexes = [models.Index(fields=["month"], name="balance_month")]
        constraints = [
            models.UniqueConstraint(fields=["client", "month"], name="balance_once_a_month"),
            models.CheckConstraint(
                condition=Q(month__day=1),
                name="balance_month_is_its_first_day",
                violation_error_message=_("A month is written as its first day."),
            ),
        ]
