"""What a definition may say: each kind and operator, each way of being wrong; no database."""

import pytest

from clients.segments import rules
from clients.segments.rules import OPS, Kind, Op, Shape
from rmflow.workflow import Refused

SHAPES = {
    "tier": Shape(Kind.CHOICE, frozenset({"T1", "T2"})),
    "hobbies": Shape(Kind.CODES, frozenset({"tea", "chess"})),
    "owner": Shape(Kind.ONE, None),
    "held": Shape(Kind.HELD, frozenset({"fund"})),
    "age": Shape(Kind.NUMBER, most=130),
    "balance": Shape(Kind.MONEY, least=-100),
    "since": Shape(Kind.DATE),
    "matures": Shape(Kind.DUE),
    "archived": Shape(Kind.FLAG),
    "wants": Shape(Kind.TEXT),
}


def one(field, op, *values):
    return {"groups": [{"conditions": [{"field": field, "op": op, "values": list(values)}]}]}


def cleaned(field, op, *values):
    return rules.check(one(field, op, *values), SHAPES)["groups"][0]["conditions"][0]["values"]


def test_every_kind_has_operators_and_every_operator_a_kind():
    assert set(OPS) == set(Kind)
    assert {op for ops in OPS.values() for op in ops} == set(Op)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (("tier", "any_of", "T1", "T1", "T2"), ["T1", "T2"]),
        (("hobbies", "all_of", "tea"), ["tea"]),
        (("owner", "none_of", "me"), ["me"]),
        (("held", "any_of", "fund"), ["fund"]),
        (("age", "between", "30", "40"), [30, 40]),
        (("age", "unknown", "x"), []),
        (("balance", "at_least", "-1,00"), [-100]),
        (("balance", "at_most", 5000), [5000]),
        (("since", "during", "2026-01-01", "2026-01-31"), ["2026-01-01", "2026-01-31"]),
        (("since", "last_days", "30"), [30]),
        (("matures", "next_days", "0"), [0]),
        (("archived", "yes"), []),
        (("wants", "contains", " 留学 "), ["留学"]),
    ],
)
def test_values_are_cleaned(given, expected):
    assert cleaned(*given) == expected


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (("shoes", "any_of", "1"), "about"),
        (("tier", "contains", "T1"), "compare"),
        (("tier", "any_of"), "at least one"),
        (("tier", "any_of", "T9"), "on offer"),
        (("owner", "any_of", "x" * 31), "on offer"),
        (("age", "at_least"), "Fill in the value"),
        (("age", "between", "30"), "both"),
        (("age", "between", "40", "30"), "above"),
        (("age", "at_least", "old"), "whole number"),
        (("age", "at_least", "9" * 40), "whole number"),
        (("age", "at_least", "131"), "between"),
        (("balance", "at_least", "-101"), "between"),
        (("balance", "at_least", "0.5"), "whole number"),
        (("since", "since", "2026-02-30"), "date"),
        (("since", "since", "1066-10-14"), "possible"),
        (("since", "last_days", "3661"), "between"),
        (("wants", "contains", "x" * 31), "At most"),
        (("wants", "contains", "x\x00"), "cannot be stored"),
    ],
)
def test_a_bad_condition_is_named_by_its_place(given, words):
    with pytest.raises(Refused, match=words) as refused:
        cleaned(*given)
    assert list(refused.value.errors) == ["g0c0"]


@pytest.mark.parametrize(
    "definition",
    [
        None,
        [],
        {},
        {"groups": {}},
        {"groups": [1]},
        {"groups": []},
        {"groups": [{"conditions": []}]},
        {"groups": [{"conditions": [7]}]},
        {"groups": [{"conditions": [{"field": ["tier"], "op": "any_of"}]}]},
        {"groups": [{"conditions": [{"field": "tier", "op": "any_of", "values": {"T1": 1}}]}]},
        {"match": "some", "groups": [{"conditions": [{"field": "archived", "op": "yes"}]}]},
        {"groups": [{"match": "none", "conditions": [{"field": "archived", "op": "yes"}]}]},
        {"groups": [{"conditions": [{"field": "archived", "op": "yes"}]}] * 7},
        {"groups": [{"conditions": [{"field": "archived", "op": "yes"}] * 11}]},
    ],
)
def test_what_is_no_definition_is_refused_in_plain_words(definition):
    with pytest.raises(Refused):
        rules.check(definition, SHAPES)


def test_each_bad_row_has_its_own_message():
    definition = one("age", "at_least", "x")
    definition["groups"].append(one("tier", "any_of", "T9")["groups"][0])
    with pytest.raises(Refused) as refused:
        rules.check(definition, SHAPES)
    assert set(refused.value.errors) == {"g0c0", "g1c0"}
