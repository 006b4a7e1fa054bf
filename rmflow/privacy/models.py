"""The access log, the heads of its chains, and the notices clients are shown.

The log holds keys and kinds, no personal data, so it outlives the deletion of what it tells about.
Triggers (first migration) refuse every UPDATE but the one that fills the chain columns, every DELETE
and TRUNCATE.
"""

import datetime

import pghistory
from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from rmflow.staff.models import BANK_TIME
from rmflow.staff.permissions import Permission, scope


class Purpose(models.TextChoices):
    """Why somebody asks for data that is masked."""

    CONTACT = "contact", _("Contact the client")
    IDENTIFY = "identify", _("Check who the client is")
    TRANSACT = "transact", _("Handle business for the client")
    COMPLAINT = "complaint", _("Handle a complaint")
    INSPECT = "inspect", _("Supervision and checks")
    OTHER = "other", pgettext_lazy("purpose", "Other (say which)")


class ConsentBasis(models.TextChoices):
    """On which ground personal data is kept (Personal Information Protection Law, art. 13 and 29)."""

    CONSENT = "consent", _("Consent")
    SEPARATE_CONSENT = "separate_consent", _("Separate consent")
    WRITTEN_CONSENT = "written_consent", _("Written consent")
    GUARDIAN_CONSENT = "guardian_consent", _("Consent of a guardian")
    CONTRACT = "contract", _("Needed for a contract with the client")
    LEGAL_DUTY = "legal_duty", _("Required by law")


class AccessEventQuerySet(models.QuerySet):
    """The log, as the auditor reads it."""

    def visible_to(self, user):
        """Events at the branches the user audits; nothing without that permission."""
        reach = scope(user, Permission.AUDIT)
        return self.filter(reach.q("branch")) if reach else self.none()

    def on(self, day):
        """Events of one day in the bank's time; a range, so that the index serves it."""
        midnight = datetime.datetime.combine(day, datetime.time(), tzinfo=BANK_TIME)
        return self.filter(at__gte=midnight, at__lt=midnight + datetime.timedelta(days=1))

    def unchained(self):
        return self.filter(seq__isnull=True)


class AccessEvent(models.Model):
    """One look at personal data, one export or print, one log-in or failure."""

    class Kind(models.TextChoices):
        VIEW = "view", _("Client record opened")
        REVEAL = "reveal", _("Masked data shown")
        REVEAL_REFUSED = "reveal_refused", _("Showing refused")
        SEARCH = "search", _("Looked up by a whole number")
        REPEAT_CHECK = "repeat_check", _("Duplicate check")
        EXPORT = "export", _("Exported")
        PRINT = "print", _("Printed")
        IMPORT = "import", _("Imported")
        CHANGE = "change", _("Personal data changed")
        ERASE = "erase", _("Made anonymous")
        LOGIN = "login", _("Logged in")
        LOGOUT = "logout", _("Logged out")
        FAILURE = "failure", _("Log-in failed")
        LOCKOUT = "lockout", _("Account locked")
        UNLOCK = "unlock", _("Account or screen unlocked")
        PASSWORD = "password", _("Password changed")
        SECOND_FACTOR = "second_factor", _("Second factor set or checked")
        ROTATE = "rotate", _("Keys rotated")
        AUDIT = "audit", _("Access log read or verified")

    at = models.DateTimeField(_("Time"))
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        related_name="+",
        db_index=False,  # access_user_kind_at begins with it
        verbose_name=_("Employee"),
    )
    branch = models.ForeignKey(
        "staff.Branch",
        models.PROTECT,
        null=True,
        related_name="+",
        db_index=False,  # the chain's own index begins with it
        verbose_name=_("Branch"),
    )
    kind = models.CharField(_("Kind"), max_length=20, choices=Kind)
    object_type = models.CharField(_("Object"), max_length=60, blank=True)
    object_id = models.BigIntegerField(null=True)
    fields = ArrayField(models.CharField(max_length=40), default=list, verbose_name=_("Fields"))
    purpose = models.CharField(_("Purpose"), max_length=20, choices=Purpose, blank=True)
    note = models.CharField(_("Note"), max_length=100, blank=True)
    item_key = models.CharField(max_length=80, blank=True)
    rows = models.PositiveIntegerField(_("Rows"), null=True)
    ip = models.GenericIPAddressField(null=True)
    seq = models.BigIntegerField(null=True)
    prev_hash = models.CharField(max_length=64, blank=True)
    hash = models.CharField(max_length=64, blank=True)

    objects = AccessEventQuerySet.as_manager()

    class Meta:
        verbose_name = _("Access event")
        verbose_name_plural = _("Access log")
        indexes = [
            models.Index(fields=["at"], name="access_at"),
            models.Index(fields=["user", "kind", "at"], name="access_user_kind_at"),
            models.Index(fields=["object_type", "object_id"], name="access_object"),
            models.Index(fields=["branch", "id"], name="access_unchained", condition=Q(seq=None)),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["branch", "seq"],
                name="access_chain_position",
                nulls_distinct=False,
                condition=Q(seq__isnull=False),
            ),
            models.CheckConstraint(
                condition=Q(seq=None, prev_hash="", hash="") | (Q(seq__gte=1) & ~Q(hash="")),
                name="access_chained_wholly",
            ),
        ]

    def __str__(self):
        return f"{self.kind} {self.object_type} {self.object_id or ''}".strip()


