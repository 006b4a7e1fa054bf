"""The archive of a client beyond name and phone: four feature groups, family, dates, wishes (C-05, C-06).

Columns have defaults in the database too: files and benches write some of them and leave the rest.
What a third person could be known by (names of the family, addresses, what a day is for) is encrypted.
"""

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Length, Now
from django.db.models.lookups import GreaterThan
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from rmflow.privacy.fields import EncryptedField
from rmflow.privacy.models import ConsentBasis

from .. import profile_rules as known
from ..rules import ProductCategory
from .person import Client, kept_history

USER = settings.AUTH_USER_MODEL


def _code(label, choices, length=12):
    return models.CharField(label, max_length=length, choices=choices, blank=True, default="", db_default="")


def _codes(label, choices):
    return ArrayField(
        models.CharField(max_length=20, choices=choices),
        default=list,
        blank=True,
        db_default=[],
        verbose_name=label,
    )


def _text(label, length):
    return models.CharField(label, max_length=length, blank=True, default="", db_default="")


def _secret(label):
    return EncryptedField(label, blank=True, default="", db_default="")


def _yuan(label):
    return models.DecimalField(label, max_digits=16, decimal_places=2, null=True, blank=True)


def _among(field, choices, name):
    """A list that holds known codes only."""
    return models.CheckConstraint(
        condition=Q(**{f"{field}__contained_by": list(choices.values)}),
        name=name,
        violation_error_message=_("Choose from the list."),
    )


def _one_of(field, choices, name):
    return models.CheckConstraint(
        condition=Q(**{f"{field}__in": ["", *choices.values]}),
        name=name,
        violation_error_message=_("Choose from the list."),
    )


@kept_history("ProfileHistory", exclude=["updated_at", "updated_by"])
class Profile(models.Model):
    """The four feature groups of 优质客户信息记录表 (domain-rules §1.5); one row per person who has one."""

    client = models.OneToOneField(Client, models.CASCADE, primary_key=True, related_name="profile")
    # (a) basic features, beside those of the person
    nationality = _text(_("Nationality"), 30)
    employer = _text(_("Employer"), 60)
    job_title = _text(_("Job title"), 40)
    job_class = _code(_("Class of occupation"), known.JobClass, 10)
    social_role = models.BooleanField(_("Heads an association or committee"), null=True, blank=True)
    family_income = _yuan(_("Family income a year"))
    hobbies = _codes(_("Hobbies"), known.Hobby)
    is_lunar_birthday = models.BooleanField(_("Keeps the lunar birthday"), default=False, db_default=False)
    district = _text(_("District"), 60)
    mailing_address = _secret(_("Mailing address"))
    landline = _secret(_("Landline"))
    email = _secret(pgettext_lazy("channel", "E-mail"))
    wechat = _secret(_("WeChat"))
    contact_channel = _code(_("Likes to be reached by"), known.ContactWay)
    contact_hours = _code(_("Likes to be reached at"), known.ContactHours)
    # (b) buying behaviour
    activity = _code(_("Activity"), known.Activity)
    price_sensitivity = _code(_("Price sensitivity"), known.PriceSensitivity)
    risk_tolerance = _code(_("Risk tolerance"), known.RiskTolerance, 2)
    risk_assessed_on = models.DateField(_("Assessed on"), null=True, blank=True)
    risk_valid_until = models.DateField(_("Valid until"), null=True, blank=True)
    preferences = _codes(_("Prefers"), ProductCategory)
    habits = _codes(_("Habits"), known.Habit)
    experience = _code(_("Investment experience"), known.Experience)
    # (c) account features, beside balances and holdings
    other_bank_assets = _yuan(_("Assets at other banks"))
    other_bank = _text(_("Other banks"), 60)
    wallet_note = _text(_("What stands elsewhere"), 200)
    # (d) service needs
    cares_most = _codes(_("Cares most for"), known.Care)
    cares_least = _codes(_("Cares least for"), known.Care)
    wants = _text(_("Wants next"), 300)
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
            _one_of("job_class", known.JobClass, "profile_job_class_known"),
            _one_of("activity", known.Activity, "profile_activity_known"),
            _one_of("price_sensitivity", known.PriceSensitivity, "profile_price_known"),
            _one_of("experience", known.Experience, "profile_experience_known"),
            _one_of("contact_channel", known.ContactWay, "profile_channel_known"),
            _one_of("contact_hours", known.ContactHours, "profile_hours_known"),
            _one_of("risk_tolerance", known.RiskTolerance, "profile_risk_known"),
            _among("hobbies", known.Hobby, "profile_hobbies_known"),
            _among("preferences", ProductCategory, "profile_preferences_known"),
            _among("habits", known.Habit, "profile_habits_known"),
            _among("cares_most", known.Care, "profile_cares_most_known"),
            _among("cares_least", known.Care, "profile_cares_least_known"),
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


