import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("referrals", "0003_deals"),
        ("staff", "0001_initial"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="DutyGap",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("began_at", models.DateTimeField(verbose_name="From")),
                ("told_at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "branch",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="staff.branch"
                    ),
                ),
            ],
            options={
                "verbose_name": "Gap in the lobby",
                "verbose_name_plural": "Gaps in the lobby",
            },
        ),
        migrations.CreateModel(
            name="DutyRule",
            fields=[
                (
                    "branch",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="+",
                        serialize=False,
                        to="staff.branch",
                        verbose_name="Branch",
                    ),
                ),
                (
                    "gap_minutes",
                    models.PositiveSmallIntegerField(
                        default=5, verbose_name="Tell the head of a gap after (minutes)"
                    ),
                ),
            ],
            options={
                "verbose_name": "Duty in the lobby",
                "verbose_name_plural": "Duty in the lobby",
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("gap_minutes__range", (1, 120))),
                        name="duty_gap_minutes_plausible",
                        violation_error_message="Choose 1 to 120 minutes.",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="DutyShift",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("began_at", models.DateTimeField(default=django.utils.timezone.now, verbose_name="From")),
                ("ended_at", models.DateTimeField(null=True, verbose_name="To")),
                (
                    "ended_how",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("handed_over", "Handed over"),
                            ("left", "Left"),
                            ("relieved", "Relieved by a colleague"),
                            ("day_end", "Ended by itself at closing time"),
                        ],
                        max_length=12,
                        verbose_name="How it ended",
                    ),
                ),
                ("offered_at", models.DateTimeField(null=True)),
                ("note", models.CharField(blank=True, max_length=200, verbose_name="Note")),
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
                    "handed_to",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="Handed to",
                    ),
                ),
                (
                    "offered_to",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "person",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="On duty",
                    ),
                ),
            ],
            options={
                "verbose_name": "Duty shift",
                "verbose_name_plural": "Duty shifts",
            },
        ),
        migrations.CreateModel(
            name="DutyEvent",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("name", models.CharField(max_length=12)),
                ("state_from", models.CharField(blank=True, max_length=8)),
                ("state_to", models.CharField(max_length=8)),
                ("at", models.DateTimeField(default=django.utils.timezone.now)),
                ("note", models.CharField(blank=True, max_length=200)),
                (
                    "by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "to",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "shift",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="events",
                        to="referrals.dutyshift",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="OfflineArrival",
            fields=[
                (
                    "referral",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="offline",
                        serialize=False,
                        to="referrals.referral",
                    ),
                ),
                ("device_at", models.DateTimeField(verbose_name="Device's time of filing")),
                ("device_sent_at", models.DateTimeField(verbose_name="Device's time of sending")),
                (
                    "arrived_at",
                    models.DateTimeField(default=django.utils.timezone.now, verbose_name="Arrived at"),
                ),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("device_sent_at__gte", models.F("device_at"))),
                        name="offline_sent_after_filed",
                        violation_error_message="A slip is sent after it was filed.",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="OfflineDiscard",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("at", models.DateTimeField(default=django.utils.timezone.now, verbose_name="Discarded at")),
                ("count", models.PositiveSmallIntegerField(verbose_name="Slips")),
                ("oldest_at", models.DateTimeField(null=True, verbose_name="Filed since")),
                (
                    "branch",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="staff.branch",
                    ),
                ),
                (
                    "by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="Discarded by",
                    ),
                ),
            ],
            options={
                "verbose_name": "Unsent slips discarded",
                "verbose_name_plural": "Unsent slips discarded",
            },
        ),
        migrations.CreateModel(
            name="CrowdCall",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("at", models.DateTimeField(default=django.utils.timezone.now, verbose_name="Called at")),
                ("waiting", models.PositiveSmallIntegerField(default=0, verbose_name="Clients waiting then")),
                ("answered_at", models.DateTimeField(null=True, verbose_name="Answered at")),
                (
                    "answer",
                    models.CharField(
                        blank=True,
                        choices=[("on_my_way", "On my way"), ("sending", "Sending somebody")],
                        max_length=10,
                        verbose_name="Answer",
                    ),
                ),
                ("over_at", models.DateTimeField(null=True)),
                (
                    "answered_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="Answered by",
                    ),
                ),
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
                    "by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="Called by",
                    ),
                ),
                (
                    "over_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name": "Call for help",
                "verbose_name_plural": "Calls for help",
                "indexes": [models.Index(fields=["branch", "-at"], name="crowd_call_branch")],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("answered_at__isnull", True), ("over_at__isnull", True)),
                        fields=("branch",),
                        name="crowd_call_one_open",
                        violation_error_message="Help has been called already.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("answer", ""), ("answered_at__isnull", True), ("answered_by__isnull", True)
                            ),
                            models.Q(
                                ("answer__in", ["on_my_way", "sending"]),
                                ("answered_at__isnull", False),
                                ("answered_by__isnull", False),
                            ),
                            _connector="OR",
                        ),
                        name="crowd_call_answer_whole",
                        violation_error_message="An answer has a person, a time and a word.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("answered_at__isnull", True),
                            ("answered_at__gte", models.F("at")),
                            _connector="OR",
                        ),
                        name="crowd_call_answered_after",
                        violation_error_message="A call is answered after it was made.",
                    ),
                ],
            },
        ),
        migrations.AddConstraint(
            model_name="dutygap",
            constraint=models.UniqueConstraint(
                fields=("branch", "began_at"),
                name="duty_gap_told_once",
                violation_error_message="The head was told of this gap.",
            ),
        ),
        migrations.AddIndex(
            model_name="dutyshift",
            index=models.Index(fields=["branch", "-began_at"], name="duty_branch_began"),
        ),
        migrations.AddConstraint(
            model_name="dutyshift",
            constraint=models.UniqueConstraint(
                condition=models.Q(("ended_at__isnull", True)),
                fields=("branch",),
                name="duty_one_open_shift",
                violation_error_message="Somebody is on duty in this branch already.",
            ),
        ),
        migrations.AddConstraint(
            model_name="dutyshift",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("ended_at__isnull", True), ("ended_at__gte", models.F("began_at")), _connector="OR"
                ),
                name="duty_ends_after_it_begins",
                violation_error_message="Duty ends after it begins.",
            ),
        ),
        migrations.AddConstraint(
            model_name="dutyshift",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("ended_at__isnull", True), ("ended_how", "")),
                    models.Q(
                        ("ended_at__isnull", False),
                        ("ended_how__in", ["handed_over", "left", "relieved", "day_end"]),
                    ),
                    _connector="OR",
                ),
                name="duty_end_says_how",
                violation_error_message="Duty that ended says how.",
            ),
        ),
        migrations.AddConstraint(
            model_name="dutyshift",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("ended_how__in", ["handed_over", "relieved"]), ("handed_to__isnull", False)),
                    models.Q(
                        ("handed_to__isnull", True),
                        models.Q(("ended_how__in", ["handed_over", "relieved"]), _negated=True),
                    ),
                    _connector="OR",
                ),
                name="duty_handed_to_a_name",
                violation_error_message="A hand-over has a name.",
            ),
        ),
        migrations.AddConstraint(
            model_name="dutyshift",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("offered_at__isnull", True), ("offered_to__isnull", True)),
                    models.Q(
                        ("ended_at__isnull", True),
                        ("offered_at__isnull", False),
                        ("offered_to__isnull", False),
                    ),
                    _connector="OR",
                ),
                name="duty_offer_is_open",
                violation_error_message="Only duty that lasts can be offered.",
            ),
        ),
        migrations.AddIndex(
            model_name="dutyevent",
            index=models.Index(fields=["shift", "at"], name="duty_event_at"),
        ),
        migrations.AddConstraint(
            model_name="offlinediscard",
            constraint=models.CheckConstraint(
                condition=models.Q(("count__gte", 1)),
                name="offline_discard_of_something",
                violation_error_message="Nothing was discarded.",
            ),
        ),
    ]
