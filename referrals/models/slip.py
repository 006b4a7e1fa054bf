"""Referral slips, their events, diversions and patrol rounds (deck 15–21, 35–39)."""

from datetime import timedelta

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Case, OuterRef, Q, Subquery, Value, When
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from clients.models import Client, Verdict, kept_history
from followups.models import FollowUp
from followups.rules import Channel
from rmflow.staff.permissions import Permission, Role, scope
from rmflow.workdays.models import BranchDay

from ..rules import (
    FIRST_CUES,
    FIRST_TYPES,
    IN_LOBBY,
    AssetBand,
    Business,
    CheckResult,
    Cue,
    Destination,
    Guidance,
    Need,
    Reception,
    SourceChannel,
    Status,
)

USER = settings.AUTH_USER_MODEL


class ReferralQuerySet(models.QuerySet):
    """Slips, as staff ask for them."""

    def visible_to(self, user):
        """Own slips wherever they went; those sent to, or filed in, the branches one sees."""
        reach = scope(user, Permission.SEE_REFERRALS)
        return self.filter(Q(referrer=user) | Q(manager=user) | reach.q("branch") | reach.q("sender_branch"))

    def made_by(self, user):
        return self.filter(referrer=user)

    def with_manager(self, manager, *, since):
        """Slips whose clients `manager` has received since that moment and not yet met or lost."""
        return self.filter(
            manager=manager, reception=Reception.ACCEPTED, status=Status.REFERRED, accepted_at__gte=since
        )

    def waiting(self):
        """Clients in the lobby whom nobody has received yet, in the order they are to be served."""
        return self.filter(
            reception__in=(Reception.WAITING, Reception.DECLINED),
            status=Status.REFERRED,
        ).in_turn()

    def in_turn(self):
        """VIP-card holders and known premium clients first, then by waiting time (W1-03).

        Adds `served_first`; the few who wait are sorted after their index has found them.
        """
        first = Q(cues__overlap=list(FIRST_CUES)) | Q(client__type__in=FIRST_TYPES)
        turn = Case(When(first, then=Value(True)), default=Value(False))
        return self.annotate(served_first=turn).order_by("-served_first", "waiting_since", "pk")

    def in_lobby(self):
        return self.filter(reception__in=IN_LOBBY, status=Status.REFERRED)

    def unclaimed(self):
        """To-follow-up slips in a branch's duty queue: no manager has taken them on."""
        return self.filter(status=Status.TO_FOLLOW_UP, manager__isnull=True)

    def with_outcome(self):
        """Adds `outcome`, the type the client was judged to be after the slip, or None."""
        verdict = Verdict.objects.filter(client=OuterRef("client"), at__gte=OuterRef("filed_at")).order_by(
            "-at"
        )
        return self.annotate(outcome=Subquery(verdict.values("type")[:1]))

    def with_people(self):
        """Everything a row shows, in one query."""
        return self.select_related("client__branch", "referrer", "manager", "branch", "sender_branch")


