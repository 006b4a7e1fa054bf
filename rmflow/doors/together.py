"""Rows that nobody reads back in the same transaction, written by one trip to the server.

A filed slip leaves a line in two histories and rings a bell. Each INSERT by itself costs a trip and a
plan; a crowd at the desk feels that (decision 0042). Only for tables without change history.
"""

import threading
from contextlib import contextmanager
from functools import cache

from django.db import connection
from django.db.models.expressions import DatabaseDefault

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


def last(sql, values):
    """Run a statement whose answer nobody reads, now or as the last of `together`."""
    waiting = getattr(_local, "rows", None)
    if waiting is not None:
        waiting.append((sql, values))
    else:
        with connection.cursor() as cursor:
            cursor.execute(sql, values)


def made(row):
    """INSERT a new model instance at once and give it its id; what `save` does, without the ORM's detours.

    For the two heavy rows of a filed slip; history and constraints are the database's, as ever.
    """
    left_out = tuple(
        field.attname
        for field in row._meta.concrete_fields
        if isinstance(getattr(row, field.attname), DatabaseDefault)
    )
    fields = _fields(type(row), left_out)
    values = [field.get_db_prep_save(field.pre_save(row, True), connection) for field in fields]
    with connection.cursor() as cursor:
        cursor.execute(_insert_one(type(row), left_out), values)
        row.pk, *defaults = cursor.fetchone()
    for name, value in zip(left_out, defaults, strict=True):
        setattr(row, name, value)
    row._state.adding, row._state.db = False, connection.alias
    return row


@cache
def _fields(model, left_out):
    return tuple(f for f in model._meta.concrete_fields if not f.primary_key and f.attname not in left_out)


@cache
def _insert_one(model, left_out):
    back = [model._meta.pk.column, *(model._meta.get_field(name).column for name in left_out)]
    returned = ", ".join(f'"{column}"' for column in back)
    return _statement(model, left_out) + f" RETURNING {returned}"


@cache
def _statement(model, left_out=()):
    fields = _fields(model, left_out)
    names = ", ".join(f'"{field.column}"' for field in fields)
    marks = ", ".join(
        field.get_placeholder(None, None, connection) if hasattr(field, "get_placeholder") else "%s"
        for field in fields
    )
    return f'INSERT INTO "{model._meta.db_table}" ({names}) VALUES ({marks})'


def insert(row, tail=""):
    """(SQL, values) of the INSERT of one new model instance; `tail` stands at its end."""
    fields = _fields(type(row), ())
    values = [field.get_db_prep_save(getattr(row, field.attname), connection) for field in fields]
    return f"{_statement(type(row))} {tail}", values


def _write(rows):
    if not rows:
        return
    statements = [
        (row, tail) if isinstance(row, str) else insert(row, "ON CONFLICT DO NOTHING" if tail else "")
        for row, tail in rows
    ]
    with connection.cursor() as cursor:
        cursor.execute(
            "; ".join(sql for sql, _values in statements),
            [value for _sql, values in statements for value in values],
        )
