"""The same triggers for the tables that came after: requests, holds, loans, closures."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [
        ("portal", "0002_merges_followed"),
        ("clients", "0019_seed_retention"),
        ("complaints", "0005_closure_seed"),
        ("followups", "0005_closures_on_the_plan"),
        ("referrals", "0008_counted_only"),
    ]

    operations = [migrations.RunSQL("SELECT clients_guard_merges()", migrations.RunSQL.noop)]
