"""What a list may be narrowed by over the API beside its columns: the same as the page's address says."""

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django_filters import rest_framework as filters

from .stats import complaint


def key():
    """The number of a row, or "none" for rows that have none."""
    return filters.CharFilter(method="drill", validators=[_key])


def month():
    return filters.CharFilter(method="drill", validators=[_month])


def quarter():
    return filters.CharFilter(method="drill", validators=[_quarter])


def year():
    return filters.CharFilter(method="drill", validators=[_year])


def one_of(names, method="drill"):
    return filters.ChoiceFilter(method=method, choices=[(name, name) for name in names])


def _key(text):
    if text != "none" and not complaint.is_key(text):
        raise ValidationError(_("Give a number, or none."))


def _month(text):
    if complaint.month_of(text) is None:
        raise ValidationError(_("Give a month as 2026-09."))


def _quarter(text):
    if complaint.quarter_of(text) is None:
        raise ValidationError(_("Give a quarter as 2026-Q1."))


def _year(text):
    if complaint.year_of(text) is None:
        raise ValidationError(_("Give a year as 2026."))
