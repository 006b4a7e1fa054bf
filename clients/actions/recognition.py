"""Recognising a client at the desk: asked, counted, on record (W3-01)."""

from django.utils.translation import gettext as _

from rmflow.privacy.actions import log
from rmflow.privacy.models import AccessEvent
from rmflow.staff import permissions
from rmflow.staff.permissions import Permission
from rmflow.workdays import clock
from rmflow.workflow import Refused

from .. import recognition

KIND = "clients.recognition"


def recognise(text, *, by, request=None):
    """The clients `text` may stand for. Not atomic: the look stays on record whatever comes of it."""
    permissions.require(by, Permission.RECOGNISE_CLIENT)
    midnight = clock.now().replace(hour=0, minute=0, second=0, microsecond=0)
    asked = AccessEvent.objects.filter(
        user=by, kind=AccessEvent.Kind.SEARCH, object_type=KIND, at__gte=midnight
    )
    if asked.count() >= recognition.LOOKS_A_DAY:
        raise Refused(_("Too many look-ups today; ask your head."), field="q", code="cap")
    found = recognition.find(by, text)
    log(AccessEvent.Kind.SEARCH, by=by, object_type=KIND, rows=len(found), request=request)
    return found
