"""Text typed into a form whose session had ended waits in the page, not in the server.

The posted fields go back to the same browser inside the login page as one sealed field: encrypted
with a key derived from SECRET_KEY (nobody else at the device can read it), bound to the person who
typed it, and good for two hours. After the login the form is posted again. Passwords are never kept.
This is transport, not storage: field encryption is in the app for privacy.
"""

import base64
import json
import re
import zlib

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings
from django.core import signing

from . import limits

FIELD = "kept"
WHO_COOKIE = "rmflow_who"
NEVER = re.compile(r"pass(word|phrase)|csrf|^kept$|^code$|pin$|token|secret", re.IGNORECASE)


def seal(request):
    """The posted form as one sealed text; "" when there is nothing to keep or no known owner."""
    owner = owner_of(request)
    fields = [
        [name, value] for name, values in request.POST.lists() if not NEVER.search(name) for value in values
    ]
    if not fields or owner is None:
        return ""
    plain = json.dumps({"owner": owner, "path": request.get_full_path(), "fields": fields})
    packed = zlib.compress(plain.encode("utf-8", "surrogatepass"))
    return _box().encrypt(packed).decode() if len(packed) <= limits.KEPT_BYTES else ""


def unseal(text, user):
    """(path, fields) of what `user` had typed; None when it is not theirs, old or not genuine."""
    if not text:
        return None
    try:
        packed = _box().decrypt(text.encode(), ttl=int(limits.KEPT_TEXT.total_seconds()))
    except (InvalidToken, UnicodeEncodeError):
        return None
    kept = json.loads(zlib.decompress(packed).decode("utf-8", "surrogatepass"))
    return (kept["path"], kept["fields"]) if kept["owner"] == user.pk else None


def remember_owner(response, user):
    """Let this browser say whose text it is after the session has gone."""
    response.set_signed_cookie(
        WHO_COOKIE,
        str(user.pk),
        salt=WHO_COOKIE,
        max_age=int((limits.ABSOLUTE + limits.KEPT_TEXT).total_seconds()),
        httponly=True,
        secure=settings.SESSION_COOKIE_SECURE,
        samesite="Lax",
    )


def owner_of(request):
    """The id of the person this browser was last logged in as."""
    if request.user.is_authenticated:
        return request.user.pk
    try:
        return int(request.get_signed_cookie(WHO_COOKIE, salt=WHO_COOKIE))
    except (KeyError, ValueError, signing.BadSignature):
        return None


def _box():
    secrets = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    return MultiFernet([Fernet(_key(secret)) for secret in secrets])


def _key(secret):
    derive = HKDF(SHA256(), length=32, salt=None, info=b"rmflow.staff.kept")
    return base64.urlsafe_b64encode(derive.derive(secret.encode()))
