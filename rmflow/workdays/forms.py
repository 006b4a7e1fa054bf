"""Forms: a notice to take over, and the deadline calculator."""

from django import forms
from django.utils.translation import gettext_lazy as _

from rmflow.workflow import Refused

from . import rules
from .models import CalendarYear, OpeningRule
from .rules.notice import decode

MOST_DAYS = 250  # working days a screen can still show one by one

WEEKDAYS = [
    (1, _("Monday")),
    (2, _("Tuesday")),
    (3, _("Wednesday")),
    (4, _("Thursday")),
    (5, _("Friday")),
    (6, _("Saturday")),
    (7, _("Sunday")),
]


class NoticeForm(forms.ModelForm):
    """A year, the number of its notice and the notice as CSV; faults are shown beside the file."""

    file = forms.FileField(
        label=_("Notice as CSV"),
        help_text=_(
            "Columns date, kind (off 休 or work 班), label. The file is the whole year: days it does not "
            "list follow the week. Take the present table from the calendar page, change it and upload it."
        ),
    )
    provisional = forms.BooleanField(
        label=_("Provisional"),
        required=False,
        help_text=_("The notice is not out yet: dates are computed and marked provisional."),
    )

    class Meta:
        model = CalendarYear
        fields = ("year", "notice_no")

    field_order = ("year", "notice_no", "file", "provisional")

    def clean(self):
        data = super().clean()
        year = data.get("year") or self.instance.pk
        if data.get("provisional") and self.instance.state == CalendarYear.State.OFFICIAL:
            self.add_error("provisional", _("An official year does not become provisional again."))
        self.instance.state = (
            CalendarYear.State.PROVISIONAL if data.get("provisional") else CalendarYear.State.OFFICIAL
        )
        if data.get("provisional") is False and not (data.get("notice_no") or "").strip():
            self.add_error("notice_no", _("An official year needs the number of its notice."))
        if data.get("file") and year:
            self._read(data["file"], year)
        return data

    def _read(self, file, year):
        """Check the file now, so that every fault stands beside it; the action reads it again."""
        try:
            rules.read_notice(decode(file.read()), year)
        except rules.NoticeRefused as refused:
            self.add_error("file", [str(fault) for fault in refused.faults])
        except Refused as refused:
            self.add_error("file", str(refused))
        file.seek(0)


class OpeningRuleForm(forms.ModelForm):
    """Opening hours with the weekdays as boxes to tick."""

    weekdays = forms.TypedMultipleChoiceField(
        label=_("Opens on"), choices=WEEKDAYS, coerce=int, widget=forms.CheckboxSelectMultiple
    )

    class Meta:
        model = OpeningRule
        fields = ("branch", "weekdays", "closed_on_holidays", "open_at", "close_at")


class CountForm(forms.Form):
    """Day of receipt and number of working days."""

    received = forms.DateField(
        label=_("Day of receipt"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
    days = forms.IntegerField(
        label=_("Working days"),
        min_value=0,
        max_value=MOST_DAYS,
        widget=forms.NumberInput(attrs={"inputmode": "numeric"}),
    )
