"""What must be done before a complaint is closed: the steps shown on its page (W3-11)."""

from dataclasses import dataclass

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class Need(TextChoices):
    """A step to closing, in the order of the work."""

    CLASSIFIED = "classified", _("Classify channel, business and cause")
    TOLD = "told", _("Tell the client of the extension")
    REPLIED = "replied", _("Reply to the client")
    CALLED_BACK = "called_back", _("Call back: is the client content")
    TRACED = "traced", _("Root cause and responsibility")


@dataclass(frozen=True)
class Facts:
    """What is on record."""

    replied: bool
    classified: bool
    told: bool
    called_back: bool
    traced: bool


def missing(facts: Facts) -> list[Need]:
    """Steps still open."""
    return [need for need in Need if not getattr(facts, need.value)]
