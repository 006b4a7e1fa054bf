"""What staff type about themselves and about each other."""

import datetime
import unicodedata

from django import forms
from django.contrib.auth import password_validation
from django.contrib.auth.forms import AuthenticationForm
from django.core.exceptions import ValidationError
from django.core.validators import MaxLengthValidator
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from . import passwords
from .models import BANK_TIME, Branch, User, bank_now, bank_today
from .permissions import Role

CODE_LENGTH = 20  # six digits, or a recovery code with spaces


class LoginForm(AuthenticationForm):
    """Employee number (full-width digits and spaces are forgiven) and password."""

    error_messages = {
        "invalid_login": _("Employee number or password is wrong."),
        "inactive": _("Employee number or password is wrong."),
    }

    def __init__(self, request=None, *args, **kwargs):
        super().__init__(request, *args, **kwargs)
        number, password = self.fields["username"], self.fields["password"]
        number.max_length, number.label = 20, _("Employee number")
        number.widget = forms.TextInput(
            attrs={"autocomplete": "username", "autofocus": True, "maxlength": 20}
        )
        number.validators.append(MaxLengthValidator(20))
        password.max_length, password.label = passwords.MAX_LENGTH, _("Password")
        password.validators.append(MaxLengthValidator(passwords.MAX_LENGTH))

    def clean_username(self):
        return unicodedata.normalize("NFKC", self.cleaned_data["username"]).strip()


class CodeForm(forms.Form):
    """The second step: six digits or a recovery code."""

    code = forms.CharField(
        label=_("Code"),
        max_length=CODE_LENGTH,
        widget=forms.TextInput(attrs={"autocomplete": "one-time-code", "autofocus": True}),
    )

    def clean_code(self):
        return unicodedata.normalize("NFKC", self.cleaned_data["code"])


class PasswordForm(forms.Form):
    """The present password and a new one, twice."""

    old = forms.CharField(
        label=_("Present password"),
        max_length=passwords.MAX_LENGTH,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password", "autofocus": True}),
    )
    new = forms.CharField(
        label=_("New password"),
        max_length=passwords.MAX_LENGTH,
        strip=False,
        help_text=_(
            "At least 10 characters, of three of these four kinds: "
            "small letters, capital letters, digits, signs. Not one of your last five."
        ),
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )
    again = forms.CharField(
        label=_("New password again"),
        max_length=passwords.MAX_LENGTH,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )

    def __init__(self, user, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.user = user

    def clean_old(self):
        if not self.user.check_password(self.cleaned_data["old"]):
            raise ValidationError(_("This is not your present password."))
        return self.cleaned_data["old"]

    def clean(self):
        new, again = self.cleaned_data.get("new"), self.cleaned_data.get("again")
        if new and again and new != again:
            self.add_error("again", _("The two new passwords differ."))
        elif new and "old" in self.cleaned_data:
            try:
                password_validation.validate_password(new, self.user)
            except ValidationError as error:
                self.add_error("new", error)


class AvailabilityForm(forms.Form):
    """Free, with a client, or out (until)."""

    availability = forms.ChoiceField(choices=User.Availability.choices)
    back_at = forms.TimeField(label=_("Back at"), required=False)

    def clean_back_at(self):
        """An hour of today as a moment; an hour already past is refused."""
        hour = self.cleaned_data["back_at"]
        if hour is None:
            return None
        moment = datetime.datetime.combine(bank_today(), hour, BANK_TIME)
        if moment <= bank_now():
            raise ValidationError(_("Choose an hour still to come."))
        return moment


class DutyForm(forms.Form):
    """The branch worked in today; the own one stands for "at home"."""

    branch = forms.ModelChoiceField(
        Branch.objects.none(), label=_("On-duty branch"), empty_label=pgettext_lazy("empty choice", "Choose")
    )

    def __init__(self, branches, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["branch"].queryset = branches


class GrantForm(forms.Form):
    """One role at one branch from a day to a day."""

    role = forms.ChoiceField(label=_("Role"), choices=Role.choices)
    branch = forms.ModelChoiceField(
        Branch.objects.filter(is_active=True),
        label=_("Branch"),
        empty_label=pgettext_lazy("empty choice", "Choose"),
    )
    valid_from = forms.DateField(
        label=pgettext_lazy("first day", "From"), required=False, widget=forms.DateInput({"type": "date"})
    )
    valid_to = forms.DateField(
        label=pgettext_lazy("last day", "To"), required=False, widget=forms.DateInput({"type": "date"})
    )


class PersonForm(forms.ModelForm):
    """A new member of staff; roles are granted by the security administrator."""

    class Meta:
        model = User
        fields = ["employee_no", "name", "home_branch", "counter", "email"]
