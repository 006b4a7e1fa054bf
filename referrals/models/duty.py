"""Who stands in the lobby, gaps of which the head was told, calls for help (W1-08, W1-09, deck 18)."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from rmflow.staff.permissions import Permission, scope

from ..rules.duty import GAP_MINUTES, NOTE_LENGTH, Answer, Duty, Ended

USER = settings.AUTH_USER_MODEL


class DutyRule(models.Model):
    """What a branch has set about its duty; a branch without a row keeps to the bank's numbers."""

    branch = models.OneToOneField(
        "staff.Branch", models.CASCADE, primary_key=True, related_name="+", verbose_name=_("Branch")
    )
    gap_minutes = models.PositiveSmallIntegerField(
        _("Tell the head of a gap after (minutes)"), default=GAP_MINUTES
    )

    class Meta:
        verbose_name = _("Duty in the lobby")
        verbose_name_plural = _("Duty in the lobby")
        constraints = [
            models.CheckConstraint(
                condition=Q(gap_minutes__range=(1, 120)),
                name="duty_gap_minutes_plausible",
                violation_error_message=_("Choose 1 to 120 minutes."),
            )
        ]

    def __str__(self):
        return str(self.branch)


class InReach(models.QuerySet):
    """Rows of a branch, as staff ask for them."""

    def visible_to(self, user):
        """Rows of the branches whose register one reads."""
        return self.filter(scope(user, Permission.SEE_DUTY).q("branch"))


class DutyShiftQuerySet(InReach):
    def open(self):
        return self.filter(ended_at__isnull=True)

    def touching(self, begins, ends):
        """Shifts of which some part lies between two moments."""
        return self.filter(Q(ended_at__isnull=True) | Q(ended_at__gt=begins), began_at__lt=ends)


class DutyShift(models.Model):
    """One person's time in the lobby, from signing in to leaving or handing over."""

    branch = models.ForeignKey("staff.Branch", models.PROTECT, related_name="+", verbose_name=_("Branch"))
    person = models.ForeignKey(USER, models.PROTECT, related_name="+", verbose_name=_("On duty"))
    began_at = models.DateTimeField(_("From"), default=timezone.now)
    ended_at = models.DateTimeField(_("To"), null=True)
    ended_how = models.CharField(_("How it ended"), max_length=12, choices=Ended, blank=True)
    offered_to = models.ForeignKey(USER, models.PROTECT, null=True, related_name="+")
    offered_at = models.DateTimeField(null=True)
    handed_to = models.ForeignKey(
        USER, models.PROTECT, null=True, related_name="+", verbose_name=_("Handed to")
    )
    note = models.CharField(_("Note"), max_length=NOTE_LENGTH, blank=True)

    objects = DutyShiftQuerySet.as_manager()

    class Meta:
        verbose_name = _("Duty shift")
        verbose_name_plural = _("Duty shifts")
        indexes = [models.Index(fields=["branch", "-began_at"], name="duty_branch_began")]
        constraints = [
            models.UniqueConstraint(
                fields=["branch"],
                condition=Q(ended_at__isnull=True),
                name="duty_one_open_shift",
                violation_error_message=_("Somebody is on duty in this branch already."),
            ),
            models.CheckConstraint(
                condition=Q(ended_at__isnull=True) | Q(ended_at__gte=F("began_at")),
                name="duty_ends_after_it_begins",
                violation_error_message=_("Duty ends after it begins."),
            ),
            models.CheckConstraint(
                condition=Q(ended_at__isnull=True, ended_how="")
                | Q(ended_at__isnull=False, ended_how__in=Ended.values),
                name="duty_end_says_how",
                violation_error_message=_("Duty that ended says how."),
            ),
            models.CheckConstraint(
                condition=Q(handed_to__isnull=False, ended_how__in=["handed_over", "relieved"])
                | (Q(handed_to__isnull=True) & ~Q(ended_how__in=["handed_over", "relieved"])),
                name="duty_handed_to_a_name",
                violation_error_message=_("A hand-over has a name."),
            ),
            models.CheckConstraint(
                condition=Q(offered_to__isnull=True, offered_at__isnull=True)
                | Q(offered_to__isnull=False, offered_at__isnull=False, ended_at__isnull=True),
                name="duty_offer_is_open",
                violation_error_message=_("Only duty that lasts can be offered."),
            ),
        ]

    def __str__(self):
        return f"{self.person} {timezone.localtime(self.began_at):%Y-%m-%d %H:%M}"

    @property
    def state(self):
        if self.ended_at is not None:
            return Duty.ENDED
        return Duty.OFFERED if self.offered_to_id else Duty.ON


