"""Pinyin keys: surnames read as surnames."""

import pytest

from clients import names


@pytest.mark.parametrize(
    ("name", "key", "initials"),
    [
        ("张三", "zhangsan", "zs"),
        ("单小明", "shanxiaoming", "sxm"),
        ("解晓东", "xiexiaodong", "xxd"),
        ("欧阳娜娜", "ouyangnana", "oynn"),
        ("尉迟恭", "yuchigong", "ycg"),
        ("曾国藩", "zengguofan", "zgf"),
        ("任重", "renzhong", "rz"),
        ("John Smith", "johnsmith", "js"),
        ("", "", ""),
        ("阿里·买买提", "alimaimaiti", "almmt"),
    ],
)
def test_a_name_has_its_reading(name, key, initials):
    assert names.sort_key(name) == key
    assert names.initials(name) == initials


def test_a_very_long_name_still_has_a_key_that_fits():
    assert len(names.sort_key("庄" * 50)) == 80
    assert len(names.initials("庄" * 50)) == 20


@pytest.mark.parametrize(("name", "surname"), [("欧阳锋", "欧阳"), ("欧阳", "欧"), ("单明", "单"), ("", "")])
def test_the_surname_is_found(name, surname):
    assert names.surname(name) == surname
