"""The bell's rows and the outbox."""

from django.conf import settings
from django.contrib.postgres.indexes import BrinIndex
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from . import rules, wording


class NoticeQuerySet(models.QuerySet):
    """Notices belong to one person; nobody else reads them, whatever the role."""

    def visible_to(self, user):
        return self.filter(recipient=user)

    def unread(self):
        return self.filter(read_at__isnull=True)

    def latest(self):
        return self.order_by("-pk")

    def old(self, now):
        """Those to forget: they may hold a form of address."""
        return self.filter(
            Q(created_at__lt=now - rules.KEPT_FOR, read_at__isnull=False)
            | Q(created_at__lt=now - 2 * rules.KEPT_FOR)
        )


class Notice(models.Model):
    """One piece of news for one person: a row of the bell.

    `text` is a message id with named placeholders, worded at display in the reader's language.
    `params` never hold more of a client than the form of address (刘女士). `outside_text` is what
    e-mail and webhook may say: numbers and times only; empty means the general sentence.
    """

    recipient = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        related_name="notices",
        db_index=False,  # each index below begins with recipient
        verbose_name=_("recipient"),
    )
    kind = models.CharField(_("kind"), max_length=40)
    text = models.CharField(_("text"), max_length=300)
    outside_text = models.CharField(_("text outside the house"), max_length=300, blank=True)
    params = models.JSONField(_("parameters"), default=dict)
    link = models.CharField(_("link"), max_length=300, blank=True)
    urgent = models.BooleanField(_("urgent"), default=False)
    key = models.CharField(_("key"), max_length=120)
    created_at = models.DateTimeField(_("created at"), default=timezone.now, db_default=Now())
    read_at = models.DateTimeField(_("read at"), null=True)

    objects = NoticeQuerySet.as_manager()

    class Meta:
        verbose_name = _("notice")
        verbose_name_plural = _("notices")
        constraints = [
            models.UniqueConstraint(fields=["recipient", "key"], name="notice_never_twice"),
        ]
        indexes = [
            models.Index(fields=["recipient", "-id"], name="notice_latest"),
            models.Index(fields=["recipient"], condition=Q(read_at__isnull=True), name="notice_unread"),
            BrinIndex(fields=["created_at"], name="notice_created"),
        ]

    def __str__(self):
        return f"{self.kind} {self.key}"

    @property
    def sentence(self):
        """The text for the reader, in the active language."""
        return wording.render(self.text, self.params)


class DeliveryQuerySet(models.QuerySet):
    """The outbox, by what may happen next."""

    def due(self, now):
        """What a worker may take at `now`: waiting, or left behind before it was handed over."""
        rows = self.filter(state__in=rules.OPEN, handed_over_at__isnull=True, next_try_at__lte=now)
        if not rules.quiet(now):
            return rows
        early = [kind for kind in rules.MORNING_KINDS if not rules.quiet(now, kind)]
        return rows.filter(Q(notice__urgent=True) | Q(notice__kind__in=early))

    def unanswered(self, now):
        """Handed over, but the worker did not live to write down the answer."""
        return self.filter(state=rules.State.SENDING, handed_over_at__isnull=False, next_try_at__lte=now)


class Delivery(models.Model):
    """One notice on its way out by one channel (decision 0030).

    `next_try_at` is the moment from which a worker may take the row; while it is being sent, the
    end of the lease. `attempts` fences: only the worker of the latest attempt may write.
    """

    notice = models.ForeignKey(
        Notice,
        on_delete=models.CASCADE,
        related_name="deliveries",
        db_index=False,  # the unique constraint begins with notice
        verbose_name=_("notice"),
    )
    channel = models.CharField(_("channel"), max_length=10, choices=rules.Channel)
    state = models.CharField(_("state"), max_length=10, choices=rules.State, default=rules.State.PENDING)
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    next_try_at = models.DateTimeField(_("next attempt"))
    handed_over_at = models.DateTimeField(_("handed over at"), null=True)
    sent_at = models.DateTimeField(_("sent at"), null=True)
    error = models.CharField(_("error"), max_length=120, blank=True)

    objects = DeliveryQuerySet.as_manager()

    class Meta:
        verbose_name = _("delivery")
        verbose_name_plural = _("deliveries")
        constraints = [
            models.UniqueConstraint(fields=["notice", "channel"], name="delivery_once_a_channel"),
            models.CheckConstraint(condition=Q(state__in=rules.State.values), name="delivery_state_known"),
            models.CheckConstraint(
                condition=~Q(state=rules.State.SENT) | Q(sent_at__isnull=False),
                name="delivery_sent_has_a_time",
            ),
        ]
        indexes = [
            models.Index(
                fields=["next_try_at"],
                condition=Q(state__in=["pending", "sending"]),
                name="delivery_open",
            ),
        ]

    def __str__(self):
        return f"{self.channel} {self.pk}"
