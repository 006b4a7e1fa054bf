"""What managers type: a contact with its next step, plans, the analysis, a verdict."""

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from clients.rules import ClientType, Level

from .rules import Channel, NextStep, Result

DAY = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
HOUR = forms.TimeInput(attrs={"type": "time"}, format="%H:%M")


def _text(label, limit, rows=2, **attrs):
    """A text of at most `limit` characters over several lines."""
    return forms.CharField(
        label=label, required=False, max_length=limit, widget=forms.Textarea(attrs={"rows": rows, **attrs})
    )


class ContactForm(forms.Form):
    """The result of a contact and the step that follows it (deck 27)."""

    result = forms.ChoiceField(
        label=_("Result"),
        choices=Result,
        error_messages={"required": _("Choose what came of the contact.")},
    )
    findings = _text(_("Needs and information"), 2000)
    channel = forms.ChoiceField(label=_("Way"), choices=[("", ""), *Channel.choices], required=False)
    next_channel = forms.ChoiceField(
        label=pgettext_lazy("next step", "Way"), choices=[("", ""), *Channel.choices], required=False
    )
    next_on = forms.DateField(label=pgettext_lazy("date", "Day"), required=False, widget=DAY)
    next_at = forms.TimeField(label=_("Hour"), required=False, widget=HOUR)

    @property
    def next_step(self):
        """The next step as the action takes it; None when no day is given."""
        data = self.cleaned_data
        if not data["next_on"]:
            return None
        way = data["next_channel"] or data["channel"] or Channel.PHONE
        return NextStep(way, data["next_on"], data["next_at"])


class PrepareForm(forms.Form):
    """What the client may say, and what one answers (deck 26)."""

    expected = _text(_("Expected reaction"), 300)
    answer = _text(_("Answer to it"), 300)


class PostponeForm(forms.Form):
    """Another day for a plan."""

    plan_on = forms.DateField(label=_("New day"), widget=DAY)


class PlanForm(forms.Form):
    """A plan of one's own, for a client or for oneself."""

    client = forms.IntegerField(required=False, min_value=1, max_value=2**63 - 1, widget=forms.HiddenInput)
    purpose = forms.CharField(
        label=_("Objective"),
        max_length=200,
        widget=forms.TextInput(attrs={"autocomplete": "off", "data-focus": ""}),
    )
    plan_on = forms.DateField(label=pgettext_lazy("date", "Day"), widget=DAY)
    at = forms.TimeField(label=_("Hour"), required=False, widget=HOUR)
    channel = forms.ChoiceField(
        label=_("Way"), choices=Channel, required=False, widget=forms.RadioSelect, initial=Channel.PHONE
    )


class AnalysisForm(forms.Form):
    """The analysis of a client to follow up (deck 25)."""

    strength = _text(_("Strength"), 500)
    character = _text(_("Character and hobbies"), 500)
    needs = _text(_("Likely needs"), 500)


class AbandonForm(forms.Form):
    """Why a follow-up is given up."""

    note = forms.CharField(
        label=_("Reason"),
        max_length=500,
        error_messages={"required": _("Say why the follow-up is given up.")},
    )


class VerdictForm(forms.Form):
    """What the manager takes the client for (deck 22–23)."""

    type = forms.ChoiceField(
        label=_("Type"),
        choices=[choice for choice in ClientType.choices if choice[0] != ClientType.UNJUDGED],
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose the client's type.")},
    )
    level = forms.ChoiceField(
        label=_("Core or regular"), choices=Level, required=False, widget=forms.RadioSelect
    )
    reason = _text(_("Reason"), 200, rows=1)
