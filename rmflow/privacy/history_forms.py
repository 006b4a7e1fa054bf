"""Which changes the auditor reads: one kind of record at a time, and days or a record's number."""

import datetime

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from rmflow.staff.models import User, bank_now

from . import history

WEEK = 6  # days back from today that a visit begins with


def day(label):
    widget = forms.DateInput({"type": "date"}, "%Y-%m-%d")  # what browsers take, in every language
    return forms.DateField(label=label, required=False, widget=widget)


class HistoryFilter(forms.Form):
    """Filters of the page and of the API alike."""

    kind = forms.ChoiceField(label=_("Kind of record"), required=False, choices=history.choices)
    first = day(pgettext_lazy("first day", "From"))
    last = day(pgettext_lazy("last day", "To"))
    employee = forms.CharField(label=_("Employee number"), required=False, max_length=20)
    record = forms.CharField(label=_("Record number"), required=False, max_length=20)
    before = forms.IntegerField(required=False, min_value=1, max_value=2**63 - 1, widget=forms.HiddenInput())

    @classmethod
    def asked(cls, query):
        """The form for the words of an address; without any, this week's changes of the first kind."""
        today = bank_now().date()
        usual = {"first": today - datetime.timedelta(days=WEEK), "last": today}
        given = {name: query[name] for name in cls.base_fields if query.get(name)}
        dated = {"first", "last", "record"} & given.keys()
        return cls({"kind": history.FIRST, **({} if dated else usual), **given})

    def clean(self):
        given = super().clean()
        self._number(given)
        first, last = given.get("first"), given.get("last")
        if self.errors or given["record"]:
            return given
        if not (first and last):
            self.add_error("first" if not first else "last", _("Give both days, or a record's number."))
        elif first > last:
            self.add_error("last", _("The last day lies before the first."))
        elif (last - first).days >= history.MOST_DAYS:
            message = _("At most {n} days at a time; a record's number shows all of its changes.")
            self.add_error("last", message.format(n=history.MOST_DAYS))
        return given

    def _number(self, given):
        """A record's number as its table has it: most are counted, a calendar day is its date."""
        if given.get("record") and given.get("kind"):
            key = history.kinds()[given["kind"]].pgh_tracked_model._meta.pk
            try:
                given["record"] = (key.target_field if key.is_relation else key).to_python(given["record"])
            except ValidationError:
                self.add_error("record", _("No record of this kind has such a number."))
            else:
                if isinstance(given["record"], int) and not 0 < given["record"] < 2**63:
                    self.add_error("record", _("No record of this kind has such a number."))

    def found(self, staff):
        """The rows asked for; `is_valid()` first."""
        given = self.cleaned_data
        found = history.rows(staff, given["kind"])
        if given["record"]:
            found = found.filter(pgh_obj_id=given["record"])
        if given["first"] and given["last"]:
            found = history.between(found, given["first"], given["last"])
        if given["employee"]:
            actors = User.objects.filter(employee_no=given["employee"]).values_list("pk", flat=True)
            found = found.filter(pgh_context__metadata__user__in=list(actors))
        return found
