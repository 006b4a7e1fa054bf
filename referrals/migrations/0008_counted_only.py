"""A slip that is filed is counted by no day yet: its trigger has nothing to say."""

from django.db import migrations

from .. import counted


class Migration(migrations.Migration):
    dependencies = [("referrals", "0007_months_not_emptied")]

    operations = [migrations.RunSQL(counted.COUNTED_ONLY, counted.COUNTED_ALL)]
