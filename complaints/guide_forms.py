"""What is typed into the priority register: parsing only."""

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from rmflow.doors.forms import Answering

from .rules.guides import LONGEST_WAIT, NOTE_LENGTH, Basis, Place

BASES = [choice for choice in Basis.choices if choice[0] != Basis.RECOGNISED]


class GuideForm(Answering, forms.Form):
    """One line; of a recognised client the ticket of the look-up stands for name and basis."""

    ALIASES = {"client_id": "ticket"}

    ticket = forms.CharField(max_length=200, required=False, widget=forms.HiddenInput)
    addressed_as = forms.CharField(
        label=_("Form of address"),
        max_length=20,
        required=False,
        widget=forms.TextInput({"autocomplete": "off"}),
    )
    basis = forms.ChoiceField(
        label=_("How one knew"), choices=BASES, required=False, widget=forms.RadioSelect, initial=Basis.CARD
    )
    place = forms.ChoiceField(
        label=_("Led to"),
        choices=Place.choices,
        widget=forms.RadioSelect,
        initial=Place.COUNTER,
        error_messages={"required": _("Choose where you led the client.")},
    )
    ticket_no = forms.CharField(
        label=pgettext_lazy("queue", "Ticket number"),
        max_length=8,
        required=False,
        widget=forms.TextInput({"autocomplete": "off", "size": "8"}),
    )
    waited = forms.IntegerField(
        label=_("Waited, minutes"),
        min_value=0,
        max_value=LONGEST_WAIT,
        required=False,
        widget=forms.TextInput({"inputmode": "numeric", "autocomplete": "off", "size": "4"}),
    )
    note = forms.CharField(
        label=_("Note"),
        max_length=NOTE_LENGTH,
        required=False,
        widget=forms.TextInput({"autocomplete": "off"}),
    )