@kept_history("ReferralHistory")
class Referral(models.Model):
    """优质客户推介表: one slip. What it says at filing is frozen when its day closes (W1-11)."""

    day = models.ForeignKey(BranchDay, models.PROTECT, related_name="+", verbose_name=_("Business day"))
    branch = models.ForeignKey(
        "staff.Branch",
        models.PROTECT,
        related_name="+",
        verbose_name=_("Receiving branch"),
    )
    referrer = models.ForeignKey(USER, models.PROTECT, related_name="+", verbose_name=_("Referrer"))
    # Credit snapshot (B-04): frozen when filed, whatever the person's roles and branch become.
    referrer_role = models.CharField(_("Referrer's role"), max_length=20, choices=Role)
    home_branch = models.ForeignKey("staff.Branch", models.PROTECT, null=True, related_name="+")
    sender_branch = models.ForeignKey("staff.Branch", models.PROTECT, related_name="+")
    credit_share = models.DecimalField(max_digits=5, decimal_places=2, default=100)

    client = models.ForeignKey(Client, models.PROTECT, related_name="referrals")
    addressed_as = models.CharField(_("Client"), max_length=60, blank=True)
    cues = ArrayField(models.CharField(max_length=16, choices=Cue), verbose_name=_("Clues"))
    business = models.CharField(_("Business"), max_length=16, choices=Business, blank=True)
    needs = ArrayField(
        models.CharField(max_length=16, choices=Need),
        default=list,
        blank=True,
        verbose_name=_("Needs"),
    )
    assets = models.CharField(_("Estimated assets"), max_length=8, choices=AssetBand, blank=True)
    source_channel = models.CharField(_("Channel"), max_length=12, choices=SourceChannel)

    status = models.CharField(_("State"), max_length=14, choices=Status)
    reception = models.CharField(_("Reception"), max_length=10, choices=Reception, default=Reception.NONE)
    check_result = models.CharField(
        _("Check"), max_length=16, choices=CheckResult, default=CheckResult.UNCHECKED
    )
    guidance = models.CharField(_("Guided to"), max_length=18, choices=Guidance, default=Guidance.MANAGER)
    onward = models.CharField(_("Guided on to"), max_length=18, blank=True)
    manager = models.ForeignKey(USER, models.PROTECT, null=True, related_name="+", verbose_name=_("Manager"))
    place = models.CharField(_("Place"), max_length=30, blank=True)
    card_given = models.BooleanField(_("Card handed out"), default=False)
    agreed_on = models.DateField(_("Agreed day"), null=True, blank=True)
    agreed_at = models.TimeField(_("Agreed hour"), null=True, blank=True)
    agreed_channel = models.CharField(_("Agreed way"), max_length=10, choices=Channel, blank=True)
    follow_up = models.ForeignKey(FollowUp, models.PROTECT, null=True, related_name="referrals")
    repeat_reason = models.CharField(_("Reason for referring again"), max_length=200, blank=True)
    note = models.CharField(_("Note"), max_length=200, blank=True)

    # Closing (B-03): the day under which the slip counts, once checked; the day that last left it over.
    counted_on = models.ForeignKey(
        BranchDay,
        models.PROTECT,
        null=True,
        related_name="+",
        db_index=False,
        verbose_name=_("Counted under"),
    )
    carried_on = models.ForeignKey(
        BranchDay, models.PROTECT, null=True, related_name="+", db_index=False, verbose_name=_("Left over on")
    )

    referred_at = models.DateTimeField(_("Referred at"))
    filed_at = models.DateTimeField(default=timezone.now)
    waiting_since = models.DateTimeField(null=True, blank=True)
    accepted_at = models.DateTimeField(null=True, blank=True)
    met_at = models.DateTimeField(null=True, blank=True)

    objects = ReferralQuerySet.as_manager()

    class Meta:
        verbose_name = _("Referral")
        verbose_name_plural = _("Referrals")
        indexes = [
            models.Index(fields=["day", "-filed_at"], name="referral_day"),
            models.Index(fields=["branch", "-filed_at"], name="referral_branch"),
            models.Index(fields=["sender_branch", "-filed_at"], name="referral_sender_branch"),
            models.Index(fields=["referrer", "-filed_at"], name="referral_referrer"),
            models.Index(fields=["manager", "-filed_at"], name="referral_manager"),
            models.Index(fields=["client", "-filed_at"], name="referral_client"),
            models.Index(
                fields=["branch", "waiting_since"],
                name="referral_waiting",
                condition=Q(reception__in=["waiting", "declined"], status="referred"),
            ),
            models.Index(
                fields=["counted_on"], name="referral_counted", condition=Q(counted_on__isnull=False)
            ),
            models.Index(
                fields=["sender_branch", "day"],
                name="referral_left_over",
                condition=Q(carried_on__isnull=False, counted_on__isnull=True),
            ),
            models.Index(
                fields=["branch", "filed_at"],
                name="referral_unclaimed",
                condition=Q(status="to_follow_up", manager__isnull=True),
            ),
        ]
        constraints = [
            models.CheckConstraint(
                condition=~Q(cues=[]),
                name="referral_has_a_clue",
                violation_error_message=_("Choose at least one clue."),
            ),
            models.CheckConstraint(
                condition=Q(status="referred") | Q(reception__in=["none", "left"]) | Q(status="withdrawn"),
                name="referral_waits_only_when_referred",
                violation_error_message=_("Only a referred client can be waiting."),
            ),
            models.CheckConstraint(
                condition=~Q(reception="waiting") | Q(waiting_since__isnull=False),
                name="referral_waiting_has_a_time",
                violation_error_message=_("A waiting client has a time of arrival."),
            ),
            models.CheckConstraint(
                condition=~Q(status="to_follow_up") | Q(agreed_on__isnull=False),
                name="referral_card_has_a_day",
                violation_error_message=_("Card handed out: phone and time needed."),
            ),
            models.CheckConstraint(
                condition=~Q(reception__in=["accepted", "met"]) | Q(manager__isnull=False),
                name="referral_received_by_somebody",
                violation_error_message=_("A client is received by a manager."),
            ),
            models.CheckConstraint(
                condition=Q(check_result="unchecked", counted_on__isnull=True)
                | (~Q(check_result="unchecked") & Q(counted_on__isnull=False)),
                name="referral_counts_once_checked",
                violation_error_message=_("A slip counts once it is checked."),
            ),
            models.CheckConstraint(
                condition=Q(credit_share__gt=0, credit_share__lte=100),
                name="referral_share_is_a_percentage",
                violation_error_message=_("A share lies between 0 and 100 percent."),
            ),
        ]

    def __str__(self):
        return self.number

    @property
    def number(self) -> str:
        """The form's number."""
        return f"TJ{self.pk:08d}" if self.pk else ""

    @property
    def cue_labels(self):
        return [Cue(cue).label for cue in self.cues]

    @property
    def need_labels(self):
        return [Need(need).label for need in self.needs]

    @property
    def sent_late(self):
        """Whether it waited on a device or in a queue before it was filed here."""
        return self.filed_at - self.referred_at > timedelta(minutes=1)

    @property
    def is_waiting(self):
        return self.status == Status.REFERRED and self.reception in (
            Reception.WAITING,
            Reception.DECLINED,
        )


