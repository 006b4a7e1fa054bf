"""Persons and their archive.

`Client` holds every person, client or prospect. Phone, ID number and address are stored once, here,
encrypted; look-ups go through keyed hashes (blind indexes). Slips, records and complaints point here.
"""

import pghistory
from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from rmflow.privacy import blind, masks
from rmflow.privacy.fields import EncryptedField
from rmflow.privacy.models import ConsentBasis
from rmflow.privacy.normal import IdKind
from rmflow.staff.permissions import Permission, scope

from . import names
from .rules import ClientType, Level, Salutation, TimelineKind, addressed_as

def kept_history(name):
    """Keep every version of a row, bulk and raw SQL writes included, in the model `name` (`row.history`)."""
    return pghistory.track(
        pghistory.InsertEvent(),
        pghistory.UpdateEvent(),
        pghistory.DeleteEvent(),
        model_name=name,
        obj_field=pghistory.ObjForeignKey(related_name="history"),
    )


class ClientQuerySet(models.QuerySet):
    """Persons, as staff ask for them."""

    def visible_to(self, user):
        """Those of one's branches, and those one looks after wherever they are."""
        return self.filter(
            scope(user, Permission.SEE_CLIENTS).q("branch")
            | Q(owner=user)
            | Q(backup=user)
        )

    def looked_after_by(self, user):
        return self.filter(Q(owner=user) | Q(backup=user))

    def with_phone(self, phone):
        """Everybody with this whole phone number; families share one."""
        return self.filter(phone_hash=blind.blind_index("phone", phone))

    def with_id_number(self, number):
        return self.filter(id_hash=blind.blind_index("id", number))


@kept_history("ClientHistory")
class Client(models.Model):
    """A person the bank meets: client or prospect (spec "Persons")."""

    customer_no = models.CharField(
        _("Customer number"), max_length=24, unique=True, null=True, blank=True
    )
    name = models.CharField(_("Name"), max_length=50, blank=True)
    pinyin = models.CharField(max_length=80, blank=True, editable=False)
    initials = models.CharField(max_length=20, blank=True, editable=False)
    salutation = models.CharField(
        _("Salutation"), max_length=6, choices=Salutation, blank=True
    )
    birth_date = models.DateField(_("Date of birth"), null=True, blank=True)
    occupation = models.CharField(_("Occupation"), max_length=30, blank=True)
    education = models.CharField(_("Education"), max_length=30, blank=True)
    marital_status = models.CharField(_("Marital status"), max_length=20, blank=True)

    id_kind = models.CharField(
        _("Kind of ID"), max_length=20, choices=IdKind, blank=True
    )
    id_number = EncryptedField(_("ID number"), blank=True)
    id_hash = models.CharField(max_length=32, blank=True, editable=False)
    phone = EncryptedField(_("Phone"), blank=True)
    phone_hash = models.CharField(max_length=32, blank=True, editable=False)
    phone_tail = models.CharField(max_length=32, blank=True, editable=False)
    address = EncryptedField(_("Address"), blank=True)
    notice_version = models.CharField(_("Notice version"), max_length=20, blank=True)
    notice_at = models.DateTimeField(_("Notice given at"), null=True, blank=True)
    notice_basis = models.CharField(
        _("Basis"), max_length=20, choices=ConsentBasis, blank=True
    )
    do_not_contact = models.BooleanField(_("Do not contact"), default=False)

    type = models.CharField(
        _("Type"), max_length=20, choices=ClientType, default=ClientType.UNJUDGED
    )
    level = models.CharField(
        _("Core or regular"), max_length=8, choices=Level, blank=True
    )
    branch = models.ForeignKey(
        "staff.Branch", models.PROTECT, related_name="+", verbose_name=_("Home branch")
    )
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("Manager"),
    )
    backup = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("Backup manager"),
    )
    introducer = models.ForeignKey(
        "self", models.SET_NULL, null=True, blank=True, related_name="introduced"
    )
    created_at = models.DateTimeField(default=timezone.now)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )

    objects = ClientQuerySet.as_manager()

    class Meta:
        verbose_name = _("Client")
        verbose_name_plural = _("Clients")
        indexes = [
            models.Index(
                fields=["branch", "pinyin", "id"], name="client_branch_pinyin"
            ),
            models.Index(
                fields=["branch", "initials"],
                name="client_branch_initials",
                opclasses=["int8_ops", "varchar_pattern_ops"],
            ),
            models.Index(
                fields=["branch", "name"],
                name="client_branch_name",
                opclasses=["int8_ops", "varchar_pattern_ops"],
            ),
            models.Index(
                fields=["branch", "type", "pinyin"], name="client_branch_type"
            ),
            models.Index(
                fields=["owner", "pinyin"],
                name="client_owner",
                condition=Q(owner__isnull=False),
            ),
            models.Index(
                fields=["backup"],
                name="client_backup",
                condition=Q(backup__isnull=False),
            ),
            models.Index(
                fields=["phone_hash"], name="client_phone", condition=~Q(phone_hash="")
            ),
            models.Index(
                fields=["branch", "phone_tail"],
                name="client_tail",
                condition=~Q(phone_tail=""),
            ),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["id_kind", "id_hash"],
                condition=~Q(id_hash=""),
                name="client_id_once",
                violation_error_message=_("This ID number is already on record."),
            ),
            models.CheckConstraint(
                condition=Q(phone_hash="")
                | (
                    ~Q(notice_version="")
                    & ~Q(notice_basis="")
                    & Q(notice_at__isnull=False)
                ),
                name="client_phone_needs_notice",
                violation_error_message=_(
                    "A phone is kept only with the notice and its basis."
                ),
            ),
            models.CheckConstraint(
                condition=Q(type__in=ClientType.values),
                name="client_type_known",
                violation_error_message=_("Choose the client's type."),
            ),
            models.CheckConstraint(
                condition=Q(level="") | Q(type="existing_premium"),
                name="client_level_of_premium",
                violation_error_message=_(
                    "Only an existing premium client is core or regular."
                ),
            ),
            models.CheckConstraint(
                condition=Q(backup__isnull=True) | ~Q(backup=models.F("owner")),
                name="client_backup_is_another",
                violation_error_message=_(
                    "The backup must be another person than the manager."
                ),
            ),
        ]

    def __str__(self):
        return self.addressed_as

    def put_name(self, name):
        """Set the name with its sort and search keys."""
        self.name = name
        self.pinyin = names.sort_key(name)
        self.initials = names.initials(name)

    def put_phone(self, phone):
        """Set the normalised phone with its look-up keys."""
        self.phone = phone
        self.phone_hash = blind.blind_index("phone", phone) if phone else ""
        self.phone_tail = blind.tail_index(phone) if phone else ""

    def put_id_number(self, kind, number):
        """Set the normalised ID number with its look-up key."""
        self.id_kind = kind if number else ""
        self.id_number = number
        self.id_hash = blind.blind_index("id", number) if number else ""

    @property
    def addressed_as(self):
        """刘女士: what others may read."""
        return addressed_as(self.name, self.salutation)

    def is_looked_after_by(self, user):
        """Whether `user` may read the name in full: the manager or the backup."""
        return user.pk in (self.owner_id, self.backup_id)

    def name_for(self, user):
        """The name as `user` may read it (spec "Who uses it")."""
        if self.name and self.is_looked_after_by(user):
            return self.name
        return masks.mask_name(self.name) if self.name else self.addressed_as

    @property
    def masked_phone(self):
        return masks.mask_phone(self.phone)

    @property
    def masked_id_number(self):
        return masks.mask_id(self.id_number)

    @property
    def masked_address(self):
        return masks.mask_address(self.address)


