"""优质客户异动销户记录表: a case of a client who may leave, what the counter saw, what was done (§1.7)."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from clients.models import Client, Product, kept_history
from rmflow.staff.permissions import Permission, scope

from ..rules.account_tail import WHOLE_NUMBER
from ..rules.closures import (
    NOTE_LENGTH,
    OPEN,
    TEXT_LENGTH,
    Called,
    Found,
    Movement,
    Reason,
    Result,
    State,
    Suspicion,
    Trigger,
)
from .closure_parts import ClosureFlag

USER = settings.AUTH_USER_MODEL
COMPLETE = (
    ~Q(reason="")
    & Q(amount__isnull=False, aum_before__isnull=False, accurate__isnull=False, first_time__isnull=False)
    & (~Q(account="") | Q(product__isnull=False))
)
BOTH_KNOWN = Q(saved__isnull=False, lost__isnull=False)
OUTCOMES = (
    Q(result="served")
    | (BOTH_KNOWN & Q(result="kept", saved__gt=0, lost=0))
    | (BOTH_KNOWN & Q(result="partly", saved__gt=0, lost__gt=0, destination__isnull=False))
    | (BOTH_KNOWN & Q(result="lost", saved=0, lost__gt=0, destination__isnull=False))
)


def _money(label):
    return models.DecimalField(label, max_digits=16, decimal_places=2, null=True, blank=True)


class Destination(models.Model):
    """去向行: where money goes; a list of the bank's, kept in the admin."""

    name = models.CharField(_("Destination"), max_length=40, unique=True)
    position = models.PositiveSmallIntegerField(_("Order"), default=0)
    active = models.BooleanField(_("In use"), default=True)

    class Meta:
        verbose_name = _("Destination of money")
        verbose_name_plural = _("Destinations of money")
        ordering = ["position", "pk"]

    def __str__(self):
        return self.name


class ClosureQuerySet(models.QuerySet):
    """Cases, as staff ask for them."""

    def visible_to(self, user):
        """Those of one's branches and one's own clients, and one's part of those seen at one's counter."""
        unowned = scope(user, Permission.WORK_CLOSURE).q("branch") & Q(manager__isnull=True)
        mine = Q(manager=user) | Q(backup=user)
        return self.filter(
            scope(user, Permission.SEE_CASES).q("branch") | unowned | mine | Q(pk__in=_seen_by(user))
        )

    def worked_by(self, user):
        """Those a list shows to who works or reads them: never the mere part of a counter."""
        unowned = scope(user, Permission.WORK_CLOSURE).q("branch") & Q(manager__isnull=True)
        mine = Q(manager=user) | Q(backup=user)
        return self.filter(scope(user, Permission.SEE_CASES).q("branch") | unowned | mine)

    def seen_at_counter(self, user):
        """Those that the counters of one's branches have reported."""
        return self.filter(pk__in=_seen_by(user))

    def open(self):
        return self.filter(state__in=OPEN)

    def to_hand_in(self, last):
        """Whole records found up to `last` that no month's set has taken."""
        return self.filter(state=State.ENDED, handed__isnull=True, found_on__lte=last)

    def unclaimed(self, now):
        """Those whose claim has run out and for whom the head was not called."""
        return self.filter(state=State.FLAGGED, claim_due_at__lte=now)


def _seen_by(user):
    here = scope(user, Permission.FLAG_CLOSURE).q("branch")
    return ClosureFlag.objects.filter(here | Q(by=user)).values("closure_id")


