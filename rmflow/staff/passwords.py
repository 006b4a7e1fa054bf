"""What a password must be: long, mixed, and not one of the last five (4.1a)."""

import string

from django.contrib.auth.hashers import check_password
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from . import limits

MAX_LENGTH = 128


def classes(password):
    """How many of the four classes occur: lower case, capitals, digits, everything else."""
    found = set()
    for letter in password:
        if letter in string.ascii_lowercase:
            found.add("lower")
        elif letter in string.ascii_uppercase:
            found.add("upper")
        elif letter in string.digits:
            found.add("digit")
        else:
            found.add("other")
    return len(found)


class LongAndMixed:
    """At least ten characters of three of the four classes."""

    def validate(self, password, user=None):
        short = limits.PASSWORD_LENGTH - len(password)
        if short > 0:
            raise ValidationError(
                ngettext(
                    "The password needs {wanted} characters, {n} short.",
                    "The password needs {wanted} characters, {n} short.",
                    short,
                ).format(wanted=limits.PASSWORD_LENGTH, n=short),
                code="password_too_short",
            )
        if classes(password) < limits.PASSWORD_CLASSES:
            raise ValidationError(self.get_help_text(), code="password_too_plain")

    def get_help_text(self):
        return _(
            "At least 10 characters, of three of these four kinds: "
            "small letters, capital letters, digits, signs."
        )


class NotOneOfTheLast:
    """Not one of the last five, the present one included."""

    def validate(self, password, user=None):
        if user is None or user.pk is None:
            return
        former = user.former_passwords.order_by("-set_at").values_list("password", flat=True)
        hashes = {user.password, *former[: limits.PASSWORDS_REMEMBERED]}
        if any(hash_ and check_password(password, hash_) for hash_ in hashes):
            raise ValidationError(self.get_help_text(), code="password_used_before")

    def get_help_text(self):
        return _("Not one of your last five passwords.")


def is_too_old(user, now):
    """Whether the password has had its 90 days."""
    return now - user.password_changed_at >= limits.PASSWORD_AGE
