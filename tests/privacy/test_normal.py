"""What people type, in all its forms."""

import datetime

import pytest
from django.core.exceptions import ValidationError
from hypothesis import given
from hypothesis import strategies as st

from rmflow.privacy import normal
from rmflow.privacy.normal import BadInput, IdKind
from rmflow.workflow import Refused


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("13812345678", "13812345678"),
        ("１３８１２３４５６７８", "13812345678"),
        (" 138 1234-5678 ", "13812345678"),
        ("138－1234—5678", "13812345678"),
        ("+86 138 1234 5678", "13812345678"),
        ("＋８６ 13812345678", "13812345678"),
        ("008613812345678", "13812345678"),
        ("8613812345678", "13812345678"),
        ("013812345678", "13812345678"),
        ("010-88886666", "010-88886666"),
        ("（010）8888 6666", "010-88886666"),
        ("01088886666", "010-88886666"),
        ("+86 10 8888 6666", "010-88886666"),
        ("0851-8888666", "0851-8888666"),
        ("0755-12345678", "0755-12345678"),
        ("010-88886666 转 802", "010-88886666-802"),
        ("010-88886666转８０２", "010-88886666-802"),
        ("010-88886666-802", "010-88886666-802"),
        ("010-88886666 分机：802", "010-88886666-802"),
        ("010-88886666 ext. 802", "010-88886666-802"),
        ("13812345678转12", "13812345678-12"),
        ("400-800-8888", "4008008888"),
        ("+852 2345 6789", "+85223456789"),
        ("00853 6612 3456", "+85366123456"),
        ("+886 912 345 678", "+886912345678"),
        ("+44 20 7946 0958", "+442079460958"),
        ("", ""),
        (None, ""),
        ("   ", ""),
    ],
)
def test_phones_are_brought_to_one_shape(typed, kept):
    assert normal.phone(typed) == kept
    assert normal.phone(kept) == kept


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("1381234567", "Phone needs 11 digits, 1 short"),
        ("138", "Phone needs 11 digits, 8 short"),
        ("138123456789", "Phone needs 11 digits, 1 too many"),
        ("12812345678", "begins with 13 to 19"),
        ("88886666", "area code"),
        ("010-8888", "area code"),
        ("1381234567a", "digits only; please remove “a”"),
        ("电话13812345678", "digits only; please remove “电话”"),
        ("138😀12345678", "digits only; please remove “😀”"),
        ("<b>13812345678", "digits only"),
        ("1' OR '1'='1", "digits only"),
        ("138\x001234567", "unreadable character"),
        ("138\ud8001234567", "unreadable character"),
        ("13812345678" * 1000, "at most 40 characters"),
        ("-", "in digits"),
        ("+999 1234", "country"),
        ("٠١٢٣٤٥٦٧٨٩٠", "digits only"),
        ("²³45678901²", "digits only"),
    ],
)
def test_bad_phones_are_refused_in_plain_words(typed, said):
    with pytest.raises(BadInput) as refusal:
        normal.phone(typed)
    assert said in str(refusal.value)


@given(st.text(max_size=60))
def test_any_text_is_a_phone_or_a_refusal(text):
    try:
        kept = normal.phone(text)
    except BadInput:
        return
    assert normal.phone(kept) == kept


def test_a_refusal_suits_forms_and_doors_alike():
    refusal = BadInput("No.", field="phone")
    assert isinstance(refusal, ValidationError)
    assert isinstance(refusal, Refused)
    assert refusal.messages == ["No."]
    assert refusal.errors == {"phone": ["No."]}


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("520103198811172379", "520103198811172379"),
        ("５２０１０３ 19881117 2379", "520103198811172379"),
        ("11010519491231002x", "11010519491231002X"),
        ("110105491231002", "11010519491231002X"),
        ("", ""),
    ],
)
def test_resident_numbers_are_brought_to_one_shape(typed, kept):
    assert normal.id_number(typed) == kept


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("520103198811172378", "does not fit"),
        ("110105194912310021", "does not fit"),
        ("5201031988111723", "2 short"),
        ("5201031988111723799", "1 too many"),
        ("5201031988A1172379", "please remove “A”"),
        ("X20103198811172379", "please remove “X”"),
        ("52010319881117237\x00", "unreadable"),
        ("520103198802302373", "birth date"),
        ("000103198811172370", "province"),
    ],
)
def test_bad_resident_numbers_are_refused_in_plain_words(typed, said):
    typed = _with_check_digit(typed) if said in ("birth date", "province") else typed
    with pytest.raises(BadInput) as refusal:
        normal.id_number(typed)
    assert said in str(refusal.value)


