"""Who must keep out of a complaint, and which units were asked about one: both are part of its scope."""

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from rmflow.privacy.fields import EncryptedField
from rmflow.staff.permissions import Permission, scope

from ..rules.complaint_recusal import prefixes

USER = settings.AUTH_USER_MODEL


def below(user):
    """Under whom `user` stands: every path that his branches lie under (home, where he holds a role, where he
    works today), and his roles."""
    places = {holding.branch.path for holding in user.holdings}
    if user.home_branch_id:
        places.add(user.home_branch.path)
    if user.works_elsewhere:
        places.add(user.duty_branch.path)
    paths = {path for place in places for path in prefixes(place)}
    return paths, {holding.role for holding in user.holdings}


def recused(user):
    """Recusals that concern `user`: named himself, or under a person named."""
    paths, roles = below(user)
    under = Q(below_path__in=sorted(paths)) & (Q(below_roles=[]) | Q(below_roles__overlap=sorted(roles)))
    return Recusal.objects.filter(Q(person=user, below_path="") | under)


def passed_to(user):
    """Complaints passed on to a branch where `user` works on complaints."""
    reach = scope(user, Permission.WORK_COMPLAINT)
    passes = PassOn.objects.filter(reach.q("unit")) if reach else PassOn.objects.none()
    return passes.values("complaint_id")


class Recusal(models.Model):
    """回避: a person who must keep out; with `below_path`, everybody under that person."""

    complaint = models.ForeignKey(
        "complaints.Complaint", models.CASCADE, related_name="recusals", db_index=False
    )
    person = models.ForeignKey(USER, models.PROTECT, related_name="+", db_index=False)
    basis = models.CharField(max_length=8)
    below_path = models.CharField(max_length=80, blank=True)
    below_roles = ArrayField(models.CharField(max_length=20), default=list, blank=True)
    note = models.CharField(max_length=200, blank=True)
    by = models.ForeignKey(USER, models.PROTECT, related_name="+", db_index=False)
    at = models.DateTimeField(default=timezone.now)

    KEPT_WHEN_ERASED = ("basis",)

    class Meta:
        verbose_name = _("Recusal")
        verbose_name_plural = _("Recusals")
        indexes = [
            models.Index(fields=["person"], name="recusal_person"),
            models.Index(fields=["below_path"], name="recusal_below", condition=~Q(below_path="")),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["complaint", "person", "below_path", "below_roles"],
                name="recusal_once",
                violation_error_message=_("This person is recused already."),
            ),
            models.CheckConstraint(
                condition=Q(basis__in=["named", "interest"], below_path="")
                | (Q(basis="below") & ~Q(below_path="")),
                name="recusal_below_a_branch",
                violation_error_message=_("Those below a person stand under a branch."),
            ),
        ]


class PassOn(models.Model):
    """What another unit must answer, passed on with the clock unchanged (W3-10)."""

    complaint = models.ForeignKey(
        "complaints.Complaint", models.CASCADE, related_name="passes", db_index=False
    )
    unit = models.ForeignKey("staff.Branch", models.PROTECT, related_name="+", db_index=False)
    question = EncryptedField(_("Question"), context="passon.question")
    by = models.ForeignKey(USER, models.PROTECT, related_name="+", db_index=False)
    at = models.DateTimeField(default=timezone.now)
    answer = EncryptedField(_("Answer"), blank=True, context="passon.answer")
    answered_by = models.ForeignKey(USER, models.PROTECT, null=True, related_name="+", db_index=False)
    answered_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("Passed on")
        verbose_name_plural = _("Passed on")
        indexes = [
            models.Index(fields=["complaint", "at"], name="pass_on_complaint"),
            models.Index(fields=["unit", "at"], name="pass_on_unit"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(answered_at__isnull=True, answered_by__isnull=True)
                | Q(answered_at__isnull=False, answered_by__isnull=False),
                name="pass_on_answer_has_a_name",
                violation_error_message=_("An answer has a name and a time."),
            )
        ]
