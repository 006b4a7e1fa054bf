"""What no database takes: NUL bytes, halves of characters, texts longer than their column, numbers
and dates beyond all bounds; and writes to a locked day.

Forms and serializers refuse most of it beside the field. This is the net beneath them.
"""

from django.db import DataError, IntegrityError
from django.utils.translation import gettext as _

from rmflow.workflow import Conflict, Refused


def as_refusal(error):
    """The refusal that `error` amounts to, or None when it is no fault of the input."""
    if isinstance(error, IntegrityError) and _constraint(error) == "day_locked":
        return Conflict(_("The day is locked; ask the branch head to reopen it"), code="day_locked")
    if isinstance(error, DataError) and "too long" in str(error):
        return Refused(_("A text is longer than allowed. Please shorten it."), code="too_long")
    if isinstance(error, ValueError) and "NUL" in str(error):
        return Refused(_("A text contains a character that cannot be stored."), code="nul")
    if isinstance(error, (DataError, UnicodeEncodeError, OverflowError)):
        return Refused(_("A value cannot be stored. Please check what you typed."), code="data")
    return None


def _constraint(error):
    """The name PostgreSQL gives with its refusal; the trigger of a locked day gives its own."""
    return getattr(getattr(error.__cause__, "diag", None), "constraint_name", None)
