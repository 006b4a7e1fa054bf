"""Rows that nobody reads back in the same transaction, written by one trip to the server.

A filed slip leaves a line in two histories and rings a bell. Each INSERT by itself costs a trip and a
plan; a crowd at the desk feels that (decision 0042). Only for tables without change history.
"""

import threading
from contextlib import contextmanager

from django.db import connection

_local = threading.local()


@contextmanager
def together():
    """Keep what is `put` until the end of the block, inside the caller's transaction.

    A refusal drops what was kept, as it undoes the rest. Not around a savepoint that may be undone alone.
    """
    if getattr(_local, "rows", None) is not None:
        yield
        return
    _local.rows = []
    try:
        yield
        _write(_local.rows)
    finally:
        _local.rows = None


def put(row, *, new_only=False):
    """INSERT a new model instance now, or at the end of `together`; then it has no id to read.

    `new_only` leaves it out when a unique key is there already.
    """
    waiting = getattr(_local, "rows", None)
    if waiting is not None:
        waiting.append((row, new_only))
    elif new_only:
        type(row).objects.bulk_create([row], ignore_conflicts=True)
    else:
        row.save(force_insert=True)


def insert(row, tail=""):
    """(SQL, values) of the INSERT of one new model instance; `tail` stands at its end."""
    fields = [field for field in row._meta.concrete_fields if not field.primary_key]
    values = [field.get_db_prep_save(getattr(row, field.attname), connection) for field in fields]
    names = ", ".join(f'"{field.column}"' for field in fields)
    marks = ", ".join(
        field.get_placeholder(value, None, connection) if hasattr(field, "get_placeholder") else "%s"
        for field, value in zip(fields, values, strict=True)
    )
    return f'INSERT INTO "{row._meta.db_table}" ({names}) VALUES ({marks}) {tail}', values


def _write(rows):
    if not rows:
        return
    statements = [insert(row, "ON CONFLICT DO NOTHING" if new_only else "") for row, new_only in rows]
    with connection.cursor() as cursor:
        cursor.execute(
            "; ".join(sql for sql, _values in statements),
            [value for _sql, values in statements for value in values],
        )
