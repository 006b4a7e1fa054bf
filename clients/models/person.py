"""Persons.

`Client` holds every person, client or prospect. Phone, ID number and address are stored once, here,
encrypted; look-ups go through keyed hashes (blind indexes). Slips, records and complaints point here.
"""

import pgtrigger
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

from .. import names
from ..rules import ClientType, Level, Salutation, addressed_as, in_full
from .kept import kept_history
from .person_query import ClientQuerySet

#: Plain columns that are empty once a person is made anonymous; the encrypted ones follow their hashes.
NAMELESS = ("name", "pinyin", "initials", "salutation", "id_hash", "phone_hash", "phone_tail", "occupation")


#: 优质客户 without a manager of their own: a trigger keeps the day since when, a constraint refuses to
#: take the manager away, a nightly job finds managers who are gone (W3-01).
NAMED_MANAGER = pgtrigger.Trigger(
    name="client_named_manager",
    when=pgtrigger.Before,
    operation=pgtrigger.Insert | pgtrigger.UpdateOf("type", "owner_id"),
    func="""
        IF NEW.type <> 'existing_premium'
           OR (TG_OP = 'UPDATE' AND NEW.owner_id IS NOT NULL AND NEW.owner_id IS DISTINCT FROM OLD.owner_id) THEN
            NEW.unmanaged_since := NULL;
        ELSIF NEW.owner_id IS NULL AND (TG_OP = 'INSERT' OR OLD.type <> 'existing_premium') THEN
            NEW.unmanaged_since := COALESCE(NEW.unmanaged_since, (now() AT TIME ZONE 'Asia/Shanghai')::date);
        END IF;
        RETURN NEW;
    """,
)


