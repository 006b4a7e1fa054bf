"""The archive of a client beyond name and phone: the four feature groups (C-05, C-06); the rest is `family`."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from .. import profile_rules as known
from ..rules import ProductCategory
from .columns import among, code, codes, one_of, secret, text, yuan
from .kept import kept_history
from .person import Client

USER = settings.AUTH_USER_MODEL


@kept_history("ProfileHistory", exclude=["updated_at", "updated_by"])
class Profile(models.Model):
    """The four feature groups of 优质客户信息记录表 (domain-rules §1.5); one row per person who has one."""

    client = models.OneToOneField(Client, models.CASCADE, primary_key=True, related_name="profile")
    # (a) basic features, beside those of the person
    nationality = text(_("Nationality"), 30)
    employer = text(_("Employer"), 60)
    job_title = text(_("Job title"), 40)
    job_class = code(_("Class of occupation"), known.JobClass, 10)
    social_role = models.BooleanField(_("Heads an association or committee"), null=True, blank=True)
    family_income = yuan(_("Family income a year"))
    hobbies = codes(_("Hobbies"), known.Hobby)
    is_lunar_birthday = models.BooleanField(_("Keeps the lunar birthday"), default=False, db_default=False)
    district = text(_("District"), 60)
    mailing_address = secret(_("Mailing address"))
    landline = secret(_("Landline"))
    email = secret(pgettext_lazy("channel", "E-mail"))
    wechat = secret(_("WeChat"))
    contact_channel = code(_("Likes to be reached by"), known.ContactWay)
    contact_hours = code(_("Likes to be reached at"), known.ContactHours)
    # (b) buying behaviour
    activity = code(_("Activity"), known.Activity)
    price_sensitivity = code(_("Price sensitivity"), known.PriceSensitivity)
    risk_tolerance = code(_("Risk tolerance"), known.RiskTolerance, 2)
    risk_assessed_on = models.DateField(_("Assessed on"), null=True, blank=True)
    risk_valid_until = models.DateField(_("Valid until"), null=True, blank=True)
    preferences = codes(_("Prefers"), ProductCategory)
    habits = codes(_("Habits"), known.Habit)
    experience = code(_("Investment experience"), known.Experience)
    # (c) account features, beside balances and holdings
    other_bank_assets = yuan(_("Assets at other banks"))
    other_bank = text(_("Other banks"), 60)
    wallet_note = text(_("What stands elsewhere"), 200)
    # (d) service needs
    cares_most = codes(_("Cares most for"), known.Care)
    cares_least = codes(_("Cares least for"), known.Care)
    wants = text(_("Wants next"), 300)
    # administration
    secrecy = models.CharField(
        _("Secrecy"), max_length=10, choices=known.Secrecy, default="branch", db_default="branch"
    )
    relation_ended_on = models.DateField(_("Relation ended on"), null=True, blank=True)
    updated_at = models.DateTimeField(default=timezone.now, db_default=Now())
    updated_by = models.ForeignKey(USER, models.PROTECT, null=True, related_name="+", db_index=False)

    #: What `privacy.actions.reveal` may show beside the encrypted fields.
    REVEALABLE = ()

    class Meta:
        verbose_name = _("Profile")
        verbose_name_plural = _("Profiles")
        constraints = [
            one_of("job_class", known.JobClass, "profile_job_class_known"),
            one_of("activity", known.Activity, "profile_activity_known"),
            one_of("price_sensitivity", known.PriceSensitivity, "profile_price_known"),
            one_of("experience", known.Experience, "profile_experience_known"),
            one_of("contact_channel", known.ContactWay, "profile_channel_known"),
            one_of("contact_hours", known.ContactHours, "profile_hours_known"),
            one_of("risk_tolerance", known.RiskTolerance, "profile_risk_known"),
            among("hobbies", known.Hobby, "profile_hobbies_known"),
            among("preferences", ProductCategory, "profile_preferences_known"),
            among("habits", known.Habit, "profile_habits_known"),
            among("cares_most", known.Care, "profile_cares_most_known"),
            among("cares_least", known.Care, "profile_cares_least_known"),
            models.CheckConstraint(
                condition=Q(secrecy__in=known.Secrecy.values),
                name="profile_secrecy_known",
                violation_error_message=_("Choose from the list."),
            ),
            models.CheckConstraint(
                condition=~Q(cares_most__overlap=F("cares_least")),
                name="profile_cares_either_way",
                violation_error_message=_("Nobody cares most and least for the same."),
            ),
            models.CheckConstraint(
                condition=Q(family_income__isnull=True) | Q(family_income__gte=0),
                name="profile_income_not_negative",
                violation_error_message=_("An income is not negative."),
            ),
            models.CheckConstraint(
                condition=Q(other_bank_assets__isnull=True) | Q(other_bank_assets__gte=0),
                name="profile_elsewhere_not_negative",
                violation_error_message=_("Assets elsewhere are not negative."),
            ),
            models.CheckConstraint(
                condition=Q(risk_tolerance="") | Q(risk_assessed_on__isnull=False),
                name="profile_risk_was_assessed",
                violation_error_message=_("A risk tolerance has the day of its assessment."),
            ),
            models.CheckConstraint(
                condition=Q(risk_valid_until__isnull=True) | Q(risk_valid_until__gte=F("risk_assessed_on")),
                name="profile_risk_valid_after_assessed",
                violation_error_message=_("An assessment is valid from its own day on."),
            ),
        ]

    def __str__(self):
        return f"profile {self.client_id}"
