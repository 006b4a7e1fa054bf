"""The years the product ships with: 2004-2026 as announced, 2027 and 2028 provisional."""

from django.db import migrations

from rmflow.workdays import seed


def plant(apps, _schema_editor):
    """Write the baked tables; no library is asked."""
    seed.plant(apps.get_model("workdays", "CalendarYear"), apps.get_model("workdays", "CalendarDay"))


class Migration(migrations.Migration):
    dependencies = [("workdays", "0001_initial")]

    operations = [migrations.RunPython(plant, migrations.RunPython.noop)]
