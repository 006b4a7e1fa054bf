"""The watch over complaints beside one statement by hand that writes the same (issue 5, "Performance")."""

import datetime
import itertools
import json
import statistics

from django.db import connection

from complaints.actions import complaint_watch
from complaints.models import ComplaintEvent, LadderStep
from rmflow.workdays import clock

from . import cases

#: What the watch does with 20,000 due steps, written by hand: mark, ring handler, lobby manager and head,
#: note. Who was told is a constant about as long as ours: told apart by hand it would take longer.
RAW_WATCH = """
    WITH due AS (SELECT id FROM complaints_ladderstep WHERE fired_at IS NULL AND at <= now()
                  FOR NO KEY UPDATE SKIP LOCKED),
    fired AS (UPDATE complaints_ladderstep step SET fired_at = now(), told = %(kept)s
               FROM due WHERE step.id = due.id RETURNING step.complaint_id, step.step, step.at),
    told AS (SELECT c.id, c.number, c.due_on, fired.step, fired.at, c.handler_id AS person FROM fired
               JOIN complaints_complaint c ON c.id = fired.complaint_id
              UNION
             SELECT c.id, c.number, c.due_on, fired.step, fired.at, held.user_id FROM fired
               JOIN complaints_complaint c ON c.id = fired.complaint_id
               JOIN staff_roleholding held ON held.branch_id = c.branch_id AND held.valid_from <= current_date
                AND (held.valid_to IS NULL OR held.valid_to >= current_date)
                AND (held.role = 'lobby_manager' AND fired.step IN ('half', 'most')
                     OR held.role = 'branch_head' AND fired.step IN ('most', 'day'))),
    rung AS (INSERT INTO notices_notice (recipient_id, kind, text, outside_text, params, link, key, urgent,
                                         created_at)
             SELECT person, 'complaint', %(text)s, %(text)s,
                    jsonb_build_object('number', number, 'day', jsonb_build_object('on', due_on)),
                    '/complaints/' || id || '/', 'rawcheck1:' || id || ':' || step || ':'
                    || to_char(at AT TIME ZONE 'UTC', 'YYYYMMDDHH24MI'), step = 'day', now() FROM told),
    noted AS (INSERT INTO complaints_complaintevent (complaint_id, name, status_from, status_to, at, note, data)
              SELECT complaint_id, 'warn', 'working', 'working', now(), '', %(event)s FROM fired)
    SELECT count(*) FROM fired
"""
#: What a run has written: rows and letters of notices, events and marks. Keys are of equal length.
WRITTEN = """
    SELECT (SELECT array[count(*), sum(length(text || outside_text || params::text || link || key)),
                   sum(recipient_id), count(*) FILTER (WHERE urgent)] FROM notices_notice WHERE id > %(notice)s),
           (SELECT array[count(*), sum(length(name || status_from || status_to || data::text))]
              FROM complaints_complaintevent WHERE id > %(event)s),
           (SELECT count(*) FROM complaints_ladderstep WHERE fired_at >= %(since)s AND told <> '[]')
"""


def _due(step, ago):
    """Make one step of every running complaint due for `ago` minutes, as if its hour had come."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE complaints_ladderstep SET fired_at = NULL, at = now() - %s * interval '1 minute' WHERE step = %s",
            [ago, step],
        )
        cursor.execute("VACUUM ANALYZE complaints_ladderstep")


def _written(call):
    """The seconds `call` takes, and what it wrote."""
    with connection.cursor() as cursor:
        marks = {"since": datetime.datetime.now(datetime.UTC)}
        for name, table in (("notice", "notices_notice"), ("event", "complaints_complaintevent")):
            cursor.execute(f"SELECT coalesce(max(id), 0) FROM {table}")
            marks[name] = cursor.fetchone()[0]
        took, _answer = cases.timed(call)
        cursor.execute(WRITTEN, marks)
        return took, cursor.fetchone()


def watch(facts, many):
    """Every running complaint due at once, beside one statement by hand that writes the same; then a tick
    with nothing due."""
    ratios, mine, raw = [], [], []
    for step, ago in itertools.product(("half", "most", "day"), (1, 61)):  # keys hold the minute
        _due(step, ago)
        took, ours = _written(lambda: complaint_watch.tick(now=clock.now()))
        mine.append(took)
        values = {
            "text": str(complaint_watch.TEXTS[step]),
            "event": json.dumps(ComplaintEvent.objects.latest("id").data),
            "kept": json.dumps(LadderStep.objects.filter(step=step).latest("id").told),
        }
        _due(step, ago)
        with connection.cursor() as cursor:
            took, theirs = _written(lambda c=cursor, v=values: c.execute(RAW_WATCH, v))
        raw.append(took)
        if ours != theirs:
            raise RuntimeError(f"The watch wrote {ours}, the statement by hand {theirs}.")
        ratios.append(mine[-1] / raw[-1])
    idle = [cases.timed(lambda: complaint_watch.tick(now=clock.now()))[0] * 1000 for _n in range(20)]
    facts[f"watch with {many:,} due: ours / raw SQL"] = (
        f"{statistics.median(mine):.2f} / {statistics.median(raw):.2f} s"
    )
    yield cases.less(f"complaint watch, {many:,} due ÷ raw SQL", ratios, 2)
    yield cases.less("complaint watch, a tick with nothing due, ms", idle, 5)
