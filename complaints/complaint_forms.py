"""What is typed of a complaint: parsing only, no rules."""

from django import forms
from django.urls import reverse_lazy
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from clients.models import Product
from rmflow.staff.models import Branch, User

from .models import ComplaintCode, ComplaintPoint
from .rules.complaint import (
    NOTE_LENGTH,
    TEXT_LENGTH,
    TITLE_LENGTH,
    CodeKind,
    Level,
    Sensitivity,
    Way,
)
from .rules.complaint_intake import Intake

MOMENT = "%Y-%m-%dT%H:%M"


class Moment(forms.DateTimeField):
    """Day and hour as a browser types them, in the bank's time."""

    widget = forms.DateTimeInput(attrs={"type": "datetime-local"}, format=MOMENT)
    input_formats = [MOMENT, "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M"]


def day(label, **options):
    return forms.DateField(
        label=label, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"), **options
    )


def lines(label, limit=TEXT_LENGTH, rows=3, required=True, **attrs):
    """A text over several lines."""
    area = forms.Textarea(attrs={"rows": rows, **attrs})
    return forms.CharField(label=label, max_length=limit, required=required, widget=area)


def line(label, limit, required=False, **attrs):
    return forms.CharField(
        label=label,
        max_length=limit,
        required=required,
        widget=forms.TextInput(attrs={"autocomplete": "off", **attrs}),
    )


CHOOSE = pgettext_lazy("empty choice", "Choose")


class CodeChoice(forms.ModelChoiceField):
    """One heading of a classification."""

    def __init__(self, kind, **options):
        label = CodeKind(kind).label
        options.setdefault("empty_label", CHOOSE)
        super().__init__(queryset=ComplaintCode.objects.leaves(kind), label=label, **options)


class PersonChoice(forms.ModelChoiceField):
    """A member of staff, with the number beside the name."""

    def label_from_instance(self, user):
        return f"{user.name} {user.employee_no}"


class PeopleChoice(forms.ModelMultipleChoiceField):
    def label_from_instance(self, user):
        return user.name


#: Another branch: its people are offered, who is named there already stays.
NAMES_FOLLOW = {
    "hx-get": reverse_lazy("complaints:take"),
    "hx-target": "#complaint-named",
    "hx-swap": "outerHTML",
    "hx-include": "#complaint-named",
}


class TakeForm(forms.Form):
    """投诉记录表, the part that is known at once; one minute."""

    way = forms.ChoiceField(label=_("Way in"), choices=Way, widget=forms.RadioSelect, initial=Way.COUNTER)
    title = line(_("Subject"), TITLE_LENGTH, required=True)
    request = lines(_("Request"), rows=2)
    name = line(_("Complainant"), 50, required=True)
    phone = line(_("Phone"), 40, inputmode="tel")
    branch = forms.ModelChoiceField(
        label=_("Branch"),
        queryset=Branch.objects.none(),
        required=False,
        empty_label=_("Choose the branch"),
        widget=forms.Select(attrs=NAMES_FOLLOW),
    )
    named = PeopleChoice(
        label=_("Person complained of"),
        queryset=User.objects.none(),
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    received_at = Moment(label=pgettext_lazy("complaint", "Received"), required=False)
    facts = lines(_("Main facts"), required=False)
    basis = lines(_("Grounds"), NOTE_LENGTH, rows=2, required=False)
    against = line(_("Unit or person complained of"), 100)
    product = forms.ModelChoiceField(
        label=_("Product"), queryset=Product.objects.none(), required=False, empty_label="–"
    )
    level = forms.ChoiceField(
        label=pgettext_lazy("complaint", "Level"),
        choices=Level,
        required=False,
        widget=forms.RadioSelect,
        initial=Level.NORMAL,
    )
    sensitivity = forms.MultipleChoiceField(
        label=_("Sensitivity"), choices=Sensitivity, required=False, widget=forms.CheckboxSelectMultiple
    )
    id_number = line(_("ID number"), 30)
    proxy = line(_("Proxy"), 50)
    proxy_authorised = forms.BooleanField(label=_("Letter of authority seen"), required=False)
    people = forms.IntegerField(label=_("Persons"), min_value=1, max_value=9999, required=False, initial=1)
    representatives = lines(_("Representatives, one a line"), NOTE_LENGTH, rows=2, required=False)
    client = forms.IntegerField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args, branches, people, **options):
        super().__init__(*args, **options)
        self.fields["branch"].queryset = branches
        self.fields["named"].queryset = people
        self.fields["product"].queryset = Product.objects.on_sale()

    def intake(self):
        """What the action takes."""
        data = self.cleaned_data
        ids = {name: data[name].pk if data[name] else None for name in ("branch", "product")}
        return Intake(
            **{name: data[name] for name in _PLAIN},
            named=[user.pk for user in data["named"]],
            branch_id=ids["branch"],
            product_id=ids["product"],
            client_id=data["client"],
            level=data["level"] or Level.NORMAL,
            people=data["people"] or 1,
            representatives=[
                _representative(row) for row in data["representatives"].splitlines() if row.strip()
            ],
        )


_PLAIN = (
    "way title request name phone received_at facts basis against sensitivity id_number proxy "
    "proxy_authorised"
).split()


def _representative(row):
    """Name, then the phone if there is one."""
    name, _space, phone = row.strip().partition(" ")
    return name, phone.strip()


class PointForm(forms.ModelForm):
    """What the branch's notice says."""

    class Meta:
        model = ComplaintPoint
        fields = ("window", "person", "phone", "hours", "upper")
