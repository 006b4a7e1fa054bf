"""A request for an extension that nobody decided lapses with the answer or the end (decision 0180)."""

from django.db import migrations, models
from django.db.models import Q


def lapse(apps, schema_editor):
    """What still waits though its complaint is answered or over."""
    extensions = apps.get_model("complaints", "Extension").objects.filter(decision="asked")
    left = extensions.exclude(complaint__status__in=["taken", "working", "suspended"])
    for row in left.select_related("complaint"):
        row.decision = "lapsed"
        row.decided_at = row.complaint.replied_at or row.complaint.over_at
        row.save(update_fields=["decision", "decided_at"])


CHOICES = [
    ("asked", "Waiting for the office"),
    ("granted", "Granted"),
    ("refused", "Refused"),
    ("lapsed", "Answered without it"),
]


class Migration(migrations.Migration):
    dependencies = [("complaints", "0015_heard_and_cut")]

    operations = [
        migrations.AlterField(
            model_name="extension",
            name="decision",
            field=models.CharField(choices=CHOICES, default="asked", max_length=8),
        ),
        migrations.RemoveConstraint(model_name="extension", name="extension_decided_by_somebody"),
        migrations.AddConstraint(
            model_name="extension",
            constraint=models.CheckConstraint(
                condition=Q(decision="asked", decided_by__isnull=True, decided_at__isnull=True)
                | Q(decision="lapsed", decided_by__isnull=True, decided_at__isnull=False)
                | Q(decision__in=["granted", "refused"], decided_by__isnull=False, decided_at__isnull=False),
                name="extension_decided_by_somebody",
                violation_error_message="A decision has a name and a time.",
            ),
        ),
        migrations.RunPython(lapse, migrations.RunPython.noop),
    ]
