"""What belongs to a complaint: its events, rungs of the ladder, extensions, pauses, reviews, files."""

from django.conf import settings
from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from rmflow.privacy import masks
from rmflow.privacy.fields import EncryptedField

from ..rules.complaint import Decision, ExtensionKind, ReplyWay, ReviewOutcome
from ..rules.complaint_ladder import Step
from .complaint import Complaint
from .complaint_reach import recused

USER = settings.AUTH_USER_MODEL


class ComplaintEvent(models.Model):
    """One thing done about a complaint: from, to, by whom, when; a moved deadline with before and after."""

    complaint = models.ForeignKey(Complaint, models.CASCADE, related_name="events", db_index=False)
    name = models.CharField(max_length=16)
    status_from = models.CharField(max_length=10, blank=True)
    status_to = models.CharField(max_length=10)
    by = models.ForeignKey(USER, models.PROTECT, null=True, related_name="+", db_index=False)
    at = models.DateTimeField(default=timezone.now)
    note = EncryptedField(blank=True, context="complaintevent.note")
    #: Codes and numbers the sentence is made from; never personal data of a client.
    data = models.JSONField(default=dict, blank=True)
    due_from = models.DateField(null=True)
    due_to = models.DateField(null=True)

    class Meta:
        indexes = [models.Index(fields=["complaint", "at", "id"], name="complaint_event_at")]


class LadderStep(models.Model):
    """A warning that stands ahead or has gone out: each once, whichever worker sends it."""

    complaint = models.ForeignKey(Complaint, models.CASCADE, related_name="steps", db_index=False)
    step = models.CharField(max_length=4, choices=Step)
    at = models.DateTimeField()
    fired_at = models.DateTimeField(null=True)
    told = models.JSONField(default=list, blank=True)  # ids of staff, with their roles

    class Meta:
        indexes = [
            models.Index(fields=["at"], name="ladder_ahead", condition=Q(fired_at__isnull=True)),
            models.Index(fields=["complaint", "at"], name="ladder_complaint"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["complaint", "step"], condition=Q(fired_at__isnull=True), name="ladder_once_ahead"
            ),
            models.UniqueConstraint(fields=["complaint", "step", "at"], name="ladder_once"),
        ]


class Extension(models.Model):
    """延期申请: asked for by the branch with a reason, decided by the complaint office, told to the client."""

    complaint = models.ForeignKey(Complaint, models.CASCADE, related_name="extensions", db_index=False)
    kind = models.CharField(_("Kind"), max_length=8, choices=ExtensionKind)
    reason = EncryptedField(_("Reason"), context="extension.reason")
    asked_by = models.ForeignKey(USER, models.PROTECT, related_name="+", db_index=False)
    asked_at = models.DateTimeField(default=timezone.now)
    decision = models.CharField(max_length=8, choices=Decision, default=Decision.ASKED)
    decided_by = models.ForeignKey(USER, models.PROTECT, null=True, related_name="+", db_index=False)
    decided_at = models.DateTimeField(null=True)
    note = EncryptedField(_("Words of the office"), blank=True, context="extension.note")
    told_at = models.DateTimeField(_("Client told"), null=True)

    class Meta:
        verbose_name = _("Extension")
        verbose_name_plural = _("Extensions")
        indexes = [
            models.Index(fields=["complaint", "asked_at"], name="extension_complaint"),
            models.Index(fields=["asked_at"], name="extension_waiting", condition=Q(decision="asked")),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["complaint"],
                condition=Q(decision="asked"),
                name="extension_one_waiting",
                violation_error_message=_("An extension has been asked for already."),
            ),
            models.CheckConstraint(
                condition=Q(decision="asked", decided_by__isnull=True, decided_at__isnull=True)
                | Q(decision="lapsed", decided_by__isnull=True, decided_at__isnull=False)
                | Q(decision__in=["granted", "refused"], decided_by__isnull=False, decided_at__isnull=False),
                name="extension_decided_by_somebody",
                violation_error_message=_("A decision has a name and a time."),
            ),
            models.CheckConstraint(
                condition=Q(decided_by__isnull=True) | ~Q(decided_by=F("asked_by")),
                name="extension_four_eyes",
                violation_error_message=_("Nobody decides on his own request."),
            ),
            models.CheckConstraint(
                condition=Q(told_at__isnull=True) | Q(decision="granted"),
                name="extension_told_when_granted",
                violation_error_message=_("The client is told of an extension that was granted."),
            ),
        ]


class Suspension(models.Model):
    """An external appraisal: the only thing that stops the clocks."""

    complaint = models.ForeignKey(Complaint, models.CASCADE, related_name="suspensions", db_index=False)
    agency = models.CharField(_("Appraiser"), max_length=60)
    begins_on = models.DateField()
    ends_on = models.DateField(null=True)
    by = models.ForeignKey(USER, models.PROTECT, related_name="+", db_index=False)
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["complaint"],
                condition=Q(ends_on__isnull=True),
                name="suspension_one_open",
                violation_error_message=_("An appraisal is under way already."),
            ),
            models.CheckConstraint(
                condition=Q(ends_on__isnull=True) | Q(ends_on__gte=F("begins_on")),
                name="suspension_ends_after_it_begins",
                violation_error_message=_("An appraisal ends after it begins."),
            ),
        ]
        indexes = [models.Index(fields=["complaint"], name="suspension_complaint")]


