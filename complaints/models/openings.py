"""Account openings: kits of forms, what was offered, who carried it out (W3-03)."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from clients.models import Client, Product, kept_history
from followups.models import Appointment, Deal
from rmflow.staff.permissions import Permission, scope

from ..rules.account_tail import WHOLE_NUMBER
from ..rules.openings import NOTE_LENGTH, OPEN, Answer, State

USER = settings.AUTH_USER_MODEL


class OpeningKind(models.Model):
    """A kind of opening with its kit of forms and the products usually offered with it."""

    name = models.CharField(_("Kind of opening"), max_length=40, unique=True)
    position = models.PositiveSmallIntegerField(_("Order"), default=0)
    active = models.BooleanField(_("In use"), default=True)
    products = models.ManyToManyField(
        Product, blank=True, related_name="+", verbose_name=_("Offered with it")
    )

    class Meta:
        verbose_name = _("Kind of opening")
        verbose_name_plural = _("Kinds of opening")
        ordering = ["position", "pk"]

    def __str__(self):
        return self.name


class KitForm(models.Model):
    """One form of a kind's kit."""

    kind = models.ForeignKey(OpeningKind, models.CASCADE, related_name="forms")
    name = models.CharField(_("Form"), max_length=60)
    required = models.BooleanField(_("Needed"), default=True)
    position = models.PositiveSmallIntegerField(_("Order"), default=0)

    class Meta:
        verbose_name = _("Form of the kit")
        verbose_name_plural = _("Forms of the kit")
        ordering = ["position", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "name"],
                name="kit_form_once",
                violation_error_message=_("This form stands in the kit already."),
            )
        ]

    def __str__(self):
        return self.name


class OpeningQuerySet(models.QuerySet):
    """Openings, as staff ask for them."""

    def visible_to(self, user):
        """One's own, those of branches one reads, and those of the branch's counter."""
        reach = scope(user, Permission.SEE_CASES).q("branch")
        return self.filter(reach | scope(user, Permission.EXECUTE_OPENING).q("branch") | Q(manager=user))

    def open(self):
        return self.filter(state__in=OPEN)


@kept_history("OpeningHistory")
class Opening(models.Model):
    """One opening: prepared by the manager, carried out by a teller, never by the same person (deck 55)."""

    client = models.ForeignKey(Client, models.PROTECT, related_name="openings", verbose_name=_("Client"))
    branch = models.ForeignKey("staff.Branch", models.PROTECT, related_name="+", db_index=False)
    manager = models.ForeignKey(
        USER, models.PROTECT, related_name="+", db_index=False, verbose_name=_("Manager")
    )
    kind = models.ForeignKey(OpeningKind, models.PROTECT, related_name="+", verbose_name=_("Kind of opening"))
    appointment = models.OneToOneField(
        Appointment, models.PROTECT, null=True, blank=True, related_name="opening"
    )
    state = models.CharField(_("State"), max_length=10, choices=State, default=State.PREPARING)
    created_at = models.DateTimeField(default=timezone.now)
    ready_at = models.DateTimeField(null=True, blank=True)
    seated_at = models.DateTimeField(null=True, blank=True)
    executed_at = models.DateTimeField(null=True, blank=True)
    executed_by = models.ForeignKey(USER, models.PROTECT, null=True, related_name="+", db_index=False)
    #: Who looked after the client when it was carried out: neither of them did that.
    client_owner = models.ForeignKey(USER, models.PROTECT, null=True, related_name="+", db_index=False)
    client_backup = models.ForeignKey(USER, models.PROTECT, null=True, related_name="+", db_index=False)
    account = models.CharField(_("Account opened"), max_length=40, blank=True)
    accurate = models.BooleanField(_("Right at once, nothing to correct"), null=True, blank=True)
    first_time = models.BooleanField(_("Settled the first time"), null=True, blank=True)
    note = models.CharField(_("Note"), max_length=NOTE_LENGTH, blank=True)

    objects = OpeningQuerySet.as_manager()

    class Meta:
        verbose_name = _("Account opening")
        verbose_name_plural = _("Account openings")
        indexes = [
            models.Index(fields=["branch", "-created_at"], name="opening_branch_at"),
            models.Index(fields=["manager", "-created_at"], name="opening_manager_at"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(executed_by__isnull=True) | ~Q(executed_by=F("manager")),
                name="opening_not_by_its_manager",
                violation_error_message=_("The manager never carries out the opening; a teller does."),
            ),
            models.CheckConstraint(
                condition=(Q(client_owner__isnull=True) | ~Q(executed_by=F("client_owner")))
                & (Q(client_backup__isnull=True) | ~Q(executed_by=F("client_backup")))
                | Q(executed_by__isnull=True),
                name="opening_not_by_who_looks_after",
                violation_error_message=_("The manager never carries out the opening; a teller does."),
            ),
            models.CheckConstraint(
                condition=~Q(account__regex=WHOLE_NUMBER),
                name="opening_account_is_a_tail",
                violation_error_message=_("Only the last four digits of an account are kept."),
            ),
            models.CheckConstraint(
                condition=Q(
                    state="executed",
                    executed_at__isnull=False,
                    executed_by__isnull=False,
                    accurate__isnull=False,
                    first_time__isnull=False,
                )
                | (~Q(state="executed") & Q(executed_at__isnull=True, executed_by__isnull=True)),
                name="opening_execution_whole",
                violation_error_message=_("An opening that was carried out has a teller, a time and marks."),
            ),
            models.CheckConstraint(
                condition=Q(seated_at__isnull=True) | Q(ready_at__isnull=False, ready_at__lte=F("seated_at")),
                name="opening_ready_before_seated",
                violation_error_message=_("The kit is ready before the client sits down."),
            ),
        ]

    def __str__(self):
        return self.number

    @property
    def number(self):
        return f"KH{self.pk:08d}"

    @property
    def is_open(self):
        return self.state in OPEN

    def is_looked_after_by(self, user):
        """Whether `user` prepared it or looks after the client: who never carries it out."""
        return user.pk in (self.manager_id, self.client.owner_id, self.client.backup_id)


