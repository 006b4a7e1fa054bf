"""What an address of the statistics asks for: one reading for page, print, workbook and API."""

import datetime
from urllib.parse import urlencode

from django import forms
from django.core.validators import MaxValueValidator, MinValueValidator
from django.utils.functional import cached_property

from rmflow.staff import permissions
from rmflow.staff.models import Branch
from rmflow.staff.permissions import Permission, Role, Scope, scope
from rmflow.workdays import clock
from rmflow.workflow import Refused

from .breakdown import By
from .models import MonthReport
from .rules import SourceChannel, periods
from .rules.periods import Kind
from .stats.facts import Question

#: The page of a period, and its tables by one thing at a time; filters lead back to where one is.
PAGE, TABLE = "/statistics/", "/statistics/table/"
#: What may be chosen beside place and period.
ONLY = ("region", "employee", "role", "channel", "date", "weekday", "hour")
#: Dates beyond these are slips of the finger; every period beside them must exist.
PLAUSIBLE = [MinValueValidator(datetime.date(2000, 1, 1)), MaxValueValidator(datetime.date(2999, 12, 31))]


class StatisticsForm(forms.Form):
    """Filters of the statistics; they stand in the address, so nothing wrong may break the page."""

    kind = forms.ChoiceField(required=False, choices=Kind.choices)
    day = forms.DateField(required=False, validators=PLAUSIBLE)
    first = forms.DateField(required=False, validators=PLAUSIBLE)
    last = forms.DateField(required=False, validators=PLAUSIBLE)
    branch = forms.IntegerField(required=False, min_value=1, max_value=2**31)
    region = forms.IntegerField(required=False, min_value=1, max_value=2**31)
    employee = forms.IntegerField(required=False, min_value=1, max_value=2**31)
    role = forms.ChoiceField(required=False, choices=Role.choices)
    channel = forms.ChoiceField(required=False, choices=SourceChannel.choices)
    date = forms.DateField(required=False, validators=PLAUSIBLE)
    weekday = forms.IntegerField(required=False, min_value=1, max_value=7)
    hour = forms.IntegerField(required=False, min_value=0, max_value=23)
    by = forms.ChoiceField(required=False, choices=By.choices)

    def values(self):
        """What is chosen; an unreadable value counts as not chosen."""
        self.is_valid()
        return {name: self.cleaned_data.get(name) for name in self.fields}


class Asked:
    """What an address asks for: where, which period, which filters; anything unreadable counts as not said."""

    def __init__(self, user, query):
        permissions.require(user, Permission.SEE_STATISTICS)
        self.user, self.query, self.path = user, query, PAGE
        self.reach = scope(user, Permission.SEE_STATISTICS)
        chosen = StatisticsForm(self.query).values()
        self.chosen = chosen
        self.branches = list(Branch.objects.outlets().within(user, Permission.SEE_STATISTICS))
        self.branch = self._branch(chosen.get("branch"))
        self.error = ""
        try:
            self.period = self._period(chosen)
        except Refused as refusal:
            self.period, self.error = periods.period(Kind.MONTH, clock.today()), refusal.message
        only = {name: chosen[name] for name in ONLY}
        self.only = {name: value for name, value in only.items() if value not in (None, "")}
        place = Scope(branch_ids=frozenset({self.branch.pk})) if self.branch else self.reach
        self.question = Question(place, self.period.first, self.period.last, self.only)

    @classmethod
    def of(cls, request):
        """What a request asks: its address, or the fields of a form."""
        asked = cls(request.user, request.GET if request.method == "GET" else request.POST)
        asked.path = TABLE if request.path == TABLE else PAGE
        return asked

    @classmethod
    def again(cls, user, kept):
        """What was asked before and kept by `kept()`."""
        return cls(user, kept)

    def kept(self):
        """The question as JSON, for a worker."""
        names = ("kind", "day", "first", "last", "branch", *self.only)
        span = {"kind": self.period.kind, "day": self.period.first.isoformat()}
        span |= {"first": self.period.first.isoformat(), "last": self.period.last.isoformat()}
        answer = {**span, "branch": self.branch.pk if self.branch else None, **self.only}
        return {name: str(answer[name]) for name in names if answer[name] is not None}

    def _branch(self, wanted):
        """The branch chosen; the only one, or the one worked in, without a choice. None = all in reach."""
        for branch in self.branches:
            if branch.pk == wanted:
                return branch
        if wanted is not None:
            raise Branch.DoesNotExist
        return self.branches[0] if len(self.branches) == 1 else None

    def _period(self, chosen):
        """Without a word about it: last month until the tenth, when its table is signed; then this one."""
        today = clock.today()
        day = chosen["day"]
        if day is None and not chosen["kind"] and today.day <= 10:
            day = periods.month_to_report(today).first
        return periods.chosen(chosen["kind"] or Kind.MONTH, day, chosen["first"], chosen["last"], today=today)

    @property
    def is_whole(self):
        """Whether the table is the month's of one branch, with nothing filtered out."""
        return self.period.kind == Kind.MONTH and self.branch is not None and not self.only

    @cached_property
    def report(self):
        """The month's draft or signed table, when the period is a month of one branch, itself within reach."""
        if self.period.kind != Kind.MONTH or self.branch is None:
            return None
        found = MonthReport.objects.filter(branch=self.branch, month=self.period.first)
        return found.select_related("branch", "signed_by").first()

    @property
    def signed(self):
        """What was signed of this month, else None."""
        return self.report.content if self.report is not None and self.report.is_signed else None

    @property
    def frozen(self):
        """What was signed, when the whole of it is asked for: that is shown instead of what is counted now."""
        return self.signed if self.is_whole else None

    def url(self, path=None, period=None, **changes):
        """The address of this question with some of it changed; None takes a part out."""
        span = period or self.period
        parts = {"kind": span.kind}
        if span.kind == Kind.RANGE:
            parts |= {"first": span.first.isoformat(), "last": span.last.isoformat()}
        else:
            parts["day"] = span.first.isoformat()
        if self.branch and len(self.branches) > 1:
            parts["branch"] = self.branch.pk
        path = path or self.path
        if path == TABLE:
            parts["by"] = self.chosen["by"]
        parts |= self.only | changes
        return f"{path}?{urlencode({k: v for k, v in parts.items() if v not in (None, '')})}"

    def link(self, measure, period=None, **only):
        """The rows behind a figure; behind a signed one those that were signed."""
        signed = "1" if self.frozen is not None and period is None else None
        return self.url("/statistics/rows/", period, measure=measure, signed=signed, **only)
