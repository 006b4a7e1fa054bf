"""One box: number, name, initials and tail inside the scope; a whole number across the bank for some."""

import pytest
from django.db import connection

from clients.search import BRIEF, find, find_on_record
from rmflow.privacy.models import AccessEvent

pytestmark = pytest.mark.django_db


@pytest.fixture
def town(person, wealth):
    return {
        "zhang": person("张三", phone="13800001111", customer_no="C0000001"),
        "shan": person("单小明", phone="13900002222", owner=wealth),
        "ouyang": person("欧阳娜娜", phone="13700003333"),
        "chen": person("陈美华", phone="13812345678"),
        "far": person("张三丰", "second", phone="13600001111", customer_no="C0000002"),
    }


def found(user, text, **kwargs):
    return [client.name for client in find(user, text, **kwargs)]


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("zs", ["张三"]),
        ("ZS", ["张三"]),
        ("zhang san", ["张三"]),
        ("zhangs", ["张三"]),
        ("张", ["张三"]),
        ("shan", ["单小明"]),
        ("单", ["单小明"]),
        ("sxm", ["单小明"]),
        ("dan", []),
        ("欧阳", ["欧阳娜娜"]),
        ("oynn", ["欧阳娜娜"]),
        ("C0000001", ["张三"]),
        ("c000 0001", ["张三"]),
        ("C0000002", []),
        ("1111", ["张三"]),
        ("１１１１", ["张三"]),
        ("5678", ["陈美华"]),
        ("9999", []),
        ("111", []),
        ("%", []),
        ("_", []),
        ("\\", []),
        ("", []),
        ("   ", []),
        ("张\x00三", ["张三"]),
        ("' OR 1=1 --", []),
        ("😀", []),
        ("x" * 10_000, []),
    ],
)
def test_a_manager_finds_in_the_own_branch(town, colleague, text, names):
    assert found(colleague, text) == names


def test_ones_own_come_first_wherever_they_are(person, wealth, town):
    person("张安", "second", owner=wealth)
    person("张安然", "second", owner=None)
    assert found(wealth, "张") == ["张安", "张三"]


def test_a_whole_phone_is_looked_up_across_the_bank_only_by_those_who_may(
    town, wealth, teller, lobby, phone_agent
):
    assert found(wealth, "13600001111") == ["张三丰"]
    assert found(phone_agent, "136 0000 1111") == ["张三丰"]
    assert found(lobby, "13600001111") == []
    assert found(lobby, "13800001111") == ["张三"]
    assert found(teller, "13800001111") == []


def test_a_whole_id_number_is_a_key_too(person, wealth, lobby):
    person("王五", "second", id_number="520103198811172379")
    assert found(wealth, "520103198811172379") == ["王五"]
    assert found(wealth, "52010319881117237９") == ["王五"]
    assert found(lobby, "520103198811172379") == []


def test_last_four_stay_inside_the_scope(town, wealth, phone_agent, region_head):
    assert found(wealth, "1111") == ["张三"]
    assert found(phone_agent, "1111") == []
    assert sorted(found(region_head, "1111")) == ["张三", "张三丰"]


def test_a_region_finds_in_every_branch_below(town, region_head):
    assert found(region_head, "zs") == ["张三", "张三丰"]
    assert found(region_head, "C0000002") == ["张三丰"]


def test_it_stops_at_the_limit(person, wealth):
    for number in range(12):
        person(f"钱{'一二三四五六七八九十百千'[number]}", phone="")
    assert len(find(wealth, "钱", limit=8)) == 8


def test_it_costs_one_query_however_many_are_found(person, wealth, django_assert_num_queries):
    for number in range(9):
        person(f"钱{number}", phone="")
    assert wealth.holdings  # loaded once a request
    with django_assert_num_queries(1):
        assert len(find(wealth, "钱", limit=8)) == 8


@pytest.mark.parametrize(
    ("who", "text", "count"),
    [
        ("colleague", "张", 1),
        ("colleague", "nobody", 0),
        ("wealth", "13600001111", 1),
        ("lobby", "13800001111", 1),
    ],
)
def test_each_search_goes_on_record_with_what_it_found(town, request, rf, who, text, count):
    user = request.getfixturevalue(who)
    asked = rf.post("/search/", REMOTE_ADDR="10.1.2.3")
    found = find_on_record(user, text, row=BRIEF, request=asked)
    assert [client.pk for client in found] == [client.pk for client in find(user, text)]
    event = AccessEvent.objects.get()
    assert (event.kind, event.user, event.branch_id, event.object_type) == (
        "search",
        user,
        user.branch_id,
        "clients.client",
    )
    assert (event.rows, len(found), event.ip, event.fields, event.seq) == (count, count, "10.1.2.3", [], None)


def test_a_search_and_its_record_are_one_statement(town, wealth, django_assert_num_queries):
    assert wealth.holdings
    with django_assert_num_queries(1):
        find_on_record(wealth, "张")


@pytest.mark.django_db(transaction=True)
def test_outside_a_transaction_a_search_leaves_no_setting_behind(town, wealth):
    find_on_record(wealth, "张")
    with connection.cursor() as cursor:
        cursor.execute("SHOW synchronous_commit")
        usual = cursor.fetchone()
        cursor.execute("RESET synchronous_commit; SHOW synchronous_commit")
        assert cursor.fetchone() == usual
    assert AccessEvent.objects.count() == 1


def test_a_search_is_planned_once_a_connection_whatever_is_looked_for(town, wealth):
    for text in ("张", "单", "陈", "欧阳", "王", "李", "赵"):
        find(wealth, text, row=BRIEF)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT generic_plans, custom_plans FROM pg_prepared_statements WHERE name LIKE %s",
            ["rmflow_find_name_%"],
        )
        assert all(general and not single for general, single in cursor.fetchall())
        assert cursor.rowcount
