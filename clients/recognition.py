"""Who stands at the desk? (W3-01): by customer number anywhere, by card tail or whole name in one's branches.

What is told serves the next minute only: how to greet, whose client it is, which queue. A ticket goes
with each answer, so that the next step at the counter speaks of somebody who was really recognised.
"""

import re

from django.core import signing
from django.db.models import TextChoices
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from rmflow.privacy.normal import fold
from rmflow.staff.permissions import Permission, scope
from rmflow.workflow import Refused

from .models import Client
from .rules import ClientType, Level

MOST = 6
LONGEST = 60
NUMBER = re.compile(r"^[0-9A-Z]{6,24}$")
TAIL = re.compile(r"^\d{3}[0-9X]$")
SALT = "clients.recognition"
#: How long a recognition opens the next step; a client does not sit at the counter longer.
TICKET_SECONDS = 3600
#: Look-ups one person may make in a day, so that the desk does not become a directory.
LOOKS_A_DAY = 400


class Queue(TextChoices):
    """Where the client is to go; premium clients first (deck 35, 51)."""

    MANAGER = "manager", gettext_lazy("Premium counter; the manager comes to greet")
    PRIORITY = "priority", gettext_lazy("Premium counter first")
    USUAL = "usual", gettext_lazy("The usual queue")


def queue_of(type, level):
    """The queue suggested for a client of this type and level."""
    if type != ClientType.EXISTING_PREMIUM:
        return Queue.USUAL
    return Queue.MANAGER if level == Level.CORE else Queue.PRIORITY


def find(user, text):
    """At most `MOST` clients the typed text stands for; premium clients first."""
    text = "".join(fold(text or "").replace("\x00", "").split()).upper()[:LONGEST]
    if not text:
        return []
    rows = Client.objects.select_related("branch", "owner", "backup")
    return sorted(_readings(rows, user, text)[:MOST], key=lambda c: c.type != ClientType.EXISTING_PREMIUM)


def _readings(rows, user, text):
    near = rows.filter(scope(user, Permission.RECOGNISE_CLIENT).q("branch")).order_by("pk")
    if TAIL.match(text):
        holders = near.filter(holdings__tail=text, holdings__ended_on__isnull=True)
        return list(holders.distinct()[:MOST])
    if NUMBER.match(text):
        return list(rows.filter(customer_no=text)[:1])
    if len(text) > 1:
        return list(near.filter(name=text)[:MOST])
    raise Refused(_("Type the customer number, the card's last four digits or the whole name."), field="q")


def ticket(client, user):
    """Proof that `user` has just recognised `client`."""
    return signing.dumps([client.pk, user.pk], salt=SALT)


def read_ticket(text, user):
    """The recognised client's id; Refused when the ticket is another's, forged or too old."""
    try:
        client_id, user_id = signing.loads(text or "", salt=SALT, max_age=TICKET_SECONDS)
    except (signing.BadSignature, ValueError, TypeError):
        client_id = user_id = None
    if user_id != user.pk:
        raise Refused(_("Look the client up again; the look-up has run out."), field="ticket", code="ticket")
    return client_id
