"""First identification by data (初次识别, deck 22): rules, and the clients they name."""

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from clients.models import Client
from rmflow.staff.permissions import Permission, scope

from ..candidate_rules import NEEDS_DAYS, CandidateState, RuleCode, Suggests
from .records import FollowUp

USER = settings.AUTH_USER_MODEL


class CandidateRule(models.Model):
    """One rule and its figures; the bank switches it off or changes them (decision 0113)."""

    code = models.CharField(_("Rule"), max_length=16, choices=RuleCode, unique=True)
    active = models.BooleanField(pgettext_lazy("rule", "In use"), default=True)
    threshold = models.DecimalField(_("At least (yuan)"), max_digits=16, decimal_places=2)
    days = models.PositiveSmallIntegerField(_("Within days"), null=True, blank=True)
    suggests = models.CharField(_("Likely"), max_length=10, choices=Suggests)
    #: A client dismissed is not shown again for so many days.
    rest_days = models.PositiveSmallIntegerField(_("Rest after dismissal (days)"), default=90)

    class Meta:
        verbose_name = _("Rule of first identification")
        verbose_name_plural = _("Rules of first identification")
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(code__in=RuleCode.values),
                name="candidate_rule_known",
                violation_error_message=_("Choose from the list."),
            ),
            models.CheckConstraint(
                condition=Q(threshold__gt=0),
                name="candidate_rule_has_a_threshold",
                violation_error_message=_("The amount must be above zero."),
            ),
            models.CheckConstraint(
                condition=~Q(code__in=NEEDS_DAYS) | Q(days__isnull=False),
                name="candidate_rule_has_its_days",
                violation_error_message=_("This rule needs a number of days."),
            ),
            models.CheckConstraint(
                condition=Q(suggests__in=Suggests.values),
                name="candidate_rule_suggests",
                violation_error_message=_("Choose from the list."),
            ),
        ]

    def __str__(self):
        return str(self.get_code_display())


class CandidateQuerySet(models.QuerySet):
    """Clients that rules have named, as staff ask for them."""

    def visible_to(self, user):
        """Those one looks after, those of one's branches nobody looks after, those of branches one inspects."""
        pool = Q(client__owner__isnull=True) & scope(user, Permission.JUDGE_CLIENT).q("branch")
        return self.filter(
            Q(client__owner=user)
            | Q(client__backup=user)
            | pool
            | scope(user, Permission.SEE_FOLLOW_UPS).q("branch")
        )

    def open(self):
        return self.filter(state=CandidateState.OPEN)


class Candidate(models.Model):
    """A client the rules named: open until a manager takes or dismisses it, or no rule names it any more."""

    client = models.ForeignKey(
        Client,
        models.CASCADE,
        related_name="candidacies",
        db_index=False,  # candidate_client
    )
    branch = models.ForeignKey("staff.Branch", models.PROTECT, related_name="+", db_index=False)
    #: The rules that name the client now, and the amount each of them saw, in yuan.
    rules = ArrayField(models.CharField(max_length=16, choices=RuleCode))
    figures = models.JSONField(default=dict)
    suggests = models.CharField(_("Likely"), max_length=10, choices=Suggests)
    amount = models.DecimalField(_("Amount"), max_digits=16, decimal_places=2)
    found_on = models.DateField()
    seen_on = models.DateField()
    state = models.CharField(max_length=10, choices=CandidateState, default=CandidateState.OPEN)
    settled_at = models.DateTimeField(null=True, blank=True)
    settled_by = models.ForeignKey(USER, models.PROTECT, null=True, related_name="+", db_index=False)
    reason = models.CharField(_("Reason"), max_length=200, blank=True)
    rests_until = models.DateField(null=True, blank=True)
    record = models.ForeignKey(FollowUp, models.PROTECT, null=True, related_name="+", db_index=False)
    created_at = models.DateTimeField(default=timezone.now)

    objects = CandidateQuerySet.as_manager()

    class Meta:
        verbose_name = _("Candidate")
        verbose_name_plural = _("Candidates")
        indexes = [
            models.Index(fields=["client", "state"], name="candidate_client"),
            models.Index(fields=["branch", "-amount"], name="candidate_open", condition=Q(state="open")),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["client"],
                condition=Q(state="open"),
                name="candidate_once_open",
                violation_error_message=_("This client stands on the list already."),
            ),
            models.CheckConstraint(
                condition=Q(state__in=("open", "gone"), settled_by__isnull=True)
                | Q(state__in=("taken", "dismissed"), settled_by__isnull=False, settled_at__isnull=False),
                name="candidate_settled_by_somebody",
                violation_error_message=_("Somebody takes or dismisses a candidate."),
            ),
            models.CheckConstraint(
                condition=~Q(state="dismissed") | (~Q(reason="") & Q(rests_until__isnull=False)),
                name="candidate_dismissed_with_a_reason",
                violation_error_message=_("A dismissal has its reason and its rest."),
            ),
            models.CheckConstraint(
                condition=~Q(state="taken") | Q(record__isnull=False),
                name="candidate_taken_into_a_record",
                violation_error_message=_("Who takes a candidate opens a follow-up record."),
            ),
        ]
