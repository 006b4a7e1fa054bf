"""When those with something open, and the head, were told."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("workdays", "0004_freeze")]

    operations = [
        migrations.AddField(
            "branchday", "reminded_at", models.DateTimeField("Reminded at", null=True)
        ),
        migrations.AddField(
            "branchday", "escalated_at", models.DateTimeField("Head told at", null=True)
        ),
    ]
