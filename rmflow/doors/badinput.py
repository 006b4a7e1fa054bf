"""What no database takes: NUL bytes, halves of characters, texts longer than their column, numbers
and dates beyond all bounds.

Forms and serializers refuse most of it beside the field. This is the net beneath them.
"""

from django.db import DataError
from django.utils.translation import gettext as _

from rmflow.workflow import Refused


def as_refusal(error):
    """The refusal that `error` amounts to, or None when it is no fault of the input."""
    if isinstance(error, DataError) and "too long" in str(error):
        return Refused(_("A text is longer than allowed. Please shorten it."), code="too_long")
    if isinstance(error, ValueError) and "NUL" in str(error):
        return Refused(_("A text contains a character that cannot be stored."), code="nul")
    if isinstance(error, (DataError, UnicodeEncodeError, OverflowError)):
        return Refused(_("A value cannot be stored. Please check what you typed."), code="data")
    return None
