"""Which days' sums no longer hold; a signed month refuses every change."""

from django.db import migrations

from referrals import counted


class Migration(migrations.Migration):
    dependencies = [("referrals", "0005_figures"), ("workdays", "0004_freeze")]

    operations = [
        migrations.RunSQL(counted.STALE, counted.UNSTALE),
        migrations.RunSQL(counted.SIGNED, counted.UNSIGNED),
        migrations.RunSQL("INSERT INTO referrals_staleday (day_id) SELECT id FROM workdays_branchday", ""),
    ]
