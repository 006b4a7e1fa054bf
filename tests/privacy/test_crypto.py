"""AES and SM4, keys and contexts."""

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rmflow.privacy import crypto

from .keys import NEW_AES, NEW_SM4
from .keys import OLD as AES

ANY_TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=200)


@pytest.mark.parametrize("key", [AES, NEW_SM4])
def test_it_opens_what_it_sealed(settings, key):
    settings.FIELD_KEYS = [key]

    @given(ANY_TEXT)
    def check(text):
        assert crypto.decrypt(crypto.encrypt(text, "phone"), "phone") == text

    check()


@pytest.mark.parametrize(("key", "mark"), [(AES, "a.k1."), (NEW_SM4, "s.gm1.")])
def test_a_token_names_its_algorithm_and_key(settings, key, mark):
    settings.FIELD_KEYS = [key]
    assert crypto.encrypt("13812345678", "phone").startswith(mark)


def test_sm4_agrees_with_the_vector_of_rfc_8998():
    """RFC 8998, appendix A.1: SM4-GCM."""
    key = bytes.fromhex("0123456789abcdeffedcba9876543210")
    nonce = bytes.fromhex("00001234567800000000abcd")
    plain = bytes.fromhex(
        "aaaaaaaaaaaaaaaabbbbbbbbbbbbbbbbccccccccccccccccdddddddddddddddd"
        "eeeeeeeeeeeeeeeeffffffffffffffffeeeeeeeeeeeeeeeeaaaaaaaaaaaaaaaa"
    )
    context = bytes.fromhex("feedfacedeadbeeffeedfacedeadbeefabaddad2")
    sealed = crypto._SM4(key).seal(nonce, plain, context)
    assert sealed.hex() == (
        "17f399f08c67d5ee19d0dc9969c4bb7d5fd46fd3756489069157b282bb200735"
        "d82710ca5c22f0ccfa7cbf93d496ac15a56834cbcf98c397b4024a2691233b8d"
        "83de3541e4c2b58177e065a9bf7b62ec"
    )


def test_equal_texts_have_different_tokens():
    assert crypto.encrypt("13812345678", "phone") != crypto.encrypt("13812345678", "phone")


def test_older_keys_still_read_and_the_first_one_writes(settings):
    settings.FIELD_KEYS = [AES]
    old = crypto.encrypt("13812345678", "phone")
    settings.FIELD_KEYS = [NEW_SM4, NEW_AES, AES]
    assert crypto.decrypt(old, "phone") == "13812345678"
    assert crypto.key_id(crypto.encrypt("x", "phone")) == "gm1"


@pytest.mark.parametrize("key", [AES, NEW_SM4])
def test_a_token_does_not_open_in_another_column(settings, key):
    settings.FIELD_KEYS = [key]
    with pytest.raises(crypto.Unreadable):
        crypto.decrypt(crypto.encrypt("13812345678", "phone"), "address")


@pytest.mark.parametrize("key", [AES, NEW_SM4])
def test_a_changed_byte_is_noticed(settings, key):
    settings.FIELD_KEYS = [key]
    head, body = crypto.encrypt("13812345678", "phone").rsplit(".", 1)
    raw = bytearray(base64.urlsafe_b64decode(body))
    for place in (0, crypto.NONCE, len(raw) - 1):
        changed = bytearray(raw)
        changed[place] ^= 1
        with pytest.raises(crypto.Unreadable):
            crypto.decrypt(f"{head}.{base64.urlsafe_b64encode(changed).decode()}", "phone")


def test_a_missing_key_is_named(settings):
    settings.FIELD_KEYS = [AES]
    token = crypto.encrypt("x", "phone")
    settings.FIELD_KEYS = [NEW_AES]
    with pytest.raises(crypto.Unreadable, match="k1"):
        crypto.decrypt(token, "phone")


@pytest.mark.parametrize("token", ["13812345678", "a.k1.AAAA", "", "x.k1.AAAA", "a.k1.!"])
def test_what_is_no_token_is_refused(token):
    with pytest.raises(crypto.Unreadable):
        crypto.decrypt(token, "phone")


@pytest.mark.parametrize(
    "keys", [[], ["k1"], ["k1:short"], ["k1:" + base64.b64encode(b"x" * 24).decode()], [AES, AES], ["k 1:x"]]
)
def test_bad_keys_are_found_at_start_up_and_never_printed(settings, keys):
    from rmflow.privacy.apps import keys_are_usable

    settings.FIELD_KEYS = keys
    (problem,) = keys_are_usable(None)
    assert "FIELD_KEYS" in problem.msg
    assert not any(key.partition(":")[2] in problem.msg for key in keys if len(key) > 8)


def test_a_short_blind_key_is_found_at_start_up(settings):
    from rmflow.privacy.apps import keys_are_usable

    settings.BLIND_KEY = "short"
    assert [problem.id for problem in keys_are_usable(None)] == ["privacy.E001"]
