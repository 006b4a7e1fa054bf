"""A person whose phone and ID number must turn up nowhere (proof 1 of the house).

Give `CANARY` to the code under test as it is, then hand every byte that left the system to
`assert_absent`: it also finds the number with spaces or dashes, in full-width digits, in a URL, in
base64, as JSON escapes, and with only a few digits masked.
"""

import base64
import re
from dataclasses import dataclass
from urllib.parse import quote


@dataclass(frozen=True)
class Canary:
    """Numbers that are valid, and belong to nobody else in any test or demo."""

    name: str = "金丝雀"
    phone: str = "19187654329"
    id_number: str = "520103198811172379"
    address: str = "贵州省贵阳市云岩区金丝雀巷七十七号"

    @property
    def secrets(self):
        return {"phone": self.phone, "ID number": self.id_number, "address": self.address[9:]}


CANARY = Canary()


def assert_absent(*found, where=""):
    """Fail when text or bytes hold a secret of the canary in any plain disguise."""
    for piece in found:
        raw = piece if isinstance(piece, bytes) else str(piece).encode()
        text = raw.decode("utf-8", "replace")
        for what, disguise in disguises():
            assert disguise not in text, f"the canary's {what} stands in {where or 'the output'}"
        digits = re.sub(r"(?<=\d)[\s.\-_]+(?=\d)", "", _half_width(text))
        for what, part in _parts():
            assert part not in digits, f"a part of the canary's {what} stands in {where or 'the output'}"


def disguises():
    """(what, text) for each secret in the writings a program may give it."""
    for what, secret in CANARY.secrets.items():
        raw = secret.encode()
        yield what, secret
        yield what, quote(secret)
        yield what, secret.encode("unicode_escape").decode()
        yield what, raw.hex()
        for shift in range(3):  # base64 hides a text in three ways, by its place
            encoded = base64.b64encode(b"\0" * shift + raw).decode()
            yield what, encoded[4 if shift else 0 : len(raw) * 4 // 3 // 4 * 4]


def _parts():
    """Pieces that a mask of 3 + 4 (phone) or 6 + 4 (ID number) never leaves."""
    yield "phone", CANARY.phone[:7]
    yield "phone", CANARY.phone[-8:]
    yield "ID number", CANARY.id_number[:10]
    yield "ID number", CANARY.id_number[-8:]


def _half_width(text):
    return text.translate({code: code - 0xFEE0 for code in range(0xFF10, 0xFF1A)})
