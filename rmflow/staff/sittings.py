"""One live session per person and kind of device: the newer ends the older.

A token of the API counts as a sitting too: what ends every session ends the token.
"""

import hashlib
import re
import time
from importlib import import_module

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.cache import cache
from django.db import transaction
from django.utils import timezone
from rest_framework.authtoken.models import Token

from . import limits, tokens
from .credential_models import Sitting

SIGNED_IN = "signed_in_at"  # session key; seconds since 1970
SEEN = "seen_at"
PHONE = re.compile(r"Mobi|Android|iPhone|iPad|HarmonyOS", re.IGNORECASE)


def device_of(request):
    """Desk or phone (tablets count as phones), by what the browser says of itself."""
    if request.headers.get("Sec-CH-UA-Mobile") == "?1":
        return Sitting.Device.PHONE
    agent = request.headers.get("User-Agent", "")
    return Sitting.Device.PHONE if PHONE.search(agent) else Sitting.Device.DESK


@transaction.atomic
def begin(request, user):
    """Note the session just begun and end the older one on this kind of device."""
    session = request.session
    if not session.session_key:
        session.create()
    session[SIGNED_IN] = session[SEEN] = int(time.time())
    device = device_of(request)
    Sitting.objects.get_or_create(user=user, device=device, defaults={"session_key": session.session_key})
    sitting = Sitting.objects.select_for_update().get(user=user, device=device)
    if sitting.session_key != session.session_key:
        _end(sitting.session_key, "other_device")
    sitting.session_key, sitting.since = session.session_key, timezone.now()
    sitting.save(update_fields=["session_key", "since"])


def renew(request, old_key):
    """The session got another key (password change): keep the row pointing at it."""
    Sitting.objects.filter(user=request.user, session_key=old_key).update(
        session_key=request.session.session_key
    )


def end_all(user, reason="ended"):
    """End every live session of `user`, and the token: a changed role, a reset password, someone who left."""
    for sitting in Sitting.objects.filter(user=user):
        _end(sitting.session_key, reason)
    Sitting.objects.filter(user=user).delete()
    end_token(user)


@transaction.atomic
def new_token(user):
    """One API token a person, told once and kept as a digest: the newer ends the older, two at once take turns."""
    get_user_model().objects.select_for_update(no_key=True).get(pk=user.pk)
    end_token(user)
    told, kept = tokens.new_key()
    Token.objects.create(user=user, key=kept)
    return told


def end_token(user):
    Token.objects.filter(user=user).delete()


def why_ended(request):
    """The reason noted for the browser's dead session, or "" ."""
    key = request.COOKIES.get(settings.SESSION_COOKIE_NAME, "")
    return (cache.get(_note_key(key)) or "") if key else ""


def over(session):
    """ "idle" or "absolute" when the session has had its time, else "" ; stamps unstamped ones."""
    now = time.time()
    if SIGNED_IN not in session:
        session[SIGNED_IN] = session[SEEN] = int(now)
    if now - session[SIGNED_IN] >= limits.ABSOLUTE.total_seconds():
        return "absolute"
    if now - session.get(SEEN, now) >= limits.IDLE.total_seconds():
        return "idle"
    return ""


def active(session):
    """The person did something; written at most every 30 seconds."""
    now = int(time.time())
    if now - session.get(SEEN, 0) >= limits.ACTIVITY_GRAIN.total_seconds():
        session[SEEN] = now


def _end(session_key, reason):
    engine = import_module(settings.SESSION_ENGINE)
    engine.SessionStore(session_key).delete()
    cache.set(_note_key(session_key), reason, int(limits.ABSOLUTE.total_seconds()))


def _note_key(session_key):
    return "staff:ended:" + hashlib.sha256(session_key.encode()).hexdigest()