@kept_history("FamilyHistory")
class FamilyMember(models.Model):
    """One relative of a client; with `person` when he or she banks here too."""

    client = models.ForeignKey(Client, models.CASCADE, related_name="family")
    relation = models.CharField(_("Relation"), max_length=12, choices=known.Relation)
    name = _secret(_("Name"))
    birth_date = models.DateField(_("Date of birth"), null=True, blank=True)
    lunar = models.BooleanField(_("Keeps the lunar birthday"), default=False, db_default=False)
    occupation = _text(_("Occupation or school"), 60)
    person = models.ForeignKey(
        Client, models.SET_NULL, null=True, blank=True, related_name="kin", db_index=False
    )

    REVEALABLE = ()

    class Meta:
        verbose_name = _("Family member")
        verbose_name_plural = _("Family members")
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(relation__in=known.Relation.values),
                name="family_relation_known",
                violation_error_message=_("Choose from the list."),
            ),
            models.CheckConstraint(
                condition=Q(person__isnull=True) | ~Q(person=F("client")),
                name="family_is_another",
                violation_error_message=_("A relative is another person than the client."),
            ),
            models.UniqueConstraint(
                fields=["client", "person"],
                condition=Q(person__isnull=False),
                name="family_person_once",
                violation_error_message=_("This person is already in the family."),
            ),
        ]


@kept_history("DateHistory")
class ImportantDate(models.Model):
    """A day of the year to remember; by the lunar calendar when `lunar`: then `month` and `day` are
    lunar ones, a leap month counts as the ordinary one, and the 30th of a month of 29 days is its 29th."""

    client = models.ForeignKey(Client, models.CASCADE, related_name="dates")
    kind = models.CharField(_("Kind of day"), max_length=10, choices=known.DateKind)
    month = models.PositiveSmallIntegerField(_("Month"))
    day = models.PositiveSmallIntegerField(_("Day"))
    year = models.PositiveSmallIntegerField(pgettext_lazy("date", "Year"), null=True, blank=True)
    lunar = models.BooleanField(_("Lunar calendar"), default=False, db_default=False)
    label = _secret(_("What for"))

    REVEALABLE = ()

    class Meta:
        verbose_name = _("Important date")
        verbose_name_plural = _("Important dates")
        ordering = ["month", "day", "pk"]
        indexes = [models.Index(fields=["lunar", "month", "day"], name="important_date_day")]
        constraints = [
            models.CheckConstraint(
                condition=Q(kind__in=known.DateKind.values),
                name="important_date_kind_known",
                violation_error_message=_("Choose from the list."),
            ),
            models.CheckConstraint(
                condition=Q(month__range=(1, 12), day__gte=1)
                & (
                    Q(lunar=True, day__lte=30)
                    | Q(lunar=False, month=2, day__lte=29)
                    | Q(lunar=False, month__in=(4, 6, 9, 11), day__lte=30)
                    | Q(lunar=False, month__in=(1, 3, 5, 7, 8, 10, 12), day__lte=31)
                ),
                name="important_date_exists",
                violation_error_message=_("There is no such day."),
            ),
            models.CheckConstraint(
                condition=Q(year__isnull=True) | Q(year__range=(1900, 2100)),
                name="important_date_year_plausible",
                violation_error_message=_("Check the year."),
            ),
            models.UniqueConstraint(
                fields=["client"],
                condition=Q(kind="birthday"),
                name="important_date_one_birthday",
                violation_error_message=_("The client's birthday is already on record."),
            ),
        ]


@kept_history("HouseholdHistory")
class Household(models.Model):
    """People who live together and bank here; counted by the scorecard."""

    name = models.CharField(_("Household"), max_length=40)
    branch = models.ForeignKey("staff.Branch", models.PROTECT, related_name="+", db_index=False)
    created_at = models.DateTimeField(default=timezone.now, db_default=Now())

    class Meta:
        verbose_name = _("Household")
        verbose_name_plural = _("Households")

    def __str__(self):
        return self.name


