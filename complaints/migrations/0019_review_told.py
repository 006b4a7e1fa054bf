"""The client is told what a review found: how and when (decision 0181)."""

from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("complaints", "0018_handed_before"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name="review",
            name="told_at",
            field=models.DateTimeField(null=True, verbose_name="Client told"),
        ),
        migrations.AddField(
            model_name="review",
            name="told_way",
            field=models.CharField(
                blank=True,
                choices=[
                    ("phone", "Phone call"),
                    ("visit", "Meeting in person"),
                    ("letter", "Letter"),
                    ("email", "E-mail"),
                    ("sms", "Text message"),
                    ("e_channel", "E-banking"),
                ],
                max_length=10,
            ),
        ),
        migrations.AddConstraint(
            model_name="review",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("told_at__isnull", True), ("told_way", "")),
                    models.Q(
                        ("told_at__isnull", False),
                        models.Q(("told_way", ""), _negated=True),
                        models.Q(("outcome", ""), _negated=True),
                    ),
                    _connector="OR",
                ),
                name="review_told_once_decided",
                violation_error_message="The client is told of a review that is decided, and how.",
            ),
        ),
    ]
