"""Staged rows into their table: what cannot be placed is refused, what differs changed, the rest added.

One statement per step. Before a row changes, the journal (`Replaced`) keeps what it said; a new row
carries the number of its load. So an undo is two statements as well, and costs nothing to a first load.
"""

from dataclasses import dataclass

from django.db import connection
from django.utils.translation import gettext as _

from .faults import Broken

STAGE = "file_stage"
PLACED = "file_placed"


@dataclass(frozen=True)
class Lookup:
    """How a staged code becomes a key: `LEFT JOIN table alias ON condition`, giving `column`."""

    column: str
    join: str
    value: str
    heading: str  # the field whose column is named when nothing is found
    reason: object


@dataclass(frozen=True)
class Demand:
    """What a placed row `p`, beside the row `t` it changes, must not say."""

    broken: str  # a condition over p and t
    heading: str
    reason: object


@dataclass(frozen=True)
class Target:
    """A table that files are loaded into."""

    kind: str
    table: str
    stage: dict  # field → type in PostgreSQL, in the order of the readers
    lookups: tuple
    key: tuple  # columns, of the lookups or the stage, that make a row one
    fields: tuple  # staged columns that are stored; an empty cell leaves what is known
    defaults: dict  # column → what a new row gets for an empty cell
    fixed: tuple = ()  # key columns of the lookups a stored row must agree with
    clash: object = ""
    demands: tuple = ()

    @property
    def columns(self):
        """Columns of a new row beside the load."""
        return tuple(dict.fromkeys((*self.key, *self.fixed, *self.fields)))

    def place(self):
        """Find for each staged row its keys and the row it changes."""
        found = ", ".join(f"{lookup.value} AS {lookup.column}" for lookup in self.lookups)
        joins = " ".join(f"LEFT JOIN {lookup.join}" for lookup in self.lookups)
        keys = [
            next((lookup.value for lookup in self.lookups if lookup.column == column), f"s.{column}")
            for column in self.key
        ]
        match = " AND ".join(f"t.{column} = {value}" for column, value in zip(self.key, keys, strict=True))
        with connection.cursor() as cursor:
            cursor.execute(
                f"CREATE TEMP TABLE {PLACED} AS SELECT s.*, {found}, t.id AS held"
                f" FROM {STAGE} s {joins} LEFT JOIN {self.table} t ON {match}"
            )
            cursor.execute(f"ANALYZE {PLACED}")

    def refuse(self, heading):
        """(broken rows, rows that say the same again), both taken out. `heading(field)`: its column."""
        broken = []
        with connection.cursor() as cursor:
            for lookup in self.lookups:
                cursor.execute(f"DELETE FROM {PLACED} WHERE {lookup.column} IS NULL RETURNING row")
                column, reason = heading(lookup.heading), str(lookup.reason)
                broken += [Broken(row, column, reason) for (row,) in cursor.fetchall()]
            again, differing = self._twice(cursor)
            reason = _("This stands in the file more than once with different values; none was taken.")
            broken += [Broken(row, heading(self.lookups[0].heading), reason) for row in differing]
            if self.fixed:
                clash = " OR ".join(f"t.{column} <> p.{column}" for column in self.fixed)
                cursor.execute(
                    f"DELETE FROM {PLACED} p USING {self.table} t WHERE t.id = p.held AND ({clash})"
                    " RETURNING p.row"
                )
                broken += [Broken(r, heading(self.key[-1]), str(self.clash)) for (r,) in cursor.fetchall()]
            for demand in self.demands:
                cursor.execute(
                    f"DELETE FROM {PLACED} p USING {PLACED} q LEFT JOIN {self.table} t ON t.id = q.held"
                    f" WHERE p.row = q.row AND ({demand.broken}) RETURNING p.row"
                )
                column, reason = heading(demand.heading), str(demand.reason)
                broken += [Broken(row, column, reason) for (row,) in cursor.fetchall()]
        return broken, again

    def _twice(self, cursor):
        """Rows of one key: those that differ all go; of those that agree the first stays."""
        key, said = ", ".join(self.key), ", ".join((*self.fixed, *self.fields))
        cursor.execute(
            f"CREATE TEMP TABLE file_twice AS SELECT {key}, min(row) AS first,"
            f" count(DISTINCT ROW({said})::text) > 1 AS differ FROM {PLACED} p"
            f" WHERE ({key}) IN (SELECT {key} FROM {PLACED} GROUP BY {key} HAVING count(*) > 1)"
            f" GROUP BY {key}"
        )
        match = " AND ".join(f"p.{column} = d.{column}" for column in self.key)
        cursor.execute(
            f"DELETE FROM {PLACED} p USING file_twice d WHERE {match} AND (d.differ OR p.row > d.first)"
            " RETURNING p.row, d.differ"
        )
        rows = cursor.fetchall()
        cursor.execute("DROP TABLE file_twice")
        return sum(not differ for _row, differ in rows), [row for row, differ in rows if differ]

    def write(self, load_id):
        """(new, changed); a change is put into the journal first when there is a load."""
        after = {column: f"COALESCE(p.{column}, t.{column})" for column in self.fields}
        before = ", ".join(f"t.{column}" for column in self.fields)
        differs = f"ROW({before}) IS DISTINCT FROM ROW({', '.join(after.values())})"
        fresh = ", ".join(
            f"COALESCE(p.{column}, {self.defaults[column]})" if column in self.defaults else f"p.{column}"
            for column in self.columns
        )
        with connection.cursor() as cursor:
            if load_id:
                cursor.execute(
                    "INSERT INTO clients_replaced (load_id, kind, row_id, before)"
                    f" SELECT %s, %s, t.id, to_jsonb(t) FROM {PLACED} p JOIN {self.table} t ON t.id = p.held"
                    f" WHERE {differs}",
                    [load_id, self.kind],
                )
            sets = ", ".join(f"{column} = {value}" for column, value in after.items())
            cursor.execute(
                f"UPDATE {self.table} t SET {sets}, load_id = %s FROM {PLACED} p"
                f" WHERE t.id = p.held AND {differs}",
                [load_id],
            )
            changed = cursor.rowcount
            cursor.execute(
                f"INSERT INTO {self.table} ({', '.join(self.columns)}, load_id)"
                f" SELECT {fresh}, %s FROM {PLACED} p WHERE p.held IS NULL",
                [load_id],
            )
            new = cursor.rowcount
            cursor.execute(f"ANALYZE {self.table}")  # as `write_balances`
            return new, changed

    def undo(self, load_id):
        """(removed, restored): rows the load added and changed; rows written since are left alone."""
        return undo_rows(self.kind, self.table, (*self.fields, "load_id"), load_id)

    def clear(self):
        with connection.cursor() as cursor:
            cursor.execute(f"DROP TABLE {PLACED}, {STAGE}")
            cursor.execute("SET LOCAL enable_nestloop TO DEFAULT")


def undo_rows(kind, table, fields, load_id):
    """(removed, restored) rows of `table` that the load wrote and nobody has written since."""
    sets = ", ".join(f"{column} = old.{column}" for column in fields)
    with connection.cursor() as cursor:
        cursor.execute(
            f"DELETE FROM {table} t WHERE t.load_id = %(load)s AND NOT EXISTS (SELECT FROM clients_replaced r"
            " WHERE r.load_id = %(load)s AND r.kind = %(kind)s AND r.row_id = t.id)",
            {"load": load_id, "kind": kind},
        )
        removed = cursor.rowcount
        cursor.execute(
            f"UPDATE {table} t SET {sets} FROM clients_replaced r,"
            f" jsonb_populate_record(NULL::{table}, r.before) old"
            " WHERE r.load_id = %(load)s AND r.kind = %(kind)s AND t.id = r.row_id AND t.load_id = %(load)s",
            {"load": load_id, "kind": kind},
        )
        return removed, cursor.rowcount
