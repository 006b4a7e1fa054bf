"""A quicker `_pgh_attach_context()`: the function each history trigger calls, once a row.

pghistory's own catches an error to learn that no context is set; PostgreSQL then undoes a
subtransaction a row and walks all waiting foreign-key checks each time, so 100,000 rows in one
transaction took ten minutes. This one asks without an error, and writes the context once, not once a row.
"""

from django.db import migrations

OURS = """
CREATE OR REPLACE FUNCTION _pgh_attach_context() RETURNS pghistory_context.id%TYPE AS $$
DECLARE
    _id uuid := NULLIF(current_setting('pghistory.context_id', true), '')::uuid;
    _metadata jsonb := NULLIF(current_setting('pghistory.context_metadata', true), '')::jsonb;
BEGIN
    IF _id IS NULL OR _metadata IS NULL THEN
        RETURN NULL;
    END IF;
    IF NOT EXISTS (SELECT FROM pghistory_context WHERE id = _id AND metadata = _metadata) THEN
        INSERT INTO pghistory_context (id, metadata, created_at, updated_at)
        VALUES (_id, _metadata, now(), now())
        ON CONFLICT (id) DO UPDATE
            SET metadata = EXCLUDED.metadata, updated_at = EXCLUDED.updated_at
            WHERE pghistory_context.metadata != EXCLUDED.metadata;
    END IF;
    RETURN _id;
END;
$$ LANGUAGE plpgsql
"""


def theirs(apps, schema_editor):
    """Back to pghistory's own."""
    from pghistory.models import Context

    Context.install_pgh_attach_context_func(using=schema_editor.connection.alias)


class Migration(migrations.Migration):
    dependencies = [("clients", "0001_initial"), ("pghistory", "0007_auto_20250421_0444")]
    operations = [
        migrations.RunSQL(OURS, migrations.RunSQL.noop),
        migrations.RunPython(migrations.RunPython.noop, theirs),
    ]
