"""Columns of the archive, alike in many places: codes of a list, secrets, sums in yuan.

They have defaults in the database too: files and benches write some of them and leave the rest.
"""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from rmflow.privacy.fields import EncryptedField


def code(label, choices, length=12):
    return models.CharField(label, max_length=length, choices=choices, blank=True, default="", db_default="")


def codes(label, choices):
    return ArrayField(
        models.CharField(max_length=20, choices=choices),
        default=list,
        blank=True,
        db_default=[],
        verbose_name=label,
    )


def text(label, length):
    return models.CharField(label, max_length=length, blank=True, default="", db_default="")


def secret(label):
    return EncryptedField(label, blank=True, default="", db_default="")


def yuan(label):
    return models.DecimalField(label, max_digits=16, decimal_places=2, null=True, blank=True)


def among(field, choices, name):
    """A list that holds known codes only."""
    return models.CheckConstraint(
        condition=Q(**{f"{field}__contained_by": list(choices.values)}),
        name=name,
        violation_error_message=_("Choose from the list."),
    )


def one_of(field, choices, name):
    return models.CheckConstraint(
        condition=Q(**{f"{field}__in": ["", *choices.values]}),
        name=name,
        violation_error_message=_("Choose from the list."),
    )
