"""The Celery application: work outside the request.

Tasks are doors: found by name in each app's `tasks.py`, scheduled in `rmflow/schedule.py`.
"""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "rmflow.settings")

app = Celery("rmflow")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
