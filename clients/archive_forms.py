"""What a manager writes into the archive: one form for each part of the page (C-05)."""

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from rmflow.privacy import normal
from rmflow.privacy.models import ConsentBasis

from .forms import UNTOUCHED, FactsForm
from .models import Consent, ContactWish, FamilyMember, ImportantDate, LifeEvent, Profile
from .sheet.record import SECRET

YES_NO = [("", "—"), ("True", pgettext_lazy("answer", "Yes")), ("False", pgettext_lazy("answer", "No"))]
WIDE = ("hobbies", "preferences", "habits", "cares_most", "cares_least", "wants", "note")


def _date():
    return forms.DateInput({"type": "date"}, "%Y-%m-%d")


def _blank(choices):
    return [("", "—"), *choices]


class _Plain(forms.ModelForm):
    """Chips for lists of codes, date inputs for dates; the model's own limits hold."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        for name, column in self.fields.items():
            if isinstance(column, forms.DateField):
                column.widget = _date()
            if isinstance(column, forms.TypedChoiceField) and column.choices[0][0] == "":
                empty = _("Please choose") if column.required else "—"
                column.choices = [("", empty), *column.choices[1:]]
            column.wide = name in WIDE

    def _post_clean(self):
        """The row is made and checked by the action, which knows what stands beside it."""


def _codes(model, name):
    field = model._meta.get_field(name)
    return forms.MultipleChoiceField(
        label=field.verbose_name,
        required=False,
        choices=field.base_field.choices,
        widget=forms.CheckboxSelectMultiple,
    )


class ProfileForm(_Plain):
    """Part of the profile: saves nothing itself, hands `changes()` to the action."""

    part: tuple[str, ...] = ()

    def changes(self):
        """What to hand to `actions.change_profile`; a masked field left empty stays as it is."""
        kept = {name for name in SECRET if name in self.fields and not self.cleaned_data[name]}
        return {name: self.cleaned_data[name] for name in self.fields if name not in kept}


class BuyingForm(ProfileForm):
    preferences = _codes(Profile, "preferences")
    habits = _codes(Profile, "habits")

    class Meta:
        model = Profile
        fields = (
            *("activity", "price_sensitivity", "experience", "risk_tolerance", "risk_assessed_on"),
            *("risk_valid_until", "preferences", "habits"),
        )


class AccountForm(ProfileForm):
    class Meta:
        model = Profile
        fields = ("other_bank_assets", "other_bank", "wallet_note")


class NeedsForm(ProfileForm):
    cares_most = _codes(Profile, "cares_most")
    cares_least = _codes(Profile, "cares_least")

    class Meta:
        model = Profile
        fields = ("wants", "cares_most", "cares_least")
        widgets = {"wants": forms.Textarea({"rows": 2})}


class AdminForm(ProfileForm):
    class Meta:
        model = Profile
        fields = ("secrecy", "relation_ended_on")


class PlaceForm(ProfileForm):
    """The profile's share of the basic features; the person's own facts are a `FactsForm`."""

    hobbies = _codes(Profile, "hobbies")
    social_role = forms.TypedChoiceField(
        label=Profile._meta.get_field("social_role").verbose_name,
        required=False,
        choices=YES_NO,
        coerce=lambda text: {"True": True, "False": False}[text],
        empty_value=None,
    )

    class Meta:
        model = Profile
        fields = (
            *("nationality", "job_class", "employer", "job_title", "social_role", "family_income"),
            *("landline", "email", "wechat", "district", "mailing_address", "contact_channel"),
            *("contact_hours", "is_lunar_birthday", "hobbies"),
        )

    def __init__(self, *args, instance=None, **kwargs):
        stored = {name: getattr(instance, name) for name in SECRET} if instance else {}
        initial = {**kwargs.pop("initial", {}), **dict.fromkeys(SECRET, "")}
        super().__init__(*args, instance=instance, initial=initial, **kwargs)
        self.fields["social_role"].initial = getattr(instance, "social_role", None)
        for name in SECRET:
            self.fields[name].widget = forms.TextInput({"autocomplete": "off"})
            self.fields[name].max_length = 120
            if stored.get(name):
                self.fields[name].help_text = UNTOUCHED

    def clean_email(self):
        text = self.cleaned_data["email"]
        return forms.EmailField().clean(text) if text else ""

    def clean_mailing_address(self):
        return normal.address(self.cleaned_data["mailing_address"])


class IntroducerForm(forms.Form):
    """By whom the client was brought: a customer number."""

    introducer = forms.CharField(
        label=_("Customer number of who introduced"),
        required=False,
        max_length=24,
        widget=forms.TextInput({"inputmode": "numeric", "autocomplete": "off"}),
    )


class BasicForm:
    """The basic features as one form: facts of the person, then those of the profile."""

    def __init__(self, data=None, *, today, client, user, profile):
        self.person = FactsForm(data, today=today, client=client, user=user)
        self.place = PlaceForm(data, instance=profile)
        self.fields = {**self.person.fields, **self.place.fields}
        self.prefix = None

    def __iter__(self):
        yield from self.person
        yield from self.place

    def __getitem__(self, name):
        return self.person[name] if name in self.person.fields else self.place[name]

    @property
    def errors(self):
        return {**self.person.errors, **self.place.errors}

    def non_field_errors(self):
        return self.person.non_field_errors()

    def is_valid(self):
        return all([self.person.is_valid(), self.place.is_valid()])

    def add_error(self, field, error):
        (self.place if field in self.place.fields else self.person).add_error(field, error)

    def changes(self):
        return {"person": self.person.changes(), **self.place.changes()}


class MemberForm(_Plain):
    """A relative; a customer number ties one who banks here."""

    customer_no = forms.CharField(
        label=_("Customer number, if with us"), required=False, max_length=24,
        widget=forms.TextInput({"autocomplete": "off"}),
    )  # fmt: skip
    guardian = forms.BooleanField(label=_("The guardian consents (child under 14)"), required=False)

    class Meta:
        model = FamilyMember
        fields = ("relation", "name", "birth_date", "lunar", "occupation")
        widgets = {"name": forms.TextInput({"autocomplete": "off", "maxlength": 50})}

    def clean_name(self):
        text = self.cleaned_data["name"]
        return normal.name(text) if text else ""


class DateForm(_Plain):
    class Meta:
        model = ImportantDate
        fields = ("kind", "month", "day", "lunar", "year", "label")
        widgets = {
            "label": forms.TextInput({"maxlength": 40}),
            "month": forms.NumberInput({"min": 1, "max": 12, "inputmode": "numeric"}),
            "day": forms.NumberInput({"min": 1, "max": 31, "inputmode": "numeric"}),
        }


class LifeEventForm(_Plain):
    class Meta:
        model = LifeEvent
        fields = ("kind", "on", "note")
        widgets = {"note": forms.TextInput({"maxlength": 120})}


class ConsentForm(_Plain):
    """Given today, on the notice in force."""

    basis = forms.ChoiceField(label=_("Basis"), choices=_blank(ConsentBasis.choices))

    class Meta:
        model = Consent
        fields = ("purpose", "basis", "guardian")
        widgets = {"guardian": forms.TextInput({"autocomplete": "off", "maxlength": 50})}


class WishForm(_Plain):
    wanted = forms.TypedChoiceField(
        label=_("Wanted"),
        choices=[("True", _("Welcome this way")), ("False", _("Not this way"))],
        coerce=lambda text: text == "True",
        widget=forms.RadioSelect,
        initial="False",
    )

    class Meta:
        model = ContactWish
        fields = ("channel", "wanted", "hours", "note")
