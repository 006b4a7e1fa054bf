"""Reference data of the clients: the retention periods."""

from django.contrib import admin

from rmflow.workdays.admin import Reference

from .custody_rules import CLOCKED
from .models import RetentionRule


@admin.register(RetentionRule)
class RetentionRuleAdmin(Reference):
    """How long each class of record is kept, of those the house applies a period to; the law's least is a
    constraint, classes are fixed."""

    list_display = ("record", "years", "days", "start", "ending", "basis")
    readonly_fields = ("record", "start", "ending")

    def get_queryset(self, request):
        return super().get_queryset(request).filter(record__in=CLOCKED)

    def has_add_permission(self, request):
        return False

    def has_delete_permission(self, request, obj=None):
        return False
