"""What the bank may set about first identification."""

from django.contrib import admin

from rmflow.workdays.admin import Reference

from .models import CandidateRule


@admin.register(CandidateRule)
class CandidateRuleAdmin(Reference):
    """The rules over balances and holdings: on or off, their figures. None is added or lost."""

    list_display = ("code", "active", "threshold", "days", "suggests", "rest_days")
    fields = ("code", "active", "threshold", "days", "suggests", "rest_days")
    readonly_fields = ("code",)

    def has_add_permission(self, request):
        return False

    def has_delete_permission(self, request, obj=None):
        return False
