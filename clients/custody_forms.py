"""Forms of the archive register and of requests about personal data; rules refuse, forms only ask."""

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from .custody_rules import HOLDS_BY_HAND, Finding, Grade
from .profile_rules import ConsentPurpose
from .rights_rules import AnswerWay, Applicant, Identity, Outcome, Right


def _date(label, **more):
    return forms.DateField(label=label, widget=forms.DateInput({"type": "date"}, "%Y-%m-%d"), **more)


def _text(label, *, most=300, rows=2, **more):
    return forms.CharField(label=label, max_length=most, widget=forms.Textarea({"rows": rows}), **more)


class FileForm(forms.Form):
    place = forms.CharField(
        label=pgettext_lazy("archive", "Place"), max_length=40, help_text=_("Cabinet, shelf, box: A-03-12")
    )
    reason = _text(_("Note"), required=False)


class StoreForm(forms.Form):
    place = forms.CharField(label=_("New place"), max_length=40, help_text=_("Cabinet, shelf, box: A-03-12"))
    reason = _text(_("Reason"))


class PapersForm(forms.Form):
    what = _text(_("Which papers, how many sheets, from whom"))


class LendForm(forms.Form):
    """Who stands at the desk, what for, back by when."""

    borrower = forms.ModelChoiceField(
        label=_("Borrower"), queryset=None, empty_label=pgettext_lazy("empty choice", "Choose")
    )
    purpose = _text(_("Purpose"))
    due_on = _date(_("Back by"), help_text=_("Ten working days at most."))

    def __init__(self, *args, borrowers, due, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["borrower"].queryset = borrowers
        self.fields["due_on"].initial = due


class AskForm(forms.Form):
    """A manager asks for a file from the client's page."""

    purpose = _text(_("Purpose"))
    due_on = _date(_("Back by"), help_text=_("Ten working days at most."))


class ReturnForm(forms.Form):
    place = forms.CharField(label=pgettext_lazy("archive", "Place"), max_length=40, required=False)
    note = _text(_("State of the file, if anything is wrong"), required=False)


class HoldForm(forms.Form):
    kind = forms.ChoiceField(
        label=pgettext_lazy("hold", "Why"), choices=[(k.value, k.label) for k in HOLDS_BY_HAND]
    )
    reason = _text(_("Reason"))


class NoteForm(forms.Form):
    note = _text(_("Reason"))


class BeginForm(forms.Form):
    """How the papers are destroyed, and who is present."""

    witness = forms.ModelChoiceField(
        label=_("Witness"), queryset=None, empty_label=pgettext_lazy("empty choice", "Choose")
    )
    method = forms.CharField(
        label=_("Method"), max_length=100, initial=_("Shredded at the branch, records made anonymous")
    )

    def __init__(self, *args, witnesses, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["witness"].queryset = witnesses


class AssessForm(forms.Form):
    grade = forms.ChoiceField(label=_("Grade"), choices=Grade.choices)
    note = _text(_("What went well, what has to become better"), required=False)


class TakeForm(forms.Form):
    """A client's request at the counter."""

    kind = forms.ChoiceField(label=_("Asks to"), choices=Right.choices, widget=forms.RadioSelect)
    purposes = forms.MultipleChoiceField(
        label=_("Consents to withdraw"),
        choices=ConsentPurpose.choices,
        widget=forms.CheckboxSelectMultiple,
        required=False,
        help_text=_("Only for a withdrawal; otherwise it is not looked at."),
    )
    applicant = forms.ChoiceField(label=_("Who asks"), choices=Applicant.choices)
    identity = forms.ChoiceField(label=_("Identity checked by"), choices=Identity.choices)
    received_on = _date(_("Received on"))
    wish = _text(_("What is wanted, in the client's words"), most=500, rows=3)


class SettleForm(forms.Form):
    outcome = forms.ChoiceField(label=_("Outcome"), choices=Outcome.choices, widget=forms.RadioSelect)
    reasons = _text(_("Reasons, as the client will read them"), most=500, rows=4, required=False)


class AnswerForm(forms.Form):
    way = forms.ChoiceField(
        label=_("How the answer was given"), choices=AnswerWay.choices, widget=forms.RadioSelect
    )


class WhyForm(forms.Form):
    why = _text(_("Reason"))


FINDINGS = [("", pgettext_lazy("check", "Not looked at yet")), *Finding.choices]
