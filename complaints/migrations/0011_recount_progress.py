from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('complaints', '0010_complaint_listings'),
    ]

    operations = [
        migrations.AddField(
            model_name='complaintrecount',
            name='total',
            field=models.PositiveIntegerField(default=0),
        ),
        migrations.AddField(
            model_name='complaintrecount',
            name='noted_at',
            field=models.DateTimeField(null=True),
        ),
        migrations.AlterField(
            model_name='complaintrecount',
            name='at',
            field=models.DateTimeField(null=True),
        ),
        migrations.AlterField(
            model_name='complaintrecount',
            name='moved',
            field=models.PositiveIntegerField(default=0),
        ),
    ]