@pgtrigger.register(NAMED_MANAGER)
@kept_history("ClientHistory", exclude=["last_contact_at", "unmanaged_since"])
class Client(models.Model):
    """A person the bank meets: client or prospect (spec "Persons")."""

    customer_no = models.CharField(_("Customer number"), max_length=24, unique=True, null=True, blank=True)
    # Collation C: prefixes and order come from one index, whatever the server's own collation is.
    name = models.CharField(_("Name"), max_length=50, blank=True, db_collation="C")
    pinyin = models.CharField(max_length=80, blank=True, editable=False, db_collation="C")
    initials = models.CharField(max_length=20, blank=True, editable=False, db_collation="C")
    salutation = models.CharField(_("Salutation"), max_length=6, choices=Salutation, blank=True)
    birth_date = models.DateField(_("Date of birth"), null=True, blank=True)
    occupation = models.CharField(_("Occupation"), max_length=30, blank=True)
    education = models.CharField(_("Education"), max_length=30, blank=True)
    marital_status = models.CharField(_("Marital status"), max_length=20, blank=True)

    id_kind = models.CharField(_("Kind of ID"), max_length=20, choices=IdKind, blank=True)
    id_number = EncryptedField(_("ID number"), blank=True)
    id_hash = models.CharField(max_length=32, blank=True, editable=False)
    phone = EncryptedField(_("Phone"), blank=True)
    phone_hash = models.CharField(max_length=32, blank=True, editable=False)
    phone_tail = models.CharField(max_length=32, blank=True, editable=False)
    address = EncryptedField(_("Address"), blank=True)
    notice_version = models.CharField(_("Notice version"), max_length=20, blank=True)
    notice_at = models.DateTimeField(_("Notice given at"), null=True, blank=True)
    notice_basis = models.CharField(_("Basis"), max_length=20, choices=ConsentBasis, blank=True)
    do_not_contact = models.BooleanField(_("Do not contact"), default=False)

    type = models.CharField(_("Type"), max_length=20, choices=ClientType, default=ClientType.UNJUDGED)
    level = models.CharField(_("Core or regular"), max_length=8, choices=Level, blank=True)
    #: The service tier in force, since when, and since when its fall is threatened (domain-rules §2.2).
    tier = models.CharField(_("Tier"), max_length=2, blank=True, db_default="", default="", editable=False)
    tier_since = models.DateField(_("Tier since"), null=True, blank=True, editable=False)
    watch_since = models.DateField(_("Watched since"), null=True, blank=True, editable=False)
    branch = models.ForeignKey(
        "staff.Branch",
        models.PROTECT,
        related_name="+",
        db_index=False,  # client_branch_pinyin begins with it
        verbose_name=_("Home branch"),
    )
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        db_index=False,  # client_owner
        verbose_name=_("Manager"),
    )
    backup = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        db_index=False,  # client_backup
        verbose_name=_("Backup manager"),
    )
    household = models.ForeignKey(
        "clients.Household", models.SET_NULL, null=True, blank=True, related_name="members", db_index=False
    )
    introducer = models.ForeignKey("self", models.SET_NULL, null=True, blank=True, related_name="introduced")
    #: Who took this record's place; then it holds nothing any more and leads there (B-21).
    merged_into = models.ForeignKey(
        "self",
        models.PROTECT,
        null=True,
        blank=True,
        editable=False,
        related_name="+",
        db_index=False,  # client_merged
    )
    created_at = models.DateTimeField(default=timezone.now)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", db_index=False
    )
    #: The client withdrew the consent to be evaluated: no run looks at him or her (B-22).
    no_profiling = models.BooleanField(_("Not to be evaluated"), default=False, db_default=False)
    #: Deletion was asked for and the law keeps the data: nothing but keeping them is allowed (art. 47).
    restricted_at = models.DateTimeField(_("Use restricted since"), null=True, editable=False)
    #: Made anonymous: what is left is no person any more, only a row that counts (B-13).
    erased_at = models.DateTimeField(_("Made anonymous"), null=True, editable=False)
    #: When the client was last reached; set by `actions.reached`, not part of the history.
    last_contact_at = models.DateTimeField(_("Last reached"), null=True, blank=True, editable=False)
    #: Premium and without an active manager since this day; kept by a trigger and `actions.managers`.
    unmanaged_since = models.DateField(_("Without a manager since"), null=True, blank=True, editable=False)

    #: What `privacy.actions.reveal` may show beside the encrypted fields.
    REVEALABLE = ("name", "birth_date")

    objects = ClientQuerySet.as_manager()

    class Meta:
        verbose_name = _("Client")
        verbose_name_plural = _("Clients")
        indexes = [
            models.Index(fields=["branch", "pinyin", "id"], name="client_branch_pinyin"),
            models.Index(fields=["branch", "initials", "pinyin", "id"], name="client_branch_initials"),
            models.Index(fields=["branch", "name", "id"], name="client_branch_name"),
            models.Index(fields=["branch", "type", "pinyin", "id"], name="client_branch_type"),
            models.Index(fields=["branch", "last_contact_at", "id"], name="client_branch_contact"),
            models.Index(fields=["pinyin", "id"], name="client_pinyin"),
            models.Index(
                fields=["owner", "pinyin", "id"],
                name="client_owner",
                condition=Q(owner__isnull=False),
            ),
            models.Index(
                fields=["backup"],
                name="client_backup",
                condition=Q(backup__isnull=False),
            ),
            models.Index(
                fields=["merged_into"], name="client_merged", condition=Q(merged_into__isnull=False)
            ),
            models.Index(fields=["household"], name="client_household", condition=Q(household__isnull=False)),
            models.Index(
                fields=["branch", "unmanaged_since"],
                name="client_unmanaged",
                condition=Q(unmanaged_since__isnull=False),
            ),
            models.Index(fields=["phone_hash"], name="client_phone", condition=~Q(phone_hash="")),
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
                | (~Q(notice_version="") & ~Q(notice_basis="") & Q(notice_at__isnull=False)),
                name="client_phone_needs_notice",
                violation_error_message=_("A phone is kept only with the notice and its basis."),
            ),
            models.CheckConstraint(
                condition=Q(type__in=ClientType.values),
                name="client_type_known",
                violation_error_message=_("Choose the client's type."),
            ),
            models.CheckConstraint(
                condition=Q(level="") | Q(type="existing_premium"),
                name="client_level_of_premium",
                violation_error_message=_("Only an existing premium client is core or regular."),
            ),
            models.CheckConstraint(
                condition=~Q(type="existing_premium")
                | Q(owner__isnull=False)
                | Q(unmanaged_since__isnull=False),
                name="client_premium_has_a_manager",
                violation_error_message=_("A premium client has one named manager; name another one first."),
            ),
            models.CheckConstraint(
                condition=Q(backup__isnull=True) | ~Q(backup=models.F("owner")),
                name="client_backup_is_another",
                violation_error_message=_("The backup must be another person than the manager."),
            ),
            models.CheckConstraint(
                condition=Q(merged_into__isnull=True)
                | (~Q(merged_into=models.F("id")) & Q(customer_no__isnull=True, id_hash="", phone_hash="")),
                name="client_merged_is_empty",
                violation_error_message=_("A record that was merged keeps no number of its own."),
            ),
            models.CheckConstraint(
                condition=Q(restricted_at__isnull=True) | Q(do_not_contact=True, no_profiling=True),
                name="client_restricted_is_left_alone",
                violation_error_message=_(
                    "A client whose data are restricted is neither contacted nor evaluated."
                ),
            ),
            models.CheckConstraint(
                condition=Q(erased_at__isnull=True)
                | Q(
                    **dict.fromkeys(NAMELESS, ""),
                    customer_no__isnull=True,
                    birth_date__isnull=True,
                    do_not_contact=True,
                ),
                name="client_erased_is_nobody",
                violation_error_message=_("Nothing may be known of somebody who was made anonymous."),
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
        if self.erased_at:
            return str(_("Made anonymous"))
        return addressed_as(self.name, self.salutation)

    def is_looked_after_by(self, user):
        """Whether `user` may read the name in full: the manager or the backup."""
        return user.pk in (self.owner_id, self.backup_id)

    def is_seen_by(self, user):
        """Whether the client is on `user`'s list: looked after, or of a branch whose clients he sees."""
        return self.is_looked_after_by(user) or scope(user, Permission.SEE_CLIENTS).covers(self.branch)

    def is_open_to(self, user):
        """Whether `user` reads amounts and notes: the manager or the backup, and while nobody looks after
        the client whoever sees the branch's (§4.3). A slip or an old plan opens nobody else's client."""
        kept = self.owner_id is not None or self.backup_id is not None
        return self.is_looked_after_by(user) if kept else self.is_seen_by(user)

    def may_be_shown_to(self, user):
        """Whether `user` may ask for what is masked (domain-rules §4.3): the manager or the backup, a
        manager of the branch while nobody looks after the client, the head and the supervisor."""
        if not user.has(Permission.REVEAL_CLIENT):
            return False
        if self.is_looked_after_by(user):
            return True
        needed = Permission.ASSIGN_CLIENT if self.owner_id else Permission.REVEAL_CLIENT
        return scope(user, needed).covers(self.branch)

    def may_be_edited_by(self, user):
        """Whether `user` may change the record: manager or backup; the branch's managers while unowned."""
        if self.is_looked_after_by(user):
            return user.has(Permission.EDIT_CLIENT)
        return self.owner_id is None and scope(user, Permission.EDIT_CLIENT).covers(self.branch)

    def name_for(self, user):
        """The name as `user` may read it (spec "Who uses it")."""
        if self.is_looked_after_by(user) or not self.is_named:
            return self.full_name
        return masks.mask_name(self.name)

    @property
    def is_named(self):
        """Whether more than the surname is known."""
        return len(self.name) > len(names.surname(self.name))

    @property
    def full_name(self):
        """The name for whoever may read it: 李美华, or 李女士 when only the surname is known."""
        if self.erased_at:
            return self.addressed_as
        return in_full(self.name, self.salutation)

    @property
    def masked_phone(self):
        return masks.mask_phone(self.phone)

    @property
    def masked_id_number(self):
        return masks.mask_id(self.id_number)

    @property
    def masked_address(self):
        return masks.mask_address(self.address)
