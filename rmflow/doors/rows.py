"""Model instances from a hand-written statement: for the few questions each request asks.

The ORM builds its SQL anew each time, which for a join of four tables takes longer than the answer.
"""

from functools import cache

from django.db import connection


class Parts:
    """What one row holds: `Parts(u=User, home=Branch)`, in the order of `columns`."""

    def __init__(self, **models):
        self.models = models

    @property
    def columns(self):
        """The list for SELECT; each table is to stand under its alias."""
        return ", ".join(
            f'{alias}."{field.column}"'
            for alias, model in self.models.items()
            for field in model._meta.concrete_fields
        )

    def read(self, row):
        """The instances of one row, None where an outer join found nothing."""
        things, at = [], 0
        for model in self.models.values():
            names, converters = _fields(model)
            values = list(row[at : at + len(names)])
            at += len(names)
            if values[0] is None:
                things.append(None)
                continue
            for index, convert in converters:
                values[index] = convert(values[index], None, connection)
            things.append(model.from_db(connection.alias, names, values))
        return things


@cache
def _fields(model):
    """Names of the columns' fields, and those whose values the field converts: [(index, function)]."""
    fields = model._meta.concrete_fields
    converters = [(n, f.from_db_value) for n, f in enumerate(fields) if hasattr(f, "from_db_value")]
    return [field.attname for field in fields], converters
