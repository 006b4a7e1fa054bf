"""Model instances from a hand-written statement: for the few questions each request asks.

The ORM builds its SQL anew each time, and PostgreSQL plans it anew, which for a join of four tables
takes longer than the answer (decision 0042).
"""

from functools import cache

from django.db import connection


class Parts:
    """What one row holds, in the order of `columns`: `Parts(u=User, home=(Branch, "id name"))`.

    A model alone stands for all its fields; the others of a pair's are fetched when asked for.
    """

    def __init__(self, **models):
        self.models = models

    @property
    def columns(self):
        """The list for SELECT; each table is to stand under its alias."""
        return ", ".join(
            f'{alias}."{field.column}"' for alias, model in self.models.items() for field in _fields(model)
        )

    def read(self, row):
        """The instances of one row, None where an outer join found nothing."""
        things, at = [], 0
        for part in self.models.values():
            model, names, converters = _reader(part)
            values = list(row[at : at + len(names)])
            at += len(names)
            if values[0] is None:
                things.append(None)
                continue
            for index, convert in converters:
                values[index] = convert(values[index], None, connection)
            things.append(model.from_db(connection.alias, names, values))
        return things


def _fields(part):
    model, names = part if isinstance(part, tuple) else (part, None)
    fields = model._meta.concrete_fields
    return [field for field in fields if names is None or field.attname in names.split()]


@cache
def _reader(part):
    """The model, names of its fields read, and those whose values the field converts: [(index, function)]."""
    fields = _fields(part)
    converters = [(n, f.from_db_value) for n, f in enumerate(fields) if hasattr(f, "from_db_value")]
    model = part[0] if isinstance(part, tuple) else part
    return model, [field.attname for field in fields], converters


class Prepared:
    """One statement, planned once per connection: `Prepared("person", "date, bigint", sql)`.

    `sql` has $1, $2, …; `types` are theirs. `rows(…)` gives the rows of the answer.
    """

    def __init__(self, name, types, sql):
        self.name, self.types, self.sql = f"rmflow_{name}", types, sql

    def rows(self, *params):
        connection.ensure_connection()
        if self.name not in _known():
            self._prepare()
        marks = ", ".join(["%s"] * len(params))
        with connection.cursor() as cursor:
            cursor.execute(f"EXECUTE {self.name} ({marks})", params)
            return cursor.fetchall()

    def _prepare(self):
        """Once a connection, past Django's log of statements: which page comes first is no matter."""
        with connection.wrap_database_errors, connection.connection.cursor() as cursor:
            cursor.execute(f"PREPARE {self.name} ({self.types}) AS {self.sql}")
        _known().add(self.name)


def _known():
    """Names prepared on the connection as it is now; a new one knows nothing."""
    driver, names = getattr(connection, "rmflow_prepared", (None, None))
    if driver is not connection.connection:
        names = set()
        connection.rmflow_prepared = connection.connection, names
    return names
