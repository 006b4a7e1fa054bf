"""The doors every app goes through: refusals, idempotency, jobs, API manners."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class DoorsConfig(AppConfig):
    name = "rmflow.doors"
    label = "doors"
    verbose_name = _("Doors")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self):
        from .history import spare_untracked_tables

        spare_untracked_tables()
