"""叫号优先引导登记: one line for each client who was led past the queue (§1.9)."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from clients.models import Client
from rmflow.staff.permissions import Permission, scope

from ..rules.guides import LONGEST_WAIT, NOTE_LENGTH, Basis, Place

USER = settings.AUTH_USER_MODEL


class GuideQuerySet(models.QuerySet):
    """Lines of the register, as staff ask for them."""

    def visible_to(self, user):
        """The register of one's desk, of the branches whose lobbies one answers for, and one's own lines."""
        at_desk, over = (
            scope(user, permission).q("branch")
            for permission in (Permission.RECOGNISE_CLIENT, Permission.SEE_DUTY)
        )
        return self.filter(at_desk | over | Q(by=user))

    def standing(self):
        """Those that were not struck out."""
        return self.filter(struck_at__isnull=True)


class Guide(models.Model):
    """A client led past the queue: a recognised one by key, another by how one says the name."""

    branch = models.ForeignKey("staff.Branch", models.PROTECT, related_name="+", verbose_name=_("Branch"))
    on = models.DateField(_("Day"))
    at = models.DateTimeField(_("Time"), default=timezone.now)
    client = models.ForeignKey(
        Client, models.PROTECT, null=True, related_name="guides", verbose_name=_("Client")
    )
    addressed_as = models.CharField(_("Form of address"), max_length=20, blank=True)
    ticket_no = models.CharField(pgettext_lazy("queue", "Ticket number"), max_length=8, blank=True)
    basis = models.CharField(_("How one knew"), max_length=10, choices=Basis)
    place = models.CharField(_("Led to"), max_length=8, choices=Place)
    waited = models.PositiveSmallIntegerField(_("Waited, minutes"), null=True)
    note = models.CharField(_("Note"), max_length=NOTE_LENGTH, blank=True)
    by = models.ForeignKey(USER, models.PROTECT, related_name="+", verbose_name=_("Led by"))
    #: A wrong line is struck out and stays legible, as in the book.
    struck_at = models.DateTimeField(null=True)
    struck_by = models.ForeignKey(USER, models.PROTECT, null=True, related_name="+")
    struck_why = models.CharField(max_length=NOTE_LENGTH, blank=True)

    objects = GuideQuerySet.as_manager()

    class Meta:
        verbose_name = _("Line of the priority register")
        verbose_name_plural = _("Priority register")
        indexes = [models.Index(fields=["branch", "-at"], name="guide_branch_at")]
        constraints = [
            models.CheckConstraint(
                condition=Q(client__isnull=False) | ~Q(addressed_as=""),
                name="guide_of_somebody",
                violation_error_message=_("Say whom you led."),
            ),
            models.CheckConstraint(
                condition=Q(waited__isnull=True) | Q(waited__lte=LONGEST_WAIT),
                name="guide_wait_plausible",
                violation_error_message=_("Type the minutes waited, 0 to 240."),
            ),
            models.CheckConstraint(
                condition=Q(struck_at__isnull=True, struck_by__isnull=True, struck_why="")
                | (Q(struck_at__isnull=False, struck_by__isnull=False) & ~Q(struck_why="")),
                name="guide_struck_by_somebody",
                violation_error_message=_("A line is struck out by somebody, with a reason."),
            ),
            models.UniqueConstraint(
                fields=["branch", "on", "ticket_no"],
                condition=~Q(ticket_no="") & Q(struck_at__isnull=True),
                name="guide_ticket_once_a_day",
                violation_error_message=_("This ticket is in the register already."),
            ),
        ]

    def __str__(self):
        return f"{self.branch} {self.at:%Y-%m-%d %H:%M}"
