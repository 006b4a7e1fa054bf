"""One form a step of a complaint; each knows the complaint it is about."""

import datetime

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from clients.models import Product
from rmflow.staff.models import BANK_TIME, Branch, User

from .complaint_forms import CHOOSE, CodeChoice, Moment, PersonChoice, day, line, lines
from .rules.complaint import (
    NOTE_LENGTH,
    CodeKind,
    ExtensionKind,
    Finding,
    Level,
    ReplyWay,
    ReviewOutcome,
    Satisfaction,
)


class StepForm(forms.Form):
    """A form of one step; it knows the complaint it is about."""

    def __init__(self, *args, complaint, user, **options):
        super().__init__(*args, **options)
        self.complaint, self.user = complaint, user
        self.offer()

    def offer(self):
        """Fill the lists that depend on the complaint."""

    def values(self):
        """Keywords of the action."""
        return dict(self.cleaned_data)


class NoteForm(StepForm):
    note = lines(pgettext_lazy("complaint", "What was done"), NOTE_LENGTH, rows=2)


class PlanForm(StepForm):
    key_point = lines(_("Key point"), NOTE_LENGTH, rows=2)
    plan = lines(_("Plan"), required=False)
    findings = lines(_("Investigation"), required=False)

    def offer(self):
        for name in self.fields:
            self.fields[name].initial = getattr(self.complaint, name)


class ClassifyForm(StepForm):
    channel_id = CodeChoice(CodeKind.CHANNEL)
    business_id = CodeChoice(CodeKind.BUSINESS)
    cause_id = CodeChoice(CodeKind.CAUSE)
    level = forms.ChoiceField(
        label=pgettext_lazy("complaint", "Level"), choices=Level, widget=forms.RadioSelect
    )
    product_id = forms.ModelChoiceField(
        label=_("Product"), queryset=Product.objects.none(), required=False, empty_label="–"
    )

    def offer(self):
        self.fields["product_id"].queryset = Product.objects.on_sale()
        for name in self.fields:
            self.fields[name].initial = getattr(self.complaint, name)

    def values(self):
        return {
            name: value.pk if hasattr(value, "pk") else value for name, value in self.cleaned_data.items()
        }


class PromiseForm(StepForm):
    at = Moment(label=_("Time told to the client"))

    def offer(self):
        self.fields["at"].initial = self.complaint.due_at.astimezone(BANK_TIME) - datetime.timedelta(
            minutes=30
        )


class AssignForm(StepForm):
    handler_id = PersonChoice(label=_("Handler"), queryset=User.objects.none(), empty_label=CHOOSE)
    note = line(_("Note"), 200)

    def offer(self):
        from .actions.complaint_hand import candidates

        ids = [user.pk for user in candidates(self.complaint) if user.pk != self.complaint.handler_id]
        self.fields["handler_id"].queryset = User.objects.filter(pk__in=ids).order_by("name")

    def values(self):
        return {"handler_id": self.cleaned_data["handler_id"].pk, "note": self.cleaned_data["note"]}


class StepBackForm(StepForm):
    note = lines(_("What the interest is"), 200, rows=2)


class NameForm(StepForm):
    person_id = PersonChoice(
        label=_("Person complained of"), queryset=User.objects.none(), empty_label=CHOOSE
    )

    def offer(self):
        from .actions.complaint_take import staff_of

        self.fields["person_id"].queryset = staff_of(self.complaint.branch)

    def values(self):
        return {"person_id": self.cleaned_data["person_id"].pk}


class PassOnForm(StepForm):
    unit_id = forms.ModelChoiceField(label=_("Unit"), queryset=Branch.objects.none(), empty_label=CHOOSE)
    question = lines(_("What the unit is to answer"))

    def offer(self):
        units = Branch.objects.filter(is_active=True).exclude(pk=self.complaint.branch_id)
        self.fields["unit_id"].queryset = units.order_by("path")

    def values(self):
        return {"unit_id": self.cleaned_data["unit_id"].pk, "question": self.cleaned_data["question"]}


class AnswerForm(StepForm):
    answer = lines(pgettext_lazy("unit", "Answer"))


class AskExtensionForm(StepForm):
    reason = lines(_("Reason"), NOTE_LENGTH, rows=2)
    kind = forms.ChoiceField(
        label=_("Kind"), choices=ExtensionKind, widget=forms.RadioSelect, initial=ExtensionKind.WORKING
    )

    def offer(self):
        if self.complaint.extended:
            self.fields["kind"].initial = ExtensionKind.LAW


