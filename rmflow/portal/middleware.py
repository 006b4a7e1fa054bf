"""Kept pages (`doors.kept`): found ready in Valkey, the shell's words filled in."""

import hashlib
import time

from django.contrib.messages import get_messages
from django.core.cache import cache
from django.http import HttpResponse
from django.utils.translation import get_language

from rmflow.doors import drawn, htmx
from rmflow.doors.kept import SECONDS

from .frame import Shell

HTML = "text/html; charset=utf-8"
NEAR = 100  # pages, of about a hundred kilobytes, that each process keeps at hand beside Valkey
_near: dict[str, tuple[float, list[str]]] = {}


class KeptPages:
    """Gives a page again whose version is the same, else draws it with holes and keeps it.

    A page is kept for one person, role by role, and never with a message on it.
    """

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        response = self.get_response(request)
        shell = getattr(request, "hollow_shell", None)
        if shell is None or response.streaming or drawn.OPEN.encode() not in response.content:
            return response
        pieces = drawn.pieces(response.content.decode())
        if response.status_code == 200:
            cache.set(shell.kept_key, pieces, SECONDS)
            _put_near(shell.kept_key, pieces)
        response.content = drawn.filled(pieces, shell.words)
        return response

    def process_view(self, request, view, args, kwargs):
        version = getattr(view, "kept_version", None)
        if version is None or request.method != "GET" or htmx.wants_fragment(request):
            return None
        found = version(request, *args, **kwargs)
        if found is None or len(get_messages(request)):
            return None
        shell = Shell(request)
        shell.kept_key = _key(request, shell, found)
        shell.kept_near = _at_hand(shell.kept_key)
        try:
            return HttpResponse(drawn.filled(shell.kept_page, shell.words), content_type=HTML)
        except (AttributeError, KeyError):  # not kept, or kept by a version with other words
            request.hollow_shell = shell
            return None


def _at_hand(key):
    """The page if this process drew it less than `SECONDS` ago."""
    until, pieces = _near.get(key, (0, None))
    return pieces if until > time.monotonic() else None


def _put_near(key, pieces):
    while len(_near) >= NEAR:
        _near.pop(next(iter(_near)), None)
    _near[key] = time.monotonic() + SECONDS, pieces


def _key(request, shell, version):
    """Whatever the page may depend on beside the words of the shell."""
    user = request.user
    held = sorted((holding.role, holding.branch_id) for holding in user.holdings)
    about = (
        user.pk, held, user.branch_id, shell.role, get_language(), request.get_full_path(),
        shell.now.date(), shell.demo, version,
    )  # fmt: skip
    return "page:" + hashlib.sha256(repr(about).encode()).hexdigest()
