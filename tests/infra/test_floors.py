"""Foreign keys run down the house as imports do; linters do not see string references."""

import importlib

from celery import current_app
from django.apps import apps

from rmflow.schedule import SCHEDULE

FLOORS = [
    {"portal"},
    {"maintenance"},
    {"referrals", "complaints"},
    {"followups"},
    {"clients"},
    {"notices"},
    {"privacy"},
    {"workdays"},
    {"staff"},
    {"doors"},
]
LEVEL = {label: level for level, labels in enumerate(FLOORS) for label in labels}


def test_every_app_of_ours_has_a_floor():
    ours = {app.label for app in apps.get_app_configs() if "site-packages" not in app.path}
    assert ours - {"admin"} == set(LEVEL)


def test_every_foreign_key_points_down_or_stays():
    wrong = []
    for model in apps.get_models():
        for field in model._meta.get_fields():
            target = getattr(field, "related_model", None)
            if not target or field.auto_created or isinstance(target, str):
                continue
            here, there = model._meta.app_label, target._meta.app_label
            to_user = target._meta.label == "staff.User"  # settings.AUTH_USER_MODEL is everybody's
            if (
                here in LEVEL
                and there in LEVEL
                and not to_user
                and (LEVEL[there] < LEVEL[here] or (here != there and LEVEL[there] == LEVEL[here]))
            ):
                wrong.append(f"{model._meta.label}.{field.name} → {target._meta.label}")
    assert not wrong


def test_every_scheduled_job_is_a_task_that_exists():
    current_app.loader.import_default_modules()
    importlib.import_module("rmflow.celery").app.autodiscover_tasks(force=True)
    assert {entry["task"] for entry in SCHEDULE.values()} <= set(current_app.tasks)
