"""Instances read from a hand-written row are the ORM's; a statement planned once outlives its connection."""

import pytest
from django.db import InterfaceError, connection, transaction

from clients.models import Client
from rmflow.doors.rows import Parts, Prepared
from rmflow.staff import person
from rmflow.staff.models import Branch, User

pytestmark = pytest.mark.django_db


@pytest.fixture
def client(branches, wealth, notice):
    made = Client(branch=branches["first"], owner=wealth, notice_version=notice.version)
    made.put_name("陈美华")
    made.put_phone("13812345678")
    made.notice_basis, made.notice_at = "consent", made.created_at
    made.save()
    return made


def _rows(parts, source):
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {parts.columns} FROM {source}")
        return cursor.fetchall()


def _values(thing):
    return {field.attname: getattr(thing, field.attname) for field in thing._meta.concrete_fields}


def test_a_row_reads_as_the_orm_reads_it(client):
    parts = Parts(c=Client, b=Branch)
    [(read, branch)] = parts.all(_rows(parts, "clients_client c JOIN staff_branch b ON b.id = c.branch_id"))
    meant = Client.objects.get(pk=client.pk)
    assert _values(read) == _values(meant)
    assert read.phone == "13812345678"
    assert (read, branch) == (meant, meant.branch)
    assert (read._state.adding, read._state.db) == (meant._state.adding, meant._state.db)
    read.occupation = "教师"
    read.save()
    assert Client.objects.get(pk=client.pk).occupation == "教师"


def test_what_was_left_out_is_fetched_when_asked_for(client, django_assert_num_queries):
    parts = Parts(c=(Client, "id name"))
    [(read,)] = parts.all(_rows(parts, "clients_client c"))
    with django_assert_num_queries(0):
        assert read.name == "陈美华"
    with django_assert_num_queries(1):
        assert read.pinyin == "chenmeihua"


def test_a_record_in_several_rows_is_one_instance_and_a_missing_one_none(wealth, lobby):
    parts = Parts(u=User, home=Branch, duty=Branch)
    joins = "LEFT JOIN staff_branch home ON home.id = u.home_branch_id LEFT JOIN staff_branch duty ON false"
    found = parts.all(_rows(parts, f"staff_user u {joins} WHERE u.id IN ({wealth.pk}, {lobby.pk})"))
    assert {user for user, _home, _duty in found} == {wealth, lobby}
    assert len({id(home) for _user, home, _duty in found}) == 1
    assert {duty for _user, _home, duty in found} == {None}


@pytest.mark.django_db(transaction=True)
def test_a_person_is_loaded_on_a_connection_whose_server_was_restarted(wealth):
    assert person.load(wealth.pk) == wealth
    connection.connection.close()  # what is left of it after a restart
    connection.close_if_unusable_or_obsolete()
    connection.health_check_done = False
    assert person.load(wealth.pk) == wealth


@pytest.mark.django_db(transaction=True)
def test_a_connection_killed_by_the_server_costs_one_more_question(wealth):
    assert person.load(wealth.pk) == wealth
    mine = connection.connection.info.backend_pid
    other = connection.copy()
    with other.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(%s, 5000)", [mine])
    other.close()
    connection.health_check_done = False
    assert person.load(wealth.pk) == wealth
    assert connection.connection.info.backend_pid != mine


@pytest.mark.django_db(transaction=True)
def test_inside_a_transaction_a_lost_connection_is_not_asked_twice(wealth):
    with pytest.raises(InterfaceError), transaction.atomic():
        connection.connection.close()
        person.load(wealth.pk)


def test_a_statement_is_prepared_once_a_connection(django_assert_num_queries):
    sum_of = Prepared("test_sum", "int, int", "SELECT $1 + $2")
    assert sum_of.rows(1, 2) == [(3,)]
    with django_assert_num_queries(1):
        assert sum_of.rows(2, 3) == [(5,)]
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_prepared_statements WHERE name = 'rmflow_test_sum'")
        assert cursor.fetchone() == (1,)
