"""Requests of clients about their data: clock, steps, outcome, proof (B-22)."""

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from rmflow.staff.permissions import Permission, scope

from ..profile_rules import ConsentPurpose
from ..rights_rules import (
    REASONED,
    RIGHTS_OPEN,
    AnswerWay,
    Applicant,
    Ground,
    Identity,
    Outcome,
    Right,
    RightsState,
)
from .person import Client

USER = settings.AUTH_USER_MODEL


def _who(null=True, **more):
    return models.ForeignKey(USER, models.PROTECT, null=null, related_name="+", db_index=False, **more)


class RightsRequestQuerySet(models.QuerySet):
    """Requests, as staff ask for them."""

    def visible_to(self, user):
        """Those taken at one's branches, and those of clients one looks after."""
        reach = scope(user, Permission.TAKE_RIGHTS)
        own = Q(client__owner=user) | Q(client__backup=user)
        return self.filter(reach.q("branch") | own) if reach else self.filter(own)

    def open(self):
        return self.filter(state__in=RIGHTS_OPEN)

    def overdue(self, today):
        return self.open().filter(due_on__lt=today)


class RightsRequest(models.Model):
    """What a client asks about personal data, taken at a branch (PIPL 44–50)."""

    client = models.ForeignKey(Client, models.PROTECT, related_name="rights_requests", db_index=False)
    branch = models.ForeignKey("staff.Branch", models.PROTECT, related_name="+", db_index=False)
    kind = models.CharField(_("Asks to"), max_length=10, choices=Right)
    state = models.CharField(_("State"), max_length=10, choices=RightsState, default=RightsState.RECEIVED)
    applicant = models.CharField(_("Who asks"), max_length=10, choices=Applicant)
    identity = models.CharField(_("Identity checked by"), max_length=10, choices=Identity)
    wish = models.CharField(_("What is wanted"), max_length=500)
    #: For a withdrawal: which consents.
    purposes = ArrayField(
        models.CharField(max_length=12, choices=ConsentPurpose),
        default=list,
        blank=True,
        verbose_name=_("Purposes"),
    )
    received_on = models.DateField(_("Received on"))
    due_on = models.DateField(_("Due"))
    taken_at = models.DateTimeField(default=timezone.now)
    taken_by = _who(null=False, verbose_name=_("Taken by"))
    outcome = models.CharField(_("Outcome"), max_length=10, choices=Outcome, blank=True)
    ground = models.CharField(_("Ground"), max_length=12, choices=Ground, blank=True)
    reasons = models.CharField(_("Reasons"), max_length=500, blank=True)
    settled_by = _who(verbose_name=_("Settled by"))
    settled_at = models.DateTimeField(_("Settled at"), null=True)
    answer_way = models.CharField(_("Answered"), max_length=8, choices=AnswerWay, blank=True)
    answered_by = _who()
    answered_at = models.DateTimeField(null=True)

    objects = RightsRequestQuerySet.as_manager()

    class Meta:
        verbose_name = _("Request about personal data")
        verbose_name_plural = _("Requests about personal data")
        ordering = ["due_on", "pk"]
        indexes = [
            models.Index(fields=["client", "-taken_at"], name="rights_of_client"),
            models.Index(fields=["branch", "due_on"], name="rights_open", condition=Q(state__in=RIGHTS_OPEN)),
            models.Index(fields=["branch", "-taken_at"], name="rights_of_branch"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["client", "kind"],
                condition=Q(state__in=RIGHTS_OPEN),
                name="rights_one_open",
                violation_error_message=_("The same request of this client is in hand already."),
            ),
            models.CheckConstraint(
                condition=Q(
                    kind__in=Right.values,
                    state__in=RightsState.values,
                    applicant__in=Applicant.values,
                    identity__in=Identity.values,
                )
                & ~Q(wish=""),
                name="rights_taken_whole",
                violation_error_message=_("Say who asks for what, and how the identity was checked."),
            ),
            models.CheckConstraint(
                condition=Q(due_on__gte=models.F("received_on")),
                name="rights_due_after_received",
                violation_error_message=_("A request is due after it was received."),
            ),
            models.CheckConstraint(
                condition=Q(state__in=("received", "dropped"), outcome="")
                | Q(
                    state__in=("settled", "answered"),
                    outcome__in=Outcome.values,
                    settled_by__isnull=False,
                    settled_at__isnull=False,
                ),
                name="rights_settled_has_an_outcome",
                violation_error_message=_("A settled request has an outcome and a name."),
            ),
            models.CheckConstraint(
                condition=~Q(outcome__in=REASONED) | ~Q(reasons=""),
                name="rights_refusal_has_reasons",
                violation_error_message=_("Give the reasons; the client has a right to know them."),
            ),
            models.CheckConstraint(
                condition=~Q(state="answered")
                | (Q(answered_at__isnull=False, answered_by__isnull=False) & ~Q(answer_way="")),
                name="rights_answered_in_a_way",
                violation_error_message=_("Say how the answer was given."),
            ),
        ]

    def __str__(self):
        return f"{self.client_id} {self.kind}"


class RightsEvent(models.Model):
    """One step of a request."""

    request = models.ForeignKey(RightsRequest, models.CASCADE, related_name="events", db_index=False)
    name = models.CharField(max_length=20)
    state_from = models.CharField(max_length=10, blank=True)
    state_to = models.CharField(max_length=10)
    by = _who()
    at = models.DateTimeField(default=timezone.now)
    note = models.CharField(max_length=500, blank=True)

    class Meta:
        indexes = [models.Index(fields=["request", "at"], name="rights_event_of_request")]

    def __str__(self):
        return f"{self.request_id} {self.name}"
