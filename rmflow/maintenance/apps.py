"""Care for premium clients: the fourth sub-process, not built yet."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class MaintenanceConfig(AppConfig):
    name = "rmflow.maintenance"
    label = "maintenance"
    verbose_name = _("Maintenance")
    default_auto_field = "django.db.models.BigAutoField"
