"""The three classifications of a complaint: an editable tree with the standard's codes (JR/T 0169)."""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from clients.models import kept_history

from ..rules.complaint import CodeKind


class ComplaintCodeQuerySet(models.QuerySet):
    """Codes, as forms ask for them."""

    def leaves(self, kind):
        """What may be chosen: those in use, under headings in use, with nothing in use below them."""
        below = self.model.objects.filter(active=True, parent__isnull=False)
        under = Q(parent__active=False) | Q(parent__parent__active=False)
        return self.filter(kind=kind, active=True).exclude(under).exclude(pk__in=below.values("parent_id"))


@kept_history("ComplaintCodeHistory")
class ComplaintCode(models.Model):
    """One heading of a classification; taken out of use, never deleted."""

    kind = models.CharField(_("Classification"), max_length=8, choices=CodeKind)
    code = models.CharField(_("Own code"), max_length=12)
    std_code = models.CharField(_("Standard code"), max_length=12, blank=True)
    name = models.CharField(_("Name"), max_length=40)
    parent = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="children", verbose_name=_("Under")
    )
    position = models.PositiveSmallIntegerField(_("Position"), default=0)
    active = models.BooleanField(_("In use"), default=True)

    objects = ComplaintCodeQuerySet.as_manager()

    class Meta:
        verbose_name = _("Complaint classification")
        verbose_name_plural = _("Complaint classifications")
        ordering = ["kind", "position", "code"]
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "code"],
                name="complaint_code_once",
                violation_error_message=_("This code is taken."),
            ),
            models.CheckConstraint(
                condition=Q(kind__in=CodeKind.values),
                name="complaint_code_kind_known",
                violation_error_message=_("Choose channel, business or cause."),
            ),
            models.CheckConstraint(
                condition=Q(parent__isnull=True) | ~Q(parent=F("id")),
                name="complaint_code_not_its_own_parent",
                violation_error_message=_("A heading does not stand under itself."),
            ),
        ]

    def __str__(self):
        return self.name


class ComplaintSerial(models.Model):
    """The last number given out, per branch and day of receipt; locked while the next is taken."""

    branch = models.ForeignKey("staff.Branch", models.CASCADE, related_name="+", db_index=False)
    day = models.DateField()
    last = models.IntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["branch", "day"], name="complaint_serial_once")]


class ComplaintPoint(models.Model):
    """Where a branch takes complaints: what its printed notice says (W3-07)."""

    branch = models.OneToOneField(
        "staff.Branch", models.CASCADE, primary_key=True, related_name="+", verbose_name=_("Branch")
    )
    window = models.CharField(_("Window or room"), max_length=40)
    person = models.CharField(_("Person in charge"), max_length=40)
    phone = models.CharField(_("Phone"), max_length=30)
    hours = models.CharField(_("Hours"), max_length=60, blank=True)
    upper = models.CharField(_("Institution above and its phone"), max_length=80, blank=True)

    class Meta:
        verbose_name = _("Where a branch takes complaints")
        verbose_name_plural = _("Where branches take complaints")

    def __str__(self):
        return str(self.branch)