@kept_history("ArchiveHistory")
class Archive(models.Model):
    """A premium client's file (客户档案, deck 23): opened the moment the client is recognised."""

    client = models.OneToOneField(Client, models.PROTECT, related_name="archive")
    file_no = models.CharField(_("File number"), max_length=24, unique=True)
    branch = models.ForeignKey("staff.Branch", models.PROTECT, related_name="+")
    opened_at = models.DateTimeField(default=timezone.now)
    opened_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+"
    )

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
        constraints = [
            models.UniqueConstraint(fields=["branch", "year"], name="file_serial_once")
        ]


class Verdict(models.Model):
    """A manager's decision on a person's type (deck 22–23); rows are added, never changed."""

    client = models.ForeignKey(Client, models.CASCADE, related_name="verdicts")
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

    client = models.ForeignKey(Client, models.CASCADE, related_name="timeline")
    kind = models.CharField(max_length=20, choices=TimelineKind)
    at = models.DateTimeField(default=timezone.now)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )
    branch = models.ForeignKey(
        "staff.Branch", models.PROTECT, null=True, related_name="+"
    )
    #: Codes and numbers the sentence is made from; never a phone, an ID or a name of a client.
    data = models.JSONField(default=dict, blank=True)
    note = models.CharField(max_length=500, blank=True)
    link = models.CharField(max_length=120, blank=True)

    class Meta:
        indexes = [
            models.Index(fields=["client", "-at", "-id"], name="timeline_client_at")
        ]


class MonthlyBalance(models.Model):
    """Assets of a client for one month, in yuan: the monthly average the tiers stand on."""

    client = models.ForeignKey(Client, models.CASCADE, related_name="balances")
    month = models.DateField(_("Month"))
    amount = models.DecimalField(_("Monthly average"), max_digits=16, decimal_places=2)
    label = models.CharField(_("Label"), max_length=40, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["client", "month"], name="balance_once_a_month"
            ),
            models.CheckConstraint(
                condition=Q(month__day=1),
                name="balance_month_is_its_first_day",
                violation_error_message=_("A month is written as its first day."),
            ),
        ]
