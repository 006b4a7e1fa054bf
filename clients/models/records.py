"""What is kept about a person: archive, verdicts, timeline, balances."""

from django.conf import settings
from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from rmflow.staff.permissions import Permission, scope

from ..custody_rules import FileState, HoldKind
from ..rules import ClientType, Level, TimelineKind
from .kept import kept_history
from .person import Client


class ArchiveQuerySet(models.QuerySet):
    """Archives, as the register asks for them."""

    def visible_to(self, user):
        """Those of the branches whose register one reads."""
        reach = scope(user, Permission.QUERY_ARCHIVE)
        return self.filter(reach.q("branch")) if reach else self.none()

    def due(self, today):
        """Those in the cabinet whose clock has run, unless they are on hold or on a list already."""
        held = Hold.objects.in_force().filter(client=OuterRef("client"))
        listed = Q(listings__state="listed")
        past = self.filter(state=FileState.FILED, keep_until__lt=today)
        return past.filter(~Exists(held)).exclude(listed)


@kept_history("ArchiveHistory")
class Archive(models.Model):
    """A premium client's file (客户档案, deck 23): opened the moment the client is recognised."""

    client = models.OneToOneField(Client, models.PROTECT, related_name="archive")
    file_no = models.CharField(_("File number"), max_length=24, unique=True)
    branch = models.ForeignKey("staff.Branch", models.PROTECT, related_name="+")
    opened_at = models.DateTimeField(default=timezone.now)
    #: Nobody when a run or a file of the core system has made the client premium.
    opened_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    state = models.CharField(
        _("State"), max_length=10, choices=FileState, default=FileState.OPENED, db_default="opened"
    )
    place = models.CharField(
        pgettext_lazy("archive", "Place"), max_length=40, blank=True, default="", db_default=""
    )
    filed_at = models.DateTimeField(_("Filed at"), null=True)
    filed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", db_index=False
    )
    checked_on = models.DateField(_("Last checked"), null=True)
    #: The last day the law keeps the file; set from the end of the relation by `actions.retention`.
    keep_until = models.DateField(_("Kept until"), null=True)
    destroyed_at = models.DateTimeField(_("Destroyed at"), null=True)

    #: Numbers of a file are no personal data: they stay when the person is made anonymous.
    KEPT_WHEN_ERASED = ("file_no", "place")

    objects = ArchiveQuerySet.as_manager()

    class Meta:
        verbose_name = _("Archive")
        verbose_name_plural = _("Archives")
        indexes = [
            models.Index(fields=["branch", "state", "file_no"], name="archive_branch_state"),
            models.Index(fields=["branch", "keep_until"], name="archive_clock", condition=Q(state="filed")),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=FileState.values),
                name="archive_state_known",
                violation_error_message=_("An archive has one of the known states."),
            ),
            models.CheckConstraint(
                condition=Q(state="opened")
                | (Q(filed_at__isnull=False, filed_by__isnull=False) & ~Q(place="")),
                name="archive_filed_has_a_place",
                violation_error_message=_("Say where the archive stands."),
            ),
            models.CheckConstraint(
                condition=Q(state="destroyed", destroyed_at__isnull=False)
                | (~Q(state="destroyed") & Q(destroyed_at__isnull=True)),
                name="archive_destroyed_has_a_time",
                violation_error_message=_("A destroyed archive has the time of its destruction."),
            ),
        ]

    def __str__(self):
        return self.file_no


class HoldQuerySet(models.QuerySet):
    """Holds, as custody and rights ask for them."""

    def in_force(self):
        return self.filter(released_at__isnull=True)


class Hold(models.Model):
    """What forbids to destroy a person's data for now: a complaint, a dispute, an inquiry (B-13).

    Whoever knows of the matter sets it by `actions.place_hold` with the key of its source, and lifts
    it by the same key.
    """

    client = models.ForeignKey(Client, models.CASCADE, related_name="holds")
    kind = models.CharField(_("Kind"), max_length=10, choices=HoldKind)
    source_key = models.CharField(max_length=60, blank=True)
    reason = models.CharField(_("Reason"), max_length=300)
    placed_at = models.DateTimeField(default=timezone.now)
    placed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", db_index=False
    )
    released_at = models.DateTimeField(null=True)
    released_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", db_index=False
    )
    release_note = models.CharField(max_length=300, blank=True)

    objects = HoldQuerySet.as_manager()

    class Meta:
        verbose_name = _("Hold")
        verbose_name_plural = _("Holds")
        ordering = ["-placed_at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["client", "source_key"],
                condition=Q(released_at__isnull=True) & ~Q(source_key=""),
                name="hold_once_a_source",
                violation_error_message=_("This matter holds the archive already."),
            ),
            models.CheckConstraint(
                condition=Q(kind__in=HoldKind.values) & ~Q(reason=""),
                name="hold_has_a_reason",
                violation_error_message=_("Say why the archive is held."),
            ),
            models.CheckConstraint(
                condition=Q(released_at__isnull=True) | Q(released_at__gte=models.F("placed_at")),
                name="hold_released_after_placed",
                violation_error_message=_("A hold is lifted after it was set."),
            ),
        ]

    def __str__(self):
        return f"{self.client_id} {self.kind}"


class FileSerial(models.Model):
    """The last number given out, per branch, year and kind; locked while the next is taken."""

    class Kind(models.TextChoices):
        ARCHIVE = "archive", _("Archive")
        DESTRUCTION = "destruction", _("Destruction")

    branch = models.ForeignKey("staff.Branch", models.CASCADE, related_name="+")
    year = models.SmallIntegerField()
    kind = models.CharField(max_length=12, choices=Kind, default=Kind.ARCHIVE, db_default="archive")
    last = models.IntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["branch", "year", "kind"], name="file_serial_once")]


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
