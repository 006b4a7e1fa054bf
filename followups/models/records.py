"""Follow-up records, contacts, appointments, plan items and the work log (deck 24–29)."""

from django.conf import settings
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateTimeRangeField, RangeOperators
from django.db import models
from django.db.models import F, Func, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from clients.models import Client, kept_history
from rmflow.staff.permissions import Permission, scope

from ..rules import LIVE, OWNER_ONLY, Channel, PlanKind, PlanState, RecordStatus, Result

USER = settings.AUTH_USER_MODEL


class FollowUpQuerySet(models.QuerySet):
    """Follow-up records, as staff ask for them."""

    def visible_to(self, user):
        """One's own, and those of branches one inspects."""
        return self.filter(Q(manager=user) | scope(user, Permission.SEE_FOLLOW_UPS).q("branch"))

    def live(self):
        return self.filter(status__in=LIVE)


@kept_history("FollowUpHistory")
class FollowUp(models.Model):
    """待跟进客户信息记录表: one per person and manager while it is live."""

    client = models.ForeignKey(Client, models.PROTECT, related_name="follow_ups")
    branch = models.ForeignKey("staff.Branch", models.PROTECT, related_name="+")
    manager = models.ForeignKey(USER, models.PROTECT, related_name="+")
    referrer = models.ForeignKey(USER, models.PROTECT, null=True, related_name="+")
    source_key = models.CharField(max_length=40, blank=True)
    status = models.CharField(_("State"), max_length=16, choices=RecordStatus, default=RecordStatus.OPEN)
    strength = models.CharField(_("Strength"), max_length=500, blank=True)
    character = models.CharField(_("Character and hobbies"), max_length=500, blank=True)
    needs = models.CharField(_("Likely needs"), max_length=500, blank=True)
    flagged = models.BooleanField(_("Several attempts failed"), default=False)
    opened_at = models.DateTimeField(default=timezone.now)
    closed_at = models.DateTimeField(null=True, blank=True)

    objects = FollowUpQuerySet.as_manager()

    class Meta:
        verbose_name = _("Follow-up record")
        verbose_name_plural = _("Follow-up records")
        indexes = [
            models.Index(
                fields=["manager", "-opened_at"],
                name="follow_up_live",
                condition=Q(status__in=LIVE),
            ),
            models.Index(fields=["branch", "status"], name="follow_up_branch"),
            models.Index(fields=["client", "-opened_at"], name="follow_up_client"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["client", "manager"],
                condition=Q(status__in=LIVE),
                name="follow_up_once_live",
                violation_error_message=_("This client already has an open follow-up record."),
            ),
            models.CheckConstraint(
                condition=Q(status__in=LIVE, closed_at__isnull=True)
                | (~Q(status__in=LIVE) & Q(closed_at__isnull=False)),
                name="follow_up_closed_has_a_time",
                violation_error_message=_("A closed record carries the time of closing."),
            ),
        ]

    @property
    def is_live(self):
        return self.status in LIVE


class FollowUpEvent(models.Model):
    """One transition of a follow-up record."""

    record = models.ForeignKey(FollowUp, models.CASCADE, related_name="events")
    name = models.CharField(max_length=20)
    status_from = models.CharField(max_length=16, blank=True)
    status_to = models.CharField(max_length=16)
    by = models.ForeignKey(USER, models.PROTECT, related_name="+")
    at = models.DateTimeField(default=timezone.now)
    note = models.CharField(max_length=500, blank=True)


class PlanItemQuerySet(models.QuerySet):
    """Work-plan items: everybody's day."""

    def visible_to(self, user):
        """One's own, and those of branches one inspects, but for kinds that only the owner sees."""
        inspected = scope(user, Permission.SEE_FOLLOW_UPS).q("branch") & ~Q(kind__in=OWNER_ONLY)
        return self.filter(Q(owner=user) | inspected)

    def open(self):
        return self.filter(state=PlanState.OPEN)

    def overdue(self, today):
        return self.open().filter(plan_on__lt=today)

    def until(self, day):
        """What stands on the list up to `day`, in working order: overdue first, then by hour."""
        return self.open().filter(plan_on__lte=day).order_by("plan_on", F("at").asc(nulls_last=True), "pk")


