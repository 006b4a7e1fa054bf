"""Writing the rows: one COPY into a staging table, then one statement for each thing that may change.

Encrypted values differ each time they are written, so rows are compared by their keyed hashes and a
token is replaced only where the hash differs: a second run writes nothing.
"""

from django.db import connection
from django.utils.translation import gettext as _
from psycopg2.extras import execute_values

from rmflow.privacy import blind, crypto

from ..load_rules import FileKind
from .faults import Broken
from .target import STAGE

IMPORT_LOCK = 7202  # advisory lock: imports take turns, and no merge runs beside one
READ_LOCK = 7306  # advisory lock: what an evaluation reads is not taken back meanwhile
CHUNK = 1 << 16  # characters handed to COPY at a time
ADDRESSES = 5000  # rows decrypted at a time

_NEW_PHONE = "s.phone_hash <> '' AND s.phone_hash <> c.phone_hash"
_NEW_ID = "s.id_hash <> '' AND s.id_hash <> c.id_hash"
#: column → its value after an update; an empty cell never wipes out what is known.
UPDATES = {
    **{
        column: f"COALESCE(NULLIF(s.{column}, ''), c.{column})"
        for column in (
            "name",
            "pinyin",
            "initials",
            "salutation",
            "occupation",
            "education",
            "marital_status",
        )
    },
    "birth_date": "COALESCE(s.birth_date, c.birth_date)",
    "id_hash": f"CASE WHEN {_NEW_ID} THEN s.id_hash ELSE c.id_hash END",
    "id_kind": f"CASE WHEN {_NEW_ID} THEN s.id_kind ELSE c.id_kind END",
    "id_number": f"CASE WHEN {_NEW_ID} THEN s.id_number ELSE c.id_number END",
    "address": "CASE WHEN s.address <> '' THEN s.address ELSE c.address END",
    "phone_hash": f"CASE WHEN {_NEW_PHONE} THEN s.phone_hash ELSE c.phone_hash END",
    "phone_tail": f"CASE WHEN {_NEW_PHONE} THEN s.phone_tail ELSE c.phone_tail END",
    "phone": f"CASE WHEN {_NEW_PHONE} THEN s.phone ELSE c.phone END",
    "notice_version": f"CASE WHEN {_NEW_PHONE} THEN s.notice_version ELSE c.notice_version END",
    "notice_basis": f"CASE WHEN {_NEW_PHONE} THEN s.notice_basis ELSE c.notice_basis END",
    "notice_at": f"CASE WHEN {_NEW_PHONE} THEN now() ELSE c.notice_at END",
}
#: Set when the client is new; afterwards they are decided in the house, not in the file.
ONLY_NEW = {
    "type": "COALESCE(NULLIF(s.type, ''), 'unjudged')",
    "level": "s.level",
    "owner_id": "s.owner_id",
    "branch_id": "s.branch_id",
}


class _Feed:
    """What COPY reads: the lines of a generator, a chunk at a time."""

    def __init__(self, lines):
        self.lines = iter(lines)

    def read(self, _size):
        parts, length = [], 0
        for line in self.lines:
            parts.append(line)
            length += len(line)
            if length >= CHUNK:
                break
        return "".join(parts).encode()


def take_turn():
    """Wait until no other load and no merge runs, and keep them out until the transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [IMPORT_LOCK])


def keep_off():
    """Whether no load runs; none begins until this transaction ends. Never waits: a load may take minutes.

    A load locks persons, balances and holdings as its file has them, a merge as its pair has them: beside
    each other they would wait for one another.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock_shared(%s)", [IMPORT_LOCK])
        return cursor.fetchone()[0]


def read_by_evaluation():
    """No load is undone until this transaction ends; evaluations do not keep each other out."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock_shared(%s)", [READ_LOCK])


def taken_back():
    """Wait until no evaluation reads, and keep them out until the transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [READ_LOCK])


def stage(columns, lines):
    """COPY `lines` into a fresh staging table of this transaction; `columns`: name → type."""
    declared = ", ".join(f"{name} {kind}" for name, kind in columns.items())
    take_turn()
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE TEMP TABLE {STAGE} ({declared})")
        cursor.copy_expert(
            f"COPY {STAGE} ({', '.join(columns)}) FROM STDIN WITH (FORMAT text)", _Feed(lines), CHUNK
        )
        cursor.execute(f"ANALYZE {STAGE}")
        # The tables grow within this transaction, so their statistics mislead: join by hash, always.
        cursor.execute("SET LOCAL enable_nestloop = off")


def unstage():
    """Leave the transaction as it was found."""
    with connection.cursor() as cursor:
        cursor.execute(f"DROP TABLE {STAGE}")
        cursor.execute("SET LOCAL enable_nestloop TO DEFAULT")