@kept_history("ClosureHistory")
class Closure(models.Model):
    """One case; a client has one open at a time, whoever reports."""

    client = models.ForeignKey(
        Client, models.PROTECT, related_name="closures", db_index=False, verbose_name=_("Client")
    )
    branch = models.ForeignKey("staff.Branch", models.PROTECT, related_name="+", db_index=False)
    manager = models.ForeignKey(
        USER, models.PROTECT, null=True, related_name="+", db_index=False, verbose_name=_("Manager")
    )
    backup = models.ForeignKey(USER, models.PROTECT, null=True, related_name="+", db_index=False)
    tier = models.CharField(_("Tier"), max_length=2, blank=True)
    level = models.CharField(max_length=8, blank=True)

    movement = models.CharField(_("Kind of movement"), max_length=10, choices=Movement)
    suspicion = models.CharField(_("Counter's judgement"), max_length=8, choices=Suspicion)
    found = models.CharField(_("Found"), max_length=8, choices=Found)
    found_at = models.DateTimeField(_("Found at"), default=timezone.now)
    found_on = models.DateField()
    trigger = models.CharField(max_length=12, choices=Trigger, blank=True)
    #: What the nightly watch found, so that the same fact never opens a second case; "" from the counter.
    source_key = models.CharField(max_length=60, blank=True)

    state = models.CharField(_("State"), max_length=10, choices=State, default=State.FLAGGED)
    claim_due_at = models.DateTimeField(_("Claim until"))
    claimed_at = models.DateTimeField(null=True, blank=True)
    claimed_by = models.ForeignKey(USER, models.PROTECT, null=True, related_name="+", db_index=False)
    assessment = models.CharField(_("Manager's judgement"), max_length=8, choices=Suspicion, blank=True)
    assessed_at = models.DateTimeField(null=True, blank=True)
    called = models.CharField(max_length=12, choices=Called, blank=True)
    called_at = models.DateTimeField(null=True, blank=True)
    head = models.ForeignKey(USER, models.PROTECT, null=True, related_name="+", db_index=False)
    head_at = models.DateTimeField(_("Head stepped in at"), null=True, blank=True)

    account = models.CharField(_("Account"), max_length=40, blank=True)
    product = models.ForeignKey(
        Product, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("Product")
    )
    amount = _money(_("Amount that moves"))
    aum_before = _money(_("Assets before"))
    reason = models.CharField(_("Reason"), max_length=10, choices=Reason, blank=True)
    reason_note = models.CharField(_("Reason in words"), max_length=TEXT_LENGTH, blank=True)
    destination = models.ForeignKey(
        Destination, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("Destination")
    )
    saved = _money(_("Stayed with us"))
    lost = _money(_("Left us"))
    note = models.CharField(_("Note"), max_length=NOTE_LENGTH, blank=True)
    accurate = models.BooleanField(_("The counter judged right"), null=True, blank=True)
    first_time = models.BooleanField(_("Settled the first time"), null=True, blank=True)

    result = models.CharField(_("Result"), max_length=8, choices=Result, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    ended_by = models.ForeignKey(USER, models.PROTECT, null=True, related_name="+", db_index=False)
    #: The month's set its whole record was handed in with; none before that.
    handed = models.ForeignKey(
        "complaints.ClosureMonth", models.PROTECT, null=True, blank=True, related_name="closures"
    )

    objects = ClosureQuerySet.as_manager()

    class Meta:
        verbose_name = _("Closure")
        verbose_name_plural = _("Closures")
        indexes = [
            models.Index(fields=["branch", "-found_at"], name="closure_branch_found"),
            models.Index(fields=["manager", "-found_at"], name="closure_manager_found"),
            models.Index(fields=["backup"], name="closure_backup", condition=Q(backup__isnull=False)),
            models.Index(fields=["client", "-found_at"], name="closure_client_found"),
            models.Index(fields=["branch", "state"], name="closure_open", condition=Q(state__in=OPEN)),
            models.Index(fields=["claim_due_at"], name="closure_unclaimed", condition=Q(state="flagged")),
            models.Index(fields=["branch", "found_on"], name="closure_branch_day"),
            models.Index(
                fields=["branch", "found_on"],
                name="closure_to_hand_in",
                condition=Q(state="ended", handed__isnull=True),
            ),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["client"],
                condition=Q(state__in=OPEN),
                name="closure_one_open",
                violation_error_message=_("This client has an open case already."),
            ),
            models.UniqueConstraint(
                fields=["source_key"], condition=~Q(source_key=""), name="closure_fact_once"
            ),
            models.CheckConstraint(
                condition=Q(state="ended", ended_at__isnull=False, result__in=Result.values)
                | (~Q(state="ended") & Q(ended_at__isnull=True, result="")),
                name="closure_end_has_a_result",
                violation_error_message=_("A case that ended has a result and a time."),
            ),
            models.CheckConstraint(
                condition=~Q(state="ended") | COMPLETE,
                name="closure_ends_complete",
                violation_error_message=_("A case ends with a complete record only."),
            ),
            models.CheckConstraint(
                condition=Q(result="") | OUTCOMES,
                name="closure_amounts_fit",
                violation_error_message=_("What stayed and what left do not go with the result."),
            ),
            models.CheckConstraint(
                condition=Q(claimed_at__isnull=True, claimed_by__isnull=True)
                | Q(claimed_at__isnull=False, claimed_by__isnull=False),
                name="closure_claim_has_a_name",
                violation_error_message=_("A claim has a name and a time."),
            ),
            models.CheckConstraint(
                condition=Q(head_at__isnull=True, head__isnull=True)
                | Q(head_at__isnull=False, head__isnull=False),
                name="closure_head_has_a_name",
                violation_error_message=_("The head's step has a name and a time."),
            ),
            models.CheckConstraint(
                condition=Q(called_at__isnull=True, called="")
                | Q(called_at__isnull=False, called__in=Called.values),
                name="closure_call_has_a_cause",
                violation_error_message=_("The call for the head has a cause and a time."),
            ),
            models.CheckConstraint(
                condition=~Q(result="lost") | Q(called_at__isnull=False) | Q(head_at__isnull=False),
                name="closure_lost_was_heard",
                violation_error_message=_("Call in the head first; no premium client is lost unheard."),
            ),
            models.CheckConstraint(
                condition=~Q(account__regex=WHOLE_NUMBER),
                name="closure_account_is_a_tail",
                violation_error_message=_("Only the last four digits of an account are kept."),
            ),
            models.CheckConstraint(
                condition=(Q(amount__isnull=True) | Q(amount__gte=0))
                & (Q(saved__isnull=True) | Q(saved__gte=0))
                & (Q(lost__isnull=True) | Q(lost__gte=0)),
                name="closure_amounts_not_negative",
                violation_error_message=_("Enter an amount of 0 or more."),
            ),
        ]

    def __str__(self):
        return self.number

    @property
    def number(self):
        return f"XH{self.pk:08d}"

    @property
    def is_open(self):
        return self.state != State.ENDED

    def is_worked_by(self, user):
        """Whether `user` is the client's manager or backup, or a manager of the branch where there is none."""
        if self.manager_id is None:
            return scope(user, Permission.WORK_CLOSURE).covers(self.branch)
        return user.pk in (self.manager_id, self.backup_id)

    def is_headed_by(self, user):
        return scope(user, Permission.HOLD_CLOSURE).covers(self.branch)

    def is_kept_by(self, user):
        """The head of the branch, or whoever has stepped in: who reads the amounts to decide by them."""
        return self.head_id == user.pk or (self.is_headed_by(user) and user.has(Permission.WORK_CLOSURE))

    def is_whole_for(self, user):
        """Whether `user` reads all of it; a counter reads its own part."""
        return self.is_worked_by(user) or scope(user, Permission.SEE_CASES).covers(self.branch)