@kept_history("PlanItemHistory")
class PlanItem(models.Model):
    """An item of somebody's work plan (工作计划, deck 25)."""

    owner = models.ForeignKey(USER, models.PROTECT, related_name="+")
    branch = models.ForeignKey("staff.Branch", models.PROTECT, related_name="+")
    client = models.ForeignKey(Client, models.CASCADE, null=True, blank=True, related_name="plan_items")
    record = models.ForeignKey(FollowUp, models.CASCADE, null=True, blank=True, related_name="items")
    kind = models.CharField(_("Kind"), max_length=16, choices=PlanKind)
    channel = models.CharField(_("Way"), max_length=10, choices=Channel, blank=True)
    purpose = models.CharField(_("Objective"), max_length=200, blank=True)
    expected = models.CharField(_("Expected reaction"), max_length=300, blank=True)
    answer = models.CharField(_("Answer to it"), max_length=300, blank=True)
    plan_on = models.DateField(_("Planned on"))
    at = models.TimeField(_("Hour"), null=True, blank=True)
    must_by = models.DateField(_("At the latest"), null=True, blank=True)
    #: The day 0 from which rules counted working days; `day_counted` says that they set `plan_on` too.
    counted_from = models.DateField(null=True, blank=True)
    day_counted = models.BooleanField(default=False)
    state = models.CharField(max_length=8, choices=PlanState, default=PlanState.OPEN)
    settled_at = models.DateTimeField(null=True, blank=True)
    source_key = models.CharField(max_length=60)
    link = models.CharField(max_length=120, blank=True)
    created_at = models.DateTimeField(default=timezone.now)

    objects = PlanItemQuerySet.as_manager()

    class Meta:
        verbose_name = _("Plan item")
        verbose_name_plural = _("Plan items")
        indexes = [
            models.Index(
                fields=["owner", "plan_on", "at"],
                name="plan_open",
                condition=Q(state="open"),
            ),
            models.Index(
                fields=["branch", "plan_on"],
                name="plan_branch_open",
                condition=Q(state="open"),
            ),
            models.Index(fields=["owner", "settled_at"], name="plan_settled"),
            models.Index(
                fields=["client", "plan_on"],
                name="plan_client_open",
                condition=Q(state="open"),
            ),
        ]
        constraints = [
            models.UniqueConstraint(fields=["source_key", "kind", "plan_on"], name="plan_once"),
            models.CheckConstraint(
                condition=Q(day_counted=False) | Q(counted_from__isnull=False),
                name="plan_counted_from_a_day",
                violation_error_message=_("A counted day says from which day it was counted."),
            ),
            models.CheckConstraint(
                condition=Q(state="open", settled_at__isnull=True)
                | (~Q(state="open") & Q(settled_at__isnull=False)),
                name="plan_settled_has_a_time",
                violation_error_message=_("A settled item carries its time."),
            ),
        ]


class PlanEvent(models.Model):
    """One change of a plan item: done, dropped, postponed, restored, recounted; undo adds a second one."""

    item = models.ForeignKey(PlanItem, models.CASCADE, related_name="events")
    name = models.CharField(max_length=20)
    state_from = models.CharField(max_length=8)
    state_to = models.CharField(max_length=8)
    on_from = models.DateField()
    on_to = models.DateField()
    by = models.ForeignKey(USER, models.PROTECT, null=True, related_name="+")
    at = models.DateTimeField(default=timezone.now)
    note = models.CharField(max_length=200, blank=True)


class ContactQuerySet(models.QuerySet):
    """Contacts that were made."""

    def visible_to(self, user):
        return self.filter(Q(by=user) | scope(user, Permission.SEE_FOLLOW_UPS).q("branch"))