class KitItem(models.Model):
    """One form of one opening: as the catalogue said on that day, ticked when it lies ready."""

    opening = models.ForeignKey(Opening, models.CASCADE, related_name="forms")
    name = models.CharField(_("Form"), max_length=60)
    required = models.BooleanField(default=True)
    position = models.PositiveSmallIntegerField(default=0)
    ready_at = models.DateTimeField(null=True, blank=True)
    ready_by = models.ForeignKey(USER, models.PROTECT, null=True, related_name="+")

    class Meta:
        ordering = ["position", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["opening", "name"], name="kit_item_once"),
            models.CheckConstraint(
                condition=Q(ready_at__isnull=True, ready_by__isnull=True)
                | Q(ready_at__isnull=False, ready_by__isnull=False),
                name="kit_item_ready_by_a_name",
                violation_error_message=_("A form that lies ready has a name and a time."),
            ),
        ]


class Offer(models.Model):
    """One related product, agreed or declined by itself; the opening never depends on it."""

    opening = models.ForeignKey(Opening, models.CASCADE, related_name="offers")
    product = models.ForeignKey(Product, models.PROTECT, related_name="+", verbose_name=_("Product"))
    answer = models.CharField(
        pgettext_lazy("offer", "Answer"), max_length=8, choices=Answer, default=Answer.OPEN
    )
    amount = models.DecimalField(_("Amount"), max_digits=16, decimal_places=2, null=True, blank=True)
    answered_at = models.DateTimeField(null=True, blank=True)
    answered_by = models.ForeignKey(USER, models.PROTECT, null=True, related_name="+")
    deal = models.OneToOneField(Deal, models.PROTECT, null=True, blank=True, related_name="offer")

    class Meta:
        verbose_name = _("Related product offered")
        verbose_name_plural = _("Related products offered")
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["opening", "product"],
                name="offer_once",
                violation_error_message=_("This product was offered already."),
            ),
            models.CheckConstraint(
                condition=Q(answer="open", answered_at__isnull=True, answered_by__isnull=True)
                | Q(answer__in=["agreed", "declined"], answered_at__isnull=False, answered_by__isnull=False),
                name="offer_answer_whole",
                violation_error_message=_("An answer has a person and a time."),
            ),
            models.CheckConstraint(
                condition=Q(answer="agreed", amount__isnull=False, amount__gt=0)
                | (~Q(answer="agreed") & Q(amount__isnull=True)),
                name="offer_agreed_has_an_amount",
                violation_error_message=_("What was agreed has an amount."),
            ),
            models.CheckConstraint(
                condition=Q(deal__isnull=True) | Q(answer="agreed"),
                name="offer_deal_was_agreed",
                violation_error_message=_("Only what was agreed becomes a deal."),
            ),
        ]


class OpeningEvent(models.Model):
    """One step of an opening: from, to, by whom, when, why."""

    opening = models.ForeignKey(Opening, models.CASCADE, related_name="events")
    name = models.CharField(max_length=12)
    state_from = models.CharField(max_length=10, blank=True)
    state_to = models.CharField(max_length=10)
    by = models.ForeignKey(USER, models.PROTECT, related_name="+")
    at = models.DateTimeField(default=timezone.now)
    note = models.CharField(max_length=NOTE_LENGTH, blank=True)

    class Meta:
        indexes = [models.Index(fields=["opening", "at"], name="opening_event_at")]
