"""What the doors remember: keys already answered, and runs of scheduled jobs."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


class IdempotencyKey(models.Model):
    """One submit that was already carried out, with the answer it got.

    The answer holds numbers, codes and links only, never personal data, and the
    body is kept as a keyed hash: this table may be read by anyone who reads a dump.
    """

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        related_name="+",
        db_index=False,  # the unique constraint below begins with user
        verbose_name=_("user"),
    )
    key = models.CharField(_("key"), max_length=64)
    body_hash = models.CharField(_("hash of the body"), max_length=64)
    status = models.PositiveSmallIntegerField(_("status"), null=True)
    answer = models.JSONField(_("answer"), null=True)
    created_at = models.DateTimeField(_("created at"), auto_now_add=True, db_index=True)

    class Meta:
        verbose_name = _("idempotency key")
        verbose_name_plural = _("idempotency keys")
        constraints = [
            models.UniqueConstraint(fields=["user", "key"], name="doors_one_answer_per_key"),
        ]

    def __str__(self):
        return self.key


class JobRunQuerySet(models.QuerySet):
    def latest_of_each(self):
        """The last run of every job, by name."""
        return self.order_by("name", "-started_at", "-pk").distinct("name")


class JobRun(models.Model):
    """One run of a scheduled job; idle runs in a row are folded into one (`runs`)."""

    name = models.CharField(_("job"), max_length=80)
    started_at = models.DateTimeField(_("started at"))
    finished_at = models.DateTimeField(_("finished at"), null=True)
    ok = models.BooleanField(_("went well"), null=True)
    did = models.JSONField(_("what it did"), default=dict)
    error = models.CharField(_("error"), max_length=500, blank=True)
    runs = models.PositiveIntegerField(_("runs"), default=1)

    objects = JobRunQuerySet.as_manager()

    class Meta:
        verbose_name = _("job run")
        verbose_name_plural = _("job runs")
        indexes = [models.Index(fields=["name", "-started_at"], name="doors_jobrun_last")]

    def __str__(self):
        return f"{self.name} {self.started_at:%Y-%m-%d %H:%M:%S}"

    @property
    def seconds(self):
        """How long the run took, in seconds; None while it runs or after a kill."""
        if self.finished_at is None:
            return None
        return (self.finished_at - self.started_at).total_seconds()

    @property
    def idle(self):
        """Whether the run went well and found nothing to do."""
        return bool(self.ok) and not any(self.did.values())