class ReferralEvent(models.Model):
    """One transition of a slip: from, to, by whom, when, why."""

    referral = models.ForeignKey(Referral, models.CASCADE, related_name="events")
    name = models.CharField(max_length=20)
    state_from = models.CharField(max_length=14, blank=True)
    state_to = models.CharField(max_length=14)
    by = models.ForeignKey(USER, models.PROTECT, related_name="+")
    manager = models.ForeignKey(USER, models.PROTECT, null=True, related_name="+")
    at = models.DateTimeField(default=timezone.now)
    note = models.CharField(max_length=200, blank=True)

    class Meta:
        indexes = [models.Index(fields=["referral", "at"], name="referral_event_at")]


class Diversion(models.Model):
    """One client diverted (分流, deck 37): counted, no person recorded."""

    branch = models.ForeignKey("staff.Branch", models.PROTECT, related_name="+")
    day = models.ForeignKey(BranchDay, models.PROTECT, related_name="+")
    by = models.ForeignKey(USER, models.PROTECT, related_name="+")
    at = models.DateTimeField(default=timezone.now)
    destination = models.CharField(max_length=16, choices=Destination)
    business = models.CharField(max_length=16, choices=Business, blank=True)
    coached = models.BooleanField(_("Coached"), default=False)
    undone_at = models.DateTimeField(null=True, blank=True)
    referral = models.OneToOneField(Referral, models.PROTECT, null=True, related_name="diversion")

    class Meta:
        indexes = [models.Index(fields=["day", "destination"], name="diversion_day")]


class PatrolRound(models.Model):
    """One round through the lobby (主动巡视, deck 16), ticked by the lobby manager."""

    branch = models.ForeignKey("staff.Branch", models.PROTECT, related_name="+")
    day = models.ForeignKey(BranchDay, models.PROTECT, related_name="+")
    by = models.ForeignKey(USER, models.PROTECT, related_name="+")
    at = models.DateTimeField(default=timezone.now)
