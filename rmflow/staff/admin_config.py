"""Django's admin, with our site in place of the stock one."""

from django.contrib.admin.apps import AdminConfig as StockConfig


class AdminConfig(StockConfig):
    default_site = "rmflow.staff.admin_site.Site"
