"""A day of any history is found without reading the whole of it (decision 0155).

Versions are written in order of time, so a block-range index of a few kilobytes serves; a tree of every
version would cost each write. It stands here because the tables belong to every floor.
"""

from django.db import migrations

EACH = """
DO $$ DECLARE name text; BEGIN
  FOR name IN
    SELECT c.relname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
    WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind = 'r' AND a.attname = 'pgh_created_at'
  LOOP
    EXECUTE format(
      'CREATE INDEX IF NOT EXISTS %I ON %I USING brin (pgh_created_at) WITH (autosummarize = on)',
      left(name, 48) || '_by_day', name
    );
  END LOOP;
END $$
"""


class Migration(migrations.Migration):
    dependencies = [
        ("portal", "0005_register_followed"),
        ("clients", "0020_priority_register"),
        ("complaints", "0011_recount_progress"),
        ("followups", "0007_chances_worked"),
        ("privacy", "0003_exports_shared"),
        ("referrals", "0011_figures_folded"),
        ("staff", "0001_initial"),
        ("workdays", "0006_hours_by_call"),
    ]

    operations = [migrations.RunSQL(EACH, migrations.RunSQL.noop)]
