"""Rows that nobody reads back in the same transaction, written by one trip to the server.

A filed slip leaves a line in two histories and rings a bell. Each INSERT by itself costs a trip and a
plan; a crowd at the desk feels that (decision 0042). Only for tables without change history.
"""

import itertools
import threading
from contextlib import contextmanager
from functools import cache

from django.db import DEFAULT_DB_ALIAS, connection, connections
from django.db.models.expressions import DatabaseDefault

from .rows import Prepared

_local = threading.local()
_counter = itertools.count(1)  # a name for each INSERT; PostgreSQL cuts long ones


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


def last(statement, values):
    """Run a `Prepared` whose answer nobody reads, now or as the last of `together`."""
    waiting = getattr(_local, "rows", None)
    if waiting is not None:
        waiting.append((statement, values))
    else:
        _run([(statement, values)])


def made(row):
    """INSERT a new model instance at once and give it its id; what `save` does, without the ORM's detours.

    For the two heavy rows of a filed slip; history and constraints are the database's, as ever.
    """
    left_out = tuple(
        field.attname
        for field in row._meta.concrete_fields
        if isinstance(getattr(row, field.attname), DatabaseDefault)
    )
    [(row.pk, *defaults)] = _insert_one(type(row), left_out).rows(*_values(row, left_out))
    for name, value in zip(left_out, defaults, strict=True):
        setattr(row, name, value)
    row._state.adding, row._state.db = False, connection.alias
    return row


@cache
def _fields(model, left_out):
    return tuple(f for f in model._meta.concrete_fields if not f.primary_key and f.attname not in left_out)


def _values(row, left_out=()):
    db = connections[DEFAULT_DB_ALIAS]  # itself, not Django's stand-in: each field asks it something
    return [field.get_db_prep_save(field.pre_save(row, True), db) for field in _fields(type(row), left_out)]


@cache
def _insert_one(model, left_out):
    """The INSERT that tells the id. Its name does not begin as those of `doors.history`: a row with
    history takes who and why along."""
    back = [model._meta.pk.column, *(model._meta.get_field(name).column for name in left_out)]
    tail = "RETURNING " + ", ".join(f'"{column}"' for column in back)
    return _insert(model, left_out, tail, prefix="kept")


@cache
def _insert_light(model, tail):
    return _insert(model, (), tail)


def _insert(model, left_out, tail, **named):
    fields = _fields(model, left_out)
    columns = ", ".join(f'"{field.column}"' for field in fields)
    numbers = ", ".join(f"${n}" for n in range(1, len(fields) + 1))
    marks = ", ".join(
        field.get_placeholder(None, None, connection) if hasattr(field, "get_placeholder") else "%s"
        for field in fields
    )
    sql = f'INSERT INTO "{model._meta.db_table}" ({columns}) VALUES ({numbers}) {tail}'
    return Prepared(f"insert_{next(_counter)}", "", sql, marks=marks, **named)


def insert(row, tail=""):
    """(`Prepared`, values) of the INSERT of one new model instance without history; `tail` ends it."""
    return _insert_light(type(row), tail), _values(row)


def _write(rows):
    if rows:
        _run(
            [
                (row, tail)
                if isinstance(row, Prepared)
                else insert(row, "ON CONFLICT DO NOTHING" if tail else "")
                for row, tail in rows
            ]
        )


def _run(statements):
    db = connections[DEFAULT_DB_ALIAS]
    with db.cursor() as cursor:
        text = "; ".join(statement.call(values, db) for statement, values in statements)
        cursor.execute(text, [value for _statement, values in statements for value in values])
