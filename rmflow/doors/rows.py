"""Model instances from a hand-written statement: for the few questions each request asks.

The ORM builds its SQL anew each time, and PostgreSQL plans it anew, which for a join of four tables
takes longer than the answer (decision 0042).
"""

from functools import cache

from django.db import DEFAULT_DB_ALIAS, InterfaceError, OperationalError, connection, connections
from django.db.models.base import ModelState


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
        return self.all([row])[0]

    def all(self, rows):
        """The instances of each row; a record that stands in several places is one instance."""
        readers, seen = [_reader(part) for part in self.models.values()], {}
        return [self._things(row, readers, seen) for row in rows]

    def _things(self, row, readers, seen):
        things, at = [], 0
        for reader in readers:
            model, names, converters = reader
            found = row[at]
            if found is not None and (id(reader), found) not in seen:
                values = dict(zip(names, row[at : at + len(names)], strict=True))
                for name, convert in converters:
                    values[name] = convert(values[name], None, connection)
                seen[id(reader), found] = _instance(model, values)
            things.append(None if found is None else seen[id(reader), found])
            at += len(names)
        return things


def _instance(model, values):
    """What `model.from_db` makes of a row: no field of ours needs more than its value."""
    thing = model.__new__(model)
    thing.__dict__.update(values)
    thing._state = ModelState()
    thing._state.adding, thing._state.db = False, DEFAULT_DB_ALIAS
    return thing


def joined(thing, **others):
    """`thing` with the related instances its own row names already; returns it."""
    thing._state.fields_cache.update(others)
    return thing


def _fields(part):
    model, names = part if isinstance(part, tuple) else (part, None)
    fields = model._meta.concrete_fields
    return [field for field in fields if names is None or field.attname in names.split()]


@cache
def _reader(part):
    """The model, names of its fields read (the key first), and what converts a value: [(name, function)]."""
    fields = _fields(part)
    converters = [(f.attname, f.from_db_value) for f in fields if hasattr(f, "from_db_value")]
    model = part[0] if isinstance(part, tuple) else part
    return model, [field.attname for field in fields], converters


class Prepared:
    """One statement, planned once per connection: `Prepared("person", "date, bigint", sql)`.

    `sql` has $1, $2, …; `types` are theirs, "" where the statement itself tells. `marks` are the
    placeholders of the values, where plain ones will not do. `rows(…)` gives the rows of the answer.
    """

    def __init__(self, name, types, sql, *, marks="", prefix="rmflow"):
        self.name, self.types, self.sql = f"{prefix}_{name}", types, sql
        self.marks = marks

    def rows(self, *params, before=""):
        """The rows of the answer; `before` is a statement for the same trip."""
        db = connections[DEFAULT_DB_ALIAS]
        with db.cursor() as cursor:
            cursor.execute(before + self.call(params, db), params)
            return cursor.fetchall()

    def first(self, *params):
        """`rows` for the first question of a request, which then is also the look whether the connection
        still lives: Django's own look would be a trip more. For what may be asked twice."""
        db = connections[DEFAULT_DB_ALIAS]
        if db.connection is None or db.in_atomic_block or db.health_check_done:
            return self.rows(*params)
        db.health_check_done = True
        try:
            return self.rows(*params)
        except (OperationalError, InterfaceError):
            db.close()  # the server was restarted meanwhile
            return self.rows(*params)

    def call(self, params, db):
        """The text that runs it with `params` on the connection `db`, which learns it first."""
        if self.name not in _known(db):
            self._prepare(db)
        marks = self.marks or ", ".join(["%s"] * len(params))
        return f"EXECUTE {self.name} ({marks})"

    def _prepare(self, db):
        """Once a connection, past Django's log of statements: which page comes first is no matter."""
        types = f"({self.types})" if self.types else ""
        with db.wrap_database_errors, db.connection.cursor() as cursor:
            cursor.execute(f"PREPARE {self.name} {types} AS {self.sql}")
        _known(db).add(self.name)


def _known(db):
    """Names prepared on the connection as it is now; a new one knows nothing."""
    driver, names = getattr(db, "rmflow_prepared", (None, None))
    if driver is not db.connection:
        names = set()
        db.rmflow_prepared = db.connection, names
    return names
