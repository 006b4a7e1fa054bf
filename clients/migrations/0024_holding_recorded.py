import django.contrib.postgres.indexes
import django.db.models.functions.datetime
import django.utils.timezone
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("clients", "0023_overrides_told_apart")]
    operations = [
        # First without a default: contracts that are here already are no news.
        migrations.AddField("holding", "recorded_at", models.DateTimeField(editable=False, null=True)),
        migrations.AlterField(
            "holding",
            "recorded_at",
            models.DateTimeField(
                db_default=django.db.models.functions.datetime.Now(),
                default=django.utils.timezone.now,
                editable=False,
                null=True,
            ),
        ),
        migrations.AddIndex(
            "holding",
            django.contrib.postgres.indexes.BrinIndex(fields=["recorded_at"], name="holding_recorded"),
        ),
    ]
