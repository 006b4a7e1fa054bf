"""Around a client: family, days to remember, turns of life, consents, contact wishes (C-05, C-06, B-22).

What a third person could be known by (names of the family, what a day is for) is encrypted.
"""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Length, Now
from django.db.models.lookups import GreaterThan
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from rmflow.privacy.models import ConsentBasis

from .. import profile_rules as known
from .columns import code, secret, text
from .kept import kept_history
from .person import Client

USER = settings.AUTH_USER_MODEL


@kept_history("FamilyHistory")
class FamilyMember(models.Model):
    """One relative of a client; with `person` when he or she banks here too."""

    client = models.ForeignKey(Client, models.CASCADE, related_name="family")
    relation = models.CharField(_("Relation"), max_length=12, choices=known.Relation)
    name = secret(_("Name"))
    birth_date = models.DateField(_("Date of birth"), null=True, blank=True)
    lunar = models.BooleanField(_("Keeps the lunar birthday"), default=False, db_default=False)
    occupation = text(_("Occupation or school"), 60)
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
    label = secret(_("What for"))

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
    note = secret(_("Note"))
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
    guardian = secret(_("Guardian"))
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
    hours = code(_("When"), known.ContactHours)
    note = text(_("Note"), 100)

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
