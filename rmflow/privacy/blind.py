"""Blind indexes: find a whole number, or its last four characters, without decrypting anything.

HMAC-SHA256 under `settings.BLIND_KEY` (a key of its own), cut to 128 bits, as 32 hex characters.
The value is brought to one shape first, so that "１３８ 1234 5678" finds "13812345678". An index over
four digits can be guessed by whoever holds the key, and shows equal endings to whoever reads the
table; that is the price of last-four search, which is therefore only offered inside one's scope.
"""

import functools
import hashlib
import hmac

from django.conf import settings

from . import normal
from .crypto import BadKey

LENGTH = 32  # hex characters kept
SHORTEST = 5  # digits of a whole number: no phone or ID number has fewer


def key() -> bytes:
    """The bytes of `settings.BLIND_KEY`; at least 16 characters."""
    value = settings.BLIND_KEY
    value = value.encode() if isinstance(value, str) else value
    if len(value) < 16:
        raise BadKey("BLIND_KEY needs at least 16 characters.")
    return value


@functools.lru_cache(maxsize=16)
def derived(label: str, secret: bytes) -> bytes:
    """A key for one purpose, so that an index of phones says nothing about IDs or the log."""
    return hmac.new(secret, b"rmflow " + label.encode(), hashlib.sha256).digest()


def _index(label: str, text: str) -> str:
    mac = hmac.new(derived(label, key()), text.encode(), hashlib.sha256)
    return mac.hexdigest()[:LENGTH]


def blind_index(kind: str, value: str) -> str:
    """The index of a whole value; kind is "phone", "id" or a word of your own. Empty stays empty."""
    text = normal.shape(kind, value)
    return _index(kind, text) if text else ""


def tail_index(value: str, kind: str = "phone") -> str:
    """The index of the last four characters (before an extension); "" when there are fewer."""
    text = normal.tail(kind, value)
    return _index(f"{kind} tail", text) if text else ""


def whole_numbers(text: str) -> dict[str, str]:
    """What a search box may look up across the bank: {"phone": index, "id": index} as far as
    `text` is a whole phone or resident ID number; empty when it is neither."""
    found: dict[str, str] = {}
    if sum(char.isdigit() for char in text) < SHORTEST:  # a name: no need to be refused word by word
        return found
    for kind, read in (("phone", normal.phone), ("id", normal.id_number)):
        try:
            if number := read(text):
                found[kind] = _index(kind, number)
        except normal.BadInput:
            continue
    return found