class Contact(models.Model):
    """One contact with a client, recorded once (deck 27, W4-01)."""

    client = models.ForeignKey(Client, models.PROTECT, related_name="contacts")
    record = models.ForeignKey(FollowUp, models.PROTECT, null=True, related_name="contacts")
    item = models.OneToOneField(PlanItem, models.PROTECT, null=True, related_name="contact")
    branch = models.ForeignKey("staff.Branch", models.PROTECT, related_name="+")
    by = models.ForeignKey(USER, models.PROTECT, related_name="+")
    at = models.DateTimeField(default=timezone.now)
    channel = models.CharField(_("Way"), max_length=10, choices=Channel)
    result = models.CharField(_("Result"), max_length=16, choices=Result)
    findings = models.TextField(_("Needs and information"), max_length=2000, blank=True)
    todo = models.CharField(_("To do"), max_length=500, blank=True)
    next_on = models.DateField(null=True, blank=True)
    next_channel = models.CharField(max_length=10, choices=Channel, blank=True)

    objects = ContactQuerySet.as_manager()

    class Meta:
        verbose_name = _("Contact")
        verbose_name_plural = _("Contacts")
        indexes = [
            models.Index(fields=["client", "-at"], name="contact_client_at"),
            models.Index(fields=["by", "-at"], name="contact_by_at"),
            models.Index(fields=["record", "-at"], name="contact_record_at"),
        ]


class _Range(Func):
    function = "TSTZRANGE"
    output_field = DateTimeRangeField()


class Appointment(models.Model):
    """An agreed meeting (预约记录, deck 27): half-open time range, in the log of its day."""

    class State(models.TextChoices):
        AGREED = "agreed", _("Agreed")
        KEPT = "kept", _("Came")
        MISSED = "missed", _("Did not come")
        CANCELLED = "cancelled", _("Cancelled")

    client = models.ForeignKey(Client, models.PROTECT, related_name="appointments")
    manager = models.ForeignKey(USER, models.PROTECT, related_name="+")
    branch = models.ForeignKey("staff.Branch", models.PROTECT, related_name="+")
    record = models.ForeignKey(FollowUp, models.PROTECT, null=True, related_name="appointments")
    starts_at = models.DateTimeField(_("From"))
    ends_at = models.DateTimeField(_("To"))
    purpose = models.CharField(_("Objective"), max_length=200, blank=True)
    state = models.CharField(max_length=10, choices=State, default=State.AGREED)
    item = models.OneToOneField(PlanItem, models.PROTECT, null=True, related_name="appointment")

    class Meta:
        verbose_name = _("Appointment")
        verbose_name_plural = _("Appointments")
        constraints = [
            models.CheckConstraint(
                condition=Q(ends_at__gt=F("starts_at")),
                name="appointment_ends_after_it_begins",
                violation_error_message=_("An appointment ends after it begins."),
            ),
            ExclusionConstraint(
                name="appointment_one_at_a_time",
                expressions=[
                    (_Range("starts_at", "ends_at"), RangeOperators.OVERLAPS),
                    ("manager", RangeOperators.EQUAL),
                ],
                condition=Q(state="agreed"),
                violation_error_message=_("You already have an appointment at that time."),
            ),
        ]


class DayEntry(models.Model):
    """A line of the work log (客户经理工作日志) that wrote itself: what was done on that business day."""

    class Kind(models.TextChoices):
        CONTACT = "contact", _("Contact")
        APPOINTMENT = "appointment", _("Appointment")
        RECEPTION = "reception", _("Client received")
        VERDICT = "verdict", _("Type decided")
        PLAN = "plan", _("Plan changed")
        RECORD = "record", _("Follow-up record")
        DEAL = "deal", _("Deal closed")
        CLOSURE = "closure", _("Closure or movement")
        OPENING = "opening", _("Account opening")

    user = models.ForeignKey(USER, models.PROTECT, related_name="+")
    on = models.DateField()
    at = models.DateTimeField(default=timezone.now)
    kind = models.CharField(max_length=12, choices=Kind)
    client = models.ForeignKey(Client, models.CASCADE, null=True, related_name="+")
    data = models.JSONField(default=dict, blank=True)
    link = models.CharField(max_length=120, blank=True)

    class Meta:
        indexes = [models.Index(fields=["user", "on", "at"], name="day_entry_user_on")]
