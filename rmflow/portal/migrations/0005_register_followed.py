"""Set the triggers that let new rows follow a merge, on the priority register too."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [
        ("portal", "0004_candidates_followed"),
        ("complaints", "0008_priority_register"),
    ]

    operations = [migrations.RunSQL("SELECT clients_guard_merges()", migrations.RunSQL.noop)]
