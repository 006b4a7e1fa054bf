"""Set the triggers that let new rows follow a merge, on the candidates too."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [
        ("portal", "0003_merges_followed_again"),
        ("followups", "0006_candidates"),
    ]

    operations = [migrations.RunSQL("SELECT clients_guard_merges()", migrations.RunSQL.noop)]
