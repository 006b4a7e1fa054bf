"""The month's set of closure records, handed to the supervisor with its analysis (W3-06)."""

from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from rmflow.staff.permissions import Permission, scope

USER = settings.AUTH_USER_MODEL


class ClosureMonthQuerySet(models.QuerySet):
    """Sets, as staff ask for them."""

    def visible_to(self, user):
        return self.filter(scope(user, Permission.SEE_CASES).q("branch"))


class ClosureMonth(models.Model):
    """What a branch handed in for a month; received by the supervisor with a signature."""

    branch = models.ForeignKey("staff.Branch", models.PROTECT, related_name="+")
    month = models.DateField(_("Month"))
    handed_at = models.DateTimeField(_("Handed in at"), default=timezone.now)
    due_on = models.DateField(_("Due on"))
    #: The analysis as it was handed in; later entries do not change what was read.
    content = models.JSONField(default=dict, encoder=DjangoJSONEncoder)
    open_cases = models.PositiveIntegerField(default=0)
    received_by = models.ForeignKey(USER, models.PROTECT, null=True, related_name="+")
    received_at = models.DateTimeField(null=True, blank=True)

    objects = ClosureMonthQuerySet.as_manager()

    class Meta:
        verbose_name = _("Month's closure records")
        verbose_name_plural = _("Months' closure records")
        constraints = [
            models.UniqueConstraint(fields=["branch", "month"], name="closure_month_once"),
            models.CheckConstraint(
                condition=Q(month__day=1),
                name="closure_month_is_its_first_day",
                violation_error_message=_("A month is written as its first day."),
            ),
            models.CheckConstraint(
                condition=Q(received_at__isnull=True, received_by__isnull=True)
                | Q(received_at__isnull=False, received_by__isnull=False),
                name="closure_month_received_by_a_name",
                violation_error_message=_("A receipt has a name and a time."),
            ),
        ]
