"""The life of a month's table (W1-12): compiled as a draft, frozen by the head's signature; pure."""

import hashlib
import json

from django.db.models import TextChoices
from django.utils.translation import pgettext_lazy

from rmflow.staff.permissions import Permission
from rmflow.workflow import Transition


class MonthState(TextChoices):
    DRAFT = "draft", pgettext_lazy("month", "Draft")
    SIGNED = "signed", pgettext_lazy("month", "Signed")


TRANSITIONS = {
    "sign": Transition(
        pgettext_lazy("month", "Sign"), (MonthState.DRAFT,), MonthState.SIGNED, Permission.SIGN_MONTH
    ),
}


def digest(content):
    """SHA-256 of a month's content in one canonical form."""
    text = json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()