@kept_history("LifeEventHistory")
class LifeEvent(models.Model):
    """A turn in a client's life; the evaluation looks at those who had one (clients.actions.events)."""

    client = models.ForeignKey(
        Client,
        models.CASCADE,
        related_name="life_events",
        db_index=False,  # life_event_of_client
    )
    kind = models.CharField(_("What happened"), max_length=12, choices=known.LifeEventKind)
    on = models.DateField(pgettext_lazy("date", "Day"))
    note = _secret(_("Note"))
    by = models.ForeignKey(USER, models.PROTECT, null=True, related_name="+", db_index=False)
    at = models.DateTimeField(default=timezone.now, db_default=Now())

    REVEALABLE = ()

    class Meta:
        verbose_name = _("Life event")
        verbose_name_plural = _("Life events")
        ordering = ["-on", "-pk"]
        indexes = [
            models.Index(fields=["client", "-on"], name="life_event_of_client"),
            models.Index(fields=["on"], name="life_event_on"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(kind__in=known.LifeEventKind.values),
                name="life_event_kind_known",
                violation_error_message=_("Choose from the list."),
            )
        ]


@kept_history("ConsentHistory")
class Consent(models.Model):
    """What a client agreed to, when, on which notice; ended by withdrawal, never deleted."""

    client = models.ForeignKey(Client, models.CASCADE, related_name="consents")
    purpose = models.CharField(_("Purpose"), max_length=12, choices=known.ConsentPurpose)
    given_at = models.DateTimeField(_("Given"), default=timezone.now)
    version = models.CharField(_("Notice version"), max_length=20)
    basis = models.CharField(_("Basis"), max_length=20, choices=ConsentBasis)
    guardian = _secret(_("Guardian"))
    by = models.ForeignKey(USER, models.PROTECT, null=True, related_name="+", db_index=False)
    withdrawn_at = models.DateTimeField(_("Withdrawn at"), null=True, blank=True)
    withdrawn_by = models.ForeignKey(
        USER, models.PROTECT, null=True, blank=True, related_name="+", db_index=False
    )

    REVEALABLE = ()

    class Meta:
        verbose_name = pgettext_lazy("record", "Consent")
        verbose_name_plural = _("Consents")
        ordering = ["-given_at", "-pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(purpose__in=known.ConsentPurpose.values, basis__in=ConsentBasis.values),
                name="consent_purpose_known",
                violation_error_message=_("Choose purpose and basis."),
            ),
            models.UniqueConstraint(
                fields=["client", "purpose"],
                condition=Q(withdrawn_at__isnull=True),
                name="consent_once_in_force",
                violation_error_message=_("A consent for this purpose is in force already."),
            ),
            models.CheckConstraint(
                condition=Q(withdrawn_at__isnull=True) | Q(withdrawn_at__gte=F("given_at")),
                name="consent_withdrawn_after_given",
                violation_error_message=_("A consent is withdrawn after it was given."),
            ),
            models.CheckConstraint(
                condition=Q(~Q(basis="guardian_consent") | Q(GreaterThan(Length("guardian"), 0))),
                name="consent_guardian_is_named",
                violation_error_message=_("Say who the guardian is."),
            ),
        ]


@kept_history("WishHistory")
class ContactWish(models.Model):
    """By which way a client wants, or does not want, to be reached."""

    client = models.ForeignKey(Client, models.CASCADE, related_name="wishes", db_index=False)
    channel = models.CharField(_("Way"), max_length=8, choices=known.ContactWay)
    wanted = models.BooleanField(_("Wanted"))
    hours = _code(_("When"), known.ContactHours)
    note = _text(_("Note"), 100)

    class Meta:
        verbose_name = _("Contact wish")
        verbose_name_plural = _("Contact wishes")
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["client", "channel"],
                name="wish_once_a_way",
                violation_error_message=_("There is a wish for this way already."),
            ),
            models.CheckConstraint(
                condition=Q(channel__in=known.ContactWay.values, hours__in=["", *known.ContactHours.values]),
                name="wish_way_known",
                violation_error_message=_("Choose from the list."),
            ),
        ]
