from django.db import migrations


class Migration(migrations.Migration):
    """A branch's rows of a run by a B-tree: a BRIN index knows nothing of rows written since the last vacuum, so that
    each branch of a fresh run read the rows of all branches."""

    dependencies = [("clients", "0025_part_sent_back")]

    operations = [
        migrations.RunSQL(
            """
            DROP INDEX evaluation_branch;
            CREATE INDEX evaluation_branch ON clients_evaluation (run_id, branch_id);
            """,
            """
            DROP INDEX evaluation_branch;
            CREATE INDEX evaluation_branch ON clients_evaluation USING brin (run_id, branch_id)
                WITH (pages_per_range = 16);
            """,
        )
    ]
