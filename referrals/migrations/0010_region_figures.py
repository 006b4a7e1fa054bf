"""The region's page: who was reached, first contacts in time, and the hour, among the sums of a day."""

from django.db import migrations, models

from referrals import counted


class Migration(migrations.Migration):

    dependencies = [
        ('followups', '0006_candidates'),
        ('referrals', '0009_exports_shared'),
    ]

    operations = [
        *(
            migrations.AddField('dayfigure', name, models.IntegerField(default=0))
            for name in ('reached', 'in_time')
        ),
        *(
            migrations.AddField('dayfigure', f'h{hour:02d}', models.SmallIntegerField(default=0))
            for hour in range(24)
        ),
        migrations.RunSQL(counted.CONTACTS, counted.NO_CONTACTS),
    ]
