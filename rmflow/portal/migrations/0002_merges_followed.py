"""Set the triggers that let new rows follow a merge, on the tables of every floor that stand by now."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [
        ("portal", "0001_initial"),
        ("clients", "0017_merges_followed"),
        ("followups", "0005_closures_on_the_plan"),
        ("complaints", "0005_closure_seed"),
        ("referrals", "0007_months_not_emptied"),
    ]

    operations = [migrations.RunSQL("SELECT clients_guard_merges()", migrations.RunSQL.noop)]
