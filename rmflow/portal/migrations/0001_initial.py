import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("staff", "0001_initial"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="BoardDevice",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("name", models.CharField(max_length=40, verbose_name="Where it hangs")),
                ("pairing_hash", models.CharField(blank=True, max_length=64)),
                ("pairing_until", models.DateTimeField()),
                ("token_hash", models.CharField(blank=True, max_length=64)),
                ("made_at", models.DateTimeField(default=django.utils.timezone.now, verbose_name="Made at")),
                ("paired_at", models.DateTimeField(null=True, verbose_name="Paired at")),
                ("expires_at", models.DateTimeField(verbose_name="Works until")),
                ("last_seen_at", models.DateTimeField(null=True, verbose_name="Last seen")),
                ("revoked_at", models.DateTimeField(null=True, verbose_name="Revoked at")),
                (
                    "branch",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="staff.branch",
                        verbose_name="Branch",
                    ),
                ),
                (
                    "made_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="Made by",
                    ),
                ),
                (
                    "revoked_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name": "Wall screen",
                "verbose_name_plural": "Wall screens",
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("token_hash", ""), _negated=True),
                        fields=("token_hash",),
                        name="board_device_token_once",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("pairing_hash", ""), _negated=True),
                        fields=("pairing_hash",),
                        name="board_device_pairing_once",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("paired_at__isnull", True), ("token_hash", "")),
                            ("paired_at__isnull", False),
                            _connector="OR",
                        ),
                        name="board_device_token_by_pairing",
                    ),
                ],
            },
        ),
    ]