def settle_identities(heading):
    """Give prospects known by their ID their customer number; leave out rows whose ID is another's."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE clients_client c SET customer_no = s.customer_no FROM {STAGE} s"
            " WHERE s.id_hash <> '' AND c.id_hash <> '' AND c.id_kind = s.id_kind AND c.id_hash = s.id_hash"
            " AND c.customer_no IS NULL AND NOT EXISTS"
            " (SELECT FROM clients_client k WHERE k.customer_no = s.customer_no)"
        )
        matched = cursor.rowcount
        cursor.execute(
            f"DELETE FROM {STAGE} s USING clients_client c"
            " WHERE s.id_hash <> '' AND c.id_hash <> '' AND c.id_kind = s.id_kind AND c.id_hash = s.id_hash"
            " AND c.customer_no IS DISTINCT FROM s.customer_no RETURNING s.row"
        )
        reason = _("The ID number is on record for another client.")
        return matched, [Broken(row, heading, reason) for (row,) in sorted(cursor.fetchall())]


def keep_addresses():
    """Empty the staged addresses that equal the stored ones, which only Python can compare."""
    query = (
        f"SELECT s.row, s.address_mac, c.address FROM {STAGE} s JOIN clients_client c"
        " ON c.customer_no = s.customer_no WHERE s.address <> '' AND c.address <> '' ORDER BY s.row"
    )
    with connection.chunked_cursor() as reader, connection.cursor() as writer:
        reader.execute(query)
        while rows := reader.fetchmany(ADDRESSES):
            same = [
                (row,)
                for row, mac, token in rows
                if blind.blind_index("address", crypto.decrypt(token, "address")) == mac
            ]
            if same:
                execute_values(
                    writer.cursor,
                    f"UPDATE {STAGE} s SET address = '' FROM (VALUES %s) AS v(row) WHERE s.row = v.row",
                    same,
                    page_size=ADDRESSES,
                )


def write_clients():
    """(new, changed): update what differs, insert what is not there."""
    assignments = ", ".join(f"{column} = {value}" for column, value in UPDATES.items())
    compared = [column for column in UPDATES if column not in ("phone", "id_number", "address", "notice_at")]
    before = ", ".join(f"c.{column}" for column in compared)
    after = ", ".join(UPDATES[column] for column in compared)
    given = [column for column in UPDATES if column != "notice_at"]
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE clients_client c SET {assignments} FROM {STAGE} s"
            f" WHERE c.customer_no = s.customer_no"
            f" AND (ROW({before}) IS DISTINCT FROM ROW({after}) OR s.address <> '')"
        )
        changed = cursor.rowcount
        cursor.execute(
            f"INSERT INTO clients_client (customer_no, {', '.join(given)}, {', '.join(ONLY_NEW)},"
            " notice_at, do_not_contact, created_at)"
            f" SELECT s.customer_no, {', '.join('s.' + column for column in given)},"
            f" {', '.join(ONLY_NEW.values())},"
            " CASE WHEN s.phone_hash <> '' THEN now() END, false, now()"
            f" FROM {STAGE} s WHERE NOT EXISTS"
            " (SELECT FROM clients_client c WHERE c.customer_no = s.customer_no)"
            " ORDER BY s.row ON CONFLICT DO NOTHING"
        )
        new = cursor.rowcount
        cursor.execute("ANALYZE clients_client")
        return new, changed


def write_balances(balance, load_id=None):
    """(new, changed) rows of the balance's month."""
    differs = (
        "b.month = %(month)s AND s.amount IS NOT NULL"
        " AND (b.amount, b.label) IS DISTINCT FROM (s.amount, %(label)s::text)"
    )
    with connection.cursor() as cursor:
        values = {"month": balance.month, "label": balance.label, "load": load_id, "kind": FileKind.BALANCES}
        if load_id:
            cursor.execute(
                "INSERT INTO clients_replaced (load_id, kind, row_id, before)"
                f" SELECT %(load)s, %(kind)s, b.id, to_jsonb(b) FROM {STAGE} s"
                " JOIN clients_client c ON c.customer_no = s.customer_no"
                f" JOIN clients_monthlybalance b ON b.client_id = c.id WHERE {differs}",
                values,
            )
        cursor.execute(
            "UPDATE clients_monthlybalance b SET amount = s.amount, label = %(label)s, load_id = %(load)s"
            f" FROM {STAGE} s JOIN clients_client c ON c.customer_no = s.customer_no"
            f" WHERE b.client_id = c.id AND {differs}",
            values,
        )
        changed = cursor.rowcount
        cursor.execute(
            "INSERT INTO clients_monthlybalance (client_id, month, amount, label, load_id)"
            f" SELECT c.id, %(month)s, s.amount, %(label)s, %(load)s FROM {STAGE} s"
            " JOIN clients_client c ON c.customer_no = s.customer_no"
            " WHERE s.amount IS NOT NULL AND NOT EXISTS (SELECT FROM clients_monthlybalance b"
            " WHERE b.client_id = c.id AND b.month = %(month)s) ORDER BY s.row",
            values,
        )
        new = cursor.rowcount
        # An evaluation may follow at once: months the planner knows nothing of would be read whole for each client.
        cursor.execute("ANALYZE clients_monthlybalance")
        return new, changed
