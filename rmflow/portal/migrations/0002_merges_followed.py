"""Set the triggers that let new rows follow a merge, on the tables of every floor that stand by now."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [
        ("portal", "0001_initial"),
        ("clients", "0016_merges_followed"),
        ("followups", "0004_chances_and_complaints"),
        ("complaints", "0003_complaint_recounts"),
        ("referrals", "0007_months_not_emptied"),
    ]

    operations = [migrations.RunSQL("SELECT clients_guard_merges()", migrations.RunSQL.noop)]
