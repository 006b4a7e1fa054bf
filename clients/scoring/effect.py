"""Putting a branch's results into effect: one statement writes tiers, one types, each with its timeline.

A client whose tier or type was changed since the run looked is left alone: somebody knew better. So is
who objected to being evaluated since then, or is no client any more (PIPL 24, 44, 47).
"""

from django.db import connection

from .ranks import rank_sql
from .rules import Flag, Move

WATCHES = "CASE WHEN e.watched THEN COALESCE(c.watch_since, %(effective)s) END"
OF_PART = """e.client_id = c.id AND e.run_id = %(run)s AND e.month = %(month)s AND e.branch_id = %(branch)s
           AND NOT c.no_profiling AND c.restricted_at IS NULL AND c.erased_at IS NULL
           AND c.merged_into_id IS NULL"""
TIERS = f"""
    WITH changed AS (
        UPDATE clients_client c SET tier = e.tier,
               tier_since = CASE WHEN e.tier <> c.tier THEN %(effective)s ELSE c.tier_since END,
               watch_since = {WATCHES}
          FROM clients_evaluation e
         WHERE {OF_PART} AND c.tier = e.tier_before AND e.move = ANY(%(moves)s)
           AND NOT EXISTS (SELECT FROM clients_override o WHERE o.client_id = c.id AND o.state = 'approved'
                  AND o.tier <> '' AND o.settled_at > %(cut)s)
           AND (e.tier <> c.tier OR e.watched <> (c.watch_since IS NOT NULL))
        RETURNING c.id, c.branch_id, e.tier_before, e.tier, e.move, e.reason, e.tier <> e.tier_before AS moved)
    INSERT INTO clients_timelineentry (client_id, kind, at, branch_id, data, note, link)
    SELECT id, 'tier', now(), branch_id,
           jsonb_build_object('from', tier_before, 'to', tier, 'move', move, 'reason', reason, 'run', %(run)s),
           '', '/tiers/client/' || id || '/'
      FROM changed WHERE moved"""
TYPES = f"""
    WITH changed AS (
        UPDATE clients_client c SET type = e.type, level = e.level
          FROM clients_evaluation e
         WHERE {OF_PART} AND c.type = e.type_before AND c.level = e.level_before
           AND (e.type, e.level) <> (e.type_before, e.level_before) AND e.type <> 'unjudged'
           AND e.flags & %(kept)s = 0
           AND (%(downgrades)s OR {rank_sql("e.type", "e.level")} > {rank_sql("e.type_before", "e.level_before")})
        RETURNING c.id, c.branch_id, e.type, e.level)
    INSERT INTO clients_timelineentry (client_id, kind, at, branch_id, data, note, link)
    SELECT id, 'verdict', now(), branch_id,
           jsonb_build_object('type', type, 'level', level, 'run', %(run)s), '', '/tiers/client/' || id || '/'
      FROM changed"""
#: The manual setting that a tier stands on (`tier_set_on`): the one in force that this run wrote into effect;
#: none any more when the run found the tier of an ended setting anew.
SETTINGS = f"""
    UPDATE clients_override o SET tier_set_on = CASE e.reason WHEN 'override' THEN c.tier_since END
      FROM clients_evaluation e, clients_client c
     WHERE {OF_PART} AND o.client_id = c.id AND o.tier = c.tier AND c.tier = e.tier
       AND e.move = ANY(%(moves)s)
       AND CASE e.reason WHEN 'override' THEN o.state = 'approved' AND e.tier <> e.tier_before
                AND c.tier_since = %(effective)s AND %(effective)s BETWEEN o.starts_on AND o.expires_on
           ELSE e.reason <> 'no_data' AND o.tier_set_on = c.tier_since
                AND (o.state = 'ended' OR o.state = 'approved' AND o.expires_on < %(effective)s) END"""
#: What takes effect without a signature.
UNSIGNED = (Move.UP, Move.NEW, Move.WATCH, Move.STAY)


def apply(part, *, downgrades):
    """Write what the run changes in a branch; without `downgrades` only what nobody loses by."""
    run = part.run
    values = {
        "run": run.pk,
        "month": run.month,
        "branch": part.branch_id,
        "effective": run.effective_on,
        "cut": run.cut_at,
        "moves": list(Move.values) if downgrades else [*UNSIGNED],
        "downgrades": downgrades,
        "kept": int(Flag.CONFLICT | Flag.VERDICT),
    }
    with connection.cursor() as cursor:
        cursor.execute(TIERS, values)
        tiers = cursor.rowcount
        cursor.execute(SETTINGS, values)
        cursor.execute(TYPES, values)
        return tiers, cursor.rowcount
