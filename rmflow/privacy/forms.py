"""The purpose somebody gives before data is shown, and the auditor's filters."""

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from .models import AccessEvent, Purpose


class RevealForm(forms.Form):
    """Purpose of a reveal. Hand `cleaned_data` to `actions.reveal` as keywords."""

    purpose = forms.ChoiceField(label=_("Needed for"), choices=Purpose, widget=forms.RadioSelect)
    note = forms.CharField(label=_("If other, what for"), required=False, max_length=100)

    def clean(self):
        data = super().clean()
        if data.get("purpose") == Purpose.OTHER and not data.get("note"):
            self.add_error("note", _("Say in a few words what you need it for."))
        return data


class LogFilter(forms.Form):
    """Which events the auditor reads."""

    day = forms.DateField(
        label=pgettext_lazy("date", "Day"),
        required=False,
        widget=forms.DateInput({"type": "date"}, "%Y-%m-%d"),  # what browsers take, in every language
    )
    employee = forms.CharField(label=_("Employee number"), required=False, max_length=20)
    kind = forms.ChoiceField(
        label=_("Kind"),
        required=False,
        choices=[("", pgettext_lazy("filter", "All kinds")), *AccessEvent.Kind.choices],
    )
    object_id = forms.IntegerField(label=_("Record number"), required=False, min_value=1, max_value=2**63 - 1)

    def clean_employee(self):
        text = self.cleaned_data["employee"].strip()
        if "\x00" in text:
            raise forms.ValidationError(_("A text contains a character that cannot be stored."))
        return text

    def narrow(self, events):
        """`events` by the filters that are filled in and valid."""
        given = self.cleaned_data if hasattr(self, "cleaned_data") else {}
        if day := given.get("day"):
            events = events.on(day)
        for field, lookup in (
            ("employee", "user__employee_no"),
            ("kind", "kind"),
            ("object_id", "object_id"),
        ):
            if given.get(field):
                events = events.filter(**{lookup: given[field]})
        return events
