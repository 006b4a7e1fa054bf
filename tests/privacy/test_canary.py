"""The canary helper finds what it should: it is trusted by the proof that nothing leaks."""

import base64
import json
from urllib.parse import quote

import pytest

from rmflow.privacy import masks, normal

from .canary import CANARY, assert_absent


def test_the_canary_is_a_possible_person():
    assert normal.phone(CANARY.phone) == CANARY.phone
    assert normal.id_number(CANARY.id_number) == CANARY.id_number


@pytest.mark.parametrize("secret", [CANARY.phone, CANARY.id_number, CANARY.address])
@pytest.mark.parametrize(
    "disguise",
    [
        str,
        str.encode,
        quote,
        json.dumps,
        lambda text: f"x{base64.b64encode(text.encode()).decode()}",
        lambda text: base64.b64encode(f"ab{text}cd".encode()).decode(),
        lambda text: text.encode().hex(),
    ],
)
def test_it_sees_through_disguises(secret, disguise):
    with pytest.raises(AssertionError):
        assert_absent(disguise(secret))


@pytest.mark.parametrize(
    "text",
    ["191-8765-4329", "191 8765 4329", "１９１８７６５４３２９", "191 8765****", "520103-19881117-2379"],
)
def test_it_sees_through_spaces_and_bad_masks(text):
    with pytest.raises(AssertionError):
        assert_absent(text)


def test_good_masks_pass():
    assert_absent(
        masks.mask_phone(CANARY.phone),
        masks.mask_id(CANARY.id_number),
        masks.mask_address(CANARY.address),
        masks.mask_name(CANARY.name).encode(),
        b"\xff\x00 bytes of any kind",
    )
