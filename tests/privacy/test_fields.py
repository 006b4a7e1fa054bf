"""Columns that are ciphertext in PostgreSQL: rows, history, and every way in."""

import pytest
from django.core import serializers
from django.core.exceptions import FieldError
from django.db import IntegrityError, connection, transaction

from clients.models import Client
from rmflow.privacy import crypto

from .canary import CANARY, assert_absent


def raw(table):
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT t::text FROM {table} t")
        return [text for (text,) in cursor.fetchall()]


def test_the_row_and_its_history_hold_ciphertext_only(client_of):
    person = client_of()
    person.put_phone("13800138000")
    person.save()
    history = Client.history.rel.related_model
    rows = raw(Client._meta.db_table) + raw(history._meta.db_table)
    assert len(rows) >= 3
    assert_absent(*rows)


def test_python_sees_plain_text(client_of):
    person = Client.objects.get(pk=client_of().pk)
    assert (person.phone, person.id_number, person.address) == (
        CANARY.phone,
        CANARY.id_number,
        CANARY.address,
    )
    versions = list(person.history.values_list("phone", flat=True))
    assert versions == [CANARY.phone]


def test_bulk_writes_are_encrypted_too(client_of):
    first, second = client_of(), client_of(id_number="110105194912310020", phone="")
    Client.objects.filter(pk=first.pk).update(address="贵阳市甲")
    second.address = "贵阳市乙"
    Client.objects.bulk_update([second], ["address"])
    twin = Client(branch=first.branch, name="丙", address="贵阳市丙")
    Client.objects.bulk_create([twin])
    assert list(Client.objects.order_by("pk").values_list("address", flat=True)) == [
        "贵阳市甲",
        "贵阳市乙",
        "贵阳市丙",
    ]
    assert not any("贵阳市" in text for text in raw(Client._meta.db_table))


@pytest.mark.parametrize(
    "question", [{"phone": "1"}, {"phone__contains": "1"}, {"phone__in": ["1"]}, {"phone__lower": "x"}]
)
def test_a_filter_on_ciphertext_is_an_error_not_an_empty_answer(db, question):
    with pytest.raises(FieldError):
        list(Client.objects.filter(**question))


def test_isnull_may_be_asked(db):
    assert list(Client.objects.filter(phone__isnull=True)) == []


def test_postgresql_refuses_plain_text(client_of):
    person = client_of()
    with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("UPDATE clients_client SET phone = '13812345678' WHERE id = %s", [person.pk])


def test_a_token_moved_to_another_column_does_not_open(client_of):
    person = client_of()
    with connection.cursor() as cursor:
        cursor.execute("UPDATE clients_client SET address = phone WHERE id = %s", [person.pk])
    with pytest.raises(crypto.Unreadable, match="address"):
        Client.objects.get(pk=person.pk)


def test_serializers_write_tokens(client_of):
    assert_absent(serializers.serialize("json", [client_of()]))


def test_empty_stays_empty(client_of):
    assert Client.objects.get(pk=client_of(phone="").pk).phone == ""
