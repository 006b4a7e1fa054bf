"""Reference data of business handling."""

from django.contrib import admin

from rmflow.workdays.admin import Reference

from . import closure_admin  # noqa: F401  closures and openings have their own
from .models import ComplaintCode


@admin.register(ComplaintCode)
class ComplaintCodeAdmin(Reference):
    """The three classifications; headings are taken out of use, never deleted."""

    list_display = ("name", "kind", "code", "std_code", "parent", "position", "active")
    list_filter = ("kind", "active")
    list_editable = ("std_code", "active")
    search_fields = ("name", "code", "std_code")

    def has_delete_permission(self, request, obj=None):
        return False