class Review(models.Model):
    """核查: the client asks the institution above to look again, within 30 days of the decision."""

    complaint = models.ForeignKey(Complaint, models.CASCADE, related_name="reviews", db_index=False)
    asked_on = models.DateField()
    reason = EncryptedField(_("Reason"), context="review.reason")
    due_on = models.DateField()
    by = models.ForeignKey(USER, models.PROTECT, related_name="+", db_index=False)
    at = models.DateTimeField(default=timezone.now)
    outcome = models.CharField(max_length=10, choices=ReviewOutcome, blank=True)
    findings = EncryptedField(_("Findings"), blank=True, context="review.findings")
    decided_by = models.ForeignKey(USER, models.PROTECT, null=True, related_name="+", db_index=False)
    decided_at = models.DateTimeField(null=True)
    told_at = models.DateTimeField(_("Client told"), null=True)
    told_way = models.CharField(max_length=10, choices=ReplyWay, blank=True)

    class Meta:
        verbose_name = _("Review")
        verbose_name_plural = _("Reviews")
        indexes = [
            models.Index(fields=["complaint"], name="review_complaint"),
            models.Index(fields=["due_on"], name="review_open", condition=Q(outcome="")),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["complaint"],
                condition=Q(outcome=""),
                name="review_one_open",
                violation_error_message=_("A review is under way already."),
            ),
            models.CheckConstraint(
                condition=Q(outcome="", decided_by__isnull=True, decided_at__isnull=True)
                | (~Q(outcome="") & Q(decided_by__isnull=False, decided_at__isnull=False)),
                name="review_decided_by_somebody",
                violation_error_message=_("A decision has a name and a time."),
            ),
            models.CheckConstraint(
                condition=Q(told_at__isnull=True, told_way="")
                | (Q(told_at__isnull=False) & ~Q(told_way="") & ~Q(outcome="")),
                name="review_told_once_decided",
                violation_error_message=_("The client is told of a review that is decided, and how."),
            ),
        ]


class ImprovementQuerySet(models.QuerySet):
    """Improvements, as staff ask for them."""

    def owned_by(self, user):
        """One's own to see to, and the number of the complaint; never of one from which one must keep out."""
        kept_out = recused(user).filter(complaint=OuterRef("complaint"))
        return self.filter(~Exists(kept_out), owner=user, complaint__destroyed_at__isnull=True)


class Improvement(models.Model):
    """溯源整改: what is changed so that it does not happen again, by whom, by when."""

    complaint = models.ForeignKey(Complaint, models.CASCADE, related_name="improvements", db_index=False)
    text = EncryptedField(_("Measure"), context="improvement.text")
    owner = models.ForeignKey(USER, models.PROTECT, related_name="+", db_index=False)
    due_on = models.DateField(pgettext_lazy("improvement", "By"))
    done_at = models.DateTimeField(null=True)
    by = models.ForeignKey(USER, models.PROTECT, related_name="+", db_index=False)
    at = models.DateTimeField(default=timezone.now)

    objects = ImprovementQuerySet.as_manager()

    class Meta:
        verbose_name = _("Improvement")
        verbose_name_plural = _("Improvements")
        indexes = [
            models.Index(fields=["complaint"], name="improvement_complaint"),
            models.Index(fields=["owner", "due_on"], name="improvement_open", condition=Q(done_at=None)),
        ]


class Representative(models.Model):
    """One who speaks for a group face to face; five at the most."""

    complaint = models.ForeignKey(Complaint, models.CASCADE, related_name="representatives", db_index=False)
    position = models.PositiveSmallIntegerField()
    name = EncryptedField(_("Name"), context="representative.name")
    phone = EncryptedField(_("Phone"), blank=True, context="representative.phone")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["complaint", "position"], name="representative_once"),
            models.CheckConstraint(
                condition=Q(position__range=(1, 5)),
                name="representative_five_at_most",
                violation_error_message=_("A group has at most five representatives."),
            ),
        ]

    @property
    def masked(self):
        """Name and phone as everybody who sees the complaint reads them."""
        return " ".join(
            filter(None, (masks.mask_name(self.name), self.phone and masks.mask_phone(self.phone)))
        )


class Attachment(models.Model):
    """One file of the record; the bytes lie outside the web root under a name of our own."""

    complaint = models.ForeignKey(Complaint, models.CASCADE, related_name="attachments", db_index=False)
    name = models.CharField(_("Name"), max_length=100)
    kind = models.CharField(max_length=5)
    size = models.PositiveIntegerField(_("Size"))
    digest = models.CharField(max_length=64)
    stored_as = models.CharField(max_length=40, unique=True)
    scanned_at = models.DateTimeField(null=True)
    by = models.ForeignKey(USER, models.PROTECT, related_name="+", db_index=False)
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = _("Attachment")
        verbose_name_plural = _("Attachments")
        indexes = [models.Index(fields=["complaint", "at"], name="attachment_complaint")]
        constraints = [
            models.UniqueConstraint(
                fields=["complaint", "digest"],
                name="attachment_once",
                violation_error_message=_("This file is attached already."),
            )
        ]

    def __str__(self):
        return self.name


class ComplaintRecount(models.Model):
    """A change of the calendar that open complaints are recomputed for: once. While that runs, `checked` of
    `total` are done and `at` is empty."""

    change = models.OneToOneField(
        "workdays.CalendarChange", models.PROTECT, primary_key=True, related_name="+"
    )
    moved = models.PositiveIntegerField(default=0)
    checked = models.PositiveIntegerField(default=0)
    total = models.PositiveIntegerField(default=0)
    noted_at = models.DateTimeField(null=True)
    at = models.DateTimeField(null=True)
