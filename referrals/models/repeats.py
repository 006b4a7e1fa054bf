"""What the repeat warning leaves behind (W1-07): looks that are counted, digests that expire."""

from django.conf import settings
from django.db import models
from django.utils import timezone

from .slip import Referral

USER = settings.AUTH_USER_MODEL


class RepeatCheck(models.Model):
    """One look whether a person was referred before: counted and capped (W1-07), nothing of the person."""

    by = models.ForeignKey(USER, models.CASCADE, related_name="+")
    at = models.DateTimeField(default=timezone.now)
    warned = models.BooleanField()

    class Meta:
        indexes = [models.Index(fields=["by", "at"], name="repeat_check_by_at")]


class RepeatKey(models.Model):
    """The blind index of an ID number typed on a slip, as long as a repeat of it is warned of; not the number."""

    referral = models.OneToOneField(Referral, models.CASCADE, related_name="repeat_key")
    id_hash = models.CharField(max_length=32)
    at = models.DateTimeField()

    class Meta:
        indexes = [
            models.Index(fields=["id_hash"], name="repeat_key_id"),
            models.Index(fields=["at"], name="repeat_key_at"),
        ]
