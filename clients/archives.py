"""Opening the files of premium clients for many at once (C-05): by a run, a manual setting, a load.

Clients are locked first and the branches' serials after them, in order, as everywhere: two that open at
once wait for each other and never stand across. A client who has a file is left alone, so a second call
opens nothing.
"""

from django.db import connection

from rmflow.doors.mass import array

from .models import FileSerial
from .rules import TimelineKind

#: The premium clients among {those} who have no file, by branch, locked.
WITHOUT = """
    SELECT branch_id, array_agg(id) FROM (
        SELECT c.branch_id, c.id FROM clients_client c {those}
           AND c.type = 'existing_premium' AND c.merged_into_id IS NULL AND c.erased_at IS NULL
           AND NOT EXISTS (SELECT FROM clients_archive a WHERE a.client_id = c.id)
         ORDER BY c.id FOR NO KEY UPDATE OF c) found
     GROUP BY branch_id ORDER BY branch_id"""
SERIAL = "branch_id = %(branch)s AND year = %(year)s AND kind = %(kind)s"
#: File numbers as `rules.file_number` writes them.
OPEN = f"""
    WITH numbered AS (
        SELECT c.id, s.last + row_number() OVER (ORDER BY c.id) AS number
          FROM clients_client c, clients_fileserial s
         WHERE c.id = ANY(%(clients)s::bigint[]) AND {SERIAL.replace("branch_id", "s.branch_id")}
           AND NOT EXISTS (SELECT FROM clients_archive a WHERE a.client_id = c.id)),
    given AS (
        UPDATE clients_fileserial SET last = (SELECT max(number) FROM numbered)
         WHERE {SERIAL} AND EXISTS (SELECT FROM numbered)),
    opened AS (
        INSERT INTO clients_archive (client_id, file_no, branch_id, opened_at, opened_by_id)
        SELECT n.id, b.code || '-' || %(year)s || '-'
               || lpad(n.number::text, greatest(4, length(n.number::text)), '0'), b.id, now(), %(by)s
          FROM numbered n, staff_branch b WHERE b.id = %(branch)s
        RETURNING client_id, file_no, branch_id)
    INSERT INTO clients_timelineentry (client_id, kind, at, by_id, branch_id, data, note, link)
    SELECT client_id, '{TimelineKind.ARCHIVE}', now(), %(by)s, branch_id,
           jsonb_build_object('file_no', file_no) || %(cause)s::jsonb, '', ''
      FROM opened"""


def open_missing(those, values, *, today, by=None, cause="{}"):
    """Open what is missing among `those` (`JOIN … WHERE …` after `clients_client c`); how many.

    The caller's transaction holds no serial yet. `cause` (JSON) goes to the timeline beside the number.
    """
    opened = 0
    with connection.cursor() as cursor:
        cursor.execute(WITHOUT.format(those=those), values)
        for branch_id, clients in cursor.fetchall():
            given = {
                "branch": branch_id,
                "year": today.year,
                "kind": FileSerial.Kind.ARCHIVE,
                "clients": array(clients),
                "by": by and by.pk,
                "cause": cause,
            }
            cursor.execute(
                "INSERT INTO clients_fileserial (branch_id, year, kind, last)"
                " VALUES (%(branch)s, %(year)s, %(kind)s, 0) ON CONFLICT DO NOTHING",
                given,
            )
            cursor.execute(f"SELECT FROM clients_fileserial WHERE {SERIAL} FOR UPDATE", given)
            cursor.execute(OPEN, given)
            opened += cursor.rowcount
    return opened
