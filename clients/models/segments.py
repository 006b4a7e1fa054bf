"""Segments (分群): saved filters over everything that is known of a client (C-06, W4-03)."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from rmflow.staff.permissions import Permission, scope

from .kept import kept_history


class SegmentQuerySet(models.QuerySet):
    """Segments, as staff ask for them."""

    def visible_to(self, user):
        """One's own, those shared in one's branches, and those shared by the whole bank."""
        shared = Q(branch__isnull=True) | scope(user, Permission.USE_SEGMENTS).q("branch")
        return self.filter(Q(owner=user) | (Q(shared=True) & shared))


@kept_history("SegmentHistory")
class Segment(models.Model):
    """A saved filter; `conditions` are checked against `clients.segments.fields` when written and read."""

    name = models.CharField(_("Name"), max_length=40)
    note = models.CharField(_("What it is for"), max_length=200, blank=True)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        related_name="+",
        db_index=False,  # segment_once
    )
    shared = models.BooleanField(_("Shared"), default=False)
    #: Where a shared one is shown; none: everywhere (shipped with the house).
    branch = models.ForeignKey("staff.Branch", models.PROTECT, null=True, blank=True, related_name="+")
    conditions = models.JSONField(default=dict)
    changed_at = models.DateTimeField(default=timezone.now)

    objects = SegmentQuerySet.as_manager()

    class Meta:
        verbose_name = _("Segment")
        verbose_name_plural = _("Segments")
        ordering = ["name", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["owner", "name"],
                name="segment_once",
                violation_error_message=_("You already have a segment of this name."),
            )
        ]

    def __str__(self):
        return self.name
