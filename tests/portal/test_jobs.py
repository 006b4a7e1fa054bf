"""The list of jobs speaks of every job of the schedule, and of all it counts, in words."""

import pytest
from celery.schedules import crontab
from django.test import Client as Browser
from django.utils import timezone

from rmflow.celery import app
from rmflow.doors.models import JobRun
from rmflow.portal.job_words import COUNTS, NAMES
from rmflow.portal.views.jobs import spoken
from rmflow.schedule import SCHEDULE

pytestmark = pytest.mark.django_db


def test_every_job_of_the_schedule_has_its_words():
    assert set(NAMES) == set(SCHEDULE)


@pytest.mark.parametrize("name", sorted(SCHEDULE))
def test_what_a_job_counts_has_its_words(name, branches, admin_user):
    app.loader.import_default_modules()
    app.tasks[SCHEDULE[name]["task"]]()
    assert set(JobRun.objects.filter(name=name).latest("pk").did) <= set(COUNTS)


@pytest.mark.parametrize(
    ("schedule", "words"),
    [
        (5.0, "每 5 秒"),
        (crontab(), "每 1 分钟"),
        (crontab(minute="*/5"), "每 5 分钟"),
        (crontab(hour=3, minute=20), "每天 03:20"),
        (crontab(hour=3, minute=20, day_of_month=2), "每月2日 03:20"),
        (crontab(hour=4, minute=0, day_of_month=2, month_of_year=1), "每年1月2日 04:00"),
    ],
)
def test_a_schedule_is_spoken_as_it_runs(schedule, words):
    assert spoken(schedule) == words


def test_the_list_shows_last_run_duration_and_what_it_did(admin_user):
    JobRun.objects.create(
        name="watch the lobbies",
        started_at=timezone.now(),
        finished_at=timezone.now(),
        ok=True,
        did={"ended": 2, "lapsed": 0, "told": 3},
    )
    browser = Browser()
    browser.force_login(admin_user)
    text = browser.get("/jobs/").content.decode()
    assert "查看大堂值守与求助" in text
    assert "已告知人数 3" in text
    assert text.count("<tr>") == len(SCHEDULE) + 1
