"""What a manager types about a person; the readers of rmflow.privacy.normal say what is wrong, beside it."""

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from rmflow.privacy import normal
from rmflow.privacy.models import ConsentBasis
from rmflow.staff.models import User
from rmflow.staff.permissions import Role

from . import rules
from .sheet.record import PERSONAL, SECRET

EDUCATION = ("小学", "初中", "高中及中专", "大专", "本科", "硕士及以上")
MARRIAGE = ("未婚", "已婚", "离异", "丧偶")
UNTOUCHED = _("Leave empty to keep what is on record.")


def _date():
    return forms.DateInput({"type": "date"}, "%Y-%m-%d")  # what browsers take, in every language


def _phone():
    return forms.CharField(
        label=_("Phone"),
        max_length=normal.PHONE_LENGTH,
        widget=forms.TextInput({"inputmode": "tel", "autocomplete": "off"}),
    )


def _basis():
    return forms.ChoiceField(
        label=_("Basis"), choices=[("", pgettext_lazy("empty choice", "Choose")), *ConsentBasis.choices]
    )


class _Known(forms.Form):
    """Shared readers; `today` comes from the view."""

    def __init__(self, *args, today, **kwargs):
        super().__init__(*args, **kwargs)
        self.today = today

    def clean_name(self):
        return normal.name(self.cleaned_data["name"])

    def clean_phone(self):
        return normal.phone(self.cleaned_data["phone"])

    def clean_address(self):
        return normal.address(self.cleaned_data["address"])

    def clean_birth_date(self):
        born = self.cleaned_data["birth_date"]
        try:
            rules.check_birth_date(born, today=self.today)
        except rules.Refused as refusal:
            raise forms.ValidationError(str(refusal)) from None
        return born

    def _read_id_number(self, data):
        """The number in the shape of its kind of document, or the reason beside it."""
        if data.get("id_number"):
            try:
                data["id_number"] = normal.id_number(
                    data["id_number"], data.get("id_kind") or normal.IdKind.RESIDENT, today=self.today
                )
            except normal.BadInput as refusal:
                self.add_error("id_number", refusal.message)


class FactsForm(_Known):
    """Plain facts. What is masked on the sheet is not filled in here: empty means unchanged."""

    name = forms.CharField(label=_("Name"), required=False, max_length=200)
    salutation = forms.ChoiceField(
        label=_("Salutation"), required=False, choices=[("", "—"), *rules.Salutation.choices]
    )
    birth_date = forms.DateField(label=_("Date of birth"), required=False, widget=_date())
    occupation = forms.CharField(label=_("Occupation"), required=False, max_length=30)
    education = forms.CharField(label=_("Education"), required=False, max_length=30)
    marital_status = forms.CharField(label=_("Marital status"), required=False, max_length=20)
    address = forms.CharField(label=_("Address"), required=False, max_length=normal.ADDRESS_LENGTH)

    #: Only what is typed anew is changed: the sheet shows these masked, if at all.
    MASKED = ("birth_date", "address")

    def __init__(self, *args, client, user, **kwargs):
        own = client.is_looked_after_by(user)
        self.kept = self.MASKED if own else ("name", *self.MASKED)
        plain = [name for name in self.base_fields if name not in self.kept]
        kwargs["initial"] = {name: getattr(client, name) for name in plain}
        super().__init__(*args, **kwargs)
        for name in self.kept:
            if getattr(client, name):
                self.fields[name].help_text = UNTOUCHED
        for name, words in (("education", EDUCATION), ("marital_status", MARRIAGE)):
            known = [*words, *({getattr(client, name)} - {*words, ""})]
            self.fields[name] = forms.ChoiceField(
                label=self.fields[name].label,
                required=False,
                choices=[("", "—"), *((word, word) for word in known)],
            )

    def changes(self):
        """What to hand to `actions.change`."""
        return {k: v for k, v in self.cleaned_data.items() if v or k not in self.kept}


class ContactForm(_Known):
    """A phone, with the basis on which it is kept."""

    phone = _phone()
    basis = _basis()


class IdentityForm(_Known):
    """An identity document."""

    id_kind = forms.ChoiceField(label=_("Kind of ID"), choices=normal.IdKind, initial=normal.IdKind.RESIDENT)
    id_number = forms.CharField(
        label=_("ID number"), max_length=40, widget=forms.TextInput({"autocomplete": "off"})
    )

    def clean(self):
        data = super().clean()
        self._read_id_number(data)
        return data


class NewClientForm(_Known):
    """Registering a person by hand."""

    name = forms.CharField(label=_("Name"), max_length=200, widget=forms.TextInput({"autocomplete": "off"}))
    salutation = forms.ChoiceField(
        label=_("Salutation"), required=False, choices=rules.Salutation.choices, widget=forms.RadioSelect
    )
    phone = _phone()
    basis = _basis()
    id_kind = forms.ChoiceField(
        label=_("Kind of ID"), required=False, choices=normal.IdKind, initial=normal.IdKind.RESIDENT
    )
    id_number = forms.CharField(
        label=_("ID number"), required=False, max_length=40, widget=forms.TextInput({"autocomplete": "off"})
    )
    birth_date = forms.DateField(label=_("Date of birth"), required=False, widget=_date())
    occupation = forms.CharField(label=_("Occupation"), required=False, max_length=30)
    reason = forms.CharField(
        label=_("Why register all the same"),
        required=False,
        max_length=200,
        widget=forms.Textarea({"rows": 2}),
    )

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        for name in ("phone", "basis"):
            self.fields[name].required = False

    def clean(self):
        data = super().clean()
        self._read_id_number(data)
        if data.get("phone") and not data.get("basis"):
            self.add_error("basis", _("Say on what basis the phone is kept."))
        return data


class AssignForm(forms.Form):
    """Manager and backup, out of the managers of the client's branch."""

    owner = forms.ModelChoiceField(
        label=_("Manager"), queryset=User.objects.none(), empty_label=pgettext_lazy("empty choice", "Choose")
    )
    backup = forms.ModelChoiceField(
        label=_("Backup manager"),
        queryset=User.objects.none(),
        required=False,
        empty_label=pgettext_lazy("backup manager", "none"),
    )

    def __init__(self, *args, client, **kwargs):
        kwargs.setdefault("initial", {"owner": client.owner_id, "backup": client.backup_id})
        super().__init__(*args, **kwargs)
        managers = User.objects.holding_at(client.branch_id, Role.WEALTH_MANAGER, Role.MARKETING_MANAGER)
        for field in self.fields.values():
            field.queryset = managers.distinct().order_by("employee_no")


class RevealField(forms.Form):
    """Which masked field is asked for."""

    field = forms.ChoiceField(choices=[(name, name) for name in (*PERSONAL, *SECRET)])
