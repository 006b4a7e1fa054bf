"""Look-ups without decrypting."""

from rmflow.privacy import blind


def test_every_writing_of_a_number_has_one_index():
    indexes = {
        blind.blind_index("phone", text)
        for text in ("13812345678", "１３８ 1234 5678", "+86 138-1234-5678", "008613812345678")
    }
    assert len(indexes) == 1
    assert len(indexes.pop()) == blind.LENGTH


def test_the_old_and_the_new_id_number_are_one_person():
    assert blind.blind_index("id", "110105491231002") == blind.blind_index("id", "11010519491231002x")


def test_kinds_do_not_share_indexes():
    assert blind.blind_index("phone", "13812345678") != blind.blind_index("id", "13812345678")
    assert blind.tail_index("5678") != blind.tail_index("5678", "id")
    assert blind.blind_index("phone", "5678") != blind.tail_index("5678")


def test_the_tail_is_found_by_four_digits():
    assert blind.tail_index("5678") == blind.tail_index("13812345678")
    assert blind.tail_index("6666") == blind.tail_index("010-88886666 转 802")
    assert blind.tail_index("002x", "id") == blind.tail_index("11010519491231002X", "id")


def test_too_little_has_no_index():
    assert blind.blind_index("phone", "") == ""
    assert blind.tail_index("567") == ""


def test_another_key_gives_another_index(settings):
    before = blind.blind_index("phone", "13812345678")
    settings.BLIND_KEY = "another key of enough length"
    assert blind.blind_index("phone", "13812345678") != before


def test_only_whole_numbers_are_looked_up_across_the_bank():
    assert set(blind.whole_numbers("138 1234 5678")) == {"phone"}
    assert set(blind.whole_numbers("520103198811172379")) == {"id"}
    assert blind.whole_numbers("5678") == {}
    assert blind.whole_numbers("张三") == {}
