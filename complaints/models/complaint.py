"""投诉记录表: one complaint, with both its clocks stored (deck 58–62, domain-rules §1.8 and §3)."""

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from clients.models import Client, Product, kept_history
from rmflow.privacy import masks
from rmflow.privacy.fields import EncryptedField
from rmflow.staff.permissions import Permission, scope

from ..rules.complaint import (
    OPEN,
    OVER,
    RUNNING,
    TITLE_LENGTH,
    Finding,
    Level,
    ReplyWay,
    Satisfaction,
    Sensitivity,
    Status,
    Way,
)
from ..rules.complaint_clock import LAW_DAYS, LAW_SIMPLE, Ruling
from .complaint_codes import ComplaintCode
from .complaint_reach import passed_to, recused

USER = settings.AUTH_USER_MODEL


class ComplaintQuerySet(models.QuerySet):
    """Complaints, as staff ask for them."""

    def visible_to(self, user):
        """Of the branches one sees, one's own to handle or taken by oneself, passed on to one's branch;
        never those from which one must recuse oneself."""
        reach = scope(user, Permission.SEE_COMPLAINTS)
        if reach.everywhere:
            return self.without_recused(user)
        mine = Q(handler=user) | Q(taken_by=user)
        passed = Q(pk__in=passed_to(user))
        return self.filter(reach.q("branch") | mine | passed).without_recused(user)

    def without_recused(self, user):
        """Those from which `user` need not recuse himself."""
        return self.filter(~Exists(recused(user).filter(complaint=OuterRef("pk"))))

    def running(self):
        """The clock runs."""
        return self.filter(status__in=RUNNING)

    def open(self):
        return self.filter(status__in=OPEN)

    def overdue(self, now):
        """Not answered though the deadline is past."""
        return self.running().filter(due_at__lt=now)

    def past_keeping(self, today):
        """Ended files whose time is over and that are not destroyed yet."""
        return self.filter(status__in=OVER, keep_until__lt=today, destroyed_at__isnull=True)

    def with_people(self):
        """What every list and page shows beside the row."""
        return self.select_related("branch", "client", "handler", "taken_by", "channel", "business", "cause")


