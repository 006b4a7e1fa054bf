"""The newest month on record is asked by each segment: an index for it."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("clients", "0012_kin")]

    operations = [
        migrations.AddIndex(
            model_name="monthlybalance",
            index=models.Index(fields=["month"], name="balance_month"),
        ),
    ]
