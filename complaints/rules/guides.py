"""叫号优先引导登记: why a client is led past the queue, and whither (deck 35–36, domain-rules §1.9)."""

import datetime

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class Basis(TextChoices):
    """识别依据: how one knew."""

    RECOGNISED = "recognised", _("Recognised at the desk")
    CARD = "card", _("Showed a premium card")
    HINT = "hint", _("Hint of the queueing system")
    TOLD = "told", _("Announced by the manager")


class Place(TextChoices):
    """引导去向: where the client was led."""

    COUNTER = "counter", _("Premium counter")
    MANAGER = "manager", pgettext_lazy("guided", "The client's manager")
    ROOM = "room", _("Premium room")
    MACHINE = "machine", _("Self-service, accompanied")


NOTE_LENGTH = 100
LONGEST_WAIT = 240  # minutes
#: The same client is led once in this time; a second entry is a slip of the finger.
ONCE_IN = datetime.timedelta(minutes=30)
#: A wrong entry is struck out by who made it on the same day; later by the head or the supervisor.
MOST_DAYS = 31  # one sheet of the printed register
