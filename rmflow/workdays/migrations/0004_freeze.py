"""A locked day refuses writes."""

from django.db import migrations

from rmflow.workdays import freeze


class Migration(migrations.Migration):
    dependencies = [("workdays", "0003_closing")]

    operations = [
        migrations.RunSQL(
            freeze.FUNCTIONS + "".join(freeze.guard(table) for table in freeze.TABLES),
            "".join(freeze.unguard(table) for table in freeze.TABLES) + freeze.DROP_FUNCTIONS,
        )
    ]