@kept_history("ComplaintHistory")
class Complaint(models.Model):
    """One complaint. Personal data and free text are encrypted; the deadline is stored and recomputed."""

    number = models.CharField(_("Number"), max_length=16)
    branch = models.ForeignKey(
        "staff.Branch", models.PROTECT, related_name="+", db_index=False, verbose_name=_("Branch")
    )
    status = models.CharField(_("State"), max_length=10, choices=Status, default=Status.TAKEN)
    way = models.CharField(_("Way in"), max_length=10, choices=Way)
    received_at = models.DateTimeField(pgettext_lazy("complaint", "Received"))
    taken_by = models.ForeignKey(
        USER, models.PROTECT, related_name="+", db_index=False, verbose_name=_("Taken by")
    )
    taken_role = models.CharField(max_length=20, blank=True)
    taken_at = models.DateTimeField(default=timezone.now)

    # who complains; the person in our books, if he is
    client = models.ForeignKey(
        Client, models.PROTECT, null=True, blank=True, related_name="complaints", db_index=False
    )
    is_premium = models.BooleanField(_("Premium client"), default=False)
    name = EncryptedField(_("Complainant"), context="complaint.name")
    phone = EncryptedField(_("Phone"), blank=True, context="complaint.phone")
    phone_hash = models.CharField(max_length=32, blank=True, editable=False)
    id_number = EncryptedField(_("ID number"), blank=True, context="complaint.id_number")
    proxy = EncryptedField(_("Proxy"), blank=True, context="complaint.proxy")
    proxy_authorised = models.BooleanField(_("Letter of authority seen"), default=False)
    people = models.PositiveSmallIntegerField(_("Persons"), default=1)

    # what
    title = models.CharField(_("Subject"), max_length=TITLE_LENGTH)
    request = EncryptedField(_("Request"), context="complaint.request")
    facts = EncryptedField(_("Main facts"), blank=True, context="complaint.facts")
    basis = EncryptedField(_("Grounds"), blank=True, context="complaint.basis")
    against = models.CharField(_("Unit or person complained of"), max_length=100, blank=True)
    product = models.ForeignKey(
        Product, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("Product")
    )
    channel = models.ForeignKey(
        ComplaintCode,
        models.PROTECT,
        null=True,
        related_name="+",
        db_index=False,
        verbose_name=pgettext_lazy("complaint", "Channel"),
    )
    business = models.ForeignKey(
        ComplaintCode,
        models.PROTECT,
        null=True,
        related_name="+",
        db_index=False,
        verbose_name=pgettext_lazy("complaint", "Business"),
    )
    cause = models.ForeignKey(
        ComplaintCode,
        models.PROTECT,
        null=True,
        related_name="+",
        db_index=False,
        verbose_name=pgettext_lazy("complaint", "Cause"),
    )
    level = models.CharField(
        pgettext_lazy("complaint", "Level"), max_length=8, choices=Level, default=Level.NORMAL
    )
    sensitivity = ArrayField(models.CharField(max_length=10, choices=Sensitivity), default=list, blank=True)
    key_point = EncryptedField(_("Key point"), blank=True, context="complaint.key_point")
    plan = EncryptedField(_("Plan"), blank=True, context="complaint.plan")

    # who handles it
    handler = models.ForeignKey(
        USER, models.PROTECT, null=True, related_name="+", db_index=False, verbose_name=_("Handler")
    )
    upper = models.BooleanField(_("Handled by the institution above"), default=False)

    # both clocks, stored
    counted_at = models.DateTimeField(_("Counted from"))
    extended = models.BooleanField(_("Extended to 7 working days"), default=False)
    law_days = models.PositiveSmallIntegerField(_("The law's days"), default=LAW_SIMPLE)
    normal_on = models.DateField(_("3 working days"), null=True)
    extended_on = models.DateField(_("7 working days"), null=True)
    law_on = models.DateField(_("By law"))
    due_on = models.DateField(_("Due on"))
    due_at = models.DateTimeField(_("Due"))
    ruling = models.CharField(_("What rules"), max_length=8, choices=Ruling)
    provisional_year = models.PositiveSmallIntegerField(null=True)
    promised_at = models.DateTimeField(_("Promised by"), null=True, blank=True)
    told_at = models.DateTimeField(_("Client told the time"), null=True, blank=True)

    # the answer
    findings = EncryptedField(_("Investigation"), blank=True, context="complaint.findings")
    finding = models.CharField(
        pgettext_lazy("complaint", "Finding"), max_length=8, choices=Finding, blank=True
    )
    replied_at = models.DateTimeField(_("Replied"), null=True, blank=True)
    replied_by = models.ForeignKey(USER, models.PROTECT, null=True, related_name="+", db_index=False)
    reply_way = models.CharField(_("Way of the reply"), max_length=10, choices=ReplyWay, blank=True)
    reply = EncryptedField(_("Reply"), blank=True, context="complaint.reply")
    reply_basis = EncryptedField(_("Basis and reasons"), blank=True, context="complaint.reply_basis")
    satisfaction = models.CharField(_("Satisfaction"), max_length=10, choices=Satisfaction, blank=True)
    called_back_at = models.DateTimeField(_("Called back"), null=True, blank=True)
    root_cause = EncryptedField(_("Root cause"), blank=True, context="complaint.root_cause")
    responsibility = EncryptedField(_("Responsibility"), blank=True, context="complaint.responsibility")

    over_at = models.DateTimeField(_("Ended"), null=True, blank=True)
    merged_into = models.ForeignKey("self", models.PROTECT, null=True, related_name="merged")
    archive_no = models.CharField(pgettext_lazy("complaint", "File number"), max_length=24, blank=True)
    keep_until = models.DateField(_("Kept until"), null=True, blank=True)
    #: The words and attachments are gone, by a list of destruction; the row stays for the register.
    destroyed_at = models.DateTimeField(_("Destroyed"), null=True, blank=True)
    #: One filing, however often it is sent.
    form_key = models.UUIDField(null=True, unique=True, editable=False)

    objects = ComplaintQuerySet.as_manager()

    #: Numbers of a file are no personal data: they stay when the person is made anonymous.
    KEPT_WHEN_ERASED = ("archive_no", "taken_role")
    #: What `privacy.actions.reveal` may show.
    REVEALABLE = ()

    class Meta:
        verbose_name = _("Complaint")
        verbose_name_plural = _("Complaints")
        indexes = [
            # Hundreds are due in the same minute of a day: with the id the first dozen is read off the index.
            models.Index(fields=["due_at", "id"], name="complaint_due", condition=Q(status__in=RUNNING)),
            models.Index(fields=["branch", "due_at"], name="complaint_open", condition=Q(status__in=OPEN)),
            models.Index(fields=["branch", "-received_at"], name="complaint_branch_at"),
            models.Index(fields=["-received_at"], name="complaint_at"),
            models.Index(fields=["handler", "status"], name="complaint_handler"),
            models.Index(fields=["taken_by", "-received_at"], name="complaint_taken_by"),
            models.Index(
                fields=["client", "-received_at"],
                name="complaint_client",
                condition=Q(client__isnull=False),
            ),
            models.Index(
                fields=["keep_until"],
                name="complaint_kept_until",
                condition=Q(status__in=OVER, destroyed_at__isnull=True),
            ),
            models.Index(fields=["phone_hash"], name="complaint_phone", condition=~Q(phone_hash="")),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["branch", "number"],
                name="complaint_number_once",
                violation_error_message=_("This number is given already."),
            ),
            models.CheckConstraint(
                condition=Q(due_on__lte=F("law_on")),
                name="complaint_never_later_than_the_law",
                violation_error_message=_("No deadline lies behind the law's."),
            ),
            models.CheckConstraint(
                condition=Q(law_days__in=LAW_DAYS),
                name="complaint_law_days_known",
                violation_error_message=_("The law knows 15, 30 and 60 days."),
            ),
            models.CheckConstraint(
                condition=Q(status__in=["replied", "closed"], replied_at__isnull=False)
                | ~Q(status__in=["replied", "closed"]),
                name="complaint_closed_only_with_reply",
                violation_error_message=_("Nothing is closed without the reply to the client on record."),
            ),
            models.CheckConstraint(
                condition=Q(replied_at__isnull=True, reply_way="", replied_by__isnull=True)
                | (Q(replied_at__isnull=False, replied_by__isnull=False) & ~Q(reply_way="")),
                name="complaint_reply_is_whole",
                violation_error_message=_("A reply has its time, its way and who gave it."),
            ),
            models.CheckConstraint(
                condition=Q(status__in=OVER, over_at__isnull=False)
                | (~Q(status__in=OVER) & Q(over_at__isnull=True)),
                name="complaint_end_has_a_time",
                violation_error_message=_("What has ended carries the time of its end."),
            ),
            models.CheckConstraint(
                condition=Q(status="merged", merged_into__isnull=False)
                | (~Q(status="merged") & Q(merged_into__isnull=True)),
                name="complaint_merged_into_another",
                violation_error_message=_("A merged complaint says into which."),
            ),
            models.CheckConstraint(
                condition=Q(destroyed_at__isnull=True) | Q(status__in=OVER, keep_until__isnull=False),
                name="complaint_destroyed_after_its_end",
                violation_error_message=_("Only what has ended and was kept its time is destroyed."),
            ),
            models.CheckConstraint(
                condition=Q(people__gte=1),
                name="complaint_has_a_person",
                violation_error_message=_("A complaint has at least one person."),
            ),
            models.CheckConstraint(
                condition=Q(status="working", handler__isnull=False) | ~Q(status="working"),
                name="complaint_worked_by_somebody",
                violation_error_message=_("What is being handled has a handler."),
            ),
        ]

    def __str__(self):
        return self.number

    @property
    def masked_name(self):
        return masks.mask_name(self.name)

    @property
    def masked_phone(self):
        return masks.mask_phone(self.phone) if self.phone else ""

    @property
    def sensitivities(self):
        """Why it is sensitive: (code, words)."""
        return [(code, Sensitivity(code).label) for code in self.sensitivity if code in Sensitivity.values]

    @property
    def is_open(self):
        return self.status in OPEN

    @property
    def is_running(self):
        return self.status in RUNNING
