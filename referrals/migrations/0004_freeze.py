"""A locked day refuses writes to its slips, statements and counts."""

from django.db import migrations

from referrals import freeze


class Migration(migrations.Migration):
    dependencies = [("referrals", "0003_deals"), ("referrals", "0003_duty"), ("workdays", "0004_freeze")]

    operations = [migrations.RunSQL(freeze.GUARD, freeze.UNGUARD)]
