"""Attach the history's context without a subtransaction or a new row version per changed row.

pghistory's own function catches an error when no context is set, and rewrites the context's row for
every row it tracks. In a statement of many rows each caught error makes PostgreSQL walk all deferred
foreign-key checks, and each rewrite lengthens the row's version chain: loading 16,000 clients took 29 s,
loading 50,000 over two minutes. This one does the same and is linear.
"""

from django.db import migrations

LINEAR = """
CREATE OR REPLACE FUNCTION _pgh_attach_context()
RETURNS pghistory_context.id%TYPE AS $$
    DECLARE
        _pgh_context_id UUID := NULLIF(current_setting('pghistory.context_id', true), '')::uuid;
        _pgh_context_metadata JSONB := NULLIF(current_setting('pghistory.context_metadata', true), '')::jsonb;
    BEGIN
        IF _pgh_context_id IS NULL OR _pgh_context_metadata IS NULL THEN
            RETURN NULL;
        END IF;
        IF NOT EXISTS (
            SELECT FROM pghistory_context WHERE id = _pgh_context_id AND metadata = _pgh_context_metadata
        ) THEN
            INSERT INTO pghistory_context (id, metadata, created_at, updated_at)
                VALUES (_pgh_context_id, _pgh_context_metadata, NOW(), NOW())
                ON CONFLICT (id) DO UPDATE
                    SET metadata = EXCLUDED.metadata, updated_at = EXCLUDED.updated_at;
        END IF;
        RETURN _pgh_context_id;
    END;
$$ LANGUAGE plpgsql;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("doors", "0001_initial"),
        ("pghistory", "0007_auto_20250421_0444"),
    ]

    operations = [migrations.RunSQL(LINEAR, migrations.RunSQL.noop)]
