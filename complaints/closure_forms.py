"""What is typed about closures and openings: parsing only, no rules."""

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from clients.models import Product
from rmflow.doors.forms import Answering

from .models import Destination
from .rules import closures as rules
from .rules.account_tail import LONGEST
from .rules.closures import AT_COUNTER, Measure, Movement, Reason, Result


def _money(label, **kwargs):
    return forms.DecimalField(
        label=label,
        max_digits=16,
        decimal_places=2,
        required=False,
        widget=forms.TextInput({"inputmode": "decimal", "autocomplete": "off"}),
        **kwargs,
    )


def _line(label, most, **kwargs):
    widget = forms.TextInput({"autocomplete": "off"})
    return forms.CharField(label=label, required=False, max_length=most, widget=widget, **kwargs)


#: What becomes of a whole number typed all the same (`rules.account_tail`).
CUT = _("Of a whole number only the last four digits are kept.")


def _day():
    return forms.DateInput({"type": "date"}, "%Y-%m-%d")


def _yes_no(label):
    return forms.TypedChoiceField(
        label=label,
        required=False,
        choices=[("yes", pgettext_lazy("answer", "Yes")), ("no", pgettext_lazy("answer", "No"))],
        coerce=lambda value: value == "yes",
        empty_value=None,
        widget=forms.RadioSelect,
    )


class RecordForm(Answering, forms.Form):
    """优质客户异动销户记录表 as far as it is filled in; nothing has to be complete before the end."""

    account = _line(_("Account or card, last four digits"), LONGEST, help_text=CUT)
    product = forms.ModelChoiceField(
        label=_("Product"), queryset=Product.objects.all(), required=False, empty_label="—"
    )
    amount = _money(_("Amount that moves"))
    aum_before = _money(_("Assets before"))
    reason = forms.ChoiceField(
        label=_("Reason"), choices=lambda: [("", "—"), *Reason.choices], required=False
    )
    reason_note = _line(_("Reason in words"), rules.TEXT_LENGTH)
    destination = forms.ModelChoiceField(
        label=_("Destination"),
        queryset=Destination.objects.filter(active=True),
        required=False,
        empty_label="—",
    )
    saved = _money(_("Stayed with us"))
    lost = _money(_("Left us"))
    win_back = forms.DateField(label=_("Win back on"), required=False, widget=_day())
    accurate = _yes_no(_("The counter judged right"))
    first_time = _yes_no(_("Settled the first time"))
    note = forms.CharField(
        label=_("Note"),
        required=False,
        max_length=rules.NOTE_LENGTH,
        widget=forms.Textarea({"rows": 2}),
    )
    result = forms.ChoiceField(
        label=pgettext_lazy("closure form", "Result"),
        choices=lambda: Result.choices,
        required=False,
        widget=forms.RadioSelect,
    )

    #: Columns of the record; the rest belongs to the end and to plans.
    FACTS = (
        *("account", "product", "amount", "aum_before", "reason", "reason_note", "destination"),
        *("saved", "lost", "note", "accurate", "first_time"),
    )

    def facts(self):
        return {name: self.cleaned_data[name] for name in self.FACTS}

    @classmethod
    def of(cls, closure):
        """The form with what is on record."""
        values = {name: getattr(closure, name) for name in cls.FACTS}
        for name in ("accurate", "first_time"):
            values[name] = {True: "yes", False: "no", None: ""}[values[name]]
        return cls(initial=values | {"result": closure.result})


class MeasureForm(Answering, forms.Form):
    """One thing that was done to keep the client."""

    kind = forms.ChoiceField(
        label=pgettext_lazy("closure", "Measure"),
        choices=lambda: Measure.choices,
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose the measure.")},
    )
    text = _line(pgettext_lazy("measure", "In words"), rules.NOTE_LENGTH)


class FlagForm(Answering, forms.Form):
    """The counter's report: whom, what moves, what the counter thinks."""

    ticket = forms.CharField(max_length=200, widget=forms.HiddenInput)
    movement = forms.ChoiceField(
        label=_("Kind of movement"),
        choices=AT_COUNTER,
        initial=Movement.CLOSURE,
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose what moves.")},
    )


class LearnForm(Answering, forms.Form):
    """What a client tells while an account is opened; it goes to the archive."""

    occupation = _line(_("Occupation"), 30)
    employer = _line(_("Employer"), 60)
    family_income = _money(_("Family income a year"))
    other_bank_assets = _money(_("Assets at other banks"))
    wants = _line(_("Wants next"), 300)

    def given(self):
        """(facts of the person, facts of the profile) that were filled in."""
        told = {name: value for name, value in self.cleaned_data.items() if value not in ("", None)}
        person = {name: told.pop(name) for name in ("occupation",) if name in told}
        return person, told


class AnswerForm(Answering, forms.Form):
    """The client's word on one product."""

    answer = forms.CharField(max_length=10)
    amount = _money(_("Amount"))


class ExecuteForm(Answering, forms.Form):
    """What the teller notes at the end."""

    account = _line(_("Account opened, last four digits"), LONGEST, help_text=CUT)
    accurate = _yes_no(_("Right at once, nothing to correct"))
    first_time = _yes_no(_("Settled the first time"))
