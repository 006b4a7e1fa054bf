"""Rewrite every encrypted value with the current key: rows, their history, every table there is.

Works on the tokens in the tables, not on models in memory, in batches of one transaction each, in
the order of the primary key. A batch skips what already has the current key, so a run that was
stopped goes on where it stood, and a second run changes nothing. Change history is not written: the
content does not change, and a new history row would only copy it.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

import pgtrigger
from django.apps import apps
from django.db import connection, transaction

from . import crypto
from .fields import EncryptedField

# S608 below: only names of our own tables and columns, quoted, are put into statements.
BATCH = 1000  # rows a transaction


@dataclass(frozen=True)
class Table:
    """A table with encrypted columns: {column: context}."""

    name: str
    key: str
    key_type: str
    columns: dict[str, str]


def tables(models=None):
    """Every table with encrypted columns, pghistory's event tables included."""
    found = []
    for model in models or apps.get_models(include_auto_created=True):
        fields = [f for f in model._meta.local_concrete_fields if isinstance(f, EncryptedField)]
        if fields and model._meta.managed and not model._meta.proxy:
            pk = model._meta.pk
            columns = {field.column: field.context for field in fields}
            found.append(Table(model._meta.db_table, pk.column, pk.rel_db_type(connection), columns))
    return found


def count_stale(table: Table) -> int:
    """Rows with at least one value under an older key."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM {_q(table.name)} WHERE {_stale(table)}", _prefixes(table))
        return cursor.fetchone()[0]


def rotate(table: Table, *, batch: int = BATCH) -> Iterator[int]:
    """Rewrite one table; yields the number of rows after each batch."""
    last = None
    while True:
        count, last = _rotate_batch(table, last, batch)
        if not count:
            return
        yield count


@transaction.atomic
def _rotate_batch(table: Table, last, batch: int):
    """(rows rewritten, last key). The triggers of history and of closed days let rotation pass."""
    columns = list(table.columns)
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('rmflow.pass', 'rotate', true)")
        after = f"{_q(table.key)} > %s AND " if last is not None else ""
        cursor.execute(
            f"SELECT {', '.join(map(_q, [table.key, *columns]))} FROM {_q(table.name)}"
            f" WHERE {after}({_stale(table)}) ORDER BY {_q(table.key)} LIMIT {int(batch)} FOR UPDATE",
            ([last] if last is not None else []) + _prefixes(table),
        )
        rows = cursor.fetchall()
        if rows:
            _rewrite(cursor, table, columns, rows)
    return len(rows), rows[-1][0] if rows else last


def _rewrite(cursor, table, columns, rows):
    contexts = [table.columns[column] for column in columns]
    fresh = [
        (key, *(_again(token, context) for token, context in zip(tokens, contexts, strict=True)))
        for key, *tokens in rows
    ]
    assignments = ", ".join(f"{_q(c)} = v.c{n}" for n, c in enumerate(columns))
    names = ", ".join(f"c{n}" for n in range(len(columns)))
    unnest = ", ".join(["%s::text[]"] * (len(columns) + 1))
    with pgtrigger.ignore():
        cursor.execute(
            f"UPDATE {_q(table.name)} t SET {assignments} FROM unnest({unnest}) AS v(key, {names})"
            f" WHERE t.{_q(table.key)} = v.key::{table.key_type}",
            [[str(row[0]) for row in fresh], *([row[n + 1] for row in fresh] for n in range(len(columns)))],
        )


def _again(token, context):
    if not token or token.startswith(crypto.keyring().prefix):
        return token
    return crypto.encrypt(crypto.decrypt(token, context), context)


def keys_in_use(table: Table) -> Counter:
    """{key id: values} of one table: a key without values may leave FIELD_KEYS."""
    found: Counter = Counter()
    with connection.cursor() as cursor:
        for column in table.columns:
            cursor.execute(
                f"SELECT split_part({_q(column)}, '.', 2), count(*) FROM {_q(table.name)}"
                f" WHERE {_q(column)} <> '' GROUP BY 1"
            )
            found.update(dict(cursor.fetchall()))
    return found


def _stale(table):
    return " OR ".join(f"({_q(c)} <> '' AND NOT starts_with({_q(c)}, %s))" for c in table.columns)


def _prefixes(table):
    return [crypto.keyring().prefix] * len(table.columns)


def _q(name):
    return connection.ops.quote_name(name)
