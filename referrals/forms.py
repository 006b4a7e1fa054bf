"""The lobby card, the filters of the list, and the sheet of a reception: parsing only, no rules."""

import datetime

from django import forms
from django.core.validators import MaxLengthValidator, MaxValueValidator
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from clients.rules import ClientType, Level, Salutation
from followups.rules import Channel
from rmflow.doors import forms as doors
from rmflow.privacy import normal
from rmflow.privacy.models import ConsentBasis
from rmflow.workdays import clock

from . import rules
from .rules import AssetBand, Business, Card, Cue, Destination, End, Need, Reception, Status

#: No text beyond this is looked at; the actions refuse far shorter ones beside the field.
LONGEST = 20_000
#: A first contact is proposed for this hour of the next working day (deck 26).
USUAL_HOUR = datetime.time(10, 0)

#: Fields of an action's refusal that have another name on the screen.
ALIASES = {"notice_basis": "basis", "on": "agreed_on", "plan_on": "agreed_on", "to": "manager"}


class Answering(doors.Answering):
    """Refusals beside their fields, by the names they have on the desk."""

    ALIASES = ALIASES


def _blank(label, choices):
    return [("", label), *choices]


def _line(label, most, **attrs):
    return forms.CharField(
        label=label,
        required=False,
        strip=True,
        validators=[MaxLengthValidator(most)],
        widget=forms.TextInput(attrs={"autocomplete": "off", **attrs}),
    )


class PersonFields(forms.Form):
    """Name, phone and the basis on which a phone is kept (B-22)."""

    name = forms.CharField(
        label=_("Name or surname"),
        required=False,
        max_length=LONGEST,
        widget=forms.TextInput(attrs={"autocomplete": "off", "enterkeyhint": "next", "maxlength": None}),
    )
    phone = forms.CharField(
        label=_("Phone number"),
        required=False,
        max_length=LONGEST,
        widget=forms.TextInput(
            attrs={
                "autocomplete": "off",
                "inputmode": "tel",
                "enterkeyhint": "next",
                "placeholder": " ",
                "maxlength": None,
            }
        ),
    )
    basis = forms.BooleanField(label=_("Told and agreed"), required=False)

    def clean_name(self):
        return normal.name(self.cleaned_data["name"])

    def clean_phone(self):
        return normal.phone(self.cleaned_data["phone"])

    def clean_basis(self):
        return ConsentBasis.CONSENT.value if self.cleaned_data["basis"] else ""


class Shared(dict):
    """Fields that every form of a class uses as they are: Django would copy each, choices and all, for
    each form, which takes longer than reading what was typed. Nothing of one form is ever set on them."""

    def __deepcopy__(self, memo):
        return dict(self)


class CardForm(Answering, PersonFields):
    """优质客户推介表 as one screen; only a clue and an end are required (B-02)."""

    cues = forms.MultipleChoiceField(
        label=_("Clues"), choices=Cue.choices, required=False, widget=forms.CheckboxSelectMultiple
    )
    business = forms.ChoiceField(
        label=_("Business at hand"),
        required=False,
        choices=_blank(pgettext_lazy("business", "Not chosen"), Business.choices),
    )
    salutation = forms.ChoiceField(
        label=_("Salutation"), required=False, choices=Salutation.choices, widget=forms.RadioSelect
    )
    needs = forms.MultipleChoiceField(
        label=_("Needs"), choices=Need.choices, required=False, widget=forms.CheckboxSelectMultiple
    )
    assets = forms.ChoiceField(label=_("Estimated assets"), required=False, choices=AssetBand.choices)
    place = _line(_("Where the client waits"), 30)
    note = _line(_("Note"), rules.NOTE_LENGTH)
    manager = forms.IntegerField(label=_("Introduce to"), required=False, min_value=1, max_value=2**31)
    branch = forms.IntegerField(
        label=_("Branch that follows up"), required=False, min_value=1, max_value=2**31
    )
    id_number = forms.CharField(
        label=_("Resident ID number"), required=False, max_length=LONGEST, widget=forms.TextInput
    )
    agreed_on = forms.DateField(
        label=_("Agreed day"),
        required=False,
        widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}),
    )
    agreed_at = forms.TimeField(
        label=_("Agreed hour"), required=False, widget=forms.TimeInput(format="%H:%M", attrs={"type": "time"})
    )
    agreed_channel = forms.ChoiceField(
        label=_("Agreed way"), required=False, choices=Channel.choices, initial=Channel.PHONE
    )
    repeat_reason = _line(_("Reason for referring again"), rules.NOTE_LENGTH)
    end = forms.ChoiceField(label=_("What happens now"), required=False, choices=End.choices)
    card_open = forms.BooleanField(label=_("Hand out card, follow up"), required=False)
    more = forms.BooleanField(label=_("ID, assets, place, note"), required=False)

    def clean_id_number(self):
        return normal.id_number(self.cleaned_data["id_number"], today=clock.today())

    def card(self, *, own_branch_id):
        """The `rules.Card` of a valid form; a slip for another branch goes to its duty queue."""
        data = self.cleaned_data
        hands_out = data["end"] == End.CARD
        elsewhere = hands_out and data["branch"] not in (None, own_branch_id)
        return Card(
            end=data["end"],
            cues=data["cues"],
            business=data["business"],
            salutation=data["salutation"],
            name=data["name"],
            phone=data["phone"],
            id_number=data["id_number"],
            basis=data["basis"],
            needs=data["needs"],
            assets=data["assets"],
            manager_id=None if elsewhere else data["manager"],
            branch_id=data["branch"] if elsewhere else None,
            agreed_on=data["agreed_on"] if hands_out else None,
            agreed_at=data["agreed_at"] if hands_out else None,
            agreed_channel=data["agreed_channel"] if hands_out else "",
            note=data["note"],
            repeat_reason=data["repeat_reason"],
            place=data["place"],
        )


