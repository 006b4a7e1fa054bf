"""What every channel out of the house says and how it may fail."""

from dataclasses import dataclass

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import override

from . import wording


class NotNow(Exception):
    """It did not work this time; try again later."""


class Never(Exception):
    """It will not work another time either."""


class Unclear(Exception):
    """Handed over to the last byte, but no answer came back: it may or may not have arrived."""


class LeaseLost(Exception):
    """Another worker has taken the delivery meanwhile; this one must not finish it."""


@dataclass(frozen=True)
class Message:
    """The wording of one delivery: numbers and times, no personal data of a client."""

    text: str
    link: str


def message(notice) -> Message:
    """`notice` as it may leave the house, in the recipient's language."""
    with override(notice.recipient.language or settings.LANGUAGE_CODE):
        text = wording.render(notice.outside_text, notice.params)
        if not text:
            text = (
                _("Something urgent waits for you in rmflow.")
                if notice.urgent
                else _("There is news for you in rmflow.")
            )
    return Message(text, settings.SITE_URL.rstrip("/") + f"/notices/{notice.pk}/")
