"""What a branch may set about its lobby."""

from django.contrib import admin

from rmflow.workdays.admin import Reference

from .models import DutyRule


@admin.register(DutyRule)
class DutyRuleAdmin(Reference):
    """After how many minutes without anybody on duty the head is told."""

    list_display = ("branch", "gap_minutes")
