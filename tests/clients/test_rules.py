"""What follows from a verdict, a date of birth and a basis; no database."""

import datetime

import pytest
from django.utils import translation

from clients import rules
from clients.rules import ClientType, Level, TimelineKind
from followups.rules import FAILED, Channel, RecordStatus, Result
from rmflow.workflow import Refused

TODAY = datetime.date(2026, 10, 8)


@pytest.mark.parametrize("kind", [kind for kind in ClientType if kind != ClientType.UNJUDGED])
def test_a_verdict_names_one_of_four_types(kind):
    rules.check_verdict(kind)


@pytest.mark.parametrize("kind", ["unjudged", "", "vip", None])
def test_anything_else_is_no_verdict(kind):
    with pytest.raises(Refused) as refused:
        rules.check_verdict(kind)
    assert refused.value.field == "type"


@pytest.mark.parametrize("kind", [k for k in ClientType if k != ClientType.EXISTING_PREMIUM])
def test_only_existing_premium_has_a_level(kind):
    with pytest.raises(Refused):
        rules.check_verdict(kind, Level.CORE)
    rules.check_verdict(ClientType.EXISTING_PREMIUM, Level.CORE)


def test_the_ordinary_are_left_alone_for_ninety_days():
    assert rules.suppressed_until(TODAY) == datetime.date(2027, 1, 6)


def test_a_file_number_tells_branch_year_and_serial():
    assert rules.file_number("0817", 2026, 31) == "0817-2026-0031"


@pytest.mark.parametrize(
    ("name", "salutation", "called"),
    [("陈美华", "madam", "陈女士"), ("欧阳锋", "sir", "欧阳先生"), ("张三", "", "张*"), ("", "", "客户")],
)
def test_a_client_is_called_by_surname(name, salutation, called):
    with translation.override("zh-hans"):
        assert rules.addressed_as(name, salutation) == called


@pytest.mark.parametrize(
    ("born", "basis", "taken"),
    [
        (datetime.date(2012, 10, 9), "consent", False),
        (datetime.date(2012, 10, 9), "guardian_consent", True),
        (datetime.date(2012, 10, 8), "consent", True),
        (None, "consent", True),
    ],
)
def test_a_child_needs_a_guardian(born, basis, taken):
    if taken:
        rules.check_basis(basis, born, today=TODAY)
        return
    with pytest.raises(Refused) as refused:
        rules.check_basis(basis, born, today=TODAY)
    assert refused.value.field == "notice_basis"


@pytest.mark.parametrize("born", [datetime.date(2026, 10, 9), datetime.date(1905, 1, 1)])
def test_nobody_is_born_tomorrow_or_in_1905(born):
    with pytest.raises(Refused):
        rules.check_birth_date(born, today=TODAY)


def test_an_id_number_tells_the_birthday():
    assert rules.born_on("520103198811172379") == datetime.date(1988, 11, 17)


def test_every_kind_of_the_timeline_is_in_one_group():
    kinds = [kind for _label, kinds in rules.TIMELINE_GROUPS.values() for kind in kinds]
    assert sorted(kinds) == sorted(TimelineKind)


def test_the_codes_of_followups_have_words_here():
    from clients.timeline import WAYS, WORDS

    assert frozenset(FAILED) == rules.NOT_REACHED
    assert set(Channel.values) == set(WAYS)
    told = {*Channel.values, *Result.values, "converted", "non_premium", "abandoned", "do_not_contact"}
    assert told <= set(WORDS)
    assert set(RecordStatus.values) - set(WORDS) <= {"open"}
    for enum in (Channel, Result):
        assert {str(WORDS[value]) for value in enum.values} == {
            str(enum(value).label) for value in enum.values
        }
