"""Taking back a load of clients: the history says what each person was before.

No journal of its own, since it would hold a second copy of personal data that the rotation of keys and
the anonymisation would have to reach too.
"""

from django.db import connection
from pghistory.models import Event

from clients.models import Archive, Client, TimelineEntry

#: Columns of a client that have no history and are left as they are (the second is a trigger's).
UNTRACKED = frozenset({"id", "last_contact_at", "unmanaged_since"})
#: What a load ties to a new premium client itself: the file nobody has touched since, and its line.
OWN = {
    Archive: "r.state = 'opened' AND (SELECT count(*) = 1 FROM clients_archivehistory h"
    " WHERE h.pgh_obj_id = r.id) AND {unused}",
    TimelineEntry: "r.kind = 'archive' AND r.data->>'load' = %(load)s",
}


def undo_clients(context, load_id):
    """(removed, restored, kept): new persons go, changed ones are as before, those touched since stay."""
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE TEMP TABLE load_undo AS SELECT h.pgh_obj_id AS id, min(h.pgh_id) AS first,"
            " max(h.pgh_id) AS last, bool_or(h.pgh_label = 'insert') AS new FROM clients_clienthistory h"
            " WHERE h.pgh_context_id = %s GROUP BY h.pgh_obj_id",
            [str(context)],
        )
        written = cursor.rowcount
        cursor.execute("ANALYZE load_undo")
        cursor.execute(
            "DELETE FROM load_undo u WHERE EXISTS (SELECT FROM clients_clienthistory h"
            " WHERE h.pgh_obj_id = u.id AND h.pgh_id > u.last)"
        )
        _spare_used(cursor, load_id)
        cursor.execute("SELECT count(*), count(*) FILTER (WHERE new) FROM load_undo")
        left, removed = cursor.fetchone()
        kept = written - left
        restored = _restore(cursor)
        for model in (TimelineEntry, Archive):
            cursor.execute(
                f"DELETE FROM {model._meta.db_table} r USING load_undo u WHERE r.client_id = u.id AND u.new"
            )
        cursor.execute("DELETE FROM clients_client c USING load_undo u WHERE c.id = u.id AND u.new")
        cursor.execute("DROP TABLE load_undo")
    return removed, restored, kept


def _spare_used(cursor, load_id):
    """A new person to whom anything was tied since is a person of the house by now."""
    for table, field in _tied_to(Client):
        own = OWN.get(field.model, "false").format(unused=_unused())
        cursor.execute(
            f"DELETE FROM load_undo u WHERE u.new AND EXISTS (SELECT FROM {table} r"
            f" WHERE r.{field.column} = u.id AND NOT ({own}))",
            {"load": str(load_id)},
        )


def _tied_to(model):
    """(table, foreign key) of what points to a row of `model`, its history aside."""
    for relation in model._meta.related_objects:
        if not issubclass(relation.field.model, Event):
            yield relation.field.model._meta.db_table, relation.field


def _unused():
    """No loan, event, check or list names the file `r`."""
    tied = (f"NOT EXISTS (SELECT FROM {table} x WHERE x.{f.column} = r.id)" for table, f in _tied_to(Archive))
    return " AND ".join(tied)


def _restore(cursor):
    """The last version before the load, for each person it changed."""
    columns = [f.column for f in Client._meta.concrete_fields if f.name not in UNTRACKED]
    sets = ", ".join(f"{column} = h.{column}" for column in columns)
    cursor.execute(
        f"UPDATE clients_client c SET {sets} FROM load_undo u, clients_clienthistory h"
        " WHERE c.id = u.id AND NOT u.new AND h.pgh_id = (SELECT max(o.pgh_id) FROM clients_clienthistory o"
        " WHERE o.pgh_obj_id = u.id AND o.pgh_id < u.first)"
    )
    return cursor.rowcount
