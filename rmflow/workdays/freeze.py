"""A locked day refuses writes in the database itself, whatever code, page or task forgets (W1-11).

The triggers ask whether the day of a row is locked, holding the day's row until they commit: a slip
that is being filed and a lock that is being set never miss each other. Writing past them takes a
transaction-local name, which the trigger puts on record in `FreezePass`:

    with freeze.passing("merge"):
        …
"""

import contextlib

from django.db import connection

PASSES = ("reopen", "anonymise", "rotate", "merge")

FUNCTIONS = """
CREATE FUNCTION workdays_is_locked(day bigint) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE locked boolean;
BEGIN
    IF day IS NULL THEN
        RETURN false;
    END IF;
    SELECT closed_at IS NOT NULL INTO locked FROM workdays_branchday WHERE id = day FOR KEY SHARE;
    RETURN coalesce(locked, false);
END $$;

CREATE FUNCTION workdays_refuse(day bigint, place text, row_id bigint, op text) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE reason text := current_setting('rmflow.day_pass', true);
BEGIN
    IF op = 'UPDATE' AND reason IN ('reopen', 'anonymise', 'rotate', 'merge') THEN
        INSERT INTO workdays_freezepass (at, name, "table", day_id, row_id, transaction)
        VALUES (clock_timestamp(), reason, place, day, row_id, pg_current_xact_id()::text::bigint)
        ON CONFLICT DO NOTHING;
        RETURN;
    END IF;
    RAISE EXCEPTION 'The day is locked: % of % refused.', op, place
        USING ERRCODE = 'restrict_violation', CONSTRAINT = 'day_locked';
END $$;

CREATE FUNCTION workdays_rows_of_a_day() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP <> 'INSERT' THEN
        IF workdays_is_locked(OLD.day_id) THEN
            PERFORM workdays_refuse(OLD.day_id, TG_TABLE_NAME, OLD.id, TG_OP);
        END IF;
    END IF;
    IF TG_OP = 'DELETE' THEN
        RETURN OLD;
    END IF;
    IF TG_OP = 'INSERT' OR NEW.day_id <> OLD.day_id THEN
        IF workdays_is_locked(NEW.day_id) THEN
            PERFORM workdays_refuse(NEW.day_id, TG_TABLE_NAME, NEW.id, TG_OP);
        END IF;
    END IF;
    RETURN NEW;
END $$;

CREATE FUNCTION workdays_no_truncate() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT 1 FROM workdays_branchday WHERE closed_at IS NOT NULL) THEN
        PERFORM workdays_refuse(0, TG_TABLE_NAME, 0, 'TRUNCATE');
    END IF;
    RETURN NULL;
END $$;

CREATE FUNCTION workdays_locked_day() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        PERFORM workdays_refuse(OLD.id, TG_TABLE_NAME, OLD.id, TG_OP);
        RETURN OLD;
    END IF;
    IF ROW(NEW.branch_id, NEW.date, NEW.opened_at, NEW.ended_at, NEW.closed_at, NEW.closed_by_id)
        IS DISTINCT FROM
        ROW(OLD.branch_id, OLD.date, OLD.opened_at, OLD.ended_at, OLD.closed_at, OLD.closed_by_id)
    THEN
        PERFORM workdays_refuse(OLD.id, TG_TABLE_NAME, OLD.id, TG_OP);
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER workdays_branchday_locked BEFORE UPDATE OR DELETE ON workdays_branchday
    FOR EACH ROW WHEN (OLD.closed_at IS NOT NULL) EXECUTE FUNCTION workdays_locked_day();
CREATE TRIGGER workdays_branchday_kept BEFORE TRUNCATE ON workdays_branchday
    FOR EACH STATEMENT EXECUTE FUNCTION workdays_no_truncate();
"""

DROP_FUNCTIONS = """
DROP TRIGGER workdays_branchday_locked ON workdays_branchday;
DROP TRIGGER workdays_branchday_kept ON workdays_branchday;
DROP FUNCTION workdays_locked_day();
DROP FUNCTION workdays_no_truncate();
DROP FUNCTION workdays_rows_of_a_day();
DROP FUNCTION workdays_refuse(bigint, text, bigint, text);
DROP FUNCTION workdays_is_locked(bigint);
"""


def guard(table: str, function: str = "workdays_rows_of_a_day") -> str:
    """The triggers that freeze the rows of `table` with the day they carry (`day_id`)."""
    return f"""
CREATE TRIGGER {table}_frozen BEFORE INSERT OR UPDATE OR DELETE ON {table}
    FOR EACH ROW EXECUTE FUNCTION {function}();
CREATE TRIGGER {table}_kept BEFORE TRUNCATE ON {table}
    FOR EACH STATEMENT EXECUTE FUNCTION workdays_no_truncate();
"""


def unguard(table: str) -> str:
    return f"DROP TRIGGER {table}_frozen ON {table};\nDROP TRIGGER {table}_kept ON {table};\n"


#: Tables of this app whose rows belong to a day and freeze with it.
TABLES = ("workdays_dayconfirmation", "workdays_opinionboxcheck", "workdays_dayreopening")


@contextlib.contextmanager
def passing(name: str):
    """Let this transaction write to locked days under `name`, one of PASSES; the trigger logs it."""
    if name not in PASSES:
        raise ValueError(name)
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('rmflow.day_pass', %s, true)", [name])
    try:
        yield
    finally:
        if not connection.needs_rollback:
            with connection.cursor() as cursor:
                cursor.execute("SELECT set_config('rmflow.day_pass', '', true)")
