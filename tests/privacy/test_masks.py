"""What stays visible, and above all what does not."""

import datetime
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rmflow.privacy import masks


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("张三", "张*"),
        ("王小明", "王**"),
        ("欧阳娜娜", "欧阳**"),
        ("司马光", "司马*"),
        ("欧阳", "欧*"),
        ("诸葛孔明", "诸葛**"),
        ("爱新觉罗溥仪", "爱新觉罗**"),
        ("张", "张*"),
        ("𠮷田", "𠮷*"),
        ("刘女士", "刘女士"),
        ("欧阳先生", "欧阳先生"),
        ("张三先生", "张***"),
        ("阿卜杜拉·买买提", "阿***"),
        ("John Smith", "J***"),
        ("O", "O***"),
        ("", ""),
        (None, ""),
    ],
)
def test_names_keep_the_surname(name, shown):
    assert masks.mask_name(name) == shown


@pytest.mark.parametrize(
    ("phone", "shown"),
    [
        ("13812345678", "138****5678"),
        ("１３８ 1234 5678", "138****5678"),
        ("13812345678-802", "138****5678"),
        ("010-88886666", "****6666"),
        ("010-88886666-802", "****6666"),
        ("+85223456789", "****6789"),
        ("4008008888", "****8888"),
        ("1234567", "****"),
        ("", ""),
        (None, ""),
    ],
)
def test_phones_keep_three_and_four_or_the_last_four(phone, shown):
    assert masks.mask_phone(phone) == shown


@given(st.from_regex(r"1[3-9][0-9]{9}", fullmatch=True))
def test_no_mask_holds_the_middle_of_a_mobile(phone):
    shown = masks.mask_phone(phone)
    assert len(re.sub(r"\D", "", shown)) == 7
    assert phone[3:7] not in shown.replace("****", "|").split("|")[0]
    assert shown == f"{phone[:3]}****{phone[-4:]}"


@given(st.text(max_size=40))
def test_a_phone_mask_never_shows_more_than_seven_digits(text):
    assert sum(char.isdigit() for char in masks.mask_phone(text)) <= 7


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=40))
def test_no_mask_returns_a_text_of_more_than_two_characters_unchanged(text):
    text = text.strip()
    if len(text) > 2 and not set(text) <= {"*"}:
        if not text.endswith(masks._TITLES):
            assert masks.mask_name(text) != text
        assert masks.mask_id(text) != text or (len(text) <= 4 and set(masks.mask_id(text)) == {"*"})


@given(st.from_regex(r"[1-9][0-9]{16}[0-9X]", fullmatch=True))
def test_an_id_mask_shows_its_ends_only(number):
    assert masks.mask_id(number) == number[0] + "*" * 16 + number[-1]
    assert masks.mask_id(number, wide=True) == number[:6] + "*" * 8 + number[-4:]


@pytest.mark.parametrize(
    ("number", "shown"), [("E12345678", "E*******8"), ("1234", "****"), ("", ""), (None, "")]
)
def test_other_numbers_are_masked_too(number, shown):
    assert masks.mask_id(number) == shown


def test_the_wide_mask_does_not_open_a_short_number():
    assert masks.mask_id("E12345678", wide=True) == "E*******8"


@pytest.mark.parametrize(
    ("number", "shown"),
    [("6222 0212 3456 6789", "**** **** **** 6789"), ("12345", "**** **** **** ****"), ("", "")],
)
def test_accounts_keep_four_digits(number, shown):
    assert masks.mask_account(number) == shown


@pytest.mark.parametrize(
    ("email", "shown"),
    [("zhang@x.com", "z***@x.com"), ("nonsense", "***"), ("@x.com", "***@x.com"), ("", "")],
)
def test_an_email_keeps_its_first_letter_and_domain(email, shown):
    assert masks.mask_email(email) == shown


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("贵州省贵阳市云岩区中华北路1号", "贵州省贵阳市云岩区***"),
        ("北京市朝阳区建国路1号", "北京市朝阳区***"),
        ("上海浦东新区世纪大道1号", "上海浦东新区***"),
        ("内蒙古自治区呼和浩特市新城区中山路", "内蒙古自治区呼和浩特市新城区***"),
        ("江西省景德镇市珠山区珠山路", "江西省景德镇市珠山区***"),
        ("云岩小区3号", "***"),
        ("朝阳路市场街5号", "***"),
        ("", ""),
    ],
)
def test_an_address_goes_down_to_the_district(address, shown):
    assert masks.mask_address(address) == shown


@given(st.text(st.sampled_from("贵州省阳市云岩区小街道路号村镇1234 "), max_size=30))
def test_an_address_mask_holds_no_digit_and_no_street(address):
    shown = masks.mask_address(address)
    assert not re.search(r"\d|路|街", shown)


@pytest.mark.parametrize(
    ("yuan", "shown"),
    [
        (0, "below 5 × 10,000 yuan"),
        (49_999, "below 5 × 10,000 yuan"),
        (50_000, "5-20 × 10,000 yuan"),
        (500_000, "50-200 × 10,000 yuan"),
        (1_999_999, "50-200 × 10,000 yuan"),
        (6_000_000, "600 × 10,000 yuan and above"),
        (None, ""),
    ],
)
def test_amounts_become_bands(yuan, shown):
    assert masks.band_amount(yuan) == shown


def test_a_birthday_is_a_day_to_the_owner_and_an_age_to_others():
    born, today = datetime.date(1988, 11, 17), datetime.date(2026, 11, 16)
    assert masks.mask_birthday(born, today=today, owner=True) == "11-17"
    assert masks.mask_birthday(born, today=today) == "37 years old"
    assert masks.mask_birthday(born, today=datetime.date(2026, 11, 17)) == "38 years old"
    assert masks.mask_birthday(None, today=today) == ""
