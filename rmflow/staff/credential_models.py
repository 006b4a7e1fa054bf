"""What a login leaves behind: former passwords, and which browser sits where."""

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class PasswordHistory(models.Model):
    """Hash of a password once used: one of the last five may not come back (4.1a)."""

    user = models.ForeignKey(
        "staff.User", models.CASCADE, related_name="former_passwords", verbose_name=_("Employee")
    )
    password = models.CharField(max_length=128)
    set_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = _("Former password")
        verbose_name_plural = _("Former passwords")
        indexes = [models.Index(fields=["user", "-set_at"], name="former_password_latest")]

    def __str__(self):
        return f"{self.user_id} {self.set_at:%Y-%m-%d}"


class Sitting(models.Model):
    """The one live session of a person on one kind of device (domain-rules §4.2, clause 4.1b)."""

    class Device(models.TextChoices):
        DESK = "desk", _("Desk")
        PHONE = "phone", _("Phone")

    user = models.ForeignKey(
        "staff.User", models.CASCADE, related_name="sittings", verbose_name=_("Employee")
    )
    device = models.CharField(_("Device"), max_length=5, choices=Device)
    session_key = models.CharField(max_length=40)
    since = models.DateTimeField(_("Since"), default=timezone.now)

    class Meta:
        verbose_name = _("Sitting")
        verbose_name_plural = _("Sittings")
        constraints = [models.UniqueConstraint(fields=["user", "device"], name="sitting_once_per_device")]

    def __str__(self):
        return f"{self.user_id} {self.device}"
