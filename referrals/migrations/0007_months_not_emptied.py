"""Nor may the months be emptied while one of them is signed."""

from django.db import migrations

from referrals import counted


class Migration(migrations.Migration):
    dependencies = [("referrals", "0006_figures_kept")]

    operations = [migrations.RunSQL(counted.NOT_EMPTIED, counted.MAY_BE_EMPTIED)]