CardForm.base_fields = Shared(CardForm.base_fields)


class LateForm(forms.Form):
    """What the device's clock said of a card that waited there: when it was filed, when it was sent."""

    offline_at = forms.DateTimeField()
    sent_at = forms.DateTimeField()
    #: Parts of a post that tell of its way, not of the card.
    ABOUT_THE_WAY = ("offline_at", "sent_at", "owner")

    def clean(self):
        for moment in self.cleaned_data.values():
            if not 2000 < moment.year < 2100:
                raise forms.ValidationError(_("The device's clock is wrong."))
        return self.cleaned_data


class DiscardForm(forms.Form):
    """Unsent cards that are thrown away."""

    count = forms.IntegerField(min_value=1, max_value=999)
    oldest_at = forms.DateTimeField(required=False)


class FilterForm(forms.Form):
    """Filters of the branch's list; they stand in the address, so nothing wrong may break the page."""

    PERIODS = [
        ("today", _("Today")),
        ("week", _("Last 7 days")),
        ("month", _("Last 30 days")),
        ("all", _("All")),
    ]

    period = forms.ChoiceField(required=False, choices=PERIODS)
    day = forms.DateField(
        label=pgettext_lazy("filter", "Day"),
        required=False,
        validators=[MaxValueValidator(datetime.date(2999, 12, 31))],  # the day after must exist
        widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}),
    )
    status = forms.ChoiceField(
        label=_("State"), required=False, choices=_blank(_("All states"), Status.choices[1:])
    )
    reception = forms.ChoiceField(
        label=_("Reception"), required=False, choices=_blank(_("All receptions"), Reception.choices)
    )
    manager = forms.IntegerField(label=_("Manager"), required=False, min_value=1, max_value=2**31)
    mine = forms.BooleanField(label=_("Filed by me"), required=False)

    def values(self):
        """What is chosen; an unreadable value counts as not chosen."""
        self.is_valid()
        return self.cleaned_data

    @staticmethod
    def with_managers(data, managers):
        """The form with the branch's managers to choose from."""
        form = FilterForm(data)
        form.fields["manager"].widget = forms.Select(
            choices=[("", _("All managers")), *((person.pk, person.name) for person in managers)]
        )
        return form


class ReceptionForm(Answering, PersonFields):
    """What the manager learns while receiving a client, and the verdict (W1-14)."""

    type = forms.ChoiceField(
        label=_("Client's type"), required=False, choices=ClientType.choices[1:], widget=forms.RadioSelect
    )
    level = forms.ChoiceField(
        label=_("Level"), required=False, choices=Level, initial=Level.REGULAR, widget=forms.RadioSelect
    )
    agreed_on = forms.DateField(
        label=_("First contact on"),
        required=False,
        widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}),
    )
    agreed_at = forms.TimeField(
        label=_("Hour"), required=False, widget=forms.TimeInput(format="%H:%M", attrs={"type": "time"})
    )
    channel = forms.ChoiceField(
        label=_("Way"), required=False, choices=lambda: Channel.choices, initial=Channel.PHONE
    )
    destination = forms.ChoiceField(
        label=_("Diverted to"), required=False, choices=Destination, widget=forms.RadioSelect
    )
    onward = forms.ChoiceField(
        label=_("Guide on to"),
        required=False,
        choices=_blank(_("Not guided on"), rules.Guidance.choices[1:]),
    )
    reason = _line(_("Reason"), rules.NOTE_LENGTH)

    def verdict(self):
        """Arguments of `actions.judge`; only those that belong to the chosen type."""
        data = self.cleaned_data
        chosen = data["type"]
        words = {"type": chosen, "reason": data["reason"], "name": data["name"]}
        words |= {"phone": data["phone"], "basis": data["basis"]}
        if chosen == ClientType.EXISTING_PREMIUM:
            words["level"] = data["level"]
        elif chosen == ClientType.ORDINARY:
            words["destination"] = data["destination"]
        elif chosen:
            words |= {
                "agreed_on": data["agreed_on"],
                "agreed_at": data["agreed_at"],
                "channel": data["channel"] or Channel.PHONE,
            }
        return words


class StepForm(forms.Form):
    """One transition: to whom, why, and where the button stands."""

    to = forms.IntegerField(required=False, min_value=1, max_value=2**31)
    note = forms.CharField(required=False, max_length=rules.NOTE_LENGTH)
    onward = forms.CharField(required=False, max_length=20)
