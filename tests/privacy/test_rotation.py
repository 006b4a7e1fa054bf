"""A new key reaches every row and its history."""

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from clients.models import Client
from rmflow.privacy import rotation
from rmflow.privacy.models import AccessEvent

from .canary import CANARY
from .keys import NEW_AES, NEW_SM4, OLD

TOKENS = "SELECT phone FROM clients_client UNION ALL SELECT phone FROM {history}"


@pytest.fixture(autouse=True)
def old_key(settings):
    settings.FIELD_KEYS = [OLD]


def tokens():
    history = Client.history.rel.related_model._meta.db_table
    with connection.cursor() as cursor:
        cursor.execute(TOKENS.format(history=history))
        return [token for (token,) in cursor.fetchall() if token]


def versions():
    return Client.history.rel.related_model.objects.count()


def test_every_encrypted_column_of_the_project_is_known():
    names = {table.name for table in rotation.tables()}
    assert {"clients_client", Client.history.rel.related_model._meta.db_table} <= names


@pytest.mark.parametrize(("key", "prefix"), [(NEW_AES, "a.k2."), (NEW_SM4, "s.gm1.")])
def test_rows_and_history_get_the_new_key(client_of, settings, key, prefix):
    person = client_of()
    person.put_phone("13800138000")
    person.save()
    before = versions()
    settings.FIELD_KEYS = [key, OLD]
    call_command("rotate_keys", verbosity=0)
    assert len(tokens()) == 3
    assert all(token.startswith(prefix) for token in tokens())
    assert versions() == before, "rotation is no change of a client"
    settings.FIELD_KEYS = [key]
    person = Client.objects.get(pk=person.pk)
    assert (person.phone, person.id_number) == ("13800138000", CANARY.id_number)
    assert CANARY.phone in person.history.values_list("phone", flat=True)
    assert Client.objects.with_phone("13800138000").get() == person


def test_a_run_that_stopped_goes_on_and_a_second_changes_nothing(client_of, settings):
    for number in range(5):
        client_of(phone=f"1380013800{number}", id_number="")
    settings.FIELD_KEYS = [NEW_AES, OLD]
    table = next(table for table in rotation.tables() if table.name == "clients_client")
    next(rotation.rotate(table, batch=2))
    assert rotation.count_stale(table) == 3
    call_command("rotate_keys", batch=2, verbosity=0)
    done = tokens()
    assert rotation.count_stale(table) == 0
    call_command("rotate_keys", verbosity=0)
    assert tokens() == done


def test_it_shows_progress_and_is_logged(client_of, settings, capsys):
    client_of()
    settings.FIELD_KEYS = [NEW_AES, OLD]
    call_command("rotate_keys")
    assert "clients_client: 1 / 1" in capsys.readouterr().out
    event = AccessEvent.objects.get(kind="rotate")
    assert (event.item_key, event.rows) == ("key:k2", 2)


def test_keys_in_use_are_counted_so_that_an_old_one_can_go(client_of, settings, capsys):
    client_of()
    call_command("rotate_keys", check=True)
    assert "clients_client: 3 values under key k1" in capsys.readouterr().out


def test_a_key_dropped_too_early_is_named(client_of, settings):
    client_of()
    settings.FIELD_KEYS = [NEW_AES]
    with pytest.raises(CommandError, match="k1"):
        call_command("rotate_keys", verbosity=0)