class ChainHead(models.Model):
    """The last link of one branch's chain; `key` is the branch's id, 0 for events above branches.

    The chaining job locks this row, which is what lets two workers run at once.
    """

    key = models.BigIntegerField(primary_key=True)
    seq = models.BigIntegerField(default=0)
    hash = models.CharField(max_length=64, blank=True)

    class Meta:
        verbose_name = _("Head of an access log chain")

    def __str__(self):
        return f"{self.key}: {self.seq}"


class PrivacyNoticeQuerySet(models.QuerySet):
    """Notices by their day."""

    def in_force(self, today):
        """The notice to show today: the latest already effective, or None."""
        return self.filter(effective_on__lte=today).order_by("-effective_on", "-pk").first()


@pghistory.track(pghistory.InsertEvent(), pghistory.UpdateEvent(), pghistory.DeleteEvent())
class PrivacyNotice(models.Model):
    """A version of the notice a client is shown before data about them is kept (art. 17)."""

    version = models.CharField(_("Version"), max_length=20, unique=True)
    title = models.CharField(_("Title"), max_length=100)
    text = models.TextField(_("Text"))
    effective_on = models.DateField(_("In force from"))

    objects = PrivacyNoticeQuerySet.as_manager()

    class Meta:
        verbose_name = _("Privacy notice")
        verbose_name_plural = _("Privacy notices")
        ordering = ["-effective_on", "-pk"]

    def __str__(self):
        return f"{self.version} · {self.title}"


class Export(models.Model):
    """A workbook asked for; a large one is made by a worker (`task`) and fetched when it is done.

    `asked` holds keys and filters, never personal data; the rows are read anew when the file is written,
    with the rights its owner has then. The file shows what its owner's page shows, and lives for a day.
    """

    class State(models.TextChoices):
        WAITING = "waiting", pgettext_lazy("export", "Waiting")
        RUNNING = "running", _("Being made")
        READY = "ready", _("Ready")
        FAILED = "failed", pgettext_lazy("export", "Failed")

    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    at = models.DateTimeField(default=timezone.now)
    task = models.CharField(max_length=60)
    asked = models.JSONField()
    name = models.CharField(max_length=120)
    state = models.CharField(max_length=8, choices=State, default=State.WAITING)
    rows = models.IntegerField(default=0)
    done = models.IntegerField(default=0)
    file = models.BinaryField(null=True)
    ready_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["by", "-at"], name="privacy_export_by_at")]
        constraints = [
            models.CheckConstraint(
                condition=~Q(state="ready") | Q(file__isnull=False, ready_at__isnull=False),
                name="privacy_export_ready_has_its_file",
                violation_error_message=_("A finished export has its file."),
            )
        ]
