"""Screens on the wall that show a branch's board without anybody logged in (B-17)."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from rmflow.staff.permissions import Permission, scope

USER = settings.AUTH_USER_MODEL


class BoardDeviceQuerySet(models.QuerySet):
    def visible_to(self, user):
        """Screens of the branches whose screens one keeps."""
        return self.filter(scope(user, Permission.KEEP_SCREENS).q("branch"))

    def alive(self, now):
        return self.filter(revoked_at__isnull=True, expires_at__gt=now)


class BoardDevice(models.Model):
    """One wall screen. Only hashes: the link's (used once, half an hour) and the cookie's."""

    branch = models.ForeignKey("staff.Branch", models.PROTECT, related_name="+", verbose_name=_("Branch"))
    name = models.CharField(_("Where it hangs"), max_length=40)
    pairing_hash = models.CharField(max_length=64, blank=True)
    pairing_until = models.DateTimeField()
    token_hash = models.CharField(max_length=64, blank=True)
    made_by = models.ForeignKey(USER, models.PROTECT, related_name="+", verbose_name=_("Made by"))
    made_at = models.DateTimeField(_("Made at"), default=timezone.now)
    paired_at = models.DateTimeField(_("Paired at"), null=True)
    expires_at = models.DateTimeField(_("Works until"))
    last_seen_at = models.DateTimeField(_("Last seen"), null=True)
    revoked_at = models.DateTimeField(_("Revoked at"), null=True)
    revoked_by = models.ForeignKey(USER, models.PROTECT, null=True, related_name="+")

    objects = BoardDeviceQuerySet.as_manager()

    class Meta:
        verbose_name = _("Wall screen")
        verbose_name_plural = _("Wall screens")
        constraints = [
            models.UniqueConstraint(
                fields=["token_hash"], condition=~Q(token_hash=""), name="board_device_token_once"
            ),
            models.UniqueConstraint(
                fields=["pairing_hash"], condition=~Q(pairing_hash=""), name="board_device_pairing_once"
            ),
            models.CheckConstraint(
                condition=Q(paired_at__isnull=True, token_hash="") | Q(paired_at__isnull=False),
                name="board_device_token_by_pairing",
            ),
        ]

    def __str__(self):
        return f"{self.branch} {self.name}"