def test_a_birth_date_after_today_is_refused():
    born_tomorrow = _with_check_digit("520103202611250010")
    with pytest.raises(BadInput, match="birth date"):
        normal.id_number(born_tomorrow, today=datetime.date(2026, 11, 24))
    assert normal.id_number(born_tomorrow, today=datetime.date(2026, 11, 25))


def _with_check_digit(number):
    from stdnum.cn import ric

    return number[:-1] + ric.calc_check_digit(number[:-1] + "0")


@given(st.integers(0, 17), st.integers(1, 9))
def test_every_single_wrong_digit_is_noticed(place, change):
    digits = list("520103198811172379")
    digits[place] = str((int(digits[place]) + change) % 10)
    with pytest.raises(BadInput):
        normal.id_number("".join(digits))


@pytest.mark.parametrize(
    ("kind", "typed", "kept"),
    [
        (IdKind.PASSPORT, "e12345678", "E12345678"),
        (IdKind.MILITARY, "军字第 1234567", "军字第1234567"),
        (IdKind.ARMED_POLICE, "武字第1234567", "武字第1234567"),
        (IdKind.HK_MO_TW, "H1234567890", "H1234567890"),
        (IdKind.HK_MO_TW, "12345678", "12345678"),
        (IdKind.HOUSEHOLD, "520103000123", "520103000123"),
        (IdKind.OTHER, "外交 A-1234", "外交A1234"),
    ],
)
def test_other_documents_are_taken(kind, typed, kept):
    assert normal.id_number(typed, kind) == kept


@pytest.mark.parametrize(
    ("kind", "typed"),
    [
        (IdKind.PASSPORT, "E12"),
        (IdKind.PASSPORT, "护照12345678"),
        (IdKind.HK_MO_TW, "A12345678"),
        (IdKind.OTHER, "x" * 10_000),
        ("unheard-of", "12345678"),
    ],
)
def test_numbers_that_do_not_suit_their_document_are_refused(kind, typed):
    with pytest.raises(BadInput):
        normal.id_number(typed, kind)


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("  张\u3000 三 ", "张 三"),
        ("张\x00三\x07", "张三"),
        ("张\n三", "张 三"),
        ("张\u202e三\u200b", "张三"),
        ("<b>O'Brien; DROP TABLE</b>", "<b>O'Brien; DROP TABLE</b>"),
        ("王先生😊", "王先生😊"),
        ("𠮷田", "𠮷田"),
        ("", ""),
    ],
)
def test_names_lose_what_cannot_be_seen(typed, kept):
    assert normal.name(typed) == kept


def test_a_name_of_fifty_characters_is_taken_and_one_of_ten_thousand_refused():
    assert normal.name("长" * 50) == "长" * 50
    with pytest.raises(BadInput, match="50"):
        normal.name("长" * 51)
    with pytest.raises(BadInput, match="50"):
        normal.name("长" * 10_000)


def test_addresses_are_one_line_of_at_most_200_characters():
    assert normal.address("贵阳市\n云岩区\x00") == "贵阳市 云岩区"
    with pytest.raises(BadInput, match="200"):
        normal.address("路" * 201)


def test_email_addresses_are_folded_and_checked():
    assert normal.email(" Zhang＠X.com ".replace("＠", "@")) == "Zhang@x.com"
    assert normal.email("") == ""
    for bad in ("zhang", "z@", "z\x00@x.com", "z" * 300 + "@x.com"):
        with pytest.raises(BadInput, match="e-mail"):
            normal.email(bad)
