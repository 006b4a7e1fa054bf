"""Encryption of single values: AES-256-GCM or SM4-GCM, with rotation.

A token is text: `a.k2.bm9uY2U…` = algorithm, key id, base64url of nonce + ciphertext + tag. The
algorithm follows from the key: 32 bytes are AES-256, 16 bytes are SM4 (GB/T 32907). The first key of
`settings.FIELD_KEYS` writes, all of them read; so a new key, or a change of algorithm, is one line
put in front and `manage.py rotate_keys`.

The context (the column's name) is authenticated with the value: a token copied into another column
does not open. It survives rotation, since the context of a column does not change.
"""

import base64
import binascii
import functools
import os
import re
from dataclasses import dataclass
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings

NONCE = 12  # bytes, as NIST SP 800-38D advises for GCM
TAG = 16  # bytes

#: What a token looks like, for PostgreSQL and for Python alike.
TOKEN = r"^[as]\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+=*$"  # noqa: S105
_TOKEN = re.compile(TOKEN)
_KEY_ID = re.compile(r"^[A-Za-z0-9_-]{1,16}$")


class BadKey(Exception):
    """A key in the settings cannot be used; the message names it, never its bytes."""


class Unreadable(Exception):
    """A stored token does not open: its key is gone, or it was tampered with or moved."""


class _AES:
    """AES-256-GCM."""

    mark = "a"

    def __init__(self, key: bytes) -> None:
        self._aead = AESGCM(key)

    def seal(self, nonce: bytes, plain: bytes, context: bytes) -> bytes:
        return self._aead.encrypt(nonce, plain, context)

    def open(self, nonce: bytes, sealed: bytes, context: bytes) -> bytes:
        return self._aead.decrypt(nonce, sealed, context)


class _SM4:
    """SM4-GCM; the library has it as a cipher and a mode, not as one piece."""

    mark = "s"

    def __init__(self, key: bytes) -> None:
        self._key = algorithms.SM4(key)

    def seal(self, nonce: bytes, plain: bytes, context: bytes) -> bytes:
        cipher = Cipher(self._key, modes.GCM(nonce)).encryptor()
        cipher.authenticate_additional_data(context)
        return cipher.update(plain) + cipher.finalize() + cipher.tag

    def open(self, nonce: bytes, sealed: bytes, context: bytes) -> bytes:
        body, tag = sealed[:-TAG], sealed[-TAG:]
        cipher = Cipher(self._key, modes.GCM(nonce, tag)).decryptor()
        cipher.authenticate_additional_data(context)
        return cipher.update(body) + cipher.finalize()


@dataclass(frozen=True)
class Keyring:
    """Every key that reads, and the one that writes."""

    current: str
    ciphers: dict[str, Any]

    @property
    def prefix(self) -> str:
        """What every token written now begins with."""
        return f"{self.ciphers[self.current].mark}.{self.current}."


def keyring() -> Keyring:
    """The keys of `settings.FIELD_KEYS`, parsed once."""
    return _parse(tuple(settings.FIELD_KEYS))


@functools.lru_cache(maxsize=8)
def _parse(lines: tuple[str, ...]) -> Keyring:
    ciphers: dict[str, Any] = {}
    for line in lines:
        key_id, _colon, encoded = line.strip().partition(":")
        if not _KEY_ID.match(key_id):
            raise BadKey("FIELD_KEYS holds `id:base64`; an id has 1 to 16 letters, digits, - or _.")
        if key_id in ciphers:
            raise BadKey(f"FIELD_KEYS names the key {key_id} twice.")
        ciphers[key_id] = _cipher(key_id, encoded)
    if not ciphers:
        raise BadKey("FIELD_KEYS is empty; give at least one `id:base64`.")
    return Keyring(next(iter(ciphers)), ciphers)


def _cipher(key_id: str, encoded: str) -> Any:
    try:
        key = base64.b64decode(encoded + "=" * (-len(encoded) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        raise BadKey(f"The key {key_id} in FIELD_KEYS is not base64.") from None
    if len(key) == 32:
        return _AES(key)
    if len(key) == 16:
        return _SM4(key)
    raise BadKey(f"The key {key_id} in FIELD_KEYS needs 32 bytes (AES-256) or 16 (SM4).")


def encrypt(text: str, context: str) -> str:
    """Seal `text` for the column `context` with the current key."""
    ring = keyring()
    nonce = os.urandom(NONCE)
    sealed = ring.ciphers[ring.current].seal(nonce, text.encode(), context.encode())
    return ring.prefix + base64.urlsafe_b64encode(nonce + sealed).decode()


def decrypt(token: str, context: str) -> str:
    """Open a token of the column `context`; Unreadable says which key is missing."""
    mark, key_id, blob = _split(token)
    cipher = keyring().ciphers.get(key_id)
    if cipher is None or cipher.mark != mark:
        raise Unreadable(f"The key {key_id} of a stored value is not in FIELD_KEYS.")
    try:
        return cipher.open(blob[:NONCE], blob[NONCE:], context.encode()).decode()
    except (InvalidTag, ValueError):
        raise Unreadable(f"A stored value of {context} was changed or moved (key {key_id}).") from None


def key_id(token: str) -> str:
    """Which key a token was written with."""
    return _split(token)[1]


def _split(token: str) -> tuple[str, str, bytes]:
    if not _TOKEN.match(token):
        raise Unreadable("A stored value is not a token of this module.")
    mark, key, body = token.split(".")
    try:
        blob = base64.urlsafe_b64decode(body)
    except (binascii.Error, ValueError):
        raise Unreadable(f"A stored value is damaged (key {key}).") from None
    if len(blob) < NONCE + TAG:
        raise Unreadable(f"A stored value is cut short (key {key}).")
    return mark, key, blob