class DutyEvent(models.Model):
    """One step of a shift: from, to, by whom, when, why."""

    shift = models.ForeignKey(DutyShift, models.CASCADE, related_name="events")
    name = models.CharField(max_length=12)
    state_from = models.CharField(max_length=8, blank=True)
    state_to = models.CharField(max_length=8)
    by = models.ForeignKey(USER, models.PROTECT, null=True, related_name="+")
    to = models.ForeignKey(USER, models.PROTECT, null=True, related_name="+")
    at = models.DateTimeField(default=timezone.now)
    note = models.CharField(max_length=NOTE_LENGTH, blank=True)

    class Meta:
        indexes = [models.Index(fields=["shift", "at"], name="duty_event_at")]


class DutyGap(models.Model):
    """A time in opening hours without a name, of which the head was told: once, by whichever worker."""

    branch = models.ForeignKey("staff.Branch", models.PROTECT, related_name="+")
    began_at = models.DateTimeField(_("From"))
    told_at = models.DateTimeField(default=timezone.now)

    objects = InReach.as_manager()

    class Meta:
        verbose_name = _("Gap in the lobby")
        verbose_name_plural = _("Gaps in the lobby")
        constraints = [
            models.UniqueConstraint(
                fields=["branch", "began_at"],
                name="duty_gap_told_once",
                violation_error_message=_("The head was told of this gap."),
            )
        ]


class CrowdCallQuerySet(InReach):
    def open(self):
        """Calls nobody has answered and the caller still means."""
        return self.filter(answered_at__isnull=True, over_at__isnull=True)


class CrowdCall(models.Model):
    """客流高峰: one tap asks the head or supervisor for help; the time to the answer is kept (W1-08)."""

    branch = models.ForeignKey("staff.Branch", models.PROTECT, related_name="+", verbose_name=_("Branch"))
    by = models.ForeignKey(USER, models.PROTECT, related_name="+", verbose_name=_("Called by"))
    at = models.DateTimeField(_("Called at"), default=timezone.now)
    waiting = models.PositiveSmallIntegerField(_("Clients waiting then"), default=0)
    answered_by = models.ForeignKey(
        USER, models.PROTECT, null=True, related_name="+", verbose_name=_("Answered by")
    )
    answered_at = models.DateTimeField(_("Answered at"), null=True)
    answer = models.CharField(_("Answer"), max_length=10, choices=Answer, blank=True)
    #: taken back by the caller's side (`over_by`), or lapsed without an answer (nobody)
    over_at = models.DateTimeField(null=True)
    over_by = models.ForeignKey(USER, models.PROTECT, null=True, related_name="+")

    objects = CrowdCallQuerySet.as_manager()

    class Meta:
        verbose_name = _("Call for help")
        verbose_name_plural = _("Calls for help")
        indexes = [models.Index(fields=["branch", "-at"], name="crowd_call_branch")]
        constraints = [
            models.UniqueConstraint(
                fields=["branch"],
                condition=Q(answered_at__isnull=True, over_at__isnull=True),
                name="crowd_call_one_open",
                violation_error_message=_("Help has been called already."),
            ),
            models.CheckConstraint(
                condition=Q(answered_at__isnull=True, answered_by__isnull=True, answer="")
                | Q(answered_at__isnull=False, answered_by__isnull=False, answer__in=Answer.values),
                name="crowd_call_answer_whole",
                violation_error_message=_("An answer has a person, a time and a word."),
            ),
            models.CheckConstraint(
                condition=Q(answered_at__isnull=True) | Q(answered_at__gte=F("at")),
                name="crowd_call_answered_after",
                violation_error_message=_("A call is answered after it was made."),
            ),
        ]

    @property
    def seconds(self):
        """From the call to its answer; None while there is none."""
        return (self.answered_at - self.at).total_seconds() if self.answered_at else None

    @property
    def wait(self):
        """The same as mm:ss; "" while there is no answer."""
        return "{:d}:{:02d}".format(*divmod(int(self.seconds), 60)) if self.answered_at else ""