class DecideForm(StepForm):
    grant = forms.TypedChoiceField(
        label=pgettext_lazy("extension", "Decision"),
        choices=[("1", pgettext_lazy("extension", "Grant")), ("0", pgettext_lazy("extension", "Refuse"))],
        coerce=lambda value: value == "1",
        widget=forms.RadioSelect,
    )
    note = lines(_("Words of the office"), NOTE_LENGTH, rows=2)


class ReasonForm(StepForm):
    note = lines(_("Reason"), NOTE_LENGTH, rows=2)


class SuspendForm(StepForm):
    agency = line(_("Appraiser"), 60, required=True)
    note = lines(_("What is appraised, and on which ground"), NOTE_LENGTH, rows=2)


class ResumeForm(StepForm):
    note = lines(_("Result of the appraisal"), NOTE_LENGTH, rows=2, required=False)


class ReplyForm(StepForm):
    way = forms.ChoiceField(label=_("Way of the reply"), choices=ReplyWay, widget=forms.RadioSelect)
    finding = forms.ChoiceField(
        label=pgettext_lazy("complaint", "Finding"), choices=Finding, widget=forms.RadioSelect
    )
    text = lines(_("What the client was told"))
    basis = lines(_("Basis and reasons"), rows=2)
    at = Moment(label=_("Time of the reply"), required=False)
    satisfaction = forms.ChoiceField(
        label=_("Satisfaction, when said at once"),
        choices=[("", pgettext_lazy("satisfaction", "Ask later")), *Satisfaction.choices],
        required=False,
    )


class CallBackForm(StepForm):
    satisfaction = forms.ChoiceField(label=_("Satisfaction"), choices=Satisfaction, widget=forms.RadioSelect)
    note = lines(_("What the client said"), NOTE_LENGTH, rows=2, required=False)


class TraceForm(StepForm):
    root_cause = lines(_("Root cause"), NOTE_LENGTH, rows=2)
    responsibility = lines(_("Responsibility"), NOTE_LENGTH, rows=2, required=False)

    def offer(self):
        for name in self.fields:
            self.fields[name].initial = getattr(self.complaint, name)


class ImproveForm(StepForm):
    text = lines(_("Measure"), NOTE_LENGTH, rows=2)
    owner_id = PersonChoice(label=_("Who sees to it"), queryset=User.objects.none())
    due_on = day(pgettext_lazy("improvement", "By"))

    def offer(self):
        people = User.objects.active().filter(home_branch=self.complaint.branch_id)
        self.fields["owner_id"].queryset = people.order_by("name")

    def values(self):
        data = self.cleaned_data
        return {"text": data["text"], "owner_id": data["owner_id"].pk, "due_on": data["due_on"]}


class MergeForm(StepForm):
    into_number = line(_("Number of the earlier complaint"), 16, required=True, placeholder="TS-20260213-01")
    note = line(_("Note"), NOTE_LENGTH)

    def clean_into_number(self):
        from .models import Complaint

        number = self.cleaned_data["into_number"].strip().upper()
        found = (
            Complaint.objects.visible_to(self.user)
            .filter(number=number, branch=self.complaint.branch_id)
            .first()
        )
        if found is None:
            raise forms.ValidationError(_("There is no such complaint of this branch."))
        return found

    def values(self):
        return {"into_id": self.cleaned_data["into_number"].pk, "note": self.cleaned_data["note"]}


class RestartForm(StepForm):
    facts = lines(_("New facts"))


class ReviewForm(StepForm):
    asked_on = day(_("Day of the written request"))
    reason = lines(_("What the client objects to"), NOTE_LENGTH, rows=2)


class DecideReviewForm(StepForm):
    outcome = forms.ChoiceField(
        label=pgettext_lazy("review", "Decision"), choices=ReviewOutcome, widget=forms.RadioSelect
    )
    finding = forms.ChoiceField(
        label=_("New finding, when changed"),
        choices=[("", CHOOSE), *Finding.choices],
        required=False,
    )
    findings = lines(_("Findings"))


class ToldReviewForm(StepForm):
    way = forms.ChoiceField(label=_("How the client was told"), choices=ReplyWay, widget=forms.RadioSelect)


class LearnForm(StepForm):
    text = lines(_("What the client needs"), 200, rows=2)


class ChanceForm(StepForm):
    product_id = forms.ModelChoiceField(
        label=_("Product"), queryset=Product.objects.none(), empty_label=CHOOSE
    )
    amount = forms.DecimalField(label=_("Amount"), max_digits=12, decimal_places=2, required=False)
    expected_on = day(_("Expected on"), required=False)
    note = line(_("Note"), 200)

    def offer(self):
        self.fields["product_id"].queryset = Product.objects.on_sale()

    def values(self):
        return {**self.cleaned_data, "product_id": self.cleaned_data["product_id"].pk}


class EmptyForm(StepForm):
    """A step of one click."""
